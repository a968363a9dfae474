// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab: timeout=60
 *
 * Where the parameters come from, on a machine that is no Xen guest: from netlink,
 * and whoever wants XenStore is told why not.
 */
#include "kern.h"

static struct radclock *rc;

static bool loads(const char *params)
{
	char cmd[160];

	sh("rmmod radclock");
	snprintf(cmd, sizeof(cmd), "insmod " RT_KO " %s 2> /dev/null", params);
	return !system(cmd);
}

static int write_source(const char *name)
{
	return rt_sys_write("source", name, strlen(name));
}

static void test_load(void)
{
	rt_log_mark();
	ktap_ok(!loads("source=xenstore"), "source=xenstore does not load here");
	ktap_ok(!loads("source=sundial"), "nor does a source that nobody knows");
	ktap_ok(access(RT_SYS, F_OK) && access("/dev/radclock", F_OK), "and leaves nothing");
	ktap_ok(loads("source=netlink"), "source=netlink loads");
}

static void test_sysfs(void)
{
	struct rt_state before;
	char buf[64];

	rt_sync(rc);
	rt_state(rc, &before);
	ktap_ok(write_source("xenstore") == -EOPNOTSUPP, "XenStore cannot be selected");
	ktap_ok(write_source("sundial\n") == -EINVAL && write_source("") != 1 &&
		write_source("xenstore xenstore xenstore") == -EINVAL, "nor can nonsense");
	ktap_ok(!write_source("netlink\n"), "netlink can");
	ktap_ok(rt_unchanged(rc, &before), "and nothing of this changed anything");
	ktap_ok(rt_sys_is("counter_origin", "own"), "the counter is nobody else's");
	ktap_ok(rt_sys_is("counter_error_ns", "0"), "and runs straight");
	ktap_ok(rt_sys_read("host_id", buf, sizeof(buf)) == -ENODATA &&
		rt_sys_read("host_generation", buf, sizeof(buf)) == -ENODATA &&
		rt_sys_read("host_age_ns", buf, sizeof(buf)) == -ENODATA, "there is no host");
}

static void test_netlink(void)
{
	struct radclock_host host;
	struct rt_state before;
	char why[128];
	int err;

	rt_state(rc, &before);
	err = radclock_select_source(rc, RADCLOCK_PARAMETER_SOURCE_XENSTORE, why, sizeof(why));
	ktap_okf(err == -EOPNOTSUPP && strstr(why, "Xen"), "refused: %s", why);
	err = radclock_select_source(rc, RADCLOCK_PARAMETER_SOURCE_XENSTORE + 1, NULL, 0);
	ktap_okf(err == -ERANGE || err == -EINVAL, "an unknown one is refused (%d)", err);
	ktap_ok(!radclock_select_source(rc, RADCLOCK_PARAMETER_SOURCE_NETLINK, NULL, 0),
		"netlink is taken");
	ktap_ok(!radclock_get_host(rc, &host) && !host.id[0] &&
		host.parameter_source == RADCLOCK_PARAMETER_SOURCE_NETLINK, "and told");
	ktap_ok(rt_unchanged(rc, &before), "and nothing of this changed anything");
}

int main(void)
{
	rt_load("");
	ktap_plan(16);
	test_load();
	rc = rt_open();
	test_sysfs();
	test_netlink();
	radclock_close(rc);
	return ktap_end();
}
