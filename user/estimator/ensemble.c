// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several servers: an estimator for each, a vote by their intervals, and one
 * that is followed until another is clearly better.
 */
#include <math.h>
#include <string.h>

#include "internal.h"

#define BETTER		0.7	/* of the selected one's figure */
#define BETTER_VOTES	8	/* so many times in turn */
#define VOTE_STAMPS	3
#define STALE_POLLS	8
#define CONDEMNED	21600	/* s: as long as an estimate of then may hold */
#define LEAP_DECIDED	2	/* s before it */

struct server {
	struct rad_estimator *e;
	bool unreachable;
	bool prefer;
	enum rad_verdict verdict;
	u64 seen;		/* counter of its last stamp */
	bool condemned;		/* by a majority, */
	u64 judged;		/* counter of that vote */
};

struct rad_ensemble {
	struct rad_config cfg;
	unsigned int servers;
	int selected;
	int challenger;
	unsigned int challenges;
	bool split;		/* no majority */
	struct leap leap;	/* to come, by the vote */
	s64 leap_done;		/* &leap.at of the last one that came */
	u64 now;
	size_t stride;
	struct server server[RAD_SERVERS_MAX];
};

/* where one server says that the truth is, against some time */
struct opinion {
	unsigned int server;
	double lo;
	double hi;
	double figure;
	struct rad_estimate est;
};

static size_t round_up(size_t n)
{
	return (n + 63) & ~(size_t)63;
}

static unsigned int clamp_servers(unsigned int servers)
{
	if (servers < 1)
		return 1;
	return servers > RAD_SERVERS_MAX ? RAD_SERVERS_MAX : servers;
}

size_t rad_ensemble_size(const struct rad_config *cfg, unsigned int servers)
{
	return round_up(sizeof(struct rad_ensemble)) +
	       clamp_servers(servers) * round_up(rad_estimator_size(cfg));
}

static void begin(const struct rad_ensemble *en, struct server *s, void *mem)
{
	s->e = rad_estimator_init(mem, &en->cfg);
	s->e->led = en->servers > 1;
}

struct rad_ensemble *rad_ensemble_init(void *mem, const struct rad_config *cfg,
				       unsigned int servers)
{
	struct rad_ensemble *en = mem;
	char *at = (char *)mem + round_up(sizeof(*en));
	unsigned int i;

	memset(en, 0, sizeof(*en));
	en->cfg = *cfg;
	en->servers = clamp_servers(servers);
	en->stride = round_up(rad_estimator_size(cfg));
	en->selected = -1;
	en->challenger = -1;
	for (i = 0; i < en->servers; i++, at += en->stride)
		begin(en, &en->server[i], at);
	return en;
}

static bool fresh(const struct rad_ensemble *en, const struct server *s)
{
	const struct rad_estimator *e = s->e;
	double age;

	if (!e->have_clock || s->unreachable)
		return false;
	age = line_span(&e->line, e->line.counter, en->now);
	return age < fmax(STALE_POLLS * e->poll, 60);
}

/* every opinion there is, at the ensemble's counter, against the first */
static unsigned int collect(const struct rad_ensemble *en, u64 now,
			    struct opinion *o, bool all)
{
	unsigned int i, n = 0;
	rad_s128 origin = 0, time;
	double c;

	for (i = 0; i < en->servers; i++) {
		const struct server *s = &en->server[i];

		if (!s->e->have_clock || (!all && !fresh(en, s)))
			continue;
		/* not behind its own last stamp: the line goes back too */
		if (!rad_estimator_get(s->e, now, &o[n].est))
			continue;
		if (o[n].est.counter != now)
			o[n].est.time = rad_time_from_raw(
				line_at(&s->e->line, now));
		/* who has not taken the leap yet is one ahead of who has */
		time = rad_time_raw(o[n].est.time) - s->e->leap.delta * RAW_SECOND;
		if (!n)
			origin = time;
		c = raw_to_s(time - origin);
		o[n].server = i;
		o[n].lo = c - o[n].est.maxerror;
		o[n].hi = c + o[n].est.maxerror;
		o[n].figure = o[n].est.maxerror + 3 * o[n].est.esterror;
		n++;
	}
	return n;
}

/* how many of the intervals in @use hold a point */
static unsigned int holding(const struct opinion *o, unsigned int n, u32 use, double point)
{
	unsigned int i, count = 0;

	for (i = 0; i < n; i++)
		if (use & 1U << i)
			count += o[i].lo <= point && point <= o[i].hi;
	return count;
}

/*
 * The hull of the points that at least @need > 0 of the intervals in @use hold:
 * its ends are a lower end of one and an upper end of one.
 */
static bool covered(const struct opinion *o, unsigned int n, u32 use,
		    unsigned int need, double *lo, double *hi)
{
	unsigned int i;

	*lo = INFINITY;
	*hi = -INFINITY;
	for (i = 0; i < n; i++) {
		if (!(use & 1U << i))
			continue;
		if (holding(o, n, use, o[i].lo) >= need)
			*lo = min_of(*lo, o[i].lo);
		if (holding(o, n, use, o[i].hi) >= need)
			*hi = max_of(*hi, o[i].hi);
	}
	return *lo <= *hi;
}

static u32 all_of(unsigned int n)
{
	return n >= 32 ? ~0U : (1U << n) - 1;
}

/* who agrees with the most others; all when there is no majority */
static u32 vote(struct rad_ensemble *en, const struct opinion *o,
		unsigned int n)
{
	u32 honest = all_of(n), agree = 0;
	unsigned int i, calm = 0, need;
	double lo = 0, hi = 0;

	/* who contradicts itself has no vote, unless nobody is left */
	for (i = 0; i < n; i++)
		if (en->server[o[i].server].e->core.dispute.on)
			honest &= ~(1U << i);
		else
			calm++;
	if (!calm) {
		honest = all_of(n);
		calm = n;
	}
	en->split = false;
	for (need = calm; need > calm / 2; need--)
		if (covered(o, n, honest, need, &lo, &hi))
			break;
	if (need <= calm / 2) {
		en->split = true;
		return honest;
	}
	for (i = 0; i < n; i++)
		if ((honest & 1U << i) && o[i].lo <= hi && o[i].hi >= lo)
			agree |= 1U << i;
	return agree;
}

/*
 * Whom a majority found wrong is not believed because the others went away: not
 * before it agrees with one who was not, or what they said has run out.
 */
static u32 judge(struct rad_ensemble *en, const struct opinion *o,
		 unsigned int n, u32 agree)
{
	unsigned int i;
	u32 out = 0;

	for (i = 0; i < n; i++) {
		struct server *s = &en->server[o[i].server];

		if (fabs(line_span(&s->e->line, s->judged, en->now)) > CONDEMNED)
			s->condemned = false;
		if (s->condemned)
			out |= 1U << i;
	}
	/* no majority, or one of one */
	if (en->split || !(agree & (agree - 1)) || !(agree & ~out))
		return agree & ~out;
	for (i = 0; i < n; i++) {
		struct server *s = &en->server[o[i].server];

		if (agree & 1U << i) {
			s->condemned = false;
		} else if (!s->e->core.dispute.on) {
			s->condemned = true;
			s->judged = en->now;
		}
	}
	return agree;
}

/* the best of those that agree; the present one unless clearly worse */
static void choose(struct rad_ensemble *en, const struct opinion *o,
		   unsigned int n, u32 agree)
{
	int best = -1, now = -1;
	unsigned int i;

	for (i = 0; i < n; i++) {
		const struct server *s = &en->server[o[i].server];

		if (!(agree & 1U << i))
			continue;
		if ((int)o[i].server == en->selected)
			now = (int)i;
		if (best >= 0 && en->server[o[best].server].prefer &&
		    !s->prefer)
			continue;
		if (best < 0 || o[i].figure < o[best].figure ||
		    (s->prefer && !en->server[o[best].server].prefer))
			best = (int)i;
	}
	if (best < 0)
		return;
	if (now < 0 || best == now) {
		en->selected = (int)o[best].server;
		en->challenges = 0;
		return;
	}
	if (en->split)
		return;
	if (o[best].figure > BETTER * o[now].figure &&
	    !(en->server[o[best].server].prefer &&
	      !en->server[o[now].server].prefer)) {
		en->challenges = 0;
		return;
	}
	if (en->challenger != (int)o[best].server) {
		en->challenger = (int)o[best].server;
		en->challenges = 0;
	}
	if (++en->challenges >= BETTER_VOTES) {
		en->selected = en->challenger;
		en->challenges = 0;
	}
}

/*
 * When all servers contradict the clock in the same way it is the counter
 * that jumped: the new story is the true one.
 */
static void adopt_together(struct rad_ensemble *en)
{
	double lo = -1e300, hi = 1e300;
	unsigned int i, n = 0;

	for (i = 0; i < en->servers; i++) {
		const struct server *s = &en->server[i];
		const struct dispute *d = &s->e->core.dispute;

		if (!fresh(en, s))
			continue;
		if (!d->on || d->n < 2)
			return;
		lo = fmax(lo, d->hard_lo);
		hi = fmin(hi, d->hard_hi);
		n++;
	}
	/* lines of good servers differ by less than their bounds: add them */
	if (n < 2)
		return;
	for (i = 0; i < en->servers; i++) {
		struct server *s = &en->server[i];

		if (fresh(en, s))
			lo -= s->e->bound.hi - s->e->bound.lo;
	}
	if (lo > hi)
		return;
	for (i = 0; i < en->servers; i++)
		if (fresh(en, &en->server[i]))
			core_adopt(en->server[i].e);
}

/* all take the leap of the vote; who is late for the last one, that one first */
static void lead(struct rad_ensemble *en)
{
	unsigned int i;

	for (i = 0; i < en->servers; i++) {
		struct rad_estimator *e = en->server[i].e;

		if (e->led && !(e->leap.delta && e->leap.at == en->leap_done))
			estimator_leap(e, en->leap);
	}
}

/*
 * UTC as it is published, or, while nothing is, of somebody. From the leap on
 * nothing more is decided about it: each estimator takes it when its line is
 * there, new ones begin after it.
 */
static rad_s128 pass_leap(struct rad_ensemble *en)
{
	const struct rad_estimator *e = NULL;
	unsigned int i;
	rad_s128 time;

	if (en->selected >= 0)
		e = en->server[en->selected].e;
	for (i = 0; i < en->servers && !(e && e->have_clock); i++)
		e = en->server[i].e;
	if (!e || !e->have_clock)
		return 0;
	time = line_at(&e->line, en->now);
	if (en->leap.delta && (e->leap_done == en->leap.at || leap_reached(&en->leap, time))) {
		en->leap_done = en->leap.at;
		en->leap.delta = 0;
	}
	lead(en);
	return time;
}

/* a leap is what more than half of those who agree on the time announce */
static void vote_leap(struct rad_ensemble *en, const struct opinion *o,
		      unsigned int n, u32 agree, rad_s128 now)
{
	struct leap said[RAD_SERVERS_MAX];
	unsigned int i, voters = 0;
	u32 warm = 0;

	if (!agree)
		return;
	/* one clock is at the leap a little before the other */
	if (en->leap.delta && leap_reached(&en->leap, now + LEAP_DECIDED * RAW_SECOND))
		return;
	for (i = 0; i < n; i++)
		if (en->server[o[i].server].e->good >= VOTE_STAMPS)
			warm |= 1U << i;
	if (agree & warm)
		agree &= warm;
	for (i = 0; i < n; i++) {
		struct leap l;

		if (!(agree & 1U << i))
			continue;
		l = announced_leap(&en->server[o[i].server].e->announced);
		if (l.at == en->leap_done || leap_reached(&l, now))
			l.delta = 0;
		said[voters++] = l;
	}
	en->leap = leap_majority(said, voters);
	lead(en);
}

static void elect(struct rad_ensemble *en)
{
	struct opinion o[RAD_SERVERS_MAX];
	rad_s128 now = pass_leap(en);
	unsigned int i, n;
	u32 agree;

	if (en->servers > 1)
		adopt_together(en);
	n = collect(en, en->now, o, false);
	for (i = 0; i < en->servers; i++) {
		struct server *s = &en->server[i];

		if (!s->e->have_clock)
			s->verdict = s->unreachable ?
				     RAD_VERDICT_UNREACHABLE :
				     RAD_VERDICT_UNUSED;
		else
			s->verdict = RAD_VERDICT_UNREACHABLE;
	}
	if (!n)
		return;
	agree = judge(en, o, n, vote(en, o, n));
	choose(en, o, n, agree);
	vote_leap(en, o, n, agree, now);
	for (i = 0; i < n; i++) {
		struct server *s = &en->server[o[i].server];

		if (!(agree & 1U << i))
			s->verdict = RAD_VERDICT_FALSETICKER;
		else if ((int)o[i].server == en->selected)
			s->verdict = RAD_VERDICT_SELECTED;
		else if (s->e->good < VOTE_STAMPS)
			s->verdict = RAD_VERDICT_WARMING;
		else
			s->verdict = RAD_VERDICT_TRUECHIMER;
	}
}

enum rad_feed rad_ensemble_feed(struct rad_ensemble *en, unsigned int server,
				const struct rad_stamp *s)
{
	struct server *v;
	enum rad_feed r;

	if (server >= en->servers)
		return RAD_FEED_RANGE;
	v = &en->server[server];
	r = rad_estimator_feed(v->e, s);
	if (r == RAD_FEED_ACCEPTED || r == RAD_FEED_DISPUTED) {
		v->unreachable = false;
		v->seen = s->tf;
		if ((s64)(s->tf - en->now) > 0 || !en->now ||
		    v->e->good == 1)
			en->now = s->tf;
		elect(en);
	}
	return r;
}

void rad_ensemble_unreachable(struct rad_ensemble *en, unsigned int server)
{
	if (server >= en->servers)
		return;
	en->server[server].unreachable = true;
	elect(en);
}

void rad_ensemble_forget(struct rad_ensemble *en, unsigned int server)
{
	struct server *s;

	if (server >= en->servers)
		return;
	s = &en->server[server];
	begin(en, s, s->e);
	s->unreachable = false;
	s->condemned = false;
	if (en->selected == (int)server)
		en->selected = -1;
	elect(en);
}

void rad_ensemble_pardon(struct rad_ensemble *en)
{
	unsigned int i;

	for (i = 0; i < en->servers; i++)
		en->server[i].condemned = false;
	elect(en);
}

void rad_ensemble_prefer(struct rad_ensemble *en, unsigned int server,
			 bool prefer)
{
	if (server < en->servers)
		en->server[server].prefer = prefer;
}

/*
 * How far the truth can be from the selected server's time. With one server
 * it is trusted; of two, either may be the liar, so the bound covers both;
 * of more, a minority may lie.
 */
static void widen(const struct rad_ensemble *en, const struct opinion *o,
		  unsigned int n, struct rad_estimate *est)
{
	u32 use = 0;
	unsigned int i, honest = 0, need;
	double lo = 0, hi = 0, c = 0, growth = est->maxerror_growth, w;

	for (i = 0; i < n; i++) {
		enum rad_verdict v = en->server[o[i].server].verdict;

		if ((int)o[i].server == en->selected)
			c = (o[i].lo + o[i].hi) / 2;
		else if (v != RAD_VERDICT_TRUECHIMER &&
			 v != RAD_VERDICT_WARMING)
			continue;
		use |= 1U << i;
		honest++;
		growth = fmax(growth, o[i].est.maxerror_growth);
	}
	if (honest < 2)
		return;
	need = en->split ? 1 : honest - (honest == 2 ? 1 : (honest - 1) / 2);
	if (!covered(o, n, use, need, &lo, &hi))
		return;
	w = fmax(fabs(hi - c), fabs(c - lo));
	/* the selected one alone is what one would have without the others */
	est->maxerror = fmax(w, est->esterror);
	est->maxerror_growth = growth;
}

bool rad_ensemble_get(const struct rad_ensemble *en, u64 now,
		      struct rad_estimate *est)
{
	struct opinion o[RAD_SERVERS_MAX];
	const struct rad_estimator *e;
	unsigned int n;

	if (en->selected < 0) {
		estimate_none(en->server[0].e, est);
		return false;
	}
	if ((s64)(now - en->now) < 0)
		now = en->now;
	e = en->server[en->selected].e;
	if (!rad_estimator_get(e, now, est))
		return false;
	if (en->servers > 1) {
		n = collect(en, est->counter, o, false);
		widen(en, o, n, est);
		estimate_finish(e, est);
	}
	return true;
}

void rad_ensemble_disrupt(struct rad_ensemble *en)
{
	unsigned int i;

	for (i = 0; i < en->servers; i++) {
		rad_estimator_disrupt(en->server[i].e);
		en->server[i].condemned = false;
	}
	en->now = 0;
	elect(en);
}

enum rad_verdict rad_ensemble_verdict(const struct rad_ensemble *en,
				      unsigned int server)
{
	return server < en->servers ? en->server[server].verdict :
	       RAD_VERDICT_UNUSED;
}

int rad_ensemble_selected(const struct rad_ensemble *en)
{
	return en->selected;
}

const struct rad_estimator *rad_ensemble_server(const struct rad_ensemble *en,
						unsigned int server)
{
	return server < en->servers ? en->server[server].e : NULL;
}

void rad_ensemble_save(const struct rad_ensemble *en, struct rad_saved *saved)
{
	memset(saved, 0, sizeof(*saved));
	if (en->selected >= 0)
		rad_estimator_save(en->server[en->selected].e, saved);
}

bool rad_ensemble_restore(struct rad_ensemble *en,
			  const struct rad_saved *saved)
{
	bool used = false;
	unsigned int i;

	for (i = 0; i < en->servers; i++)
		used |= rad_estimator_restore(en->server[i].e, saved);
	return used;
}
