// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests only: does to a machine what firmware and hypervisors do.
 *
 *	tsc_unstable=1		tell the kernel that the TSC is unstable
 *	hpet_jump=SECONDS	set the HPET's main counter on (or back)
 *	slow_sleep=MS		while loaded: that long before programs are stopped for
 *				a sleep that is announced, and before the end of one
 *				is announced when they go on
 *
 * The others act when it is loaded. Its parameter taps
 * reads as the number of network tracepoints that somebody has a probe on.
 */
#include <linux/acpi.h>
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/suspend.h>
#include <linux/tracepoint.h>
#include <asm/hpet.h>
#include <asm/tsc.h>

static bool tsc_unstable;
module_param(tsc_unstable, bool, 0444);
static int hpet_jump;
module_param(hpet_jump, int, 0444);
static uint slow_sleep;
module_param(slow_sleep, uint, 0444);

static void look(struct tracepoint *tp, void *data)
{
	int *n = data;

	if ((!strcmp(tp->name, "net_dev_start_xmit") ||
	     !strcmp(tp->name, "netif_receive_skb")) && READ_ONCE(tp->funcs))
		(*n)++;
}

static int get_taps(char *buf, const struct kernel_param *kp)
{
	int n = 0;

	for_each_kernel_tracepoint(look, &n);
	return sysfs_emit(buf, "%d\n", n);
}

static const struct kernel_param_ops taps_ops = { .get = get_taps };
module_param_cb(taps, &taps_ops, NULL, 0444);

static int jump(int seconds)
{
	struct acpi_table_header *header;
	u64 address, period_fs, value;
	unsigned long flags;
	void __iomem *regs;
	u32 cfg;

	if (ACPI_FAILURE(acpi_get_table(ACPI_SIG_HPET, 0, &header)))
		return -ENODEV;
	address = ((struct acpi_table_hpet *)header)->address.address;
	acpi_put_table(header);
	regs = ioremap(address, 1024);
	if (!regs)
		return -ENOMEM;
	period_fs = readq(regs + HPET_ID) >> 32;
	local_irq_save(flags);
	cfg = readl(regs + HPET_CFG);
	writel(cfg & ~HPET_CFG_ENABLE, regs + HPET_CFG);
	value = readl(regs + HPET_COUNTER);
	value |= (u64)readl(regs + HPET_COUNTER + 4) << 32;
	value += (s64)seconds * (s64)(1000000000000000ULL / period_fs);
	writel((u32)value, regs + HPET_COUNTER);
	writel((u32)(value >> 32), regs + HPET_COUNTER + 4);
	writel(cfg, regs + HPET_CFG);
	local_irq_restore(flags);
	iounmap(regs);
	return 0;
}

/* everybody else knows by now */
static int told_last(struct notifier_block *nb, unsigned long event, void *data)
{
	if (event == PM_SUSPEND_PREPARE)
		msleep(slow_sleep);
	return NOTIFY_DONE;
}

/* nobody else does */
static int told_first(struct notifier_block *nb, unsigned long event, void *data)
{
	if (event == PM_POST_SUSPEND)
		msleep(slow_sleep);
	return NOTIFY_DONE;
}

static struct notifier_block last_nb = { .notifier_call = told_last, .priority = INT_MIN };
static struct notifier_block first_nb = { .notifier_call = told_first, .priority = INT_MAX };

static int __init rad_test_init(void)
{
	if (tsc_unstable)
		mark_tsc_unstable("radclock test");
	if (slow_sleep) {
		register_pm_notifier(&last_nb);
		register_pm_notifier(&first_nb);
	}
	return hpet_jump ? jump(hpet_jump) : 0;
}

static void __exit rad_test_exit(void)
{
	if (slow_sleep) {
		unregister_pm_notifier(&last_nb);
		unregister_pm_notifier(&first_nb);
	}
}

module_init(rad_test_init);
module_exit(rad_test_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("radclock: disturbances for tests");
