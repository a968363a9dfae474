/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs a world through an estimator and compares with the truth. */
#ifndef RADCLOCK_SELFTESTS_GRADE_H
#define RADCLOCK_SELFTESTS_GRADE_H

#include "world.h"

struct grade {
	u64 stamps;		/* graded */
	u64 fed[RAD_FEED_RESULTS];
	double median;		/* of |error| at tf, s */
	double p95;
	double p99;
	double max;
	double next_median;	/* just before the next stamp */
	double next_p99;
	double next_max;
	u64 violations;		/* bound, at tf and before the next stamp */
	u64 lying_violations;	/* the same while the server lies */
	double bound_median;
	double bound_p99;
	double within;		/* share within one sigma, at tf */
	double within_next;
	struct rad_info info;
};

/* what a caller may want to see of each stamp */
typedef void (*grade_row)(void *arg, const struct truth *t,
			  const struct rad_estimate *est, double error);

struct grade_setup {
	enum rad_algorithm algorithm;
	double wander;		/* with @oracle */
	bool oracle;		/* told wander and base delay */
	bool no_hz;		/* as replay does it */
	grade_row row;
	void *arg;
};

void grade(const struct world *w, u64 seed, const struct grade_setup *g,
	   struct grade *out);
int compare_doubles(const void *a, const void *b);
double median_of(double *v, unsigned int n);

#endif /* RADCLOCK_SELFTESTS_GRADE_H */
