// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include "clock.h"
#include "source.h"
#include "xenstore.h"

static const char *const source_names[] = {
	[RADCLOCK_PARAMETER_SOURCE_NETLINK] = "netlink",
	[RADCLOCK_PARAMETER_SOURCE_XENSTORE] = "xenstore",
};

/* who selects, waits for the other source to be gone */
static DEFINE_MUTEX(source_lock);
static u32 source_selected;
static bool source_closed = true;

/* enum radclock_parameter_source or -EINVAL */
int rad_source_by_name(const char *name)
{
	return match_string(source_names, ARRAY_SIZE(source_names), name);
}

static int source_start(u32 from, const char **why)
{
	return from == RADCLOCK_PARAMETER_SOURCE_XENSTORE ?
	       rad_xenstore_start(why) : 0;
}

static void source_stop(u32 from)
{
	if (from == RADCLOCK_PARAMETER_SOURCE_XENSTORE)
		rad_xenstore_stop();
}

static int select_locked(u32 from, const char *because, const char **why)
{
	int err;

	if (source_closed) {
		*why = "the module is being loaded or unloaded";
		return -ENODEV;
	}
	if (from == source_selected)
		return 0;
	err = rad_xenstore_possible(from, why);
	if (err)
		return err;
	source_stop(source_selected);
	rad_clock_set_source(from, because);
	source_selected = from;
	err = source_start(from, why);
	if (err) {
		source_selected = RADCLOCK_PARAMETER_SOURCE_NETLINK;
		rad_clock_set_source(source_selected, because);
	}
	rad_notify_update();
	return err;
}

/**
 * rad_source_select() - take estimates from there, and only from there
 * @from: enum radclock_parameter_source
 * @why: out: what is wrong
 *
 * The estimate in force is withdrawn if it is another one than before.
 *
 * Context: process.
 * Return: 0; -EOPNOTSUPP: it is none for this system; another error of starting
 * it, then it is netlink.
 */
int rad_source_select(u32 from, const char **why)
{
	int err;

	mutex_lock(&source_lock);
	err = select_locked(from, "another source of parameters was selected",
			    why);
	mutex_unlock(&source_lock);
	return err;
}

/* @name: of the module parameter, or NULL */
int rad_source_init(const char *name)
{
	const char *why = "no such source: netlink or xenstore?";
	int from = RADCLOCK_PARAMETER_SOURCE_NETLINK, err;

	if (name && *name)
		from = rad_source_by_name(name);
	if (from < 0) {
		pr_err("radclock: source '%s': %s\n", name, why);
		return from;
	}
	err = rad_xenstore_init();
	if (err)
		return err;
	mutex_lock(&source_lock);
	source_closed = false;
	err = select_locked(from, NULL, &why);
	mutex_unlock(&source_lock);
	if (err) {
		pr_err("radclock: source '%s': %s\n", name, why);
		rad_source_exit();
	}
	return err;
}

void rad_source_exit(void)
{
	mutex_lock(&source_lock);
	source_closed = true;
	source_stop(source_selected);
	mutex_unlock(&source_lock);
	rad_xenstore_exit();
}
