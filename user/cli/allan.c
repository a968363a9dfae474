// SPDX-License-Identifier: GPL-2.0-only
/*
 * Overlapping Allan deviation: every second difference of the phase counts,
 * not only those that lie end to end.
 */
#include <math.h>

#include "allan.h"

bool allan_at(const double *x, size_t n, double tau0, size_t m,
	      struct allan_point *p)
{
	double sum = 0, d;
	size_t i;

	if (!m || !(tau0 > 0) || n < 3 || m > (n - 1) / 2)
		return false;
	p->terms = n - 2 * m;
	for (i = 0; i < p->terms; i++) {
		d = x[i + 2 * m] - 2 * x[i + m] + x[i];
		sum += d * d;
	}
	p->tau = (double)m * tau0;
	p->deviation = sqrt(sum / (2.0 * (double)p->terms)) / p->tau;
	p->error = p->deviation * sqrt((double)m / (double)n);
	return true;
}

size_t allan_octaves(const double *x, size_t n, double tau0,
		     struct allan_point *list, size_t max)
{
	size_t m, k = 0;

	for (m = 1; m <= n / 4 && k < max; m *= 2)
		if (allan_at(x, n, tau0, m, &list[k]))
			k++;
	return k;
}
