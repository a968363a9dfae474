// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mills' ratio of the normal distribution, R(t) = Q(t) / phi(t), t >= 0.
 *
 * Everything a truncated normal needs follows from R without the loss of
 * digits that differences of Q suffer far out. R' = t R - 1 is exact, so a
 * table of R with cubic Hermite steps is good to about 1e-9.
 */
#include <math.h>

#include "internal.h"

#define SQRT_2PI	2.50662827463100050242

/* Laplace's continued fraction; good to 1e-12 from t = 6 with 24 terms */
static double mills_far(double t)
{
	double r = t;
	int k;

	for (k = 24; k > 0; k--)
		r = t + k / r;
	return 1 / r;
}

void mills_init(struct mills *m)
{
	int i;

	for (i = 0; i <= MILLS_STEPS; i++) {
		double t = (double)i / MILLS_PER_UNIT;

		m->r[i] = t < 6 ? SQRT_2PI * 0.5 * exp(t * t / 2) *
				  erfc(t * M_SQRT1_2) : mills_far(t);
	}
}

double mills(const struct mills *m, double t)
{
	double u, v, d0, d1;
	int i;

	if (t >= (double)MILLS_STEPS / MILLS_PER_UNIT) {
		/* the next terms of the series are below 1e-6 of it */
		double q = 1 / (t * t);

		return (1 - q * (1 - 3 * q * (1 - 5 * q * (1 - 7 * q)))) / t;
	}
	i = (int)(t * MILLS_PER_UNIT);
	u = t * MILLS_PER_UNIT - i;
	v = 1 - u;
	d0 = (t - u / MILLS_PER_UNIT) * m->r[i] - 1;
	d1 = (t + v / MILLS_PER_UNIT) * m->r[i + 1] - 1;
	return v * v * ((1 + 2 * u) * m->r[i] + u / MILLS_PER_UNIT * d0) +
	       u * u * ((1 + 2 * v) * m->r[i + 1] - v / MILLS_PER_UNIT * d1);
}

static double phi(double t)
{
	return exp(-t * t / 2) / SQRT_2PI;
}

/* both ends on the same side, 0 <= a < b: nothing must cancel */
static void trunc_tail(const struct mills *m, double a, double b,
		       struct trunc *out)
{
	double gap = (b - a) * (b + a) / 2;
	double e = gap < 40 ? exp(-gap) : 0;
	double z = mills(m, a) - (e > 0 ? e * mills(m, b) : 0);
	double d, v;

	if (a > 20) {
		/* there it is an exponential of rate a, cut at the gap */
		d = gap < 40 ? (b - a) / expm1(gap) : 0;
		v = 1 / (a * a) - (d > 0 ? d * d * exp(gap) : 0);
		d = a + 1 / a - d;
	} else {
		d = (1 - e) / z;
		v = 1 + (a - (e > 0 ? b * e : 0)) / z - d * d;
	}
	out->log_z = log(z / SQRT_2PI) - a * a / 2;
	out->mean = d;
	out->var = v;
}

/**
 * trunc_normal() - moments of a standard normal within [a, b]
 * @m: table
 * @a: lower end
 * @b: upper end, > a
 * @out: log of the probability, mean, variance
 */
void trunc_normal(const struct mills *m, double a, double b,
		  struct trunc *out)
{
	double w = b - a, pa, pb, z;

	if (w * max_of(min_of(fabs(a), fabs(b)), 1) < 0.02) {
		/* flat inside: the slope moves the mean by w^2/12 of it */
		double mid = a + w / 2;

		out->log_z = log(w / SQRT_2PI) - mid * mid / 2;
		out->mean = mid - mid * w * w / 12;
		out->var = w * w / 12;
		return;
	}
	if (a >= 0) {
		trunc_tail(m, a, b, out);
	} else if (b <= 0) {
		trunc_tail(m, -b, -a, out);
		out->mean = -out->mean;
	} else {
		pa = a > -8 ? phi(a) : 0;
		pb = b < 8 ? phi(b) : 0;
		z = 1 - (pa > 0 ? pa * mills(m, -a) : 0) -
			(pb > 0 ? pb * mills(m, b) : 0);
		out->log_z = log(z);
		out->mean = (pa - pb) / z;
		out->var = 1 + (a * pa - b * pb) / z -
			   out->mean * out->mean;
		if (!(pa > 0 || pb > 0))
			out->var = 1;
	}
	/* what rounding may leave of it */
	if (!(out->var > 0))
		out->var = w * w / 12;
	if (!(out->mean >= a))
		out->mean = a;
	if (!(out->mean <= b))
		out->mean = b;
}
