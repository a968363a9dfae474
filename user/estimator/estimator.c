// SPDX-License-Identifier: GPL-2.0-only
/* The public calls, and what both algorithms share. */
#include <math.h>
#include <string.h>

#include "internal.h"

#define HZ_MIN		1000.0
#define HZ_MAX		1e11
#define ODD_STAMPS	8	/* so many older ones: another counter */
#define HORIZON		7200.0	/* s: growth is a line up to three of these */
#define HOLDOVER_POLLS	8
#define SMEAR_OVER	108000	/* s after which a smear has ended */

static double in_range(double v, double lo, double hi, double otherwise)
{
	return v >= lo && v <= hi ? v : otherwise;
}

void rad_config_default(struct rad_config *cfg, double counter_hz)
{
	memset(cfg, 0, sizeof(*cfg));
	cfg->counter_hz = counter_hz;
	cfg->max_rate_error = 1e-4;
	cfg->max_instability = 3e-7;
	cfg->sync_error = 0.1;
	cfg->void_error = 10;
}

size_t rad_estimator_size(const struct rad_config *cfg)
{
	return sizeof(struct rad_estimator) +
	       (cfg->algorithm == RAD_ALGORITHM_CLASSIC ? classic_size() : 0);
}

struct rad_estimator *rad_estimator_init(void *mem,
					 const struct rad_config *cfg)
{
	struct rad_estimator *e = mem;
	struct rad_config *c = &e->cfg;

	memset(e, 0, sizeof(*e));
	*c = *cfg;
	c->counter_hz = in_range(c->counter_hz, HZ_MIN, HZ_MAX, 0);
	c->max_rate_error = in_range(c->max_rate_error, 1e-9, 0.1, 1e-4);
	c->max_instability = in_range(c->max_instability, 1e-12, 0.1, 3e-7);
	c->sync_error = in_range(c->sync_error, 1e-9, 1e3, 0.1);
	c->void_error = in_range(c->void_error, 1e-6, 1e6, 10);
	c->poll = in_range(c->poll, 0.01, 1e6, 0);
	e->poll = c->poll;
	if (c->algorithm == RAD_ALGORITHM_CLASSIC) {
		e->classic = (struct classic *)(e + 1);
		classic_init(e->classic);
	}
	core_init(&e->core);
	e->bound.instability = c->max_instability;
	if (c->counter_hz > 0) {
		line_init(&e->line, c->counter_hz);
		e->hz_known = true;
		e->have_hz = true;
		e->nominal = line_period(&e->line);
		bound_limits(&e->bound, -c->max_rate_error,
			     c->max_rate_error);
	}
	return e;
}

/* move the line by @dx at its anchor and by @dy in rate, and all with it */
void estimator_correct(struct rad_estimator *e, double dx, double dy)
{
	line_step(&e->line, dx);
	dy = line_tune(&e->line, dy);
	bound_shift(&e->bound, &e->line, dx, dy);
	core_shift(&e->core, &e->line, dx, dy);
}

static void step_utc(struct rad_estimator *e, int seconds)
{
	e->line.time += seconds * RAW_SECOND;
	core_leap(&e->core, -seconds);
	if (e->classic)
		classic_leap(e->classic, -seconds);
}

/* which leap to take, each but once */
void estimator_leap(struct rad_estimator *e, struct leap l)
{
	if (l.at == e->leap_done)
		l.delta = 0;
	e->leap = l;
}

/* UTC steps, once the line is there */
static void take_leap(struct rad_estimator *e, u64 counter)
{
	if (!e->leap.delta || !leap_reached(&e->leap, line_at(&e->line, counter)))
		return;
	step_utc(e, -e->leap.delta);
	e->leap_done = e->leap.at;
	e->leap.delta = 0;
}

static rad_s128 stay(const struct rad_stamp *s)
{
	return rad_time_raw(rad_time_sub(s->te, s->tb));
}

static void edges_of(const struct rad_estimator *e, const struct rad_stamp *s,
		     struct edges *d)
{
	double in_server = raw_to_s(stay(s));

	d->out = raw_to_s(rad_time_raw(s->tb) - line_at(&e->line, s->ta));
	d->in = raw_to_s(rad_time_raw(s->te) - line_at(&e->line, s->tf));
	d->rtt = line_span(&e->line, s->ta, s->tf) - in_server;
	d->slack = s->root_delay / 2 + s->root_dispersion + s->precision +
		   2 * line_period(&e->line) + 1e-9 +
		   d->rtt * max_of(fabs(e->bound.y_lo), fabs(e->bound.y_hi));
	if (in_server < 0)
		d->slack -= in_server;
}

/* the rate from two exchanges, when nobody said what it should be */
static bool find_hz(struct rad_estimator *e, const struct rad_stamp *s)
{
	const struct rad_stamp *f = &e->last;
	double ticks = (double)(s64)(s->ta - f->ta);
	double span = raw_to_s(rad_time_raw(rad_time_sub(s->tb, f->tb)));
	double rtts = (double)(s64)(s->tf - s->ta) +
		      (double)(s64)(f->tf - f->ta);
	double hz, error;

	if (!(span > 0.05))
		return false;
	hz = ticks / span;
	if (!(hz >= HZ_MIN && hz <= HZ_MAX))
		return false;
	error = rtts / ticks;
	if (!(error < 0.2))
		return false;
	line_init(&e->line, hz);
	e->nominal = line_period(&e->line);
	e->have_hz = true;
	error = max_of(error * 1.1, e->cfg.max_rate_error);
	bound_limits(&e->bound, -error, error);
	return true;
}

/* a line through the middle of an exchange */
static void start(struct rad_estimator *e, const struct rad_stamp *s)
{
	struct edges d;
	double wide = max_of(fabs(e->bound.rate_lo), fabs(e->bound.rate_hi));

	e->line.counter = s->tf;
	e->line.time = rad_time_raw(s->te);
	edges_of(e, s, &d);
	d.dt = 0;
	bound_start(&e->bound, s->tf, d.in - d.slack, d.out + d.slack);
	e->have_clock = true;
	e->good = 1;
	e->story = s->ta;
	/* this line begins on one side of it */
	e->leap.delta = 0;
	announced_restart(&e->announced, s->te.sec);
	if (e->rate_prior > 0)
		wide = e->rate_prior;
	core_start(e, s, &d, wide / 2);
	if (e->classic)
		classic_start(e, s, &d);
}

static void note(struct rad_estimator *e, const struct rad_stamp *s,
		 double rtt, double dt)
{
	struct rad_info *i = &e->info;

	e->last = *s;
	e->have_last = true;
	e->odd_n = 0;
	i->last_counter = s->tf;
	i->last_rtt = rtt;
	i->last_root_delay = s->root_delay;
	i->last_root_dispersion = s->root_dispersion;
	i->refid = s->refid;
	i->leap = s->leap;
	i->stratum = s->stratum;
	if (i->smeared && s->te.sec - e->smeared_at > SMEAR_OVER)
		i->smeared = false;
	announced_stamp(&e->announced, s);
	if (!e->led)
		estimator_leap(e, announced_leap(&e->announced));
	if (dt > 0 && e->cfg.poll <= 0) {
		/* quick to shorten, slow to believe in a longer one */
		if (!(e->poll > 0) || dt < e->poll)
			e->poll = e->poll > 0 ? (e->poll + dt) / 2 : dt;
		else
			e->poll += min_of(dt - e->poll, e->poll) / 8;
	}
}

static enum rad_feed refuse(struct rad_estimator *e, enum rad_feed why)
{
	e->info.fed[why]++;
	return why;
}

/* everything that was learnt about this counter is void */
static void forget_counter(struct rad_estimator *e)
{
	e->have_clock = false;
	e->have_last = false;
	e->odd_n = 0;
	e->good = 0;
	e->rate_prior = 0;
	if (!e->hz_known) {
		e->have_hz = false;
		return;
	}
	line_init(&e->line, e->cfg.counter_hz);
	bound_limits(&e->bound, -e->cfg.max_rate_error,
		     e->cfg.max_rate_error);
}

/*
 * Stamps that are all older than the last one, but in order among each
 * other: the counter was replaced or set back without a word.
 */
static bool counter_went_back(struct rad_estimator *e,
			      const struct rad_stamp *s)
{
	bool follows = e->odd_n && (s64)(s->ta - e->odd.tf) > 0 &&
		       rad_time_raw(s->tb) > rad_time_raw(e->odd.tb);

	e->odd_n = follows ? e->odd_n + 1 : 1;
	e->odd = *s;
	return e->odd_n >= ODD_STAMPS;
}

enum rad_feed rad_estimator_feed(struct rad_estimator *e,
				 const struct rad_stamp *s)
{
	enum rad_feed r = stamp_check(s, e->have_last ? &e->last : NULL);
	struct rad_stamp first;
	struct edges d;

	if (r == RAD_FEED_ORDER && counter_went_back(e, s)) {
		forget_counter(e);
		r = RAD_FEED_ACCEPTED;
	}
	if (r != RAD_FEED_ACCEPTED)
		return refuse(e, r);
	if (!e->have_hz) {
		if (!e->have_last) {
			note(e, s, 0, 0);
			return refuse(e, RAD_FEED_ACCEPTED);
		}
		if (!find_hz(e, s)) {
			/* a later first one, if this cannot be a second */
			if (++e->odd_n > ODD_STAMPS ||
			    rad_time_raw(s->tb) <= rad_time_raw(e->last.tb)) {
				e->last = *s;
				e->odd_n = 0;
			}
			return refuse(e, RAD_FEED_RANGE);
		}
		first = e->last;
		start(e, &first);
	}
	d.dt = e->have_last ? line_span(&e->line, e->last.tf, s->tf) : 0;
	if (e->have_clock && d.dt > RAD_MAX_SPAN)
		forget_counter(e);
	d.rtt = line_span(&e->line, s->ta, s->tf) - raw_to_s(stay(s));
	if (!(d.rtt < RAD_MAX_RTT))
		return refuse(e, RAD_FEED_RANGE);
	if (!(d.rtt > 0))
		return refuse(e, RAD_FEED_CAUSALITY);
	if (!e->have_clock) {
		start(e, s);
		note(e, s, d.rtt, d.dt);
		return refuse(e, RAD_FEED_ACCEPTED);
	}
	take_leap(e, s->tf);
	line_move(&e->line, s->tf);
	bound_predict(&e->bound, e->wander, d.dt);
	edges_of(e, s, &d);
	e->good++;
	r = e->classic ? classic_feed(e, s, &d) : core_feed(e, s, &d);
	note(e, s, d.rtt, d.dt);
	if (dispute_chaos(&e->core.dispute)) {
		/* learn the rate as if nobody had said what it should be */
		e->hz_known = false;
		e->core.dispute.chaos = 0;
		forget_counter(e);
	}
	return refuse(e, r);
}

/* the least and the greatest the truth may be from the line at @now */
static double widest(const struct rad_estimator *e, double dt)
{
	struct bound b = e->bound;
	const struct dispute *d = &e->core.dispute;
	double drift, w;

	bound_predict(&b, e->wander, dt);
	w = max_of(fabs(b.lo), fabs(b.hi));
	if (d->on) {
		drift = bound_drift(&b, e->wander, dt) +
			max_of(fabs(b.y_lo), fabs(b.y_hi));
		w = max_of(w, max_of(fabs(d->hard_lo), fabs(d->hard_hi)) +
			 drift * dt);
	}
	return w;
}

static double sigma_after(const struct rad_estimator *e, double dt)
{
	double rw = e->wander * e->wander * dt;

	return sqrt(e->sigma * e->sigma +
		    dt * (2 * e->sigma_xy +
			  dt * (e->rate_sigma * e->rate_sigma + rw / 3)));
}

static u64 ns_up(double s)
{
	double ns = ceil(s * 1e9);

	if (!(ns < 1.8e19))
		return 18000000000000000000ULL;
	return ns < 1 ? 1 : (u64)ns;
}

static double sync_limit(const struct rad_estimator *e)
{
	return max_of(e->cfg.sync_error, 2 * path_base(&e->core.path));
}

/**
 * estimate_finish() - the fields that follow from the others
 * @e: whose clock it is
 * @est: counter, period, errors and growths are there; the rest is made
 */
void estimate_finish(const struct rad_estimator *e, struct rad_estimate *est)
{
	const struct line *l = &e->line;
	double age = line_span(l, l->counter, est->counter), span;

	est->maxerror_ns = ns_up(est->maxerror);
	est->esterror_ns = ns_up(est->esterror);
	est->maxerror_rate = line_rate_units(l, est->maxerror_growth);
	est->esterror_rate = line_rate_units(l, est->esterror_growth);
	span = max_of(HOLDOVER_POLLS * e->poll, 16);
	est->holdover_counter = line_ahead(l, l->counter, span);
	/* growth is a line for so long, and nothing is promised when wide */
	span = max_of(3 * HORIZON, age);
	span = min_of(span, (e->cfg.void_error - est->maxerror) /
			  est->maxerror_growth);
	est->void_counter = line_ahead(l, est->counter, max_of(span, 0));
	if (est->maxerror >= e->cfg.void_error ||
	    est->void_counter == est->counter)
		est->status = RADCLOCK_STATUS_UNSYNCHRONIZED;
	else if ((s64)(est->counter - est->holdover_counter) >= 0 ||
		 dispute_coasts(&e->core.dispute))
		est->status = RADCLOCK_STATUS_HOLDOVER;
	else if (est->maxerror > sync_limit(e) || e->good < 3)
		est->status = RADCLOCK_STATUS_WARMING;
	else
		est->status = RADCLOCK_STATUS_SYNCHRONIZED;
}

/* no clock */
void estimate_none(const struct rad_estimator *e, struct rad_estimate *est)
{
	memset(est, 0, sizeof(*est));
	est->status = RADCLOCK_STATUS_UNSYNCHRONIZED;
	if (e->cfg.tai_valid) {
		est->tai_offset = e->cfg.tai_offset;
		est->flags |= RADCLOCK_PARAMS_FLAG_TAI_VALID;
	}
}

bool rad_estimator_get(const struct rad_estimator *e, u64 now,
		       struct rad_estimate *est)
{
	const struct bound *b = &e->bound;
	struct line l = e->line;
	double dt = 0, limit, poll;

	estimate_none(e, est);
	if (!e->have_clock)
		return false;
	if (now && (s64)(now - l.counter) > 0) {
		dt = line_span(&l, l.counter, now);
		line_move(&l, now);
	}
	est->counter = l.counter;
	est->time = rad_time_from_raw(l.time);
	est->period = l.period;
	est->period_diff = l.period;
	est->period_shift = l.shift;
	est->period_s = line_period(&l);
	est->flags |= RADCLOCK_PARAMS_FLAG_ABS_VALID;
	if (e->info.smeared)
		est->flags |= RADCLOCK_PARAMS_FLAG_SMEARED;
	est->maxerror = widest(e, dt) + 1e-9;
	est->esterror = sigma_after(e, dt);
	/* what a straight line must allow for until the horizon */
	limit = 2 * max_of(fabs(b->rate_lo), fabs(b->rate_hi));
	est->maxerror_growth = min_of(max_of(fabs(b->y_lo), fabs(b->y_hi)) +
				    bound_drift(b, e->wander,
						max_of(dt, HORIZON)), limit);
	poll = max_of(e->poll, 1);
	est->esterror_growth = max_of((sigma_after(e, dt + poll) -
				     est->esterror) / poll, 1e-12);
	est->leap_counter = leap_counter(&e->leap, &e->line);
	est->leap_delta = est->leap_counter ? e->leap.delta : 0;
	estimate_finish(e, est);
	return true;
}

void rad_estimator_disrupt(struct rad_estimator *e)
{
	double limit = e->cfg.max_rate_error;

	e->info.disruptions++;
	e->odd_n = 0;
	e->rate_prior = 0;
	if (!e->have_clock) {
		e->have_last = false;
		return;
	}
	e->have_clock = false;
	e->have_last = false;
	/* the path and the wander stay known, the period is a good guess */
	if (!e->hz_known)
		e->nominal = line_period(&e->line);
	bound_limits(&e->bound, e->nominal / line_period(&e->line) *
		     (1 - limit) - 1, e->nominal / line_period(&e->line) *
		     (1 + limit) - 1);
}
