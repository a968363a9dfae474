// SPDX-License-Identifier: GPL-2.0-only
/*
 * A server that contradicts itself: its new story is followed aside, with an
 * interval of its own, until one of both stories has won.
 */
#include <math.h>

#include "internal.h"

#define PATIENCE_MIN	300.0	/* s */
#define PATIENCE_MAX	1200.0
#define PATIENCE_STEP	8000.0	/* s of it for each s of the step */
#define LEFT_SIGMAS	8
#define CHAOS_STORY	4	/* accepted stamps that one more story weighs */
#define CHAOS		32

void dispute_start(struct dispute *d, const struct rad_stamp *s, double lo,
		   double hi, double hard_lo, double hard_hi)
{
	d->on = true;
	d->since = s->ta;
	d->last = s->tf;
	d->n = 1;
	d->calm = 0;
	d->lo = lo;
	d->hi = hi;
	d->hard_lo = hard_lo;
	d->hard_hi = hard_hi;
}

void dispute_predict(struct dispute *d, double drift, double dt)
{
	d->left_lo -= drift * dt;
	d->left_hi += drift * dt;
	if (!d->on)
		return;
	d->lo -= drift * dt;
	d->hi += drift * dt;
	d->hard_lo -= drift * dt;
	d->hard_hi += drift * dt;
}

/* stamps come, but the latest ones were of no use: one alone may be a freak */
bool dispute_coasts(const struct dispute *d)
{
	return d->on && d->n > 1 && !d->calm;
}

/* a stamp that contradicts nothing */
void dispute_calm(struct dispute *d)
{
	d->calm++;
	if (d->chaos)
		d->chaos--;
}

/*
 * One story after the other, none of them the clock's: then the oscillator does
 * not keep to what was declared of it, and no clock of ours can be right.
 */
bool dispute_chaos(const struct dispute *d)
{
	return d->chaos > CHAOS;
}

/* the clock's own story is given up now: remember where it would go on */
void dispute_leave(struct dispute *d, double sigma)
{
	d->chaos += CHAOS_STORY;
	d->left = true;
	d->left_lo = -LEFT_SIGMAS * sigma;
	d->left_hi = LEFT_SIGMAS * sigma;
}

/* the new story is the one that was given up before */
bool dispute_returns(const struct dispute *d)
{
	return d->left && d->lo <= d->left_hi && d->hi >= d->left_lo;
}

/*
 * How long, in s, a story has to last. A fault of the server is over soon, a
 * correction stays; the larger the step, the worse it were to believe a fault.
 */
double dispute_patience(const struct dispute *d)
{
	double step = max_of(max_of(d->lo, -d->hi), 0);

	return min_of(max_of(PATIENCE_STEP * step, PATIENCE_MIN), PATIENCE_MAX);
}

/* another stamp that contradicts the clock: the same rival, or a third story */
void dispute_stamp(struct dispute *d, const struct rad_stamp *s, double lo,
		   double hi, double hard_lo, double hard_hi)
{
	if (!d->on || hard_lo > d->hard_hi || hard_hi < d->hard_lo) {
		if (d->on)
			d->chaos += CHAOS_STORY;
		dispute_start(d, s, lo, hi, hard_lo, hard_hi);
		return;
	}
	d->n++;
	d->calm = 0;
	d->last = s->tf;
	d->hard_lo = max_of(d->hard_lo, hard_lo);
	d->hard_hi = min_of(d->hard_hi, hard_hi);
	if (lo > d->hi || hi < d->lo) {
		d->lo = lo;
		d->hi = hi;
	} else {
		d->lo = max_of(d->lo, lo);
		d->hi = min_of(d->hi, hi);
	}
}

void dispute_shift(struct dispute *d, double dx)
{
	d->lo -= dx;
	d->hi -= dx;
	d->hard_lo -= dx;
	d->hard_hi -= dx;
	d->left_lo -= dx;
	d->left_hi -= dx;
}
