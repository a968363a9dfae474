// SPDX-License-Identifier: GPL-2.0-only
/*
 * Quantiles, histogram, and the steps of a counter.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "spread.h"

static int compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static size_t bin_of(double ns)
{
	double bin;

	if (!(ns >= 1))
		return 0;
	bin = log2(ns) * SPREAD_PARTS;
	return bin < SPREAD_BINS - 1 ? (size_t)bin : SPREAD_BINS - 1;
}

double spread_bin_ns(size_t bin)
{
	return exp2((double)bin / SPREAD_PARTS);
}

void spread_of(double *ns, size_t n, struct spread *s)
{
	size_t i;

	memset(s, 0, sizeof(*s));
	s->n = n;
	if (!n)
		return;
	qsort(ns, n, sizeof(*ns), compare_double);
	s->min = ns[0];
	s->median = ns[n / 2];
	s->p99 = ns[(n - 1) * 99 / 100];
	s->max = ns[n - 1];
	for (i = 0; i < n; i++)
		s->bins[bin_of(ns[i])]++;
}

void spread_without(double *ns, double *own, size_t n, struct spread *s)
{
	size_t i;

	if (n)
		qsort(own, n, sizeof(*own), compare_double);
	for (i = 0; i < n; i++)
		ns[i] = ns[i] > own[n / 2] ? ns[i] - own[n / 2] : 0;
	spread_of(ns, n, s);
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
	uint64_t r;

	while (b) {
		r = a % b;
		a = b;
		b = r;
	}
	return a;
}

void steps_take(struct steps *s, uint64_t value)
{
	uint64_t step = value - s->last;

	s->readings++;
	if (!s->any) {
		s->any = true;
		s->first = value;
	} else if (value < s->last) {
		step = -step;
		s->back++;
		if (step > s->worst)
			s->worst = step;
	}
	if (s->readings > 1 && step) {
		if (!s->least || step < s->least)
			s->least = step;
		s->grain = gcd(s->grain, step);
	}
	s->last = value;
}
