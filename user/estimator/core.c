// SPDX-License-Identifier: GPL-2.0-only
/*
 * The default algorithm: what a stamp allows goes, as an interval, through
 * the bank of filters.
 */
#include <math.h>
#include <string.h>

#include "internal.h"

#define CORE_TYPICAL	6	/* filter whose phase judges delays */
#define SOFT_FLOOR	20e-9	/* s: no stamp is better */
#define DISPUTE_SIGMAS	8
#define DISPUTE_FLOOR	50e-6	/* s */
#define DISPUTE_STAMPS	4	/* of a story that is older than the clock's */
#define DISPUTE_MANY	8
#define DISPUTE_SPAN	3600.0	/* s: fewer will do after so long */
#define SMEAR_RATE	2e-5
#define DISPUTE_CALM	8

/* variance of a stamp's ends, but for what is not known of the path */
static double own_softness(const struct rad_estimator *e,
			   const struct rad_stamp *s)
{
	double tick = line_period(&e->line);

	return SOFT_FLOOR * SOFT_FLOOR + tick * tick / 3 +
	       s->host_noise * s->host_noise + s->precision * s->precision;
}

static double softness(const struct rad_estimator *e,
		       const struct rad_stamp *s)
{
	return own_softness(e, s) + path_variance(&e->core.path);
}

static void keep(struct rad_estimator *e, const struct rad_stamp *s)
{
	struct core *c = &e->core;
	struct kept *k;

	if (c->kept_n >= CORE_HISTORY) {
		c->kept_n = CORE_HISTORY + 1;
		return;
	}
	k = &c->kept[c->kept_n++];
	k->ta = s->ta;
	k->tf = s->tf;
	k->tb = s->tb;
	k->te = s->te;
	k->soft = own_softness(e, s);
}

/* UTC was set back by @seconds: the stamps from before are run again in the new one */
void core_leap(struct core *c, int seconds)
{
	const struct rad_time step = { seconds, 0 };
	unsigned int i;

	for (i = 0; i < c->kept_n && i < CORE_HISTORY; i++) {
		c->kept[i].tb = rad_time_sub(c->kept[i].tb, step);
		c->kept[i].te = rad_time_sub(c->kept[i].te, step);
	}
}

/* never empty, so that the filters get a density and not nothing */
static void ends(double *lo, double *hi)
{
	double mid = (*lo + *hi) / 2;

	if (*hi - *lo > SOFT_FLOOR / 5)
		return;
	*lo = mid - SOFT_FLOOR / 10;
	*hi = mid + SOFT_FLOOR / 10;
}

/*
 * The least round trip was too long so far: every interval was too narrow, in
 * the same way, and the filters of little wander would never forget it. Run
 * the stamps through them again while there are few.
 */
static void core_again(struct rad_estimator *e)
{
	struct core *c = &e->core;
	double path = path_variance(&c->path), lean = path_lean(&c->path);
	unsigned int i;

	if (c->kept_n > CORE_HISTORY ||
	    (c->base_used - path_base(&c->path) < path_softness(&c->path) / 4 &&
	     c->kept_n < c->again))
		return;
	c->base_used = path_base(&c->path);
	c->again = 2 * c->kept_n;
	for (i = 0; i < c->kept_n; i++) {
		const struct kept *k = &c->kept[i];
		double lo, hi, tilt, soft = k->soft + path;

		lo = raw_to_s(rad_time_raw(k->te) - line_at(&e->line, k->tf)) +
		     c->path.base_in - lean;
		hi = raw_to_s(rad_time_raw(k->tb) - line_at(&e->line, k->ta)) -
		     c->path.base_out + lean;
		ends(&lo, &hi);
		if (!i) {
			bank_start(&c->bank, (lo + hi) / 2, soft +
				   (hi - lo) * (hi - lo) / 12,
				   c->y_start * c->y_start);
			continue;
		}
		bank_predict(&c->bank, line_span(&e->line, c->kept[i - 1].tf,
						 k->tf));
		tilt = path_tilt(&c->path, hi + c->path.base_out - c->bank.f[CORE_TYPICAL].x,
				 c->bank.f[CORE_TYPICAL].x + c->path.base_in - lo, sqrt(soft));
		bank_score(&c->bank, &c->mills, lo, hi, soft, tilt);
		bank_limit(&c->bank, e->bound.rate_lo, e->bound.rate_hi);
	}
	bank_mix(&c->bank);
}

/* what to publish: the mixture's deviations */
static void core_publish(struct rad_estimator *e)
{
	const struct filter *m = &e->core.bank.mix;
	double youth = path_youth(&e->core.path);

	e->sigma = sqrt(m->xx + youth * youth);
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
	smear_shift(&c->smear, l, dx, dy);
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

	memset(&c->dispute, 0, sizeof(c->dispute));
	path_restart_envelopes(&c->path);
	path_stamp(&c->path, d->rtt, d->rtt / 2, d->rtt / 2, d->rtt);
	var = softness(e, s);
	/* the path may be known from before: then the exchange is judged */
	x = (d->out - c->path.base_out + d->in + c->path.base_in) / 2;
	var += pow(d->rtt - path_base(&c->path), 2) / 12;
	bank_start(&c->bank, x, var, y_sigma * y_sigma);
	c->y_start = y_sigma;
	c->kept_n = 0;
	c->again = 4;
	c->base_used = path_base(&c->path);
	keep(e, s);
	core_follow(e);
}

/* the new story has won */
void core_adopt(struct rad_estimator *e)
{
	struct core *c = &e->core;
	struct dispute *d = &c->dispute;
	double w = max_of(d->hi - d->lo, 0), x = (d->lo + d->hi) / 2;
	double limit = (e->bound.rate_hi - e->bound.rate_lo) / 4;
	double yy = c->bank.mix.yy + 1e-7 * 1e-7, rate;

	/* it may have been our rate that was wrong, not the server */
	rate = min_of(fabs(x) / line_span(&e->line, e->story, e->line.counter), limit);
	yy += rate * rate;
	dispute_leave(d, e->sigma);
	bank_start(&c->bank, x, w * w / 12 + softness(e, &e->last), yy);
	bound_start(&e->bound, e->line.counter, d->hard_lo, d->hard_hi);
	path_restart_envelopes(&c->path);
	e->story = d->since;
	e->info.disputes++;
	d->on = false;
	c->smear.n = 0;
	c->kept_n = CORE_HISTORY + 1;
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
	if (smear_stamp(&e->core.smear, &e->line, s, (lo + hi) / 2)) {
		e->info.smeared = true;
		e->smeared_at = s->te.sec;
		d->lo = lo;
		d->hi = hi;
		d->hard_lo = hard_lo;
		d->hard_hi = hard_hi;
		core_adopt(e);
		/* its rate is another one, too */
		bank_start(&e->core.bank, e->core.bank.mix.x,
			   e->core.bank.mix.xx, SMEAR_RATE * SMEAR_RATE);
		core_publish(e);
		return RAD_FEED_DISPUTED;
	}
	if (d->n >= DISPUTE_STAMPS &&
	    (age > min_of(old, DISPUTE_SPAN) || dispute_returns(d) ||
	     (d->n >= DISPUTE_MANY && age > dispute_patience(d))))
		core_adopt(e);
	else
		core_follow(e);
	return RAD_FEED_DISPUTED;
}

/* the mixture @dt s later */
static void predicted(const struct bank *b, double dt, double *x, double *xx)
{
	*x = b->mix.x + b->mix.y * dt;
	*xx = b->mix.xx + 2 * b->mix.xy * dt +
	      (b->mix.yy + b->wander * b->wander * dt / 3) * dt * dt;
}

enum rad_feed core_feed(struct rad_estimator *e, const struct rad_stamp *s,
			const struct edges *d)
{
	struct core *c = &e->core;
	struct bank *b = &c->bank;
	double xx, x, soft, lo, hi, gap, hard_lo, hard_hi, limit, drift;
	double tilt, youth;
	u32 shifts;

	predicted(b, d->dt, &x, &xx);
	shifts = c->path.up_shifts + c->path.down_shifts;
	path_stamp(&c->path, d->rtt, d->out - x, x - d->in, sqrt(xx));
	if (shifts != c->path.up_shifts + c->path.down_shifts)
		c->kept_n = CORE_HISTORY + 1;
	core_again(e);
	predicted(b, d->dt, &x, &xx);
	bank_predict(b, d->dt);
	drift = bound_drift(&e->bound, e->wander, d->dt);
	dispute_predict(&c->dispute, drift, d->dt);
	soft = softness(e, s);
	lo = d->in + c->path.base_in - path_lean(&c->path);
	hi = d->out - c->path.base_out + path_lean(&c->path);
	ends(&lo, &hi);
	hard_lo = d->in - d->slack;
	hard_hi = d->out + d->slack;
	gap = max_of(lo - x, x - hi);
	youth = path_youth(&c->path);
	limit = DISPUTE_SIGMAS * sqrt(xx + soft + youth * youth) + DISPUTE_FLOOR +
		2 * drift * d->dt;
	/* what is in dispute must not touch the bound */
	if (hard_lo > e->bound.hi || hard_hi < e->bound.lo ||
	    (gap > limit && e->good > 8))
		return core_dispute(e, s, lo, hi, hard_lo, hard_hi);
	bound_stamp(&e->bound, &e->line, e->wander, hard_lo, hard_hi);
	if (gap <= limit / 2)
		c->smear.n = 0;
	/* the old story again, or at least nothing more of the new one */
	dispute_calm(&c->dispute);
	if (c->dispute.lo > hi + limit || c->dispute.hi < lo - limit ||
	    c->dispute.calm > DISPUTE_CALM + 2 * c->dispute.n)
		c->dispute.on = false;
	path_envelopes(&c->path, &e->line, s->ta, s->tf, d->out, d->in,
		       b->mix.yy, b->wander);
	keep(e, s);
	tilt = path_tilt(&c->path, d->out - x, x - d->in, sqrt(soft + xx));
	bank_score(b, &c->mills, lo, hi, soft, tilt);
	bank_limit(b, e->bound.rate_lo, e->bound.rate_hi);
	bank_mix(b);
	path_delays(&c->path, d->out - b->mix.x, b->mix.x - d->in);
	core_follow(e);
	return RAD_FEED_ACCEPTED;
}
