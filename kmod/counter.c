// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of counters, and narrow ones made 64 bits wide.
 *
 * A narrow counter is extended without shared state: sched_clock() says about
 * how far it must have come since the anchor, its own bits say exactly. That is
 * right as long as sched_clock() errs by less than half a wrap since the anchor
 * (2.3 s for the ACPI PM timer), and the anchor is renewed twice a second.
 */
#include <linux/kernel.h>
#include <linux/sched/clock.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "counter.h"
#include "fixed.h"

/*
 * In the order of preference. A new counter is one file and one line here:
 * hyperv (reference TSC page), arch (Arm's CNTVCT). Xen's time comes first, as
 * all domains of a machine have it.
 */
static struct rad_counter *const counters[] = {
#if defined(CONFIG_X86) && defined(CONFIG_XEN)
	&rad_counter_xen,
#endif
#ifdef CONFIG_X86
	&rad_counter_tsc,
#endif
#ifdef CONFIG_KVM_GUEST
	&rad_counter_kvm,
#endif
#ifdef CONFIG_X86
	&rad_counter_hpet,
	&rad_counter_acpi_pm,
#endif
	&rad_counter_clocksource,
};

static DEFINE_RAW_SPINLOCK(anchor_lock);

static u64 extend_from(const struct rad_counter *c, const struct rad_anchor *a,
		       u64 now_ns, u64 raw)
{
	u64 elapsed = now_ns > a->ns ? now_ns - a->ns : 0;
	u64 guess = a->value + (u64)(((rad_u128)elapsed * c->ticks_per_ns) >> 32);
	unsigned int up = 64 - c->width;

	return guess + (u64)((s64)((raw - guess) << up) >> up);
}

/* @raw: read just now or within half a wrap */
static u64 extend(const struct rad_counter *c, u64 raw)
{
	unsigned int seq;
	u64 value;

	do {
		seq = raw_read_seqcount_latch(&c->seq);
		value = extend_from(c, &c->anchor[seq & 1], sched_clock(), raw);
	} while (raw_read_seqcount_latch_retry(&c->seq, seq));
	return value;
}

/**
 * rad_counter_read_narrow() - 64 bits from the low @c->width ones
 * @c: a narrow counter
 *
 * One who is held up between both reads would be whole wraps off: once more.
 */
u64 rad_counter_read_narrow(const struct rad_counter *c)
{
	u64 before, value;

	do {
		before = sched_clock();
		value = extend(c, c->read());
	} while ((s64)(sched_clock() - before) > (s64)RADCLOCK_NSEC);
	return value;
}

static void set_anchor(struct rad_counter *c, struct rad_anchor a)
{
	raw_write_seqcount_latch(&c->seq);
	c->anchor[0] = a;
	raw_write_seqcount_latch(&c->seq);
	c->anchor[1] = a;
}

static void renew_one(struct rad_counter *c)
{
	struct rad_anchor a;
	unsigned long flags;

	raw_spin_lock_irqsave(&anchor_lock, flags);
	a.ns = sched_clock();
	a.value = extend_from(c, &c->anchor[0], a.ns, c->read());
	set_anchor(c, a);
	raw_spin_unlock_irqrestore(&anchor_lock, flags);
}

/* after a sleep of unknown length: go on from the anchor, never back */
static void resume_one(struct rad_counter *c)
{
	struct rad_anchor a;
	unsigned long flags;
	u64 mask = (1ULL << c->width) - 1;

	raw_spin_lock_irqsave(&anchor_lock, flags);
	a.ns = sched_clock();
	a.value = c->anchor[0].value;
	/* readers may have seen up to a few seconds more than the anchor */
	a.value += 4 * c->hz;
	a.value += (c->read() - a.value) & mask;
	set_anchor(c, a);
	raw_spin_unlock_irqrestore(&anchor_lock, flags);
}

/* to be called at least each half wrap of the fastest narrow counter */
void rad_counters_renew(void)
{
	struct rad_counter *c;

	for (c = rad_counter_next(NULL); c; c = rad_counter_next(c))
		if (c->width < 64)
			renew_one(c);
}

void rad_counters_resume(void)
{
	struct rad_counter *c;

	for (c = rad_counter_next(NULL); c; c = rad_counter_next(c))
		if (c->resume)
			c->resume();
	for (c = rad_counter_next(NULL); c; c = rad_counter_next(c))
		if (c->width < 64)
			resume_one(c);
}

void rad_counters_watch(void)
{
	struct rad_counter *c;

	for (c = rad_counter_next(NULL); c; c = rad_counter_next(c))
		if (c->watch)
			c->watch();
}

static void start_one(struct rad_counter *c)
{
	struct rad_anchor a;

	seqcount_latch_init(&c->seq);
	c->ticks_per_ns = (u64)rad_u128_div((rad_u128)c->hz << 32, RADCLOCK_NSEC);
	a.ns = sched_clock();
	/* 0 is kept free, so that no counter value looks unset */
	a.value = c->read() + (1ULL << c->width);
	set_anchor(c, a);
}

/**
 * rad_counters_probe() - find the counters of this machine
 *
 * Return: 0, or -ENODEV when there is none.
 */
int rad_counters_probe(void)
{
	struct rad_counter *c;
	int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(counters); i++) {
		c = counters[i];
		if (c->probe(c))
			continue;
		if (c->width < 64) {
			c->flags |= RADCLOCK_COUNTER_FLAG_NARROW;
			start_one(c);
		}
		c->available = true;
		n++;
	}
	return n ? 0 : -ENODEV;
}

void rad_counters_remove(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(counters); i++) {
		if (!counters[i]->available)
			continue;
		counters[i]->available = false;
		if (counters[i]->remove)
			counters[i]->remove(counters[i]);
	}
}

/* the next available counter after @c, or the first for NULL */
struct rad_counter *rad_counter_next(struct rad_counter *c)
{
	bool found = !c;
	int i;

	for (i = 0; i < ARRAY_SIZE(counters); i++) {
		if (found && counters[i]->available)
			return counters[i];
		if (counters[i] == c)
			found = true;
	}
	return NULL;
}

struct rad_counter *rad_counter_by_id(u32 id)
{
	struct rad_counter *c;

	for (c = rad_counter_next(NULL); c; c = rad_counter_next(c))
		if (c->id == id)
			return c;
	return NULL;
}

struct rad_counter *rad_counter_by_name(const char *name)
{
	struct rad_counter *c;

	for (c = rad_counter_next(NULL); c; c = rad_counter_next(c))
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

/* the first counter that the kernel trusts */
struct rad_counter *rad_counter_best(void)
{
	struct rad_counter *c;

	for (c = rad_counter_next(NULL); c; c = rad_counter_next(c))
		if (!rad_counter_is_unstable(c))
			return c;
	return NULL;
}

u32 rad_counter_flags(const struct rad_counter *c)
{
	return c->flags |
	       (rad_counter_is_unstable(c) ? RADCLOCK_COUNTER_FLAG_UNSTABLE : 0);
}

/* two machines or domains may compare counters of the same origin, but "own" */
const char *rad_counter_origin(const struct rad_counter *c)
{
	return c->origin ? c->origin() : "own";
}
