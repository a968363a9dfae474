// SPDX-License-Identifier: GPL-2.0-only
/*
 * Phase of one counter against another.
 */
#include <math.h>

#include "phase.h"

static size_t tightest(const struct phase *p, size_t from, size_t to)
{
	size_t i, best = from;

	for (i = from; i < to; i++)
		if (p[i].half < p[best].half)
			best = i;
	return best;
}

bool phase_rate(const struct phase *p, size_t n, struct phase_rate *r)
{
	const struct phase *a, *b;
	double span;

	if (n < 4)
		return false;
	a = &p[tightest(p, 0, n / 4)];
	b = &p[tightest(p, n - n / 4, n)];
	span = b->at - a->at;
	if (!(span > 0))
		return false;
	r->ppm = (b->x - a->x) / span * 1e6;
	r->error_ppm = (a->half + b->half) / span * 1e6;
	return true;
}

struct phase_rate phase_rate_between(struct phase_rate a, struct phase_rate b)
{
	return (struct phase_rate){
		((1 + a.ppm * 1e-6) / (1 + b.ppm * 1e-6) - 1) * 1e6,
		a.error_ppm + b.error_ppm,
	};
}

/* least squares: slope of x over at */
static double slope(const struct phase *p, size_t n)
{
	double at = 0, x = 0, top = 0, bottom = 0, d;
	size_t i;

	for (i = 0; i < n; i++) {
		at += p[i].at / (double)n;
		x += p[i].x / (double)n;
	}
	for (i = 0; i < n; i++) {
		d = p[i].at - at;
		top += d * (p[i].x - x);
		bottom += d * d;
	}
	return bottom > 0 ? top / bottom : 0;
}

size_t phase_grid(const struct phase *p, size_t n, double step, double *x,
		  size_t *count)
{
	size_t i = 0, k, drawn = 0, room = *count;
	double rate, at, before, after, share;

	*count = 0;
	if (!n || !(step > 0))
		return 0;
	rate = slope(p, n);
	for (k = 0; k < room; k++) {
		at = p[0].at + (double)k * step;
		if (at > p[n - 1].at + step / 2)
			break;
		while (i + 1 < n && fabs(p[i + 1].at - at) <= fabs(p[i].at - at))
			i++;
		x[k] = p[i].x - rate * p[i].at;
		if (fabs(p[i].at - at) > step / 2) {
			/* nothing near: on the line between its neighbours */
			size_t a = p[i].at > at ? i - 1 : i;

			before = p[a].x - rate * p[a].at;
			after = p[a + 1].x - rate * p[a + 1].at;
			share = (at - p[a].at) / (p[a + 1].at - p[a].at);
			x[k] = before + share * (after - before);
			drawn++;
		}
	}
	*count = k;
	return drawn;
}
