/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * The clock page of a hypervisor (Xen, KVM): nanoseconds as a line over the TSC,
 * one page a virtual CPU, rewritten while that CPU does not run.
 */
#ifndef RADCLOCK_PVCLOCK_H
#define RADCLOCK_PVCLOCK_H

#include "fixed.h"

/**
 * struct rad_pvclock - what the hypervisor writes; its layout is fixed
 * @version: odd while it is being written
 * @tsc_timestamp: TSC at @system_time
 * @system_time: ns since the hypervisor's start
 * @tsc_to_system_mul: ns per shifted tick, 0.32
 * @tsc_shift: what ticks are shifted left by; negative: right
 * @flags: RAD_PVCLOCK_*
 */
struct rad_pvclock {
	u32 version;
	u32 pad0;
	u64 tsc_timestamp;
	u64 system_time;
	u32 tsc_to_system_mul;
	signed char tsc_shift;
	u8 flags;
	u8 pad[2];
};

/* the pages of all CPUs are one line: no need to compare them */
#define RAD_PVCLOCK_TSC_STABLE	(1 << 0)

/* @ticks of the TSC in ns, rounded down; what does not fit is cut off */
static inline u64 rad_pvclock_scale(u64 ticks, u32 mul, signed char shift)
{
	if (shift < 0)
		ticks = shift <= -64 ? 0 : ticks >> -shift;
	else
		ticks = shift >= 64 ? 0 : ticks << shift;
	return (u64)(((rad_u128)ticks * mul) >> 32);
}

/**
 * rad_pvclock_at() - system time at a TSC value
 * @ti: a consistent page
 * @tsc: not before @ti->tsc_timestamp, but for CPUs whose TSCs differ: those
 *	have the time of the page then, and never an absurd one
 */
static inline u64 rad_pvclock_at(const struct rad_pvclock *ti, u64 tsc)
{
	u64 ticks = tsc - ti->tsc_timestamp;

	if ((s64)ticks < 0)
		return ti->system_time;
	return ti->system_time +
	       rad_pvclock_scale(ticks, ti->tsc_to_system_mul, ti->tsc_shift);
}

static inline u32 rad_pvclock_begin(const struct rad_pvclock *ti)
{
	/* odd: an even one would have been as good, and rad_pvclock_retry() says so */
	return __atomic_load_n(&ti->version, __ATOMIC_ACQUIRE) & ~1U;
}

static inline bool rad_pvclock_retry(const struct rad_pvclock *ti, u32 version)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&ti->version, __ATOMIC_RELAXED) != version;
}

/**
 * rad_pvclock_copy() - the page as it is
 * @ti: the page, of any CPU
 * @copy: out: consistent, its version even
 */
static inline void rad_pvclock_copy(const struct rad_pvclock *ti, struct rad_pvclock *copy)
{
	u32 version;

	do {
		version = rad_pvclock_begin(ti);
		*copy = *ti;
	} while (rad_pvclock_retry(ti, version));
	copy->version = version;
}

/**
 * rad_pvclock_read() - system time now
 * @ti: the page of the CPU that this runs on, and goes on to run on
 * @tsc: reads the TSC, ordered after the loads before it
 * @flags: out: RAD_PVCLOCK_* of the page that was used
 *
 * The TSC is read within the section: a page that was rewritten, as it is when
 * the machine moved to another one, is read again.
 */
static inline __attribute__((always_inline))
u64 rad_pvclock_read(const struct rad_pvclock *ti, u64 (*tsc)(void), u8 *flags)
{
	u32 version;
	u64 ns;

	do {
		version = rad_pvclock_begin(ti);
		ns = rad_pvclock_at(ti, tsc());
		*flags = ti->flags;
	} while (rad_pvclock_retry(ti, version));
	return ns;
}

/**
 * rad_pvclock_latest() - never back, whatever CPU it was read on
 * @last: the largest value that anybody was given
 * @ns: a new one
 *
 * Lock-free in any context.
 * Return: @ns, or @last if that is larger.
 */
static inline u64 rad_pvclock_latest(u64 *last, u64 ns)
{
	u64 seen = __atomic_load_n(last, __ATOMIC_RELAXED);

	do {
		if (ns <= seen)
			return seen;
	} while (!__atomic_compare_exchange_n(last, &seen, ns, false, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	return ns;
}

#endif /* RADCLOCK_PVCLOCK_H */
