// SPDX-License-Identifier: GPL-2.0-only
/*
 * Phase of each counter against the reference, sampled over time; of it the
 * rate and the Allan deviation.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "examine.h"

#define ROUNDS	8	/* the tightest bracket of so many is a sample */

/* where a counter and the reference stood first, and the tightest bracket */
struct pair {
	bool any;
	uint64_t first, first_reference;
	uint64_t value, before, after;
};

static struct subject *subject_of(struct examine *e, uint32_t id)
{
	size_t i;

	for (i = 0; i < e->n; i++)
		if (e->subjects[i].info.id == id)
			return &e->subjects[i];
	return NULL;
}

static int tightest(struct examine *e, struct pair *pairs)
{
	struct radclock_counter_reading got[3 * ROUNDS * EXAMINE_MAX];
	const int room = 3 * ROUNDS * EXAMINE_MAX;
	bool seen[EXAMINE_MAX] = { false };
	int i, n;

	n = radclock_bracket_counters(e->rc, ROUNDS, RADCLOCK_COUNTER_ID_NONE,
				      e->reference.id, got, (size_t)room);
	if (n < 0)
		return n;
	if (n > room)
		n = room;
	for (i = 0; i + 2 < n; i += 3) {
		struct subject *s = subject_of(e, got[i + 1].counter_id);
		uint64_t before = got[i].counter, after = got[i + 2].counter;
		size_t k;

		if (!s)
			continue;
		k = (size_t)(s - e->subjects);
		steps_take(&s->steps, got[i + 1].counter);
		if (seen[k] && after - before >= pairs[k].after - pairs[k].before)
			continue;
		seen[k] = true;
		pairs[k].value = got[i + 1].counter;
		pairs[k].before = before;
		pairs[k].after = after;
	}
	return 0;
}

static double middle(const struct pair *p)
{
	return (double)(p->before - p->first_reference) +
	       (double)(p->after - p->before) / 2;
}

static void sample(const struct examine *e, struct subject *s, struct pair *p)
{
	double width = (double)(p->after - p->before);
	struct phase *at = &s->phase[s->phases];

	if (!p->any) {
		p->any = true;
		p->first = p->value;
		p->first_reference = p->before;
	}
	at->at = middle(p) / (double)e->reference.hz;
	at->x = (double)(int64_t)(p->value - p->first) / (double)s->info.hz - at->at;
	/* and a tick of each may have begun or ended just then */
	at->half = (width / 2 + 1) / (double)e->reference.hz + 1 / (double)s->info.hz;
	s->phases++;
}

static struct timespec later(struct timespec t, double s)
{
	t.tv_sec += (time_t)s;
	t.tv_nsec += (long)(fmod(s, 1) * 1e9);
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

static double seconds_to(const struct timespec *t)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(t->tv_sec - now.tv_sec) +
	       (double)(t->tv_nsec - now.tv_nsec) * 1e-9;
}

static int collect(struct examine *e, size_t room)
{
	struct pair pairs[EXAMINE_MAX] = { 0 };
	struct timespec next, end;
	size_t i, k;
	int err;

	clock_gettime(CLOCK_MONOTONIC, &next);
	end = later(next, e->duration);
	for (k = 0; k < room && seconds_to(&end) > 0; k++) {
		err = tightest(e, pairs);
		if (err)
			return err;
		for (i = 0; i < e->n; i++)
			if (e->subjects[i].info.id != e->reference.id)
				sample(e, &e->subjects[i], &pairs[i]);
		/* what was missed while we were away is not made up for */
		do {
			next = later(next, e->interval);
		} while (seconds_to(&next) < 0);
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	return 0;
}

static int analyse(const struct examine *e, struct subject *s)
{
	size_t count = s->phases;
	double *x;

	if (!count)
		return 0;
	x = calloc(count, sizeof(*x));
	if (!x)
		return -ENOMEM;
	s->has_rate = phase_rate(s->phase, s->phases, &s->rate);
	s->drawn = phase_grid(s->phase, s->phases, e->interval, x, &count);
	s->allans = allan_octaves(x, count, e->interval, s->allan, EXAMINE_TAUS);
	free(x);
	return 0;
}

int examine_phase(struct examine *e)
{
	size_t i, room = (size_t)(e->duration / e->interval) + 2;
	int err;

	for (i = 0; i < e->n; i++) {
		e->subjects[i].phase = calloc(room, sizeof(struct phase));
		if (!e->subjects[i].phase)
			return -ENOMEM;
	}
	err = collect(e, room);
	for (i = 0; i < e->n && !err; i++)
		err = analyse(e, &e->subjects[i]);
	return err;
}
