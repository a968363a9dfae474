/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's own clocks at a value of our counter. */
#ifndef RADCLOCK_CROSS_H
#define RADCLOCK_CROSS_H

#include <linux/types.h>

/**
 * struct rad_cross - the kernel's clocks at a counter value
 * @counter: value of the selected counter
 * @realtime_ns: CLOCK_REALTIME
 * @raw_ns: CLOCK_MONOTONIC_RAW
 * @uncertainty: ticks between @counter and the clocks' own reading; 0 when the
 *	kernel read this very counter
 */
struct rad_cross {
	u64 counter;
	s64 realtime_ns;
	s64 raw_ns;
	u64 uncertainty;
};

struct clocksource;
struct rad_reading;

bool rad_cross_read(u32 clock, struct rad_cross *x, struct rad_reading *r);
bool rad_cross_handover(const struct clocksource *cs, u64 *counter);

#endif /* RADCLOCK_CROSS_H */
