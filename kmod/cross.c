// SPDX-License-Identifier: GPL-2.0-only
/*
 * One reading for both: when the timekeeper uses our counter, its snapshot
 * carries the cycles; else the snapshot is put between two of our readings.
 */
#include <linux/kernel.h>

#include "clock.h"
#include "compat.h"
#include "cross.h"
#include "timekeeper.h"

#define TRIES	5

/* bits of the snapshot's cycles that are those of @c; 0: another counter */
static u32 common_width(const struct rad_counter *c)
{
	u32 width = 0;

	return rad_timekeeper_counter(&width) == c->id ? width : 0;
}

static u64 widen(u64 near, u64 low, u32 width)
{
	u32 up = 64 - width;

	return near + (u64)((s64)((low - near) << up) >> up);
}

static void cross_read(struct rad_cross *x)
{
	const struct rad_counter *c = rad_clock_counter();
	u32 width = common_width(c);
	struct rad_snapshot s;
	u64 a, b, best = ~0ULL;
	unsigned long flags;
	int i;

	for (i = 0; i < TRIES; i++) {
		local_irq_save(flags);
		a = rad_counter_read(c);
		rad_snapshot(&s);
		b = rad_counter_read(c);
		local_irq_restore(flags);

		if (c->id == RADCLOCK_COUNTER_ID_CLOCKSOURCE) {
			x->counter = s.raw;
			best = 0;
		} else if (width) {
			x->counter = widen(a, s.cycles, width);
			/* the timekeeper may have changed in between */
			best = x->counter - a <= b - a ? 0 : best;
		} else if (b - a < best) {
			x->counter = a + (b - a) / 2;
			best = b - a;
		} else {
			continue;
		}
		x->realtime_ns = s.real;
		x->raw_ns = s.raw;
		if (!best)
			break;
	}
	x->uncertainty = best - best / 2;
}

/**
 * rad_cross_read() - a clock and the kernel's clocks at one value of our counter
 * @clock: enum radclock_clock
 * @x: out
 * @r: out: @clock at @x->counter
 *
 * Return: as rad_read().
 */
bool rad_cross_read(u32 clock, struct rad_cross *x, struct rad_reading *r)
{
	u64 marker;
	bool valid;

	/* a value of one counter means nothing to the next */
	do {
		marker = rad_clock_marker();
		cross_read(x);
		valid = rad_clock_read_at(clock, x->counter, r);
	} while (marker != rad_clock_marker());
	return valid;
}

/**
 * rad_cross_handover() - where the kernel's time stands, in our counter
 * @cs: the clocksource that is being taken up
 * @counter: out: the value at which the old clocksource was read last
 *
 * Context: the first reading of @cs by the timekeeper, all CPUs stopped.
 * Return: false if the old clocksource has another counter.
 */
bool rad_cross_handover(const struct clocksource *cs, u64 *counter)
{
	const struct rad_counter *c = rad_clock_counter();
	u32 width = common_width(c);
	u64 now, cycles;

	if (!width || !rad_timekeeper_last(cs, &cycles))
		return false;
	now = rad_counter_read(c);
	*counter = widen(now, cycles, width);
	/* within the second: else it is not what we think it is */
	return now - *counter < c->hz;
}
