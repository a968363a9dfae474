/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the estimator share.
 *
 * All sums are done relative to a line (struct line): a straight clock in
 * 64.64 over the counter that is moved onto the best estimate after every
 * stamp. So offsets and rates are small numbers and a double holds them to
 * far below a nanosecond, at any counter value and after any time.
 */
#ifndef RADCLOCK_ESTIMATOR_INTERNAL_H
#define RADCLOCK_ESTIMATOR_INTERNAL_H

#include "estimator.h"

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#endif
#define RAD_MAX_RTT		10.0
#define RAD_MAX_SEC		64000000000LL	/* about the year 4000 */
#define RAD_MAX_SPAN		1e9		/* s between two stamps */

/* inline, unlike fmin() and fmax(), which care for NaN */
static inline double min_of(double a, double b)
{
	return a < b ? a : b;
}

static inline double max_of(double a, double b)
{
	return a > b ? a : b;
}

/* line.c */

/* a clock: @time + (T - @counter) * @period * 2^-@shift, in 2^-64 s */
struct line {
	u64 counter;
	rad_s128 time;
	u64 period;
	u8 shift;
	double unit;		/* 2^-(64 + shift) */
};

#define RAW_SECOND	((rad_s128)1 << 64)

/* s per tick */
static inline double line_period(const struct line *l)
{
	return (double)l->period * l->unit;
}

/* s from one counter value to the other */
static inline double line_span(const struct line *l, u64 from, u64 to)
{
	return (double)(s64)(to - from) * line_period(l);
}

void line_init(struct line *l, double hz);
rad_s128 line_at(const struct line *l, u64 counter);
void line_move(struct line *l, u64 counter);
void line_step(struct line *l, double offset);
double line_tune(struct line *l, double rate);
u64 line_rate_units(const struct line *l, double rate);
u64 line_ahead(const struct line *l, u64 counter, double span);
double raw_to_s(rad_s128 raw);
rad_s128 raw_from_s(double s);

/* stamp.c */

#define RAD_SERVER_FUZZ		1e-5

enum rad_feed stamp_check(const struct rad_stamp *s,
			  const struct rad_stamp *last);

/* mills.c */

#define MILLS_PER_UNIT	64
#define MILLS_STEPS	(12 * MILLS_PER_UNIT)

struct mills {
	double r[MILLS_STEPS + 1];
};

/* a standard normal cut to an interval */
struct trunc {
	double log_z;
	double mean;
	double var;
};

void mills_init(struct mills *m);
double mills(const struct mills *m, double t);
void trunc_normal(const struct mills *m, double a, double b,
		  struct trunc *out);

/* filter.c */

/* offset and rate of the truth against the line, and their covariance */
struct filter {
	double x;		/* s */
	double y;		/* s/s */
	double xx;
	double xy;
	double yy;
};

void filter_start(struct filter *f, double x, double x_var, double y_var);
/**
 * filter_predict() - let time pass
 * @f: filter
 * @q: square of the random walk, 1/s
 * @dt: s, >= 0
 */
static inline void filter_predict(struct filter *f, double q, double dt)
{
	f->x += f->y * dt;
	f->xx += dt * (2 * f->xy + dt * (f->yy + q * dt / 3));
	f->xy += dt * (f->yy + q * dt / 2);
	f->yy += q * dt;
}

double filter_update(struct filter *f, const struct mills *m, double lo,
		     double hi, double soft, double tilt);

/* bank.c */

#define BANK_FILTERS	11

/* the same stamps through filters of different wander; evidence chooses */
struct bank {
	struct filter f[BANK_FILTERS];
	double q[BANK_FILTERS];
	double score[BANK_FILTERS];
	double prior[BANK_FILTERS];
	double log_w[BANK_FILTERS];
	double weight[BANK_FILTERS];
	unsigned int filters;
	struct filter mix;
	double wander;
};

void bank_init(struct bank *b);
void bank_mix(struct bank *b);
void bank_only(struct bank *b, double wander);
void bank_start(struct bank *b, double x, double x_var, double y_var);
void bank_predict(struct bank *b, double dt);
void bank_score(struct bank *b, const struct mills *m, double lo, double hi,
		double soft, double tilt);
void bank_limit(struct bank *b, double lo, double hi);
void bank_shift(struct bank *b, double dx, double dy);

/* bound.c */

#define BOUND_SLOTS	8

/* where the truth was, against the line, at one stamp */
struct bound_slot {
	u64 counter;
	double lo;
	double hi;
	bool used;
};

/*
 * Where the truth must be: [lo, hi] against the line at the line's anchor,
 * and the rates [y_lo, y_hi] that the counter may have now.
 */
struct bound {
	double lo;
	double hi;
	double y_lo;
	double y_hi;
	double rate_lo;		/* declared: rates against the line */
	double rate_hi;
	double instability;
	struct bound_slot slot[BOUND_SLOTS];
};

double bound_drift(const struct bound *b, double wander, double span);
void bound_limits(struct bound *b, double rate_lo, double rate_hi);
void bound_start(struct bound *b, u64 counter, double lo, double hi);
void bound_predict(struct bound *b, double wander, double dt);
bool bound_stamp(struct bound *b, const struct line *l, double wander,
		 double lo, double hi);
void bound_shift(struct bound *b, const struct line *l, double dx, double dy);

/* rounding.c */

/* the shape of the delays near their least */
struct rounding {
	unsigned int n;		/* stamps in the moments, up to their memory */
	double mean;		/* of the round trips, s */
	double var;
	double third;		/* central moment */
	double out;		/* mean change from one stamp to the next, s */
	double in;
	double by;		/* from the least delay to common ones, s */
	double noise;		/* variance of a stamp's ends about that, s^2 */
};

void rounding_restart(struct rounding *r);
void rounding_stamp(struct rounding *r, double rtt, double out, double in, double cut);
void rounding_judge(struct rounding *r, double base);

/* path.c */

#define PATH_WINDOW	128
#define PATH_SHORT	24
#define PATH_ENVELOPES	5

/* the lowest of one direction and of the other over a few stamps */
struct envelope {
	unsigned int n;
	u64 out_counter;
	u64 in_counter;
	double out;
	double in;
};

/* excess delay of one direction */
struct jitter {
	double mean;
};

/* least delays and jitter of the way to the server and back */
struct path {
	double base_out;
	double base_in;
	double jitter;		/* mean excess of a round trip / 2 */
	struct jitter out_j;
	struct jitter in_j;
	unsigned int settle;	/* stamps until a shift of one way is over */
	double settle_out;	/* share of the way out in it */
	u64 n;			/* stamps since the path is what it is */
	bool told;		/* base delays are given: do not learn */
	unsigned int fill;
	unsigned int at;
	double rtt[PATH_WINDOW];
	double out[PATH_WINDOW];
	double in[PATH_WINDOW];
	struct rounding rounding;
	struct envelope env[PATH_ENVELOPES];
	u32 up_shifts;
	u32 down_shifts;
};

void path_init(struct path *p);
void path_stamp(struct path *p, double rtt, double out, double in,
		double sigma);
void path_envelopes(struct path *p, const struct line *l, u64 ta, u64 tf,
		    double xf, double xb, double y_var, double wander);
void path_shift(struct path *p, const struct line *l, double dx, double dy);
void path_restart_envelopes(struct path *p);
double path_base(const struct path *p);
void path_delays(struct path *p, double out, double in);
double path_tilt(const struct path *p, double out, double in, double soft);
double path_lean(const struct path *p);
double path_softness(const struct path *p);
double path_youth(const struct path *p);
double path_variance(const struct path *p);

/* dispute.c */

/* another story that the server tells since a while */
struct dispute {
	bool on;
	u64 since;
	u64 last;
	unsigned int n;
	unsigned int calm;	/* stamps since that fit both stories */
	unsigned int chaos;	/* stories one after the other */
	double lo;		/* rival interval against the line */
	double hi;
	double hard_lo;		/* the same without least delays */
	double hard_hi;
	bool left;		/* a story was given up: */
	double left_lo;		/* where it would be now */
	double left_hi;
};

/* a contradiction that grows evenly */
struct smear {
	unsigned int n;
	u64 counter;		/* of the first stamp of it */
	double first;		/* its phase against the line, s */
};

bool smear_stamp(struct smear *m, const struct line *l,
		 const struct rad_stamp *s, double mid);
void smear_shift(struct smear *m, const struct line *l, double dx, double dy);

void dispute_start(struct dispute *d, const struct rad_stamp *s, double lo,
		   double hi, double hard_lo, double hard_hi);
void dispute_predict(struct dispute *d, double drift, double dt);
void dispute_stamp(struct dispute *d, const struct rad_stamp *s, double lo,
		   double hi, double hard_lo, double hard_hi);
bool dispute_coasts(const struct dispute *d);
void dispute_calm(struct dispute *d);
bool dispute_chaos(const struct dispute *d);
void dispute_leave(struct dispute *d, double sigma);
bool dispute_returns(const struct dispute *d);
double dispute_patience(const struct dispute *d);
void dispute_shift(struct dispute *d, double dx);

/* leap.c */

struct leap {
	s8 delta;		/* 1 inserted, -1 deleted, 0 none */
	s64 at;			/* UTC second before which it happens */
};

/* what a server says of a leap to come */
struct announced {
	struct leap leap;
	unsigned int votes;	/* stamps that said so */
};

void announced_stamp(struct announced *a, const struct rad_stamp *s);
void announced_restart(struct announced *a, s64 sec);
struct leap announced_leap(const struct announced *a);
bool leap_season(s64 sec);
bool leap_reached(const struct leap *l, rad_s128 time);
u64 leap_counter(const struct leap *l, const struct line *line);
struct leap leap_majority(const struct leap *l, unsigned int n);

/* core.c */

#define CORE_HISTORY	512

/* a stamp that was used, to be used again */
struct kept {
	u64 ta;
	u64 tf;
	struct rad_time tb;
	struct rad_time te;
	double soft;		/* variance of its ends without the path's */
};

struct core {
	struct mills mills;
	struct bank bank;
	struct path path;
	struct dispute dispute;
	struct smear smear;
	double soft;
	double base_used;	/* least round trip of the latest run, s */
	double y_start;		/* sigma of the rate before the first stamp */
	unsigned int again;	/* kept stamps at which they are run again */
	unsigned int kept_n;	/* CORE_HISTORY + 1: no longer all of them */
	struct kept kept[CORE_HISTORY];
};

/* estimator.c */

struct rad_estimator {
	struct rad_config cfg;
	struct rad_info info;
	struct rad_stamp last;		/* last good one */
	struct rad_stamp odd;		/* last one out of order */
	bool have_last;
	bool have_clock;
	bool hz_known;			/* by configuration */
	bool have_hz;
	unsigned int odd_n;
	u64 good;			/* since the clock started */
	u64 story;			/* counter at which it started */
	double nominal;			/* period, s per tick */
	s64 smeared_at;			/* UTC s when it was recognised */
	double rate_prior;		/* sigma of a restored rate; 0: none */
	double poll;
	double sigma;			/* one sigma at the anchor, s */
	double sigma_xy;		/* covariance of phase and rate */
	double rate_sigma;
	double wander;
	struct line line;
	struct bound bound;
	struct announced announced;
	struct leap leap;		/* the line is to take */
	s64 leap_done;			/* &leap.at of the last one it took */
	bool led;			/* others say which leap to take */
	struct core core;
	struct classic *classic;	/* in the same memory, or NULL */
};

/* an exchange against the line */
struct edges {
	double out;		/* tb - line(ta): truth + delay out */
	double in;		/* te - line(tf): truth - delay in */
	double rtt;
	double slack;		/* what the server itself declares, and a tick */
	double dt;		/* since the last good stamp, s */
};

struct classic;

size_t classic_size(void);
void classic_init(struct classic *c);
void classic_start(struct rad_estimator *e, const struct rad_stamp *s,
		   const struct edges *d);
enum rad_feed classic_feed(struct rad_estimator *e, const struct rad_stamp *s,
			   const struct edges *d);
void classic_leap(struct classic *c, int seconds);

void core_init(struct core *c);
void core_leap(struct core *c, int seconds);
void core_shift(struct core *c, const struct line *l, double dx, double dy);
void estimator_correct(struct rad_estimator *e, double dx, double dy);
void estimator_leap(struct rad_estimator *e, struct leap l);
enum rad_feed core_feed(struct rad_estimator *e, const struct rad_stamp *s,
			const struct edges *d);
void core_adopt(struct rad_estimator *e);
void estimate_none(const struct rad_estimator *e, struct rad_estimate *est);
void estimate_finish(const struct rad_estimator *e, struct rad_estimate *est);
void core_start(struct rad_estimator *e, const struct rad_stamp *s,
		const struct edges *d, double y_sigma);

#endif /* RADCLOCK_ESTIMATOR_INTERNAL_H */
