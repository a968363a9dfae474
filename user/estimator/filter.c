// SPDX-License-Identifier: GPL-2.0-only
/*
 * One filter: phase and rate of the counter against the line, the rate a
 * random walk of known strength, a stamp an interval with soft ends.
 */
#include <math.h>

#include "internal.h"

void filter_start(struct filter *f, double x, double x_var, double y_var)
{
	f->x = x;
	f->y = 0;
	f->xx = x_var;
	f->xy = 0;
	f->yy = y_var;
}

/**
 * filter_update() - the phase is between two soft ends
 * @f: filter
 * @m: table
 * @lo: lower end, s
 * @hi: upper end, s, >= lo
 * @soft: variance of the ends, s^2, > 0
 * @tilt: slope of the log of the likelihood between the ends, 1/s
 *
 * A normal times an exponential is a normal that is moved. Then phase + noise
 * is cut to [lo, hi]; the change of its mean and variance is
 * carried to phase and rate by their covariance.
 *
 * Return: log of the probability that the filter gave the interval.
 */
double filter_update(struct filter *f, const struct mills *m, double lo,
		     double hi, double soft, double tilt)
{
	double s = sqrt(f->xx + soft), a, b, kx, ky, c;
	struct trunc t;

	f->x += f->xx * tilt;
	f->y += f->xy * tilt;
	a = (lo - f->x) / s;
	b = (hi - f->x) / s;

	/* far inside: says nothing (the probability is 1 - 1e-9 or more) */
	if (a < -6 && b > 6)
		return 0;
	trunc_normal(m, a, b, &t);
	kx = f->xx / s;
	ky = f->xy / s;
	c = 1 - t.var;
	f->x += kx * t.mean;
	f->y += ky * t.mean;
	f->xx -= kx * kx * c;
	f->xy -= kx * ky * c;
	f->yy -= ky * ky * c;
	/* keep it a variance, whatever rounding does */
	if (!(f->xx > 1e-24))
		f->xx = 1e-24;
	if (!(f->yy > 1e-30))
		f->yy = 1e-30;
	c = 0.9999999 * sqrt(f->xx * f->yy);
	if (fabs(f->xy) > c)
		f->xy = f->xy > 0 ? c : -c;
	return t.log_z;
}
