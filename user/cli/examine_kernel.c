// SPDX-License-Identifier: GPL-2.0-only
/*
 * Latency and steps in the kernel: each reading stands between two of the
 * reference, taken by the module with interrupts off.
 */
#include <errno.h>
#include <stdlib.h>

#include "examine.h"

#define ROUNDS	64

struct bracket {
	uint64_t before, value, after;
};

/* one call of so many rounds; return: brackets in @b */
static int brackets(struct examine *e, uint32_t id, struct bracket *b)
{
	struct radclock_counter_reading got[3 * ROUNDS];
	int i, n;

	n = radclock_bracket_counters(e->rc, ROUNDS, id, e->reference.id, got,
				      3 * ROUNDS);
	if (n < 0)
		return n;
	if (n != 3 * ROUNDS)
		return -EBADMSG;
	for (i = 0; i < ROUNDS; i++)
		b[i] = (struct bracket){ got[3 * i].counter, got[3 * i + 1].counter,
					 got[3 * i + 2].counter };
	return ROUNDS;
}

static double span_ns(const struct examine *e, const struct bracket *b)
{
	return examine_ns(&e->reference, (double)(int64_t)(b->after - b->before));
}

/*
 * What a bracket costs by itself is measured in turn with the counter, as the
 * machine may become slower or faster: three readings of the reference in a row
 * are two of its latencies apart.
 */
static int collect(struct examine *e, struct subject *s, double *ns, double *own)
{
	struct bracket b[ROUNDS];
	size_t i;
	int k, n;

	for (i = 0; i < e->samples; i += ROUNDS) {
		n = brackets(e, e->reference.id, b);
		for (k = 0; k < n && i + (size_t)k < e->samples; k++)
			own[i + (size_t)k] = span_ns(e, &b[k]) / 2;
		n = n < 0 ? n : brackets(e, s->info.id, b);
		if (n < 0)
			return n;
		for (k = 0; k < n && i + (size_t)k < e->samples; k++) {
			ns[i + (size_t)k] = span_ns(e, &b[k]);
			steps_take(&s->steps, b[k].value);
		}
	}
	return 0;
}

static int one(struct examine *e, struct subject *s, double *own)
{
	struct latency *l = &s->latency[WAY_KERNEL];
	int err;

	l->ns = calloc(e->samples, sizeof(*l->ns));
	if (!l->ns)
		return -ENOMEM;
	err = collect(e, s, l->ns, own);
	if (err)
		return err;
	spread_without(l->ns, own, e->samples, &l->spread);
	return 0;
}

int examine_kernel(struct examine *e)
{
	double *own = calloc(e->samples, sizeof(*own));
	int err = own ? 0 : -ENOMEM;
	size_t i;

	for (i = 0; i < e->n && !err; i++)
		err = one(e, &e->subjects[i], own);
	free(own);
	return err;
}
