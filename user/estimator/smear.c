// SPDX-License-Identifier: GPL-2.0-only
/*
 * Servers that smear a leap second: near the end of a month they run off by
 * 1 s in 17 to 24 hours, about 1e-5, which no oscillator does of a sudden.
 */
#include <math.h>

#include "internal.h"

#define SMEAR_STAMPS	6
#define SMEAR_START	20e-3	/* s: it begins without a step */
#define SMEAR_SLOW	5e-6
#define SMEAR_FAST	3e-5

/**
 * smear_stamp() - a stamp that contradicts the clock
 * @m: smear; set its n to 0 when the server agrees again
 * @l: line, anchored at the stamp
 * @s: stamp
 * @mid: middle of what it allows, against the line, s
 *
 * Return: it is a smear, beginning or ending.
 */
bool smear_stamp(struct smear *m, const struct line *l,
		 const struct rad_stamp *s, double mid)
{
	double span, rate;

	if (!leap_season(s->te.sec)) {
		m->n = 0;
		return false;
	}
	if (!m->n) {
		if (fabs(mid) > SMEAR_START)
			return false;
		m->counter = l->counter;
		m->first = mid;
	}
	if (++m->n < SMEAR_STAMPS)
		return false;
	span = line_span(l, m->counter, l->counter);
	if (!(span > 0))
		return false;
	rate = fabs(mid - m->first) / span;
	return rate > SMEAR_SLOW && rate < SMEAR_FAST;
}

/* the line moved by @dx at its anchor and by @dy in rate */
void smear_shift(struct smear *m, const struct line *l, double dx, double dy)
{
	if (m->n)
		m->first -= dx + dy * line_span(l, l->counter, m->counter);
}
