/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every difference between the kernels we build for. Kbuild defines HAVE_*
 * after a look at the headers, so that backports are recognised too.
 */
#ifndef RADCLOCK_COMPAT_H
#define RADCLOCK_COMPAT_H

#include <linux/device.h>
#include <linux/mm.h>
#include <linux/ktime.h>
#ifdef CONFIG_X86
#include <asm/msr.h>
#include <asm/tsc.h>
#endif

struct rad_snapshot {
	u64 cycles;
	s64 real;
	s64 raw;
};

/* CLOCK_REALTIME and CLOCK_MONOTONIC_RAW at one clocksource value */
static inline void rad_snapshot(struct rad_snapshot *out)
{
	struct system_time_snapshot s;

#ifdef HAVE_SNAPSHOT_ID	/* 7.2 */
	ktime_get_snapshot_id(CLOCK_REALTIME, &s);
	out->real = s.systime;
	out->raw = s.monoraw;
#else
	ktime_get_snapshot(&s);
	out->real = s.real;
	out->raw = s.raw;
#endif
	out->cycles = s.cycles;
}

static inline struct class *rad_class_create(const char *name)
{
#ifdef HAVE_CLASS_CREATE_NAME	/* 6.4 */
	return class_create(name);
#else
	return class_create(THIS_MODULE, name);
#endif
}

#ifdef HAVE_CONST_DEVNODE	/* 6.2 */
#define RAD_DEVNODE_ARG const struct device
#else
#define RAD_DEVNODE_ARG struct device
#endif

static inline void rad_vm_forbid_write(struct vm_area_struct *vma)
{
#ifdef HAVE_VM_FLAGS_CLEAR	/* 6.3 */
	vm_flags_clear(vma, VM_MAYWRITE);
#else
	vma->vm_flags &= ~VM_MAYWRITE;
#endif
}

#endif /* RADCLOCK_COMPAT_H */
