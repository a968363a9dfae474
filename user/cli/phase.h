/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far one counter is from another, over time: arithmetic only.
 */
#ifndef RADCLOCK_CLI_PHASE_H
#define RADCLOCK_CLI_PHASE_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct phase - a counter beside the reference
 * @at: when, s of the reference's nominal rate since the first sample
 * @x: how far the counter is ahead of the reference since then, s
 * @half: @x is within this of the truth, s
 */
struct phase {
	double at;
	double x;
	double half;
};

/**
 * struct phase_rate - how much faster than the reference
 * @ppm: rate beside nominal rates
 * @error_ppm: the truth is within this; by the brackets, not by statistics
 */
struct phase_rate {
	double ppm;
	double error_ppm;
};

/*
 * From the tightest sample of the first quarter to that of the last. Return:
 * false with fewer than four samples.
 */
bool phase_rate(const struct phase *p, size_t n, struct phase_rate *r);

/* of @a against @b, when both are against the same reference */
struct phase_rate phase_rate_between(struct phase_rate a, struct phase_rate b);

/**
 * phase_grid() - evenly spaced phase without its mean rate
 * @p: @n samples, @at growing
 * @step: s
 * @x: room for *@count values at 0, @step, 2 @step ...; @count: in and out
 *
 * Each point takes the nearest sample; with none within half a step it is
 * drawn from its neighbours. As the mean rate is taken out first, a sample some
 * time off its point does no harm.
 * Return: points that had to be drawn.
 */
size_t phase_grid(const struct phase *p, size_t n, double step, double *x,
		  size_t *count);

#endif /* RADCLOCK_CLI_PHASE_H */
