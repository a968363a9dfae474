// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parameter core. One writer at a time builds a new set of parameters and
 * publishes it to kernel readers by a latch and to user space by the page.
 *
 * The latch keeps readers lock-free in any context: they read the counter
 * inside the section and try again when a writer came in between. So whoever
 * still sees old parameters has read the counter before the new ones were
 * there. New difference and monotonic lines start a moment later than that,
 * hence every reader agrees about them and nothing steps back.
 */
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "clock.h"
#include "writer.h"

/* new lines start this long after they were made: 1 / 2^10 s */
#define START_SHIFT	10
#define SETTLE_TRIES	1000

static struct {
	seqcount_latch_t seq;
	struct radclock_params data[2];
} latch;

/* all below, and writing the latch and the page */
static DEFINE_RAW_SPINLOCK(write_lock);
static struct rad_counter *counter;
static u64 newest;	/* value of the counter that is known to have been */
static struct radclock_page *page;
static u64 disruptions;
static bool suspended;
static bool counter_held;
static struct rad_time mono_floor = { .sec = S64_MIN };
static u32 parameter_source;
static u64 counter_error_ns;	/* what the bound in force has for the counter */
static char source[RAD_SOURCE_LEN];
static const char *reason = "module loaded";
static char trouble[RAD_REASON_LEN];	/* why no new estimate comes, if that is known */

/* by id, so that a reader finds the counter its parameters are about */
static struct rad_counter *by_id[RADCLOCK_COUNTER_ID_MONOTONIC_RAW + 1];

const char *rad_status_name(u8 status)
{
	static const char *const names[] = {
		[RADCLOCK_STATUS_UNSYNCHRONIZED] = "unsynchronized",
		[RADCLOCK_STATUS_WARMING] = "warming",
		[RADCLOCK_STATUS_SYNCHRONIZED] = "synchronized",
		[RADCLOCK_STATUS_HOLDOVER] = "holdover",
		[RADCLOCK_STATUS_DISRUPTED] = "disrupted",
	};

	return status < ARRAY_SIZE(names) ? names[status] : "unknown";
}

static void page_write_begin(void)
{
	WRITE_ONCE(page->vmclock.seq_count, page->vmclock.seq_count + 1);
	smp_wmb();	/* the odd count first */
}

static void page_write_end(void)
{
	smp_wmb();	/* the content before the even count */
	WRITE_ONCE(page->vmclock.seq_count, page->vmclock.seq_count + 1);
}

/*
 * Readers of the page wait while it is written, all others have the old
 * parameters until the latch turns. A writer that a hypervisor held up could
 * turn it after new lines should have begun: false then, nothing is published.
 */
static bool publish_by(struct radclock_params *p, u64 now, const u64 *deadline)
{
	lockdep_assert_held(&write_lock);
	p->generation++;

	page_write_begin();
	raw_write_seqcount_latch(&latch.seq);
	latch.data[0] = *p;
	if (deadline &&
	    !rad_counter_before(rad_counter_read(counter), *deadline)) {
		latch.data[0] = latch.data[1];
		raw_write_seqcount_latch(&latch.seq);
		page_write_end();
		return false;
	}
	raw_write_seqcount_latch(&latch.seq);
	latch.data[1] = *p;

	page->params = *p;
	rad_fill_vmclock(&page->vmclock, p, PAGE_SIZE, now, rad_status_at(p, now));
	page_write_end();
	return true;
}

static void publish(struct radclock_params *p, u64 now)
{
	publish_by(p, now, NULL);
}

static u64 start_value(u64 now, u64 hz)
{
	return now + (hz >> START_SHIFT);
}

static struct radclock_params *current_params(void)
{
	lockdep_assert_held(&write_lock);
	return &latch.data[0];
}

static void withdraw(struct radclock_params *n, const struct radclock_params *o,
		     u64 now, u8 status)
{
	struct rad_time t;

	if (o->flags & RADCLOCK_PARAMS_FLAG_ABS_VALID) {
		t = rad_mono_at(o, start_value(now, o->counter_hz));
		if (rad_time_raw(t) > rad_time_raw(mono_floor))
			mono_floor = t;
	}
	rad_withdraw(n, status);
}

/* the difference clock goes on at @now from where it was at the newest value */
static void begin_anew(struct radclock_params *n, u64 now)
{
	if (rad_counter_before(newest, n->diff.counter))
		n->diff = n->diff_prev;
	rad_move_line(&n->diff, n->period_shift, newest);
	n->diff.counter = now;
	n->diff_prev = n->diff;
	newest = now;
}

/*
 * A counter starts anew when the machine has slept, or somebody sets it back. The
 * difference clock then goes on from the newest value that is known: it would
 * go back with it, and new lines would wait for the old ones to begin.
 */
static void stay_ahead(struct radclock_params *n, u64 now)
{
	if (rad_counter_before(start_value(now, n->counter_hz), newest))
		begin_anew(n, now);
	newest = now;
}

/* a host's guest waits for the host; others have nothing to wait for */
static u8 disrupted_status(void)
{
	return parameter_source == RADCLOCK_PARAMETER_SOURCE_XENSTORE ?
	       RADCLOCK_STATUS_DISRUPTED : RADCLOCK_STATUS_UNSYNCHRONIZED;
}

static void disrupt_locked(struct radclock_params *n, u64 now, const char *why)
{
	withdraw(n, current_params(), now, disrupted_status());
	n->disruption_marker++;
	disruptions++;
	reason = why;
	trouble[0] = 0;
}

/*
 * @anew: no time has passed, wherever the counter stands now. One that restarts
 * may be anywhere; a narrow one cannot tell how often it has wrapped.
 */
static void disrupt(const char *why, bool anew)
{
	struct radclock_params n;
	unsigned long flags;
	u64 now;

	raw_spin_lock_irqsave(&write_lock, flags);
	n = *current_params();
	now = rad_counter_read(counter);
	if (anew && (counter->restarts || counter->width < 64))
		begin_anew(&n, now);
	else
		stay_ahead(&n, now);
	disrupt_locked(&n, now, why);
	publish(&n, now);
	raw_spin_unlock_irqrestore(&write_lock, flags);
}

/**
 * rad_clock_disrupt() - earlier estimates hold no longer
 * @why: for people; a string that stays
 *
 * Context: any but NMI. The caller tells the subscribers.
 */
void rad_clock_disrupt(const char *why)
{
	disrupt(why, false);
}

/**
 * rad_clock_wake() - the same, after a sleep
 * @why: for people; a string that stays
 *
 * A counter that restarts may have jumped ahead as well as back, by what another
 * machine has been up longer.
 */
void rad_clock_wake(const char *why)
{
	disrupt(why, true);
}

/**
 * rad_clock_set_source() - take estimates from there only
 * @from: enum radclock_parameter_source
 * @why: for people; a string that stays. NULL: at the start, which is no
 *	disruption
 *
 * The caller tells the subscribers.
 */
void rad_clock_set_source(u32 from, const char *why)
{
	struct radclock_params n;
	unsigned long flags;
	u64 now;

	raw_spin_lock_irqsave(&write_lock, flags);
	n = *current_params();
	now = rad_counter_read(counter);
	stay_ahead(&n, now);
	parameter_source = from;
	if (why)
		disrupt_locked(&n, now, why);
	/* nothing has happened to the machine */
	n.status = RADCLOCK_STATUS_UNSYNCHRONIZED;
	strscpy(source, from == RADCLOCK_PARAMETER_SOURCE_XENSTORE ?
		"xenstore" : "", sizeof(source));
	publish(&n, now);
	raw_spin_unlock_irqrestore(&write_lock, flags);
}

/* why @from has no say, or NULL */
static const char *not_from(u32 from)
{
	if (from == parameter_source)
		return NULL;
	return parameter_source == RADCLOCK_PARAMETER_SOURCE_XENSTORE ?
	       "the parameters come from the host by XenStore" :
	       "the parameters come by netlink";
}

/**
 * rad_clock_withdraw() - the source has no time any more
 * @from: enum radclock_parameter_source
 * @marker: the disruption marker that it knows
 *
 * Return: 0, -EBUSY: it has no say, -ESTALE: it has slept over something.
 */
int rad_clock_withdraw(u32 from, u64 marker)
{
	struct radclock_params n, *o;
	unsigned long flags;
	int err = 0;
	u64 now;

	raw_spin_lock_irqsave(&write_lock, flags);
	o = current_params();
	if (not_from(from)) {
		err = -EBUSY;
	} else if (o->disruption_marker != marker) {
		err = -ESTALE;
	} else if (o->status != RADCLOCK_STATUS_UNSYNCHRONIZED) {
		n = *o;
		now = rad_counter_read(counter);
		withdraw(&n, o, now, RADCLOCK_STATUS_UNSYNCHRONIZED);
		publish(&n, now);
	}
	raw_spin_unlock_irqrestore(&write_lock, flags);
	return err;
}

/**
 * rad_clock_explain() - why no new estimate comes
 * @from: enum radclock_parameter_source; one that has no say is not heard
 * @why: for people; empty: nothing is wrong any more
 *
 * Holds until the next estimate or disruption.
 */
void rad_clock_explain(u32 from, const char *why)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&write_lock, flags);
	if (!not_from(from))
		strscpy(trouble, why, sizeof(trouble));
	raw_spin_unlock_irqrestore(&write_lock, flags);
}

/* estimates made while the machine goes to sleep would outlive it */
void rad_clock_suspend(bool on)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&write_lock, flags);
	suspended = on;
	raw_spin_unlock_irqrestore(&write_lock, flags);
}

static void use_counter(struct radclock_params *n, struct rad_counter *c)
{
	n->counter_id = c->id;
	n->counter_flags = c->flags;
	rad_begin(n, c->hz);
}

/*
 * Read both counters as near to each other as they come. The new one first, so
 * that the clock can gain the time between, but never lose it.
 */
static void read_pair(const struct rad_counter *to, u64 *to_value,
		      const struct rad_counter *from, u64 *from_value)
{
	u64 best = ~0ULL, a, b, n;
	int i;

	for (i = 0; i < 5; i++) {
		a = rad_counter_read(from);
		n = rad_counter_read(to);
		b = rad_counter_read(from);
		if (b - a >= best && i)
			continue;
		best = b - a;
		*to_value = n;
		*from_value = b;
	}
}

/**
 * rad_clock_select() - let another counter drive the clock
 * @c: an available counter
 * @because: the reason that subscribers see
 * @why: out: what is wrong, when it is refused
 *
 * The difference clock continues; the others have no estimate until the next.
 *
 * Return: 0; -ENODEV: the kernel does not trust this counter; -EBUSY: the
 * kernel's own time runs on this clock and the counter would ask for it.
 */
int rad_clock_select(struct rad_counter *c, const char *because,
		     const char **why)
{
	struct radclock_params n;
	unsigned long flags;
	u64 old_now, now;
	int err = 0;

	if (rad_counter_is_unstable(c)) {
		*why = "the kernel has declared this counter unstable";
		return -ENODEV;
	}

	raw_spin_lock_irqsave(&write_lock, flags);
	if (c == counter)
		goto out;
	if (counter_held && c->id == RADCLOCK_COUNTER_ID_CLOCKSOURCE) {
		*why = "radclock is the kernel's clocksource";
		err = -EBUSY;
		goto out;
	}

	n = *current_params();
	read_pair(c, &now, counter, &old_now);
	stay_ahead(&n, old_now);
	disrupt_locked(&n, old_now, because);

	if (rad_counter_before(old_now, n.diff.counter))
		n.diff = n.diff_prev;
	rad_move_line(&n.diff, n.period_shift, old_now);
	n.diff.counter = now;
	use_counter(&n, c);
	counter = c;
	newest = now;
	publish(&n, now);
out:
	raw_spin_unlock_irqrestore(&write_lock, flags);
	return err;
}

/* the counter that the parameters in force are about; any context */
struct rad_counter *rad_clock_counter(void)
{
	struct rad_counter *c;
	unsigned int seq;

	do {
		seq = raw_read_seqcount_latch(&latch.seq);
		c = by_id[latch.data[seq & 1].counter_id];
	} while (raw_read_seqcount_latch_retry(&latch.seq, seq));
	return c;
}

/* while the kernel's time depends on us, our counter must not depend on it */
bool rad_clock_hold_counter(bool hold)
{
	unsigned long flags;
	bool ok;

	raw_spin_lock_irqsave(&write_lock, flags);
	ok = !hold || counter->id != RADCLOCK_COUNTER_ID_CLOCKSOURCE;
	if (ok)
		counter_held = hold;
	raw_spin_unlock_irqrestore(&write_lock, flags);
	return ok;
}

/**
 * rad_clock_set_estimate() - put an estimate into force
 * @e: the estimate
 * @why: out: what is wrong, when it is refused
 *
 * Context: process; may sleep for a millisecond after another change.
 * Return: 0, or -EINVAL, -ERANGE, -ESTALE, -EBUSY, -ENODEV, -EIO; then nothing
 * changed.
 */
int rad_clock_set_estimate(const struct rad_estimate *e, const char **why)
{
	u64 now, start, deadline, error = 0;
	struct radclock_params n, *o;
	unsigned long flags;
	int err, tries = 0;

again:
	raw_spin_lock_irqsave(&write_lock, flags);
	o = current_params();
	now = rad_counter_read(counter);
	start = start_value(now, o->counter_hz);
	err = rad_estimate_check(e, o, now, why);
	if (not_from(e->from)) {
		*why = not_from(e->from);
		err = -EBUSY;
	}
	if (!err && suspended) {
		*why = "the system is going to sleep";
		err = -EBUSY;
	}
	if (!err && rad_counter_is_unstable(counter)) {
		*why = "the kernel has declared the counter unstable";
		err = -ENODEV;
	}
	if (err)
		goto out;
	err = -EAGAIN;
	if (!rad_is_settled(o, now, start))
		goto out;

	n = *o;
	n.updates++;
	/* half of the time to the start is for those who see it late */
	deadline = start_value(now, o->counter_hz / 2);
	if (e->status == RADCLOCK_STATUS_UNSYNCHRONIZED) {
		withdraw(&n, o, now, RADCLOCK_STATUS_UNSYNCHRONIZED);
		goto ready;
	}

	n.status = e->status;
	n.period_shift = e->period_shift;
	n.leap_delta = e->leap_delta;
	n.flags = e->flags | RADCLOCK_PARAMS_FLAG_ABS_VALID;
	n.tai_offset = e->tai_offset;
	n.holdover_counter = e->holdover_counter;
	n.void_counter = e->void_counter;
	n.leap_counter = e->leap_counter;
	/* a host's has its counter's error in it: the guest's is the same counter */
	error = e->from == RADCLOCK_PARAMETER_SOURCE_NETLINK ?
		rad_counter_error_ns(counter) : 0;
	n.maxerror_ns = rad_add_sat(e->maxerror_ns, error);
	n.esterror_ns = e->esterror_ns;
	n.maxerror_rate = e->maxerror_rate;
	n.esterror_rate = e->esterror_rate;
	n.absolute = e->line;
	rad_join(&n, o, start, e->period_diff ?: e->line.period, &mono_floor);
ready:
	if (publish_by(&n, now, &deadline)) {
		strscpy(source, e->source, sizeof(source));
		trouble[0] = 0;
		counter_error_ns = error;
		err = 0;
	}
out:
	raw_spin_unlock_irqrestore(&write_lock, flags);
	if (err != -EAGAIN)
		return err;
	if (++tries > SETTLE_TRIES) {
		*why = "the counter does not advance";
		return -EIO;
	}
	usleep_range(500, 1000);
	goto again;
}

/* the counter turns out to be worse than what the bound in force has for it */
static bool widen(u64 now)
{
	u64 error = rad_counter_error_ns(counter);
	struct radclock_params n;

	if (parameter_source != RADCLOCK_PARAMETER_SOURCE_NETLINK ||
	    !(current_params()->flags & RADCLOCK_PARAMS_FLAG_ABS_VALID) ||
	    error <= counter_error_ns)
		return false;
	n = *current_params();
	n.maxerror_ns = rad_add_sat(n.maxerror_ns, error - counter_error_ns);
	counter_error_ns = error;
	publish(&n, now);
	return true;
}

/**
 * rad_clock_expire() - twice a second: what readers of the page cannot see
 *
 * The status that a vmclock reader sees follows the age of the estimate, and the
 * bound what was seen of the counter.
 */
void rad_clock_expire(void)
{
	bool changed, set_back;
	unsigned long flags;
	u64 now;
	u8 status;

	raw_spin_lock_irqsave(&write_lock, flags);
	now = rad_counter_read(counter);
	set_back = rad_counter_before(start_value(now, counter->hz), newest);
	if (rad_counter_before(newest, now))
		newest = now;
	changed = widen(now);
	status = rad_vmclock_status(current_params(), now,
				    rad_status_at(current_params(), now));
	if (page->vmclock.clock_status != status) {
		changed = true;
		page_write_begin();
		page->vmclock.clock_status = status;
		page_write_end();
	}
	raw_spin_unlock_irqrestore(&write_lock, flags);
	/* no witness has seen it */
	if (set_back)
		rad_clock_disrupt("the counter was set back");
	if (changed || set_back)
		rad_notify_update();
}

/* can the absolute clock be read, as far as the parameters say? */
bool rad_clock_has_time(void)
{
	unsigned long flags;
	bool has;

	raw_spin_lock_irqsave(&write_lock, flags);
	has = current_params()->flags & RADCLOCK_PARAMS_FLAG_ABS_VALID;
	raw_spin_unlock_irqrestore(&write_lock, flags);
	return has;
}

/* do not wait for the half second in which we would notice */
static bool unless_unstable(const struct rad_counter *c, u32 clock, bool valid,
			    struct rad_reading *r)
{
	if (!valid || clock == RADCLOCK_CLOCK_DIFF || !rad_counter_is_unstable(c))
		return valid;
	r->status = RADCLOCK_STATUS_UNSYNCHRONIZED;
	r->maxerror_ns = ~0ULL;
	r->esterror_ns = ~0ULL;
	return false;
}

/**
 * rad_clock_read() - read a clock now
 * @clock: enum radclock_clock
 * @counter_value: out: the counter value it was read at
 * @r: out
 *
 * Context: any, NMI included.
 * Return: as rad_read().
 */
bool rad_clock_read(u32 clock, u64 *counter_value, struct rad_reading *r)
{
	const struct radclock_params *p;
	const struct rad_counter *c;
	unsigned int seq;
	bool valid;

	do {
		seq = raw_read_seqcount_latch(&latch.seq);
		p = &latch.data[seq & 1];
		c = by_id[p->counter_id];
		*counter_value = rad_counter_read(c);
		valid = rad_read(p, clock, *counter_value, r);
	} while (raw_read_seqcount_latch_retry(&latch.seq, seq));

	return unless_unstable(c, clock, valid, r);
}

/* the same at a given value of the selected counter */
bool rad_clock_read_at(u32 clock, u64 counter_value, struct rad_reading *r)
{
	const struct radclock_params *p;
	const struct rad_counter *c;
	unsigned int seq;
	bool valid;

	do {
		seq = raw_read_seqcount_latch(&latch.seq);
		p = &latch.data[seq & 1];
		c = by_id[p->counter_id];
		valid = rad_read(p, clock, counter_value, r);
	} while (raw_read_seqcount_latch_retry(&latch.seq, seq));
	return unless_unstable(c, clock, valid, r);
}

/* the counter, and which life of which counter it is a value of; any context */
void rad_clock_stamp(u64 *counter_value, u32 *id, u64 *marker)
{
	const struct radclock_params *p;
	unsigned int seq;

	do {
		seq = raw_read_seqcount_latch(&latch.seq);
		p = &latch.data[seq & 1];
		*counter_value = rad_counter_read(by_id[p->counter_id]);
		*id = p->counter_id;
		*marker = p->disruption_marker;
	} while (raw_read_seqcount_latch_retry(&latch.seq, seq));
}

/* changes when counter values of before mean nothing any more; any context */
u64 rad_clock_marker(void)
{
	unsigned int seq;
	u64 marker;

	do {
		seq = raw_read_seqcount_latch(&latch.seq);
		marker = latch.data[seq & 1].disruption_marker;
	} while (raw_read_seqcount_latch_retry(&latch.seq, seq));
	return marker;
}

/* the difference clock in ns: what the kernel's clocksource counts */
u64 rad_clock_diff_ns(void)
{
	const struct radclock_params *p;
	unsigned int seq;
	u64 ns;

	do {
		seq = raw_read_seqcount_latch(&latch.seq);
		p = &latch.data[seq & 1];
		ns = rad_time_to_ns(rad_diff_at(p,
				    rad_counter_read(by_id[p->counter_id])));
	} while (raw_read_seqcount_latch_retry(&latch.seq, seq));
	return ns;
}

/* the same at a given value of the selected counter */
u64 rad_clock_diff_ns_at(u64 counter_value)
{
	struct rad_reading r;

	rad_clock_read_at(RADCLOCK_CLOCK_DIFF, counter_value, &r);
	return rad_time_to_ns(r.time);
}

/* a consistent copy, for everything but reading the time */
void rad_clock_state(struct rad_state *s)
{
	unsigned long flags;
	const char *why;

	raw_spin_lock_irqsave(&write_lock, flags);
	why = reason;
	s->params = *current_params();
	s->counter_now = rad_counter_read(counter);
	s->disruptions = disruptions;
	s->parameter_source = parameter_source;
	memcpy(s->source, source, sizeof(source));
	s->status = rad_status_at(&s->params, s->counter_now);
	if (*trouble)
		why = trouble;
	else if (s->status != s->params.status)
		why = "no estimate for too long";
	strscpy(s->reason, why, sizeof(s->reason));
	raw_spin_unlock_irqrestore(&write_lock, flags);

	if (rad_counter_is_unstable(by_id[s->params.counter_id]))
		s->status = RADCLOCK_STATUS_UNSYNCHRONIZED;
}

struct page *rad_clock_page(void)
{
	return virt_to_page(page);
}

/**
 * rad_clock_init() - start the clocks on a counter, without an estimate
 * @c: an available counter
 */
int rad_clock_init(struct rad_counter *c)
{
	struct radclock_params *p = &latch.data[0];
	struct rad_counter *i;

	BUILD_BUG_ON(sizeof(struct radclock_page) > PAGE_SIZE);
	BUILD_BUG_ON(offsetof(struct radclock_page, params) != 128);
	BUILD_BUG_ON(!IS_ENABLED(CONFIG_64BIT) || IS_ENABLED(CONFIG_CPU_BIG_ENDIAN));

	page = (void *)get_zeroed_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	page->magic = RADCLOCK_PAGE_MAGIC;

	/* no counter at all would be a reader's null pointer */
	for (i = rad_counter_next(NULL); i; i = rad_counter_next(i))
		by_id[i->id] = i;
	counter = c;

	seqcount_latch_init(&latch.seq);
	p->size = sizeof(*p);
	p->abi_version = RADCLOCK_ABI_VERSION;
	p->diff.counter = rad_counter_read(c);
	newest = p->diff.counter;
	use_counter(p, c);
	/* another module life must not look like this one */
	p->disruption_marker = get_random_u64() | 1;
	p->status = RADCLOCK_STATUS_UNSYNCHRONIZED;
	p->maxerror_ns = ~0ULL;
	p->esterror_ns = ~0ULL;
	raw_spin_lock_irq(&write_lock);
	publish(p, p->diff.counter);
	raw_spin_unlock_irq(&write_lock);
	return 0;
}

void rad_clock_exit(void)
{
	free_page((unsigned long)page);
}
