// SPDX-License-Identifier: GPL-2.0-only
/* The time stamp counter, ordered against the instructions before it. */
#include <asm/cpufeature.h>

#include "compat.h"
#include "counter.h"
#include "xen_domain.h"

static u64 tsc_read(void)
{
	return rdtsc_ordered();
}

static bool tsc_is_unstable(void)
{
	return check_tsc_unstable();
}

static int tsc_probe(struct rad_counter *c)
{
	if (!boot_cpu_has(X86_FEATURE_TSC) || !tsc_khz)
		return -ENODEV;
	c->hz = (u64)tsc_khz * 1000;
	c->restarts = rad_xen_moves();
	return 0;
}

static const char *tsc_origin(void)
{
	return rad_xen_tsc_is_machines() ? "machine-tsc" : "own";
}

struct rad_counter rad_counter_tsc = {
	.name = "tsc",
	.id = RADCLOCK_COUNTER_ID_TSC,
	.width = 64,
	.flags = RADCLOCK_COUNTER_FLAG_USER | RADCLOCK_COUNTER_FLAG_NMI,
	.probe = tsc_probe,
	.read = tsc_read,
	.is_unstable = tsc_is_unstable,
	.origin = tsc_origin,
};
