// SPDX-License-Identifier: GPL-2.0-only
/* radclock: bring up and take down, in order. */
#include <linux/module.h>

#include "clock.h"
#include "clocksource.h"
#include "device.h"
#include "disrupt.h"
#include "netlink.h"
#include "source.h"
#include "stamp.h"
#include "sysfs.h"

static char *counter;
module_param(counter, charp, 0444);
MODULE_PARM_DESC(counter, "counter to start with (default: the best there is)");

static char *source;
module_param(source, charp, 0444);
MODULE_PARM_DESC(source, "where the parameters come from: netlink (default) or xenstore");

static struct rad_counter *first_counter(void)
{
	struct rad_counter *c;

	if (!counter || !*counter)
		return rad_counter_best();
	c = rad_counter_by_name(counter);
	if (!c)
		pr_err("radclock: no counter '%s' on this machine\n", counter);
	else if (rad_counter_is_unstable(c))
		pr_err("radclock: counter '%s' is unstable\n", counter);
	else
		return c;
	return NULL;
}

static int __init rad_init(void)
{
	struct rad_counter *c;
	int err;

	err = rad_counters_probe();
	if (err)
		return err;
	err = -ENODEV;
	c = first_counter();
	if (!c)
		goto err_counters;
	err = rad_clock_init(c);
	if (err)
		goto err_counters;
	err = rad_stamp_init();
	if (err)
		goto err_clock;
	/* after the stamps, so that on the way down nobody subscribes any more */
	err = rad_netlink_init();
	if (err)
		goto err_stamp;
	err = rad_source_init(source);
	if (err)
		goto err_netlink;
	err = rad_disrupt_init();
	if (err)
		goto err_source;
	err = rad_device_init();
	if (err)
		goto err_disrupt;
	err = rad_sysfs_init();
	if (err)
		goto err_device;
	err = rad_clocksource_init();
	if (err)
		goto err_sysfs;
	pr_info("radclock: version %s, counter %s at %llu Hz\n",
		RADCLOCK_VERSION, c->name, c->hz);
	return 0;

err_sysfs:
	rad_sysfs_exit();
err_device:
	rad_device_exit();
err_disrupt:
	rad_disrupt_exit();
err_source:
	rad_source_exit();
err_netlink:
	rad_netlink_exit();
err_stamp:
	rad_stamp_exit();
err_clock:
	rad_clock_exit();
err_counters:
	rad_counters_remove();
	return err;
}

static void __exit rad_exit(void)
{
	rad_clocksource_exit();
	rad_sysfs_exit();
	rad_device_exit();
	rad_disrupt_exit();
	/* while it can be told */
	rad_source_exit();
	rad_netlink_exit();
	rad_stamp_exit();
	rad_clock_exit();
	rad_counters_remove();
}

module_init(rad_init);
module_exit(rad_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("radclock: feed-forward clock");
MODULE_VERSION(RADCLOCK_VERSION);
