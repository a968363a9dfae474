// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watching for what disrupts the clock: suspend, a counter that the kernel
 * gives up, a timekeeper that changes under the `clocksource` counter, and a
 * counter that jumps (a restored snapshot, a migration).
 */
#include <linux/irq_work.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/notifier.h>
#include <linux/suspend.h>
#include <linux/workqueue.h>

#include "clock.h"
#include "disrupt.h"
#include "fixed.h"
#include "timekeeper.h"
#include "xenstore.h"

#define WATCH_INTERVAL	(HZ / 2)
/* two counters read in turn: more between them is an interruption, no news */
#define PAIR_MAX_NS	1000000
/* the ratio of two counters stays, within 1 %; below 10 ms we see nothing */
#define JUMP_SHARE	100
#define JUMP_MIN_NS	10000000
/* after so long a narrow counter agrees with whatever sched_clock() says */
#define NARROW_MAX_NS	(10 * RADCLOCK_NSEC)

static struct delayed_work watch_work;
static struct work_struct change_work;
static struct irq_work change_irq;
static bool woke;

/* the selected counter, and another one as a witness */
static struct {
	u32 id, witness_id;
	u64 value, witness;
	u64 ratio;	/* of the rates, 32.32 of nominal; 0 not known yet */
	bool valid;
} last;

static u64 ticks_to_ns(u64 ticks, u64 hz)
{
	return (u64)rad_u128_div((rad_u128)ticks * RADCLOCK_NSEC, hz);
}

static struct rad_counter *find_witness(const struct rad_counter *c)
{
	struct rad_counter *w;

	for (w = rad_counter_next(NULL); w; w = rad_counter_next(w))
		if (w != c && !rad_counter_is_unstable(w) &&
		    w->id != RADCLOCK_COUNTER_ID_CLOCKSOURCE)
			return w;
	return NULL;
}

/*
 * Has the counter gone as far as its witness says it should? Nominal rates can
 * be wrong (a guest that moved to another machine), so the ratio is learnt, and
 * again after a jump.
 */
static bool went_astray(u64 mine_ns, u64 its_ns, bool narrow)
{
	u64 expected;
	s64 diff;

	if (narrow && max(mine_ns, its_ns) > NARROW_MAX_NS) {
		last.ratio = 0;
		return true;
	}
	if (!last.ratio) {
		if (its_ns > JUMP_MIN_NS)
			last.ratio = (u64)rad_u128_div((rad_u128)mine_ns << 32,
						       its_ns);
		return false;
	}
	expected = (u64)(((rad_u128)its_ns * last.ratio) >> 32);
	diff = mine_ns - expected;
	if (abs(diff) <= JUMP_MIN_NS + expected / JUMP_SHARE)
		return false;
	last.ratio = 0;
	return true;
}

static bool counter_jumped(void)
{
	struct rad_counter *c = rad_clock_counter();
	struct rad_counter *w = find_witness(c);
	u64 marker = rad_clock_marker();
	u64 a, b, value, mine, its;
	unsigned long flags;
	bool jumped = false;

	if (!w)
		return false;
	local_irq_save(flags);
	a = rad_counter_read(w);
	value = rad_counter_read(c);
	b = rad_counter_read(w);
	local_irq_restore(flags);
	if (ticks_to_ns(b - a, w->hz) > PAIR_MAX_NS)
		return false;

	if (last.valid && last.id == c->id && last.witness_id == w->id) {
		mine = value - last.value;
		its = a - last.witness;
		/* backwards is a jump of either, whatever the other says */
		if ((s64)mine < 0 || (s64)its < 0) {
			last.ratio = 0;
			jumped = true;
		} else {
			jumped = went_astray(ticks_to_ns(mine, c->hz),
					     ticks_to_ns(its, w->hz),
					     c->width < 64 || w->width < 64);
		}
	} else {
		last.ratio = 0;
	}
	/* the machine may have slept since, and woken as another one: not in here */
	local_irq_save(flags);
	if (rad_clock_marker() == marker) {
		last.id = c->id;
		last.witness_id = w->id;
		last.value = value;
		last.witness = a;
		last.valid = true;
	}
	local_irq_restore(flags);
	return jumped;
}

static void leave_unstable(void)
{
	struct rad_counter *c = rad_clock_counter(), *to;
	const char *why;

	if (!rad_counter_is_unstable(c))
		return;
	to = rad_counter_best();
	if (!to || rad_clock_select(to, "the kernel declared the counter unstable",
				    &why)) {
		/* readers of the page know by its parameters only */
		if (rad_clock_has_time()) {
			rad_clock_disrupt("the counter is unstable and there is no other");
			rad_notify_update();
		}
		return;
	}
	pr_warn("radclock: %s was declared unstable, using %s\n", c->name,
		to->name);
	rad_notify_update();
}

static void watch(struct work_struct *work)
{
	rad_counters_renew();
	leave_unstable();
	if (counter_jumped()) {
		rad_clock_disrupt("the counter jumped");
		pr_warn("radclock: counter %s jumped\n",
			rad_clock_counter()->name);
		rad_notify_update();
	}
	if (READ_ONCE(woke)) {
		WRITE_ONCE(woke, false);
		rad_notify_update();
	}
	rad_counters_watch();
	rad_clock_expire();
	rad_xenstore_poll();
	schedule_delayed_work(&watch_work, WATCH_INTERVAL);
}

static void changed(struct work_struct *work)
{
	leave_unstable();
	rad_notify_update();
}

static void change_irq_fn(struct irq_work *work)
{
	schedule_work(&change_work);
}

/*
 * The kernel reads another clocksource from now on. Called in the middle of that
 * change: the clock at once, the rest later.
 */
void rad_disrupt_timekeeper(void)
{
	if (rad_clock_counter()->id == RADCLOCK_COUNTER_ID_CLOCKSOURCE)
		rad_clock_disrupt("the kernel's clocksource changed");
	irq_work_queue(&change_irq);
}

static int on_pm(struct notifier_block *nb, unsigned long event, void *data)
{
	switch (event) {
	case PM_HIBERNATION_PREPARE:
	case PM_SUSPEND_PREPARE:
	case PM_RESTORE_PREPARE:
		rad_clock_suspend(true);
		rad_clock_disrupt("the system goes to sleep");
		rad_notify_update();
		break;
	case PM_POST_HIBERNATION:
	case PM_POST_SUSPEND:
	case PM_POST_RESTORE:
		WRITE_ONCE(last.valid, false);
		rad_clock_disrupt("the system slept");
		rad_clock_suspend(false);
		rad_notify_update();
		break;
	}
	return NOTIFY_OK;
}

static struct notifier_block pm_nb = { .notifier_call = on_pm };

/* the timekeeper has stopped, with interrupts off: S3, hibernation and s2idle */
void rad_disrupt_sleep(void)
{
	rad_clock_disrupt("the system goes to sleep");
}

/*
 * Counters may have stopped, or started at zero. The timekeeper has not read its
 * clocksource yet: whatever jumps, jumps before it starts again.
 */
void rad_disrupt_wake(void)
{
	rad_counters_resume();
	WRITE_ONCE(last.valid, false);
	rad_clock_wake("the system slept");
	/* no work yet: to wake a thread can ask for the time */
	WRITE_ONCE(woke, true);
}

int rad_disrupt_init(void)
{
	int err;

	INIT_DELAYED_WORK(&watch_work, watch);
	INIT_WORK(&change_work, changed);
	init_irq_work(&change_irq, change_irq_fn);
	err = register_pm_notifier(&pm_nb);
	if (err)
		return err;
	err = rad_timekeeper_init();
	if (err) {
		unregister_pm_notifier(&pm_nb);
		return err;
	}
	schedule_delayed_work(&watch_work, WATCH_INTERVAL);
	return 0;
}

void rad_disrupt_exit(void)
{
	rad_timekeeper_exit();
	unregister_pm_notifier(&pm_nb);
	irq_work_sync(&change_irq);
	cancel_work_sync(&change_work);
	cancel_delayed_work_sync(&watch_work);
}
