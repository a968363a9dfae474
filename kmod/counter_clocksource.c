// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whatever the timekeeper uses, as CLOCK_MONOTONIC_RAW shows it: nanoseconds
 * that nobody steers. For machines whose own counter we do not know.
 */
#include <linux/ktime.h>

#include "counter.h"
#include "fixed.h"

static u64 clocksource_read(void)
{
	return ktime_get_raw_fast_ns();
}

static int clocksource_probe(struct rad_counter *c)
{
	c->hz = RADCLOCK_NSEC;
	return 0;
}

struct rad_counter rad_counter_clocksource = {
	.name = "clocksource",
	.id = RADCLOCK_COUNTER_ID_CLOCKSOURCE,
	.width = 64,
	.flags = RADCLOCK_COUNTER_FLAG_NMI,
	.probe = clocksource_probe,
	.read = clocksource_read,
};
