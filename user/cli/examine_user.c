// SPDX-License-Identifier: GPL-2.0-only
/*
 * Latency in user space, as libradclock reads: by an instruction, with the page
 * around it, or by the device.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "examine.h"

typedef int read_fn(struct examine *e, const struct subject *s, uint64_t *v);

static int by_library(struct examine *e, const struct subject *s, uint64_t *v)
{
	return radclock_read_counter(e->rc, &s->info, v);
}

/* the counter that drives the clock */
static int by_page(struct examine *e, const struct subject *s, uint64_t *v)
{
	return radclock_counter(e->rc, v);
}

/* ns: the reference if this program can read it, else the kernel's raw clock */
static double ruler(struct examine *e)
{
	struct timespec ts;
	uint64_t v = 0;

	if (e->reference.flags & RADCLOCK_COUNTER_FLAG_USER) {
		radclock_read_counter(e->rc, &e->reference, &v);
		return examine_ns(&e->reference, (double)(v - e->reference.counter));
	}
	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* what the ruler costs by itself is measured in turn with the counter */
static int collect(struct examine *e, const struct subject *s, read_fn *read,
		   double *ns, double *own)
{
	double before, start;
	uint64_t v;
	size_t i;
	int err;

	for (i = 0; i < e->samples; i++) {
		before = ruler(e);
		start = ruler(e);
		err = read(e, s, &v);
		ns[i] = ruler(e) - start;
		own[i] = start - before;
		if (err)
			return err;
	}
	return 0;
}

static int one(struct examine *e, struct subject *s, enum examine_way way,
	       read_fn *read)
{
	struct latency *l = &s->latency[way];
	double *own = calloc(e->samples, sizeof(*own));
	int err = -ENOMEM;

	l->ns = calloc(e->samples, sizeof(*l->ns));
	if (l->ns && own)
		err = collect(e, s, read, l->ns, own);
	if (!err)
		spread_without(l->ns, own, e->samples, &l->spread);
	free(own);
	return err;
}

int examine_user(struct examine *e)
{
	size_t i;
	int err = 0;

	for (i = 0; i < e->n && !err; i++) {
		struct subject *s = &e->subjects[i];
		bool user = s->info.flags & RADCLOCK_COUNTER_FLAG_USER;

		err = one(e, s, user ? WAY_INSTRUCTION : WAY_IOCTL, by_library);
		if (!err && user && s->info.selected)
			err = one(e, s, WAY_PAGE, by_page);
	}
	return err;
}
