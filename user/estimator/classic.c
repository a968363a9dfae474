// SPDX-License-Identifier: GPL-2.0-only
/*
 * The published RADclock algorithm: Veitch, Ridoux, Korada, "Robust
 * Synchronization of Absolute and Difference Clocks over Networks", IEEE/ACM
 * Transactions on Networking 17(2), 2009. Names are the paper's.
 *
 * The line is the absolute clock: its slope is p-hat, and theta-hat is taken
 * out of it at every stamp, so K and theta-hat need not be kept.
 */
#include <math.h>
#include <string.h>

#include "internal.h"

#define TSLIMIT		15e-6	/* s, noise of a stamp */
#define SKM_SCALE	1024.0	/* s, up to which the rate is constant */
#define RATE_ERROR	5e-7	/* bound of the rate's error */
#define SKM_RATE	2e-7	/* the same, at best */
#define WARMUP		(7.5 * SKM_SCALE)
#define SHIFT_WINDOW	1500.0	/* s */
#define SHIFT_STAMPS	100
#define SHIFT_NEAR	150e-6	/* s: an up-shift of a near server */
#define SHIFT_FAR	450e-6
#define FAR_RTT		3e-3
#define HALF_HISTORY	(3.5 * 86400)
#define LOCAL_WINDOW	(5 * SKM_SCALE)
#define LOCAL_QUALITY	8e-7
#define P_GOOD		1e-7
#define P_BEST		1e-8
#define P_SANITY	1.5e-6
#define THETA_SCALE	150e-6	/* s */
#define THETA_QUALITY	450e-6
#define THETA_SANITY	1.5e-3	/* s, and */
#define THETA_RATE	1e-5	/* s/s since the last good one */
#define HISTORY		8192

struct past {
	u64 ta;
	u64 tf;
	struct rad_time tb;
	struct rad_time te;
	double rtt;		/* s */
	double r;		/* least round trip then, s */
};

struct classic {
	struct past at[HISTORY];
	unsigned int n;		/* in the ring */
	unsigned int head;	/* next to write */
	u64 total;
	u64 first;		/* counter of the first stamp */
	double r;
	double half[2];		/* least of this and of the last half history */
	u64 half_start;
	struct past far;	/* of the p-hat pair */
	bool have_far;
	double p_error;
	double local;		/* p_local / p-hat - 1 */
	u64 theta_last;		/* counter of the last good theta */
};

size_t classic_size(void)
{
	return sizeof(struct classic);
}

void classic_init(struct classic *c)
{
	memset(c, 0, sizeof(*c));
}

/* the @i-th latest: 0 is the newest */
static struct past *past(struct classic *c, unsigned int i)
{
	return &c->at[(c->head + HISTORY - 1 - i) % HISTORY];
}

static struct past *push(struct classic *c, const struct rad_stamp *s,
			 double rtt)
{
	struct past *p = &c->at[c->head];

	c->head = (c->head + 1) % HISTORY;
	if (c->n < HISTORY)
		c->n++;
	c->total++;
	p->ta = s->ta;
	p->tf = s->tf;
	p->tb = s->tb;
	p->te = s->te;
	p->rtt = rtt;
	p->r = c->r;
	return p;
}

/* UTC was set back by @seconds: pairs must not lie across that */
void classic_leap(struct classic *c, int seconds)
{
	const struct rad_time step = { seconds, 0 };
	unsigned int i;

	for (i = 0; i < c->n; i++) {
		struct past *p = past(c, i);

		p->tb = rad_time_sub(p->tb, step);
		p->te = rad_time_sub(p->te, step);
	}
	c->far.tb = rad_time_sub(c->far.tb, step);
	c->far.te = rad_time_sub(c->far.te, step);
}

static double point_error(const struct past *p)
{
	return fmax(p->rtt - p->r, 0);
}

static double since(const struct rad_estimator *e, u64 counter)
{
	return line_span(&e->line, counter, e->line.counter);
}

/* rate of a pair against the line: both ways, averaged */
static double pair_rate(const struct rad_estimator *e, const struct past *i,
			const struct past *j)
{
	double a = line_span(&e->line, j->ta, i->ta);
	double f = line_span(&e->line, j->tf, i->tf);
	double tb = raw_to_s(rad_time_raw(rad_time_sub(i->tb, j->tb)) -
			     (line_at(&e->line, i->ta) -
			      line_at(&e->line, j->ta)));
	double te = raw_to_s(rad_time_raw(rad_time_sub(i->te, j->te)) -
			     (line_at(&e->line, i->tf) -
			      line_at(&e->line, j->tf)));

	return (tb / a + te / f) / 2;
}

static double pair_error(const struct rad_estimator *e, const struct past *i,
			 const struct past *j)
{
	return (point_error(i) + point_error(j) + fabs(i->r - j->r)) /
	       line_span(&e->line, j->ta, i->ta);
}

/* 4.1: the least round trip, and upward shifts of it */
static void rtt_filter(struct rad_estimator *e, struct classic *c, double rtt)
{
	double least = rtt, limit;
	unsigned int i, n = 0;

	if (c->total == 0 || rtt < c->r)
		c->r = rtt;
	if (c->total == 0) {
		c->half[0] = rtt;
		c->half[1] = rtt;
		c->half_start = e->line.counter;
	}
	c->half[0] = fmin(c->half[0], rtt);
	if (since(e, c->half_start) > HALF_HISTORY) {
		c->r = fmin(c->half[0], rtt);
		c->half[1] = c->half[0];
		c->half[0] = rtt;
		c->half_start = e->line.counter;
	}
	for (i = 0; i < c->n; i++) {
		const struct past *p = past(c, i);

		if (since(e, p->tf) > SHIFT_WINDOW && n >= SHIFT_STAMPS)
			break;
		least = fmin(least, p->rtt);
		n++;
	}
	limit = c->r < FAR_RTT ? SHIFT_NEAR : SHIFT_FAR;
	if (n < SHIFT_STAMPS || since(e, past(c, n - 1)->tf) <
	    SHIFT_WINDOW / 2 || least < c->r + limit)
		return;
	c->r = least;
	c->half[0] = least;
	for (i = 0; i < n; i++)
		past(c, i)->r = least;
	e->core.path.up_shifts++;
}

/* the best stamp among the latest from @from to @to (excluded) */
static const struct past *best(struct classic *c, unsigned int from,
			       unsigned int to)
{
	const struct past *b = NULL;
	unsigned int i;

	for (i = from; i < to && i < c->n; i++)
		if (!b || point_error(past(c, i)) < point_error(b))
			b = past(c, i);
	return b;
}

/* 4.2: p-hat */
static void rate_warm(struct rad_estimator *e, struct classic *c)
{
	unsigned int quarter = (c->n + 3) / 4;
	const struct past *i = best(c, 0, quarter);
	const struct past *j = best(c, c->n - quarter, c->n);

	if (!i || !j || i == j || (s64)(i->ta - j->tf) <= 0)
		return;
	estimator_correct(e, 0, pair_rate(e, i, j));
	c->p_error = pair_error(e, i, j);
	c->far = *j;
	c->have_far = true;
}

static void rate_full(struct rad_estimator *e, struct classic *c,
		      const struct past *i)
{
	double error, rate, good;

	if (!c->have_far || point_error(i) >= 3 * TSLIMIT)
		return;
	good = since(e, c->first) > HALF_HISTORY ? P_BEST : P_GOOD;
	error = pair_error(e, i, &c->far);
	if (error > c->p_error && error > good)
		return;
	rate = pair_rate(e, i, &c->far);
	if (fabs(rate) > P_SANITY)
		return;
	estimator_correct(e, 0, rate);
	c->p_error = error;
}

/* 4.3: p_local, over windows that end now and LOCAL_WINDOW ago */
static void rate_local(struct rad_estimator *e, struct classic *c)
{
	const struct past *i = NULL, *j = NULL;
	unsigned int k;

	for (k = 0; k < c->n; k++) {
		const struct past *p = past(c, k);
		double age = since(e, p->tf);

		if (age > LOCAL_WINDOW + LOCAL_WINDOW / 5)
			break;
		if (age < LOCAL_WINDOW / 5) {
			if (!i || point_error(p) < point_error(i))
				i = p;
		} else if (age > LOCAL_WINDOW) {
			if (!j || point_error(p) < point_error(j))
				j = p;
		}
	}
	if (!i || !j || pair_error(e, i, j) > LOCAL_QUALITY)
		return;
	c->local = pair_rate(e, i, j);
}

/* 4.4: theta-hat */
static void offset(struct rad_estimator *e, struct classic *c, bool warm)
{
	double sum = 0, weights = 0, least = 1e9, theta, gap, scale;
	unsigned int k, pass;

	scale = THETA_SCALE;
	for (pass = 0; pass < 2; pass++) {
		for (k = 0; k < c->n; k++) {
			const struct past *p = past(c, k);
			double age = since(e, p->tf), error, w, th;

			if (age > SKM_SCALE && k)
				break;
			error = point_error(p) + SKM_RATE * age;
			least = fmin(least, error);
			if (!pass)
				continue;
			w = exp(-(error / scale) * (error / scale));
			th = raw_to_s((line_at(&e->line, p->ta) -
				       rad_time_raw(p->tb)) / 2 +
				      (line_at(&e->line, p->tf) -
				       rad_time_raw(p->te)) / 2);
			sum += w * (th - c->local * age);
			weights += w;
		}
		/* at the start anything is better than nothing */
		if (warm)
			scale = fmax(scale, least);
	}
	if ((!warm && least >= THETA_QUALITY) || !(weights > 0))
		return;
	theta = sum / weights;
	gap = since(e, c->theta_last);
	if (!warm && fabs(theta) > THETA_SANITY + THETA_RATE * gap)
		return;
	estimator_correct(e, -theta, 0);
	c->theta_last = e->line.counter;
	e->sigma = fmax(least, 1e-9);
}

void classic_start(struct rad_estimator *e, const struct rad_stamp *s,
		   const struct edges *d)
{
	struct classic *c = e->classic;

	classic_init(c);
	c->first = s->tf;
	c->theta_last = s->tf;
	rtt_filter(e, c, d->rtt);
	push(c, s, d->rtt);
	estimator_correct(e, (d->out + d->in) / 2, 0);
	e->sigma = d->rtt / 2;
	e->rate_sigma = RATE_ERROR;
}

enum rad_feed classic_feed(struct rad_estimator *e, const struct rad_stamp *s,
			   const struct edges *d)
{
	struct classic *c = e->classic;
	struct bound *b = &e->bound;
	double lo = d->in - d->slack, hi = d->out + d->slack;
	struct past *p;
	bool warm;

	/* it has no notion of a server that lies: believe both */
	if (!bound_stamp(b, &e->line, e->wander, lo, hi)) {
		b->lo = fmin(b->lo, lo);
		b->hi = fmax(b->hi, hi);
	}
	rtt_filter(e, c, d->rtt);
	p = push(c, s, d->rtt);
	warm = since(e, c->first) < WARMUP && c->total < HISTORY;
	if (warm)
		rate_warm(e, c);
	else
		rate_full(e, c, p);
	if (!warm)
		rate_local(e, c);
	offset(e, c, warm);
	e->rate_sigma = fmin(fmax(c->p_error, SKM_RATE), RATE_ERROR);
	e->core.path.base_out = c->r / 2;
	e->core.path.base_in = c->r / 2;
	return RAD_FEED_ACCEPTED;
}
