// SPDX-License-Identifier: GPL-2.0-only
/* A straight clock over the counter, in fixed point. */
#include <math.h>

#include "internal.h"

#define LINE_PERIOD_MIN	(1ULL << 61)
#define LINE_PERIOD_MAX	(3ULL << 62)

double raw_to_s(rad_s128 raw)
{
	return (double)raw * 0x1p-64;
}

/* saturates: a wild number must not become a small one */
rad_s128 raw_from_s(double s)
{
	const double max = 9e18;

	if (!(s > -max))
		s = -max;
	if (s > max)
		s = max;
	return (rad_s128)(s64)floor(s) * RAW_SECOND +
	       (rad_s128)((s - floor(s)) * 18446744073709551616.0);
}

/**
 * line_init() - a line through counter 0 at 1970 with a nominal rate
 * @l: written
 * @hz: above 1 and below 1e12
 */
void line_init(struct line *l, double hz)
{
	double period = ldexp(1.0 / hz, 64);
	u8 shift = 0;

	/* 62 to 63 significant bits: room to be tuned, none lost */
	while (period < 4611686018427387904.0 && shift < 63) {
		period *= 2;
		shift++;
	}
	l->counter = 0;
	l->time = 0;
	l->period = (u64)period;
	l->shift = shift;
	l->unit = ldexp(1, -64 - shift);
}

/* time of a counter value; earlier ones than the anchor are negative spans */
rad_s128 line_at(const struct line *l, u64 counter)
{
	return l->time + rad_ticks_to_raw((s64)(counter - l->counter),
					  l->period, l->shift);
}

/* move the anchor along the line */
void line_move(struct line *l, u64 counter)
{
	l->time = line_at(l, counter);
	l->counter = counter;
}

void line_step(struct line *l, double offset)
{
	l->time += raw_from_s(offset);
}

/**
 * line_tune() - let a line run faster
 * @l: line, pivots at its anchor
 * @rate: s/s to add, relative
 *
 * Return: what was added in truth, after rounding and clamping.
 */
double line_tune(struct line *l, double rate)
{
	double delta = rate * (double)l->period;
	s64 step;

	if (!(fabs(delta) < 4e18))
		return 0;
	step = (s64)delta;
	if (step > 0 && l->period + (u64)step > LINE_PERIOD_MAX)
		return 0;
	if (step < 0 && l->period < LINE_PERIOD_MIN + (u64)-step)
		return 0;
	delta = (double)step / (double)l->period;
	l->period += (u64)step;
	return delta;
}

/* a rate (s/s) in 2^-(64 + shift) s per tick, rounded up, saturating */
u64 line_rate_units(const struct line *l, double rate)
{
	double units = ceil(rate * (double)l->period);

	if (!(units < 9e18))
		return (u64)9e18;
	return units < 1 ? 1 : (u64)units;
}

/* the counter value @span s (>= 0) after @counter; saturates at the end */
u64 line_ahead(const struct line *l, u64 counter, double span)
{
	double ticks = span / line_period(l);

	if (!(ticks < (double)(~0ULL - counter)))
		return ~0ULL;
	return ticks > 0 ? counter + (u64)ticks : counter;
}
