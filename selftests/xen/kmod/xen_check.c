// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests only: is radclock's counter what the kernel's own clocksource reads?
 *
 *	reader=ADDRESS	of a function u64 (*)(void) (/proc/kallsyms)
 *	rounds=N	10000 unless told
 *
 * When it is loaded it brackets the kernel's clocksource (ktime_get_snapshot)
 * between two calls of the reader, interrupts off, on every CPU. The parameter
 * result then reads, a line a CPU:
 *	cpu N rounds N outside N backwards N width MIN MAX
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/timekeeping.h>

static ulong reader;
module_param(reader, ulong, 0400);
static int rounds = 10000;
module_param(rounds, int, 0444);

static char check_text[2048];

static int check_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s", check_text);
}

static const struct kernel_param_ops check_ops = { .get = check_get };
module_param_cb(result, &check_ops, NULL, 0444);

struct check_tally {
	int outside, backwards;
	u64 min, max;
};

static void check_cpu(void *data)
{
	u64 (*read)(void) = (void *)reader;
	struct check_tally *t = data;
	struct system_time_snapshot snap;
	u64 a, b, last = 0;
	int i;

	for (i = 0; i < rounds; i++) {
		a = read();
		ktime_get_snapshot(&snap);
		b = read();
		if (snap.cycles < a || snap.cycles > b) {
			if (!t->outside++)
				pr_info("xen_check: %llu not within %llu .. %llu\n",
					snap.cycles, a, b);
		}
		t->backwards += a < last || b < a;
		last = b;
		t->min = min(t->min, b - a);
		t->max = max(t->max, b - a);
	}
}

static int __init check_init(void)
{
	int cpu, len = 0;

	if (!reader || rounds < 1 || rounds > 1000000)
		return -EINVAL;
	for_each_online_cpu(cpu) {
		struct check_tally t = { .min = U64_MAX };

		if (smp_call_function_single(cpu, check_cpu, &t, 1))
			return -EIO;
		len += scnprintf(check_text + len, sizeof(check_text) - len,
				 "cpu %d rounds %d outside %d backwards %d width %llu %llu\n",
				 cpu, rounds, t.outside, t.backwards, t.min, t.max);
	}
	return 0;
}

static void __exit check_exit(void)
{
}

module_init(check_init);
module_exit(check_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("radclock: compares a counter with the kernel's clocksource");
