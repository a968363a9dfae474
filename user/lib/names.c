// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The words that sysfs, netlink, configuration and JSON share.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

#define N(a)	(sizeof(a) / sizeof((a)[0]))

static const char *const status_names[] = {
	[RADCLOCK_STATUS_UNSYNCHRONIZED] = "unsynchronized",
	[RADCLOCK_STATUS_WARMING] = "warming",
	[RADCLOCK_STATUS_SYNCHRONIZED] = "synchronized",
	[RADCLOCK_STATUS_HOLDOVER] = "holdover",
	[RADCLOCK_STATUS_DISRUPTED] = "disrupted",
};

static const char *const clock_names[] = {
	[RADCLOCK_CLOCK_ABSOLUTE] = "absolute",
	[RADCLOCK_CLOCK_MONO] = "mono",
	[RADCLOCK_CLOCK_DIFF] = "diff",
};

static const char *const counter_names[] = {
	[RADCLOCK_COUNTER_ID_NONE] = "none",
	[RADCLOCK_COUNTER_ID_TSC] = "tsc",
	[RADCLOCK_COUNTER_ID_HPET] = "hpet",
	[RADCLOCK_COUNTER_ID_ACPI_PM] = "acpi_pm",
	[RADCLOCK_COUNTER_ID_CLOCKSOURCE] = "clocksource",
	[RADCLOCK_COUNTER_ID_XEN] = "xen",
	[RADCLOCK_COUNTER_ID_KVM] = "kvm",
	[RADCLOCK_COUNTER_ID_HYPERV] = "hyperv",
	[RADCLOCK_COUNTER_ID_ARCH] = "arch",
	[RADCLOCK_COUNTER_ID_MONOTONIC_RAW] = "monotonic_raw",
};

static const char *name_of(const char *const *names, size_t n, uint32_t v)
{
	return v < n ? names[v] : NULL;
}

static int from_name(const char *const *names, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return (int)i;
	return -EINVAL;
}

const char *radclock_status_name(uint32_t status)
{
	return name_of(status_names, N(status_names), status);
}

const char *radclock_clock_name(uint32_t clock)
{
	return name_of(clock_names, N(clock_names), clock);
}

int radclock_clock_from_name(const char *name)
{
	return from_name(clock_names, N(clock_names), name);
}

const char *radclock_counter_name(uint32_t counter_id)
{
	return name_of(counter_names, N(counter_names), counter_id);
}

int radclock_counter_from_name(const char *name)
{
	return from_name(counter_names, N(counter_names), name);
}
