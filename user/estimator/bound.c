// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guaranteed bound: intersection of what every exchange allows, aged by
 * what the oscillator may do.
 *
 * An exchange with a truthful server says that the truth lies between te at
 * tf and tb at ta, whatever the delays were: no path is faster than nothing.
 * Least delays learnt from the stamps do not enter: how they divide into both
 * directions cannot be known.
 */
#include <math.h>

#include "internal.h"

#define SLOT_SPAN	64.0	/* s; each next slot four times as long */
#define WANDER_SIGMAS	6

/**
 * bound_drift() - how much the rate may have changed over a span
 * @b: for the declared instability
 * @wander: learnt random walk, per square root of a second
 * @span: s
 */
double bound_drift(const struct bound *b, double wander, double span)
{
	return b->instability + WANDER_SIGMAS * wander * sqrt(span);
}

/* the declared limit of the oscillator, as rates against the line */
void bound_limits(struct bound *b, double rate_lo, double rate_hi)
{
	b->rate_lo = rate_lo;
	b->rate_hi = rate_hi;
	b->y_lo = rate_lo;
	b->y_hi = rate_hi;
}

void bound_start(struct bound *b, u64 counter, double lo, double hi)
{
	int i;

	b->lo = lo;
	b->hi = hi;
	b->y_lo = b->rate_lo;
	b->y_hi = b->rate_hi;
	for (i = 0; i < BOUND_SLOTS; i++)
		b->slot[i].used = false;
	b->slot[0].used = true;
	b->slot[0].counter = counter;
	b->slot[0].lo = lo;
	b->slot[0].hi = hi;
}

/* the line's anchor has moved on by @dt s */
void bound_predict(struct bound *b, double wander, double dt)
{
	double drift = bound_drift(b, wander, dt);

	b->lo += max_of(b->y_lo - drift, b->rate_lo) * dt;
	b->hi += min_of(b->y_hi + drift, b->rate_hi) * dt;
}

/* what two moments say about the rate between them, and so about now */
static void slot_rates(struct bound *b, const struct bound_slot *s,
		       const struct line *l, double wander)
{
	double span, drift;

	if (!s->used)
		return;
	span = line_span(l, s->counter, l->counter);
	if (!(span > 0))
		return;
	drift = bound_drift(b, wander, span);
	b->y_lo = max_of(b->y_lo, (b->lo - s->hi) / span - drift);
	b->y_hi = min_of(b->y_hi, (b->hi - s->lo) / span + drift);
}

static void slots_age(struct bound *b, const struct line *l)
{
	double span = SLOT_SPAN * pow(4, BOUND_SLOTS - 1);
	int i;

	for (i = BOUND_SLOTS - 1; i > 0; i--, span /= 4) {
		struct bound_slot *s = &b->slot[i];

		if (!s->used || line_span(l, s->counter, l->counter) > span) {
			*s = b->slot[i - 1];
			b->slot[i - 1].used = false;
		}
	}
	if (!b->slot[0].used ||
	    line_span(l, b->slot[0].counter, l->counter) > SLOT_SPAN) {
		b->slot[0].used = true;
		b->slot[0].counter = l->counter;
		b->slot[0].lo = b->lo;
		b->slot[0].hi = b->hi;
	}
}

/**
 * bound_stamp() - intersect with a new exchange
 * @b: bound, predicted to the line's anchor
 * @l: line
 * @wander: learnt random walk
 * @lo: what the exchange allows, against the line at its anchor
 * @hi: the same
 *
 * Return: false when nothing is left: then the server contradicts itself or
 * the oscillator broke its limit, and the bound is as before.
 */
bool bound_stamp(struct bound *b, const struct line *l, double wander,
		 double lo, double hi)
{
	int i;

	if (lo > b->hi || hi < b->lo)
		return false;
	b->lo = max_of(b->lo, lo);
	b->hi = min_of(b->hi, hi);
	b->y_lo = b->rate_lo;
	b->y_hi = b->rate_hi;
	for (i = 0; i < BOUND_SLOTS; i++)
		slot_rates(b, &b->slot[i], l, wander);
	if (b->y_lo > b->y_hi) {
		/* more than the oscillator may do: fall back to its limit */
		b->y_lo = b->rate_lo;
		b->y_hi = b->rate_hi;
	}
	slots_age(b, l);
	return true;
}

/* the line moved by @dx at its anchor and by @dy in rate */
void bound_shift(struct bound *b, const struct line *l, double dx, double dy)
{
	int i;

	b->lo -= dx;
	b->hi -= dx;
	b->y_lo -= dy;
	b->y_hi -= dy;
	b->rate_lo -= dy;
	b->rate_hi -= dy;
	for (i = 0; i < BOUND_SLOTS; i++) {
		struct bound_slot *s = &b->slot[i];
		double d = dx + dy * line_span(l, l->counter, s->counter);

		s->lo -= d;
		s->hi -= d;
	}
}
