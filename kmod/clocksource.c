// SPDX-License-Identifier: GPL-2.0-only
/*
 * radclock as a clocksource: the difference clock in nanoseconds. A kernel
 * switched to it keeps all its clocks at radclock's rate without steering.
 */
#include <linux/clocksource.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/rcupdate.h>

#include "clock.h"
#include "clocksource.h"
#include "cross.h"
#include "disrupt.h"
#include "fixed.h"

static bool taking_over;
static bool was_current;

/*
 * The kernel changes clocksources by reading the old one and then, all CPUs
 * stopped, the new one: the time in between is lost. Not with us, if the old
 * one reads our counter: our first answer is about the kernel's last reading.
 */
static u64 read(struct clocksource *cs)
{
	u64 counter;

	if (unlikely(taking_over)) {
		taking_over = false;
		if (rad_cross_handover(cs, &counter))
			return rad_clock_diff_ns_at(counter);
	}
	return rad_clock_diff_ns();
}

/* right before the change, in the same interrupt-free section */
static int enable(struct clocksource *cs)
{
	if (!rad_clock_hold_counter(true))
		return -EBUSY;
	taking_over = true;
	was_current = true;
	return 0;
}

static void disable(struct clocksource *cs)
{
	rad_clock_hold_counter(false);
}

/* called of every clocksource, current or not */
static void suspend(struct clocksource *cs)
{
	rad_disrupt_sleep();
}

static void resume(struct clocksource *cs)
{
	rad_disrupt_wake();
}

/*
 * No owner: the module can be unloaded while this clocksource is current, and
 * the kernel goes back to its best one. A rating below all others, so that
 * nobody gets it who did not ask; watched like the TSC, because an estimate
 * could be wrong.
 */
static struct clocksource cs = {
	.name = "radclock",
	.rating = 10,
	.read = read,
	.enable = enable,
	.disable = disable,
	.suspend = suspend,
	.resume = resume,
	.mask = CLOCKSOURCE_MASK(64),
	.flags = CLOCK_SOURCE_IS_CONTINUOUS | CLOCK_SOURCE_MUST_VERIFY,
};

int rad_clocksource_init(void)
{
	return clocksource_register_hz(&cs, RADCLOCK_NSEC);
}

void rad_clocksource_exit(void)
{
	/* nothing else to go to: rather hang here than take its time away */
	while (clocksource_unregister(&cs)) {
		pr_crit_once("radclock: the kernel has no other clocksource\n");
		msleep(1000);
	}
	/* the change can come in the middle of a reading, in a task or an NMI */
	if (was_current)
		synchronize_rcu_tasks();
	synchronize_rcu();
}
