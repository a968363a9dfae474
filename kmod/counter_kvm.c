// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM's clock. The areas that the kernel gave the hypervisor cannot be reached by
 * a module, but for the one of CPU 0 that user space reads too. It stands for
 * every CPU while KVM calls the TSC stable, and there is no counter otherwise.
 */
#include <linux/kvm_para.h>
#include <linux/printk.h>

#include "counter.h"
#include "counter_pvclock.h"

static const struct rad_pvclock *kvm_area;
static u64 kvm_last;

static u64 kvm_read(void)
{
	return rad_pvclock_now(kvm_area, &kvm_last);
}

static bool kvm_is_unstable(void)
{
	return !(READ_ONCE(kvm_area->flags) & RAD_PVCLOCK_TSC_STABLE);
}

static int kvm_probe(struct rad_counter *c)
{
	if (!kvm_para_available())
		return -ENODEV;
	kvm_area = rad_pvclock_kernels_area();
	if (!kvm_area || kvm_is_unstable()) {
		pr_info("radclock: no counter kvm: its clock is not the same on all CPUs\n");
		return -ENODEV;
	}
	c->hz = RADCLOCK_NSEC;
	return 0;
}

struct rad_counter rad_counter_kvm = {
	.name = "kvm",
	.id = RADCLOCK_COUNTER_ID_KVM,
	.width = 64,
	.flags = RADCLOCK_COUNTER_FLAG_NMI,
	.probe = kvm_probe,
	.read = kvm_read,
	.is_unstable = kvm_is_unstable,
};
