/* SPDX-License-Identifier: GPL-2.0-only */
/* What the counters xen and kvm share: reading a hypervisor's clock page. */
#ifndef RADCLOCK_COUNTER_PVCLOCK_H
#define RADCLOCK_COUNTER_PVCLOCK_H

#include "pvclock.h"

u64 rad_pvclock_now(const struct rad_pvclock *ti, u64 *last);

/* the area of CPU 0 that the kernel shows to user space; NULL: none */
const struct rad_pvclock *rad_pvclock_kernels_area(void);

#endif /* RADCLOCK_COUNTER_PVCLOCK_H */
