/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * radclock examine: what is measured, and who measures and shows it.
 */
#ifndef RADCLOCK_CLI_EXAMINE_H
#define RADCLOCK_CLI_EXAMINE_H

#include "allan.h"
#include "cli.h"
#include "phase.h"
#include "spread.h"

#define EXAMINE_MAX	16	/* counters */
#define EXAMINE_TAUS	40

/* ways to read a counter */
enum examine_way {
	WAY_KERNEL,		/* by the module, interrupts off */
	WAY_INSTRUCTION,	/* by this program itself */
	WAY_PAGE,		/* the same, with the look at the page before and after */
	WAY_IOCTL,		/* by the device */
	WAYS
};

/**
 * struct latency - what one way of reading costs
 * @ns: one value a reading; sorted once @spread is there. NULL: no such way
 */
struct latency {
	double *ns;
	struct spread spread;
};

/**
 * struct order - backward readings of threads that show each other theirs
 * @cpus: one thread on each
 * @readings: of all of them
 * @own: readings below the same thread's one before
 * @across: readings below what another CPU had read and shown before
 * @own_worst: ticks
 * @across_worst: ticks
 */
struct order {
	unsigned int cpus;
	uint64_t readings;
	uint64_t own, own_worst;
	uint64_t across, across_worst;
};

/**
 * struct subject - one counter
 * @steps: of its readings in the kernel on one CPU
 * @phase: against the reference, @phases samples; none of the reference itself
 * @drawn: points of the even grid without a sample
 */
struct subject {
	struct radclock_counter_info info;
	struct latency latency[WAYS];
	struct steps steps;
	struct order order;
	struct phase *phase;
	size_t phases;
	struct phase_rate rate;
	bool has_rate;
	struct allan_point allan[EXAMINE_TAUS];
	size_t allans;
	size_t drawn;
};

/**
 * struct examine - the whole of it
 * @reference: brackets every reading, and is what rates and phases are against
 * @duration: s of samples of the phase
 * @interval: s between two of them
 * @samples: readings for each latency
 * @kernel: release; @clocksource: the timekeeper's; both for people
 */
struct examine {
	struct radclock *rc;
	struct radclock_counter_info reference;
	struct subject subjects[EXAMINE_MAX];
	size_t n;
	double duration;
	double interval;
	size_t samples;
	char kernel[80];
	char clocksource[32];
};

/* each 0 or a negative errno value */
int examine_kernel(struct examine *e);	/* latency in the kernel, steps */
int examine_user(struct examine *e);	/* latency in user space */
int examine_order(struct examine *e);	/* backward across CPUs */
int examine_phase(struct examine *e);	/* rates, Allan deviation */

/* did anything go back */
bool examine_backward(const struct examine *e);

const char *examine_way_name(enum examine_way way);
static inline double examine_ns(const struct radclock_counter_info *c, double ticks)
{
	return ticks * 1e9 / (double)c->hz;
}

/* wraps of the hardware that readings passed */
uint64_t examine_wraps(const struct subject *s);
/* s from one to the next; infinite for 64 bits */
double examine_wrap_s(const struct radclock_counter_info *c);

void examine_print(const struct examine *e);
struct json_object *examine_json(const struct examine *e);

/* data files and plots.gp in @dir, which is made; complains. Exit status */
int examine_files(const struct examine *e, const char *dir);
/* run gnuplot there; complains. Exit status */
int examine_plot(const char *dir);
bool examine_can_plot(void);

#endif /* RADCLOCK_CLI_EXAMINE_H */
