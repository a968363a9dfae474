// SPDX-License-Identifier: GPL-2.0-only
/*
 * The default algorithm: what a stamp allows goes, as an interval, through
 * the bank of filters.
 */
#include <math.h>
#include <string.h>

#include "internal.h"

#define SOFT_FLOOR	20e-9	/* s: no stamp is better */
#define DISPUTE_SIGMAS	8
#define DISPUTE_FLOOR	50e-6	/* s */
#define DISPUTE_SPAN	3600.0	/* s: the longer story wins, at most this */
#define DISPUTE_STAMPS	4

static double softness(const struct rad_estimator *e,
		       const struct rad_stamp *s)
{
	double tick = line_period(&e->line);
	double path = path_softness(&e->core.path);

	return SOFT_FLOOR * SOFT_FLOOR + tick * tick / 3 +
	       s->host_noise * s->host_noise + s->precision * s->precision +
	       path * path;
}

/* what to publish: the mixture's deviations */
static void core_publish(struct rad_estimator *e)
{
	const struct filter *m = &e->core.bank.mix;

	e->sigma = sqrt(m->xx);
	e->sigma_xy = m->xy;
	e->rate_sigma = sqrt(m->yy);
	e->wander = e->core.bank.wander;
}

/* the line onto the mixture */
static void core_follow(struct rad_estimator *e)
{
	struct core *c = &e->core;

	estimator_correct(e, c->bank.mix.x, c->bank.mix.y);
	core_publish(e);
}

void core_shift(struct core *c, const struct line *l, double dx, double dy)
{
	bank_shift(&c->bank, dx, dy);
	path_shift(&c->path, l, dx, dy);
	dispute_shift(&c->dispute, dx);
}

void core_init(struct core *c)
{
	mills_init(&c->mills);
	bank_init(&c->bank);
	path_init(&c->path);
}

/* a clock from one exchange: the line is near it already */
void core_start(struct rad_estimator *e, const struct rad_stamp *s,
		const struct edges *d, double y_sigma)
{
	struct core *c = &e->core;
	double x, var;

	c->dispute.on = false;
	path_restart_envelopes(&c->path);
	path_stamp(&c->path, d->rtt, d->rtt / 2, d->rtt / 2, d->rtt);
	var = softness(e, s);
	/* the path may be known from before: then the exchange is judged */
	x = (d->out - c->path.base_out + d->in + c->path.base_in) / 2;
	var += pow(d->rtt - path_base(&c->path), 2) / 12;
	bank_start(&c->bank, x, var, y_sigma * y_sigma);
	core_follow(e);
}

/* the new story has won */
void core_adopt(struct rad_estimator *e)
{
	struct core *c = &e->core;
	struct dispute *d = &c->dispute;
	double w = fmax(d->hi - d->lo, 0);
	double yy = c->bank.mix.yy + 1e-7 * 1e-7;

	bank_start(&c->bank, (d->lo + d->hi) / 2, w * w / 12 + softness(e, &e->last),
		   yy);
	bound_start(&e->bound, e->line.counter, d->hard_lo, d->hard_hi);
	path_restart_envelopes(&c->path);
	e->story = d->since;
	e->info.disputes++;
	d->on = false;
	core_follow(e);
}

/* a stamp that cannot be true together with the clock */
static enum rad_feed core_dispute(struct rad_estimator *e,
				  const struct rad_stamp *s, double lo,
				  double hi, double hard_lo, double hard_hi)
{
	struct dispute *d = &e->core.dispute;
	double age, old;

	dispute_stamp(d, s, lo, hi, hard_lo, hard_hi);
	/* time has passed all the same */
	bank_mix(&e->core.bank);
	age = line_span(&e->line, d->since, s->tf);
	old = line_span(&e->line, e->story, d->since);
	if (d->n >= DISPUTE_STAMPS && age > fmin(old, DISPUTE_SPAN))
		core_adopt(e);
	else
		core_follow(e);
	return RAD_FEED_DISPUTED;
}

enum rad_feed core_feed(struct rad_estimator *e, const struct rad_stamp *s,
			const struct edges *d)
{
	struct core *c = &e->core;
	struct bank *b = &c->bank;
	double xx, x, soft, lo, hi, gap, hard_lo, hard_hi, limit, drift;

	x = b->mix.x + b->mix.y * d->dt;
	xx = b->mix.xx + 2 * b->mix.xy * d->dt +
	     (b->mix.yy + b->wander * b->wander * d->dt / 3) * d->dt * d->dt;
	bank_predict(b, d->dt);
	drift = bound_drift(&e->bound, e->wander, d->dt);
	dispute_predict(&c->dispute, drift, d->dt);
	path_stamp(&c->path, d->rtt, d->out - x, x - d->in, sqrt(xx));
	soft = softness(e, s);
	lo = d->in + c->path.base_in;
	hi = d->out - c->path.base_out;
	if (!(hi > lo)) {
		lo = (lo + hi) / 2;
		hi = lo;
		lo -= SOFT_FLOOR / 10;
		hi += SOFT_FLOOR / 10;
	}
	hard_lo = d->in - d->slack;
	hard_hi = d->out + d->slack;
	gap = fmax(lo - x, x - hi);
	limit = DISPUTE_SIGMAS * sqrt(xx + soft) + DISPUTE_FLOOR +
		2 * drift * d->dt;
	/* what is in dispute must not touch the bound */
	if (hard_lo > e->bound.hi || hard_hi < e->bound.lo ||
	    (gap > limit && e->good > 8))
		return core_dispute(e, s, lo, hi, hard_lo, hard_hi);
	bound_stamp(&e->bound, &e->line, e->wander, hard_lo, hard_hi);
	if (c->dispute.on &&
	    (c->dispute.lo > hi + limit || c->dispute.hi < lo - limit))
		c->dispute.on = false;
	path_envelopes(&c->path, &e->line, s->ta, s->tf, d->out, d->in,
		       b->mix.yy, b->wander);
	bank_update(b, &c->mills, lo, hi, soft);
	core_follow(e);
	return RAD_FEED_ACCEPTED;
}
