/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel's timekeeper reads. */
#ifndef RADCLOCK_TIMEKEEPER_H
#define RADCLOCK_TIMEKEEPER_H

#include <linux/types.h>

struct clocksource;

int rad_timekeeper_init(void);
void rad_timekeeper_exit(void);
u32 rad_timekeeper_counter(u32 *width);
bool rad_timekeeper_last(const struct clocksource *cs, u64 *cycles);

#endif /* RADCLOCK_TIMEKEEPER_H */
