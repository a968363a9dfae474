// SPDX-License-Identifier: GPL-2.0-only
#include <linux/build_bug.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/time64.h>
#include <asm/barrier.h>
#include <asm/pvclock.h>

#include "compat.h"
#include "counter_pvclock.h"

/**
 * rad_pvclock_now() - system time, never back on any CPU
 * @ti: page of the CPU this runs on
 * @last: of this kind of clock
 *
 * Context: any, NMI included; cannot be preempted.
 */
u64 rad_pvclock_now(const struct rad_pvclock *ti, u64 *last)
{
	u8 flags;
	u64 ns = rad_pvclock_read(ti, rdtsc_ordered, &flags);

	return flags & RAD_PVCLOCK_TSC_STABLE ? ns : rad_pvclock_latest(last, ns);
}

const struct rad_pvclock *rad_pvclock_kernels_area(void)
{
	struct pvclock_vsyscall_time_info *area = pvclock_get_pvti_cpu0_va();

	BUILD_BUG_ON(sizeof(struct rad_pvclock) !=
		     sizeof(struct pvclock_vcpu_time_info));
	BUILD_BUG_ON(offsetof(struct rad_pvclock, tsc_shift) !=
		     offsetof(struct pvclock_vcpu_time_info, tsc_shift));
	BUILD_BUG_ON(RAD_PVCLOCK_TSC_STABLE != PVCLOCK_TSC_STABLE_BIT);

	if (!area || !READ_ONCE(area->pvti.version))
		return NULL;
	return (const struct rad_pvclock *)&area->pvti;
}
