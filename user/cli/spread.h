/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How readings spread: arithmetic only.
 */
#ifndef RADCLOCK_CLI_SPREAD_H
#define RADCLOCK_CLI_SPREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* each octave of ns in so many bins, up to 2^SPREAD_OCTAVES ns */
#define SPREAD_PARTS	8
#define SPREAD_OCTAVES	40
#define SPREAD_BINS	(SPREAD_PARTS * SPREAD_OCTAVES)

/**
 * struct spread - of so many values in ns
 * @bins: how many lie in spread_bin_ns(i) .. spread_bin_ns(i + 1); what is
 *	below 1 ns is in the first one
 */
struct spread {
	size_t n;
	double min, median, p99, max;
	uint32_t bins[SPREAD_BINS];
};

/* sorts @ns */
void spread_of(double *ns, size_t n, struct spread *s);
/*
 * Of @ns less the median of @own, which is what measuring costs by itself; not
 * below 0. Sorts both, changes @ns.
 */
void spread_without(double *ns, double *own, size_t n, struct spread *s);
/* lower end of a bin */
double spread_bin_ns(size_t bin);

/**
 * struct steps - how a counter goes on, reading by reading
 * @last: latest reading; @any: is there one
 * @readings: so many
 * @back: readings below the one before, @worst: by how many ticks at most
 * @least: smallest step that is not zero; 0: there was none
 * @grain: every step is a multiple of it
 * @first: first reading
 */
struct steps {
	bool any;
	uint64_t first, last;
	uint64_t readings;
	uint64_t back, worst;
	uint64_t least, grain;
};

void steps_take(struct steps *s, uint64_t value);

#endif /* RADCLOCK_CLI_SPREAD_H */
