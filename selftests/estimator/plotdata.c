// SPDX-License-Identifier: GPL-2.0-only
/*
 * Columns for gnuplot: plotdata WHAT, where WHAT is
 *   series WORLD ALGORITHM: time, error, one sigma, bound (us)
 *   allan: span, Allan deviation of the oscillators of the worlds
 *   distribution ALGORITHM: |error| (us) of the plain world, sorted, share
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grade.h"
#include "shapes.h"

static void row(void *arg, const struct truth *t,
		const struct rad_estimate *est, double error)
{
	double from = *(double *)arg;

	if (t->when > from && t->when < from + 40000)
		printf("%.0f %.3f %.3f %.3f\n", t->when, error * 1e6,
		       est->esterror * 1e6, est->maxerror * 1e6);
}

static double errors[100000];
static unsigned int count;

static void collect(void *arg, const struct truth *t,
		    const struct rad_estimate *est, double error)
{
	const struct world *w = arg;

	if (t->when > w->warm && count < 100000)
		errors[count++] = fabs(error) * 1e6;
}

/* phase error once a second against perfect time, then the usual formula */
static void allan(const char *name, double wander, double daily, double cycle)
{
	enum { N = 200000 };
	static double x[N];
	struct world w;
	struct world_run run;
	struct truth t;
	unsigned int n = 0, m, i;

	world_default(&w);
	w.poll = 1;
	w.jitter_out = 0;
	w.jitter_in = 0;
	w.wander = wander;
	w.daily = daily;
	w.cycle = cycle;
	w.duration = N;
	world_start(&run, &w, 1);
	while (n < N && world_next(&run, &t))
		x[n++] = (double)(s64)(t.s.ta - w.origin) / w.hz -
			 ((double)(t.at_ta.sec - 1700000000) + ldexp((double)t.at_ta.frac, -64));
	printf("# %s\n", name);
	for (m = 1; m < n / 5; m = m * 5 / 4 + 1) {
		double sum = 0;
		unsigned int k = 0;

		for (i = 0; i + 2 * m < n; i += 1 + m / 10, k++) {
			double d = x[i + 2 * m] - 2 * x[i + m] + x[i];

			sum += d * d;
		}
		printf("%u %.4e\n", m, sqrt(sum / (2.0 * k * m * m)));
	}
	printf("\n\n");
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	struct grade_setup g = { 0 };
	struct grade r;
	struct world w;
	unsigned int i;
	double from;

	world_default(&w);
	if (!strcmp(what, "allan")) {
		allan("W 1e-10", 1e-10, 0, 0);
		allan("W 1e-9", 1e-9, 0, 0);
		allan("W 1e-8", 1e-8, 0, 0);
		allan("W 8e-9, daily 1.2e-7, 20 min 8e-8", 8e-9, 1.2e-7, 8e-8);
		return 0;
	}
	if (!strcmp(what, "series") && argc > 4) {
		for (i = 0; i < SHAPES; i++)
			if (!strcmp(shapes[i].name, argv[2]))
				shapes[i].make(&w);
		if (!strcmp(argv[3], "classic"))
			g.algorithm = RAD_ALGORITHM_CLASSIC;
		from = atof(argv[4]);
		g.row = row;
		g.arg = &from;
		grade(&w, 1, &g, &r);
		return 0;
	}
	if (!strcmp(what, "distribution") && argc > 2) {
		if (!strcmp(argv[2], "classic"))
			g.algorithm = RAD_ALGORITHM_CLASSIC;
		g.oracle = !strcmp(argv[2], "told");
		g.row = collect;
		g.arg = &w;
		grade(&w, 1, &g, &r);
		qsort(errors, count, sizeof(*errors), compare_doubles);
		for (i = 0; i < count; i += 1 + count / 500)
			printf("%.4f %.5f\n", errors[i], (i + 1.0) / count);
		return 0;
	}
	return 2;
}
