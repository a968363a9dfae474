// SPDX-License-Identifier: GPL-2.0-only
/* See grade.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grade.h"
#include "internal.h"

struct samples {
	double *v;
	size_t n;
	size_t room;
};

static void add(struct samples *s, double v)
{
	if (s->n == s->room) {
		s->room = s->room ? 2 * s->room : 4096;
		s->v = realloc(s->v, s->room * sizeof(*s->v));
		if (!s->v)
			abort();
	}
	s->v[s->n++] = v;
}

int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double quantile(struct samples *s, double q)
{
	if (!s->n)
		return NAN;
	return s->v[(size_t)(q * (s->n - 1))];
}

double median_of(double *v, unsigned int n)
{
	qsort(v, n, sizeof(*v), compare_doubles);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static double promised(const struct rad_estimate *est, u64 counter)
{
	return est->maxerror + est->maxerror_growth *
	       (double)(s64)(counter - est->counter) * est->period_s;
}

static void finish(struct samples *s)
{
	qsort(s->v, s->n, sizeof(*s->v), compare_doubles);
}

/**
 * grade() - one run
 * @w: world
 * @seed: of it
 * @g: what estimator
 * @out: figures
 */
void grade(const struct world *w, u64 seed, const struct grade_setup *g,
	   struct grade *out)
{
	struct samples at = { 0 }, next = { 0 }, bounds = { 0 };
	struct rad_estimate est = { 0 };
	struct rad_config cfg;
	struct rad_estimator *e;
	struct world_run run;
	struct truth t;
	u64 within = 0, within_next = 0;
	bool have = false, lied = false;
	void *mem;

	memset(out, 0, sizeof(*out));
	rad_config_default(&cfg, g->no_hz ? 0 : w->hz);
	cfg.algorithm = g->algorithm;
	mem = malloc(rad_estimator_size(&cfg));
	if (!mem)
		abort();
	e = rad_estimator_init(mem, &cfg);
	if (g->oracle) {
		bank_only(&e->core.bank, fmax(w->wander, 1e-13));
		e->core.path.told = true;
		e->core.path.base_out = w->base_out;
		e->core.path.base_in = w->base_in;
	}
	world_start(&run, w, seed);
	while (world_next(&run, &t)) {
		double err, s;
		bool graded = t.when > w->warm;

		if (t.disrupted) {
			rad_estimator_disrupt(e);
			have = false;
		}
		if (have && graded && (s64)(t.s.ta - est.counter) > 0) {
			double gap = (double)(s64)(t.s.ta - est.counter) *
				     est.period_s;

			err = world_error(&est, t.s.ta, t.at_ta);
			add(&next, fabs(err));
			within_next += fabs(err) < est.esterror +
					est.esterror_growth * gap;
			if (fabs(err) > promised(&est, t.s.ta)) {
				/* promised by the server's word of then */
				out->violations += !lied;
				out->lying_violations += lied;
			}
		}
		lied = t.lying;
		rad_estimator_feed(e, &t.s);
		have = rad_estimator_get(e, t.s.tf, &est);
		if (!have || est.counter != t.s.tf)
			continue;
		err = world_error(&est, t.s.tf, t.at_tf);
		if (g->row)
			g->row(g->arg, &t, &est, err);
		s = est.maxerror;
		if (!(s > 0) || !isfinite(s) || !isfinite(est.esterror)) {
			printf("# %s seed %llu: bound %g\n", w->name,
			       (unsigned long long)seed, s);
			out->violations++;
		}
		if (fabs(err) > s) {
			out->violations += !t.lying;
			out->lying_violations += t.lying;
		}
		if (!graded)
			continue;
		add(&at, fabs(err));
		add(&bounds, s);
		within += fabs(err) < est.esterror;
	}
	finish(&at);
	finish(&next);
	finish(&bounds);
	out->stamps = at.n;
	out->median = quantile(&at, 0.5);
	out->p95 = quantile(&at, 0.95);
	out->p99 = quantile(&at, 0.99);
	out->max = quantile(&at, 1);
	out->next_median = quantile(&next, 0.5);
	out->next_p99 = quantile(&next, 0.99);
	out->next_max = quantile(&next, 1);
	out->bound_median = quantile(&bounds, 0.5);
	out->bound_p99 = quantile(&bounds, 0.99);
	out->within = at.n ? (double)within / at.n : NAN;
	out->within_next = next.n ? (double)within_next / next.n : NAN;
	rad_estimator_info(e, &out->info);
	memcpy(out->fed, out->info.fed, sizeof(out->fed));
	free(at.v);
	free(next.v);
	free(bounds.v);
	free(mem);
}
