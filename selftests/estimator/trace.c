// SPDX-License-Identifier: GPL-2.0-only
/*
 * The real trace of ../shared/data: columns 1 to 4 to the estimator, 5 and 6
 * (an independent reference, GPS scale) to grade it with.
 * told: the default algorithm is told the least round trip of the whole trace,
 * as the reference sees it, and that the counter does not wander: what the
 * intervals alone can say.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define MAX	2000
#define GPS	17
#define LEAST_RTT	26.373e-3	/* least way out and least way back */

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double quantile(double *v, unsigned int n, double q)
{
	qsort(v, n, sizeof(*v), compare);
	return v[(unsigned int)(q * (n - 1))];
}

static struct rad_time to_time(long double t)
{
	long double fl = floorl(t);
	struct rad_time v = { (s64)fl, (u64)((t - fl) * 18446744073709551616.0L) };

	return v;
}

static double difference(struct rad_time a, struct rad_time b)
{
	return ldexp((double)rad_time_raw(rad_time_sub(a, b)), -64);
}

int main(int argc, char **argv)
{
	long double tb, te, back, gone;
	static double err[MAX], rtt[MAX];
	unsigned int n = 0, outside = 0, read = 0;
	unsigned long long ta, tf;
	struct rad_estimate est = { 0 };
	struct rad_estimator *e;
	struct rad_config cfg;
	FILE *f;
	void *mem;
	bool rows = argc > 3;

	if (argc < 3)
		return 2;
	f = fopen(argv[1], "r");
	if (!f)
		return 4;
	rad_config_default(&cfg, 0);
	if (!strcmp(argv[2], "classic"))
		cfg.algorithm = RAD_ALGORITHM_CLASSIC;
	mem = malloc(rad_estimator_size(&cfg));
	if (!mem)
		return 1;
	e = rad_estimator_init(mem, &cfg);
	if (!strcmp(argv[2], "told")) {
		bank_only(&e->core.bank, 1e-11);
		e->core.path.told = true;
		e->core.path.base_out = LEAST_RTT / 2;
		e->core.path.base_in = LEAST_RTT / 2;
	}
	while (n < MAX && fscanf(f, "%llu %Lf %Lf %llu %Lf %Lf", &ta, &tb, &te,
				 &tf, &back, &gone) == 6) {
		struct rad_stamp s = { .ta = ta, .tf = tf, .tb = to_time(tb),
				       .te = to_time(te), .stratum = 1 };

		rad_estimator_feed(e, &s);
		read++;
		if (!rad_estimator_get(e, tf, &est))
			continue;
		err[n] = difference(est.time, to_time(back - GPS));
		rtt[n] = (double)(tf - ta) * est.period_s -
			 (double)(back - gone);
		outside += fabs(err[n]) > est.maxerror;
		if (rows)
			printf("%u %.2f %.2f %.2f\n", read, err[n] * 1e6,
			       est.esterror * 1e6, est.maxerror * 1e6);
		n++;
	}
	fclose(f);
	if (n < 600)
		return 1;
	if (!rows)
		printf("%s period %.12e median %.1f iqr %.2f p1 %.1f p99 %.1f rtt_iqr %.3f outside %u of %u\n",
		       argv[2], est.period_s,
		       quantile(err + n - 500, 500, 0.5) * 1e6,
		       (quantile(err + n - 500, 500, 0.75) -
			quantile(err + n - 500, 500, 0.25)) * 1e6,
		       quantile(err + n - 500, 500, 0.01) * 1e6,
		       quantile(err + n - 500, 500, 0.99) * 1e6,
		       (quantile(rtt + n - 500, 500, 0.75) -
			quantile(rtt + n - 500, 500, 0.25)) * 1e6,
		       outside, n);
	free(mem);
	return 0;
}
