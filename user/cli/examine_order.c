// SPDX-License-Identifier: GPL-2.0-only
/*
 * Backward readings: a thread on each CPU looks at the newest value that any
 * of them has shown, reads the counter, and shows its own. What it reads must
 * not be below what it saw before.
 */
#define _GNU_SOURCE	/* CPU_SET */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "examine.h"

struct table {
	struct radclock *rc;
	const struct radclock_counter_info *c;
	uint64_t newest;
	int stop;
};

struct reader {
	pthread_t thread;
	struct table *table;
	int cpu;
	int err;
	struct order order;
};

static void show(uint64_t *newest, uint64_t value)
{
	uint64_t old = __atomic_load_n(newest, __ATOMIC_SEQ_CST);

	while (value > old &&
	       !__atomic_compare_exchange_n(newest, &old, value, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
}

static void note(uint64_t value, uint64_t before, uint64_t *count, uint64_t *worst)
{
	if (value >= before)
		return;
	++*count;
	if (before - value > *worst)
		*worst = before - value;
}

static void *reader(void *arg)
{
	struct reader *r = arg;
	struct table *t = r->table;
	struct order *o = &r->order;
	uint64_t seen, value, last = 0;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(r->cpu, &set);
	r->err = -pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
	while (!r->err && !__atomic_load_n(&t->stop, __ATOMIC_RELAXED)) {
		seen = __atomic_load_n(&t->newest, __ATOMIC_SEQ_CST);
		r->err = radclock_read_counter(t->rc, t->c, &value);
		if (r->err)
			break;
		o->readings++;
		note(value, last, &o->own, &o->own_worst);
		/* what this thread showed itself is the line above */
		if (seen > last)
			note(value, seen, &o->across, &o->across_worst);
		last = value;
		show(&t->newest, value);
	}
	return NULL;
}

static void add(struct order *sum, const struct order *o)
{
	sum->cpus++;
	sum->readings += o->readings;
	sum->own += o->own;
	sum->across += o->across;
	if (o->own_worst > sum->own_worst)
		sum->own_worst = o->own_worst;
	if (o->across_worst > sum->across_worst)
		sum->across_worst = o->across_worst;
}

static int one(struct examine *e, struct subject *s, const cpu_set_t *cpus,
	       double seconds)
{
	struct table t = { .rc = e->rc, .c = &s->info };
	const struct timespec wait = {
		(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9),
	};
	int cpu, err = 0, n = 0, i;
	struct reader *r;

	r = calloc(CPU_SETSIZE, sizeof(*r));
	if (!r)
		return -ENOMEM;
	for (cpu = 0; cpu < CPU_SETSIZE && !err; cpu++) {
		if (!CPU_ISSET(cpu, cpus))
			continue;
		r[n].table = &t;
		r[n].cpu = cpu;
		err = -pthread_create(&r[n].thread, NULL, reader, &r[n]);
		n += !err;
	}
	if (!err)
		nanosleep(&wait, NULL);
	__atomic_store_n(&t.stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < n; i++) {
		pthread_join(r[i].thread, NULL);
		add(&s->order, &r[i].order);
		err = err ?: r[i].err;
	}
	free(r);
	return err;
}

/* for each counter a tenth of the time, within limits */
int examine_order(struct examine *e)
{
	double seconds = e->duration / 10;
	cpu_set_t cpus;
	size_t i;
	int err = 0;

	if (sched_getaffinity(0, sizeof(cpus), &cpus))
		return -errno;
	if (seconds < 0.5)
		seconds = 0.5;
	if (seconds > 30)
		seconds = 30;
	for (i = 0; i < e->n && !err; i++)
		err = one(e, &e->subjects[i], &cpus, seconds);
	return err;
}
