// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests only: what does a reader in the kernel get when a suspended domain
 * goes on, before any process runs again?
 *
 *	reader=ADDRESS	of rad_clock_read (/proc/kallsyms)
 *
 * Loaded before radclock its part of the resume comes first: no other code of
 * the domain could read the clock any earlier, but for the timekeeper. Then a
 * timer reads on, every half millisecond for 2 s. The parameter log reads, a
 * line each: "suspend" and "resume" with what the reader gave there, "timer"
 * whenever it changed (with or without a time) and at the end:
 *	EVENT with|without READINGS TSC-BEFORE TSC-AFTER SECONDS NANOSECONDS BOUND
 */
#include <linux/hrtimer.h>
#include <linux/module.h>
#include <linux/syscore_ops.h>
#include <linux/timex.h>
#include <linux/types.h>
#include <asm/tsc.h>

#include <reading.h>

#define WAKE_PERIOD	(500 * NSEC_PER_USEC)
#define WAKE_ROUNDS	4000

static ulong reader;
module_param(reader, ulong, 0600);

static char wake_text[3500];
static int wake_len;
static struct hrtimer wake_timer;
static int wake_left, wake_run;
static int wake_last = -1;

static int wake_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s", wake_text);
}

static const struct kernel_param_ops wake_ops = { .get = wake_get };
module_param_cb(log, &wake_ops, NULL, 0444);

/* @tsc: before and after; much may be between, even here */
static bool wake_read(struct rad_reading *r, u64 *tsc)
{
	bool (*read)(u32 clock, u64 *counter, struct rad_reading *r) = (void *)READ_ONCE(reader);
	u64 counter;
	bool ok;

	tsc[0] = rdtsc_ordered();
	ok = read && read(RADCLOCK_CLOCK_ABSOLUTE, &counter, r);
	tsc[1] = rdtsc_ordered();
	return ok;
}

static void wake_note(const char *what, bool ok, int n, const u64 *tsc, const struct rad_reading *r)
{
	wake_len += scnprintf(wake_text + wake_len, sizeof(wake_text) - wake_len,
			      "%s %s %d %llu %llu %lld %u %llu\n", what, ok ? "with" : "without", n,
			      tsc[0], tsc[1],
			      ok ? (s64)r->time.sec : 0,
			      ok ? rad_frac_to_ns(r->time.frac) : 0,
			      ok ? r->maxerror_ns : 0);
}

static enum hrtimer_restart wake_tick(struct hrtimer *t)
{
	struct rad_reading r;
	u64 tsc[2];
	bool ok = wake_read(&r, tsc);

	if (ok != wake_last || wake_left == 1) {
		wake_note("timer", ok, wake_run, tsc, &r);
		wake_last = ok;
		wake_run = 0;
	}
	wake_run++;
	if (!--wake_left)
		return HRTIMER_NORESTART;
	hrtimer_forward_now(t, ns_to_ktime(WAKE_PERIOD));
	return HRTIMER_RESTART;
}

static int wake_suspend(void)
{
	struct rad_reading r;
	u64 tsc[2];
	bool ok = wake_read(&r, tsc);

	wake_note("suspend", ok, 0, tsc, &r);
	return 0;
}

static void wake_resume(void)
{
	struct rad_reading r;
	u64 tsc[2];
	bool ok = wake_read(&r, tsc);

	wake_note("resume", ok, 0, tsc, &r);
	wake_last = ok;
	wake_run = 0;
	wake_left = WAKE_ROUNDS;
	hrtimer_start(&wake_timer, ns_to_ktime(WAKE_PERIOD), HRTIMER_MODE_REL_HARD);
}

static struct syscore_ops wake_syscore = {
	.suspend = wake_suspend,
	.resume = wake_resume,
};

static int __init wake_init(void)
{
	hrtimer_init(&wake_timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	wake_timer.function = wake_tick;
	register_syscore_ops(&wake_syscore);
	return 0;
}

static void __exit wake_exit(void)
{
	unregister_syscore_ops(&wake_syscore);
	hrtimer_cancel(&wake_timer);
}

module_init(wake_init);
module_exit(wake_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("radclock: reads the clock while a domain resumes");
