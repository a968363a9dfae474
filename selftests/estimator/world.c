// SPDX-License-Identifier: GPL-2.0-only
/* Worlds for the estimator: see world.h. */
#include <math.h>
#include <string.h>

#include "world.h"

#define EPOCH	1700000000LL

static u64 rotl(u64 x, int k)
{
	return (x << k) | (x >> (64 - k));
}

static u64 rng_next(struct rng *r)
{
	u64 *s = r->s;
	u64 result = rotl(s[1] * 5, 7) * 9;
	u64 t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

void rng_seed(struct rng *r, u64 seed)
{
	int i;

	memset(r, 0, sizeof(*r));
	for (i = 0; i < 4; i++) {
		u64 z = (seed += 0x9e3779b97f4a7c15ULL);

		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
		z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
		r->s[i] = z ^ (z >> 31);
	}
}

/* in (0, 1) */
double rng_uniform(struct rng *r)
{
	return ((double)(rng_next(r) >> 11) + 0.5) / 9007199254740992.0;
}

double rng_exp(struct rng *r, double mean)
{
	return -mean * log(rng_uniform(r));
}

double rng_normal(struct rng *r)
{
	double m, a;

	if (r->has_spare) {
		r->has_spare = false;
		return r->spare;
	}
	m = sqrt(-2 * log(rng_uniform(r)));
	a = 2 * M_PI * rng_uniform(r);
	r->spare = m * sin(a);
	r->has_spare = true;
	return m * cos(a);
}

/* the worlds of the facts, P 16 s, J 100 us, W 1e-9 */
void world_default(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->name = "default";
	w->hz = 1e9;
	w->poll = 16;
	w->duration = 300000;
	w->warm = 50000;
	w->base_out = 1e-3;
	w->base_in = 1e-3;
	w->jitter_out = 100e-6;
	w->jitter_in = 100e-6;
	w->skew = 1e-5;
	w->wander = 1e-9;
	w->stay = 20e-6;
	w->origin = 1ULL << 40;
}

void world_start(struct world_run *r, const struct world *w, u64 seed)
{
	memset(r, 0, sizeof(*r));
	r->w = w;
	rng_seed(&r->osc_rng, seed * 2 + 1);
	rng_seed(&r->net_rng, seed * 2 + 2);
	r->next = w->poll * rng_uniform(&r->net_rng);
	r->y = w->skew;
	if (w->iburst > 0)
		r->next = 1;
}

static double event_span(const struct event *e, double t)
{
	double u = t;

	if (e->every > 0)
		u = t - e->every * floor(t / e->every);
	return u >= e->from && u < e->to ? u - e->from : -1;
}

static bool event_on(const struct event *e, double t)
{
	return event_span(e, t) >= 0;
}

/* ticks since the start at @t, which never goes back by a second */
static long double ticks_at(struct world_run *r, double t)
{
	const struct world *w = r->w;

	while (r->sec + 1 <= (s64)floor(t)) {
		double tt;

		r->phase += (long double)w->hz * (1 + r->y);
		r->sec++;
		tt = r->sec;
		r->walk += w->wander * rng_normal(&r->osc_rng);
		r->y = w->skew + r->walk +
		       w->daily * sin(2 * M_PI * tt / 86400) +
		       w->cycle * sin(2 * M_PI * tt / 1200) + r->stun;
	}
	return r->phase + (long double)w->hz * (1 + r->y) *
			  ((long double)t - r->sec);
}

static struct rad_time time_at(long double t)
{
	long double fl = floorl(t);
	struct rad_time v = { EPOCH + (s64)fl,
			      (u64)((t - fl) * 18446744073709551616.0L) };

	return v;
}

/* the tick that a program reads at @t, and the time of that tick exactly */
static u64 tick_at(struct world_run *r, double t, struct rad_time *exact)
{
	long double c = ticks_at(r, t);
	long double fl = floorl(c);

	*exact = time_at((long double)t -
			 (c - fl) / ((long double)r->w->hz * (1 + r->y)));
	return r->w->origin + (u64)(s64)fl;
}

static double delay(struct world_run *r, double base, double jitter)
{
	double u;

	if (!(jitter > 0))
		return base;
	if (r->w->shape == DELAY_PARETO) {
		u = pow(rng_uniform(&r->net_rng), -1 / 1.3) - 1;
		return base + jitter * u;
	}
	if (r->w->shape == DELAY_GAMMA)
		return base + rng_exp(&r->net_rng, jitter / 3) +
		       rng_exp(&r->net_rng, jitter / 3) +
		       rng_exp(&r->net_rng, jitter / 3);
	if (r->w->shape == DELAY_NORMAL)
		return base + jitter * fmax(6 + rng_normal(&r->net_rng), 0);
	return base + rng_exp(&r->net_rng, jitter);
}

static void stun(struct world_run *r, double t)
{
	int i;

	for (i = 0; i < WORLD_EVENTS; i++) {
		const struct event *e = &r->w->event[i];

		if (e->kind != EVENT_STUN || r->stunned[i] || t < e->from)
			continue;
		ticks_at(r, t);
		r->stunned[i] = true;
		r->marker = true;
		r->phase -= (long double)r->w->hz * e->a;
		r->stun += e->b;
		r->y += e->b;
	}
}

static bool make(struct world_run *r, struct truth *t)
{
	const struct world *w = r->w;
	double at, out, in, lie = 0, poll = w->poll;
	double more_out = 0, more_in = 0, queue_out = 0, queue_in = 0;
	double server, back;
	bool lost;
	int i;

again:
	at = r->next;
	if (at > w->duration)
		return false;
	r->n++;
	if (w->poll_change > 0 && at >= w->poll_change)
		poll = w->poll_to;
	if (w->iburst > 0 && r->n < 4)
		poll = w->iburst;
	r->next = at + poll;
	lost = rng_uniform(&r->net_rng) < w->loss;
	memset(t, 0, sizeof(*t));
	lie = more_out = more_in = queue_out = queue_in = 0;
	for (i = 0; i < WORLD_EVENTS; i++) {
		const struct event *e = &w->event[i];

		if (e->kind == EVENT_NONE || !event_on(e, at))
			continue;
		switch (e->kind) {
		case EVENT_OUTAGE:
			lost = true;
			break;
		case EVENT_SHIFT:
			more_out += e->a;
			more_in += e->b;
			break;
		case EVENT_LIE:
			lie += e->a;
			break;
		case EVENT_DRIFT:
			lie += e->a * event_span(e, at);
			break;
		case EVENT_CONGESTION:
			queue_out += e->a;
			queue_in += e->b;
			break;
		default:
			break;
		}
	}
	out = delay(r, w->base_out + more_out, w->jitter_out);
	in = delay(r, w->base_in + more_in, w->jitter_in);
	if (queue_out > 0)
		out += rng_exp(&r->net_rng, queue_out);
	if (queue_in > 0)
		in += rng_exp(&r->net_rng, queue_in);
	if (lost)
		goto again;
	stun(r, at);
	/* the host stamps too early on the way out, too late on arrival */
	t->s.ta = tick_at(r, at, &t->at_ta);
	if (w->host > 0)
		at += rng_exp(&r->net_rng, w->host);
	server = at + out;
	back = server + fabs(w->stay) + in;
	t->s.tb = time_at((long double)server + lie);
	t->s.te = time_at((long double)server + lie + w->stay);
	if (w->host > 0)
		back += rng_exp(&r->net_rng, w->host);
	t->s.tf = tick_at(r, back, &t->at_tf);
	t->when = back;
	t->s.root_delay = w->root_delay;
	t->s.root_dispersion = w->root_dispersion;
	t->s.stratum = 1;
	t->lying = lie != 0;
	t->disrupted = r->marker;
	r->marker = false;
	return true;
}

/**
 * world_next() - the next stamp as it arrives
 * @r: run
 * @t: written
 *
 * Return: false at the end of the world.
 */
bool world_next(struct world_run *r, struct truth *t)
{
	struct truth next;

	if (r->held) {
		*t = r->hold;
		r->held = false;
		return true;
	}
	if (!make(r, t))
		return false;
	if (r->w->disorder > 0 &&
	    rng_uniform(&r->net_rng) < r->w->disorder && make(r, &next)) {
		r->hold = *t;
		*t = next;
		r->held = true;
	} else if (r->w->duplicates > 0 &&
		   rng_uniform(&r->net_rng) < r->w->duplicates) {
		r->hold = *t;
		r->held = true;
	}
	return true;
}

double world_error(const struct rad_estimate *est, u64 counter,
		   struct rad_time truth)
{
	rad_s128 v = rad_time_raw(est->time) +
		     rad_ticks_to_raw((s64)(counter - est->counter),
				      est->period, est->period_shift);

	return ldexp((double)(v - rad_time_raw(truth)), -64);
}
