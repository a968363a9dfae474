/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Worlds: an oscillator, a path and a server, each with its faults, and the
 * truth kept beside every stamp. The same seed gives the same world.
 */
#ifndef RADCLOCK_SELFTESTS_WORLD_H
#define RADCLOCK_SELFTESTS_WORLD_H

#include "estimator.h"

#define WORLD_EVENTS	8

/* xoshiro256**: small, good, and the same everywhere */
struct rng {
	u64 s[4];
	double spare;
	bool has_spare;
};

void rng_seed(struct rng *r, u64 seed);
double rng_uniform(struct rng *r);
double rng_exp(struct rng *r, double mean);
double rng_normal(struct rng *r);

enum delay_shape {
	DELAY_EXP,
	DELAY_PARETO,		/* Lomax, alpha 1.3, scale @jitter */
	DELAY_GAMMA,		/* three exponentials, @jitter in all */
	DELAY_NORMAL,		/* 6 sigma + normal, sigma @jitter */
};

/* what happens in [from, to), s of the world */
enum event_kind {
	EVENT_NONE,
	EVENT_OUTAGE,		/* no stamps */
	EVENT_SHIFT,		/* a: base out, b: base in grow, s */
	EVENT_LIE,		/* the server's clock is off by a, s */
	EVENT_CONGESTION,	/* a, b: more exponential delay out, in; s */
	EVENT_STUN,		/* at from: counter stands a s, rate + b, marker */
	EVENT_DRIFT,		/* the server's clock runs off at a s/s */
};

struct event {
	enum event_kind kind;
	double from;
	double to;
	double a;
	double b;
	double every;		/* repeats with this period when above 0 */
};

struct world {
	const char *name;
	double hz;
	double poll;
	double iburst;		/* spacing of the first 4 stamps; 0: none */
	double duration;
	double warm;		/* dropped by the grader */
	double base_out;
	double base_in;
	double jitter_out;
	double jitter_in;
	enum delay_shape shape;
	double loss;
	double skew;		/* constant rate offset */
	double wander;
	double daily;		/* amplitude of the rate */
	double cycle;		/* the same, air conditioning, 20 min */
	double host;		/* host noise, mean of an exponential, s */
	double stay;		/* time in the server, s; may be negative */
	double root_delay;
	double root_dispersion;
	double duplicates;	/* probability */
	double disorder;	/* probability to swap with the next */
	double poll_change;	/* at this time the poll becomes poll_to */
	double poll_to;
	u64 origin;		/* counter at the start */
	struct event event[WORLD_EVENTS];
};

/* a stamp with the truth about it */
struct truth {
	struct rad_stamp s;
	struct rad_time at_ta;	/* UTC at tick ta */
	struct rad_time at_tf;	/* and at tick tf */
	double when;		/* s of the world, at tf */
	bool disrupted;		/* a marker came before it */
	bool lying;		/* the server's clock was wrong */
};

struct world_run {
	/* the oscillator: at whole second @sec it has run @phase ticks */
	long double phase;
	s64 sec;
	const struct world *w;
	struct rng osc_rng;
	struct rng net_rng;
	double next;		/* when the next request leaves */
	u64 n;
	double walk;
	double y;
	double stun;
	bool held;
	struct truth hold;
	bool stunned[WORLD_EVENTS];
	bool marker;
};

void world_default(struct world *w);
void world_start(struct world_run *r, const struct world *w, u64 seed);
bool world_next(struct world_run *r, struct truth *t);

/* clock minus truth in s */
double world_error(const struct rad_estimate *est, u64 counter,
		   struct rad_time truth);

#endif /* RADCLOCK_SELFTESTS_WORLD_H */
