// SPDX-License-Identifier: GPL-2.0-only
/*
 * A server that contradicts itself: its new story is followed aside, with an
 * interval of its own, until one of both stories has won.
 */
#include <math.h>

#include "internal.h"

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
	if (!d->on)
		return;
	d->lo -= drift * dt;
	d->hi += drift * dt;
	d->hard_lo -= drift * dt;
	d->hard_hi += drift * dt;
}

/* another stamp that contradicts the clock: the same rival, or a third story */
void dispute_stamp(struct dispute *d, const struct rad_stamp *s, double lo,
		   double hi, double hard_lo, double hard_hi)
{
	if (!d->on || hard_lo > d->hard_hi || hard_hi < d->hard_lo) {
		dispute_start(d, s, lo, hi, hard_lo, hard_hi);
		return;
	}
	d->n++;
	d->calm = 0;
	d->last = s->tf;
	d->hard_lo = fmax(d->hard_lo, hard_lo);
	d->hard_hi = fmin(d->hard_hi, hard_hi);
	if (lo > d->hi || hi < d->lo) {
		d->lo = lo;
		d->hi = hi;
	} else {
		d->lo = fmax(d->lo, lo);
		d->hi = fmin(d->hi, hi);
	}
}

void dispute_shift(struct dispute *d, double dx)
{
	d->lo -= dx;
	d->hi -= dx;
	d->hard_lo -= dx;
	d->hard_hi -= dx;
}
