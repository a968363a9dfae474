/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allan deviation of a clock from its phase: arithmetic only.
 */
#ifndef RADCLOCK_CLI_ALLAN_H
#define RADCLOCK_CLI_ALLAN_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct allan_point - the deviation at one span
 * @tau: span, s
 * @deviation: of the rate over @tau, no unit
 * @error: one sigma of @deviation, as many independent terms as spans fit
 * @terms: second differences that went into it
 */
struct allan_point {
	double tau;
	double deviation;
	double error;
	size_t terms;
};

/**
 * allan_at() - overlapping Allan deviation
 * @x: phase, s, at @n evenly spaced moments
 * @tau0: s between two of them
 * @m: the span is @m * @tau0
 *
 * Return: false when there are too few for that span.
 */
bool allan_at(const double *x, size_t n, double tau0, size_t m,
	      struct allan_point *p);

/* at m = 1, 2, 4 ... as long as four spans fit. Return: points in @list */
size_t allan_octaves(const double *x, size_t n, double tau0,
		     struct allan_point *list, size_t max);

#endif /* RADCLOCK_CLI_ALLAN_H */
