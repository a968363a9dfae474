// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The state of the clock: from the module, or what the page tells.
 */
#include <stdio.h>
#include <string.h>

#include "nl.h"

void rad_nl_to_info(struct nlattr **attrs, struct radclock_info *info)
{
	memset(info, 0, sizeof(*info));
	rad_nl_string(attrs, RADCLOCK_A_MODULE_VERSION, info->module_version,
		      sizeof(info->module_version));
	rad_nl_string(attrs, RADCLOCK_A_COUNTER_NAME, info->counter_name,
		      sizeof(info->counter_name));
	rad_nl_string(attrs, RADCLOCK_A_SOURCE, info->source,
		      sizeof(info->source));
	rad_nl_string(attrs, RADCLOCK_A_REASON, info->reason,
		      sizeof(info->reason));
	info->abi_version = rad_nl_u32(attrs, RADCLOCK_A_ABI_VERSION);
	info->counter_id = rad_nl_u32(attrs, RADCLOCK_A_COUNTER_ID);
	info->counter_flags = rad_nl_u32(attrs, RADCLOCK_A_COUNTER_FLAGS);
	info->status = rad_nl_u32(attrs, RADCLOCK_A_STATUS);
	info->counter_hz = rad_nl_u64(attrs, RADCLOCK_A_COUNTER_HZ);
	info->counter = rad_nl_u64(attrs, RADCLOCK_A_COUNTER);
	info->generation = rad_nl_u64(attrs, RADCLOCK_A_GENERATION);
	info->updates = rad_nl_u64(attrs, RADCLOCK_A_UPDATES);
	info->disruption_marker = rad_nl_u64(attrs, RADCLOCK_A_DISRUPTION_MARKER);
	info->disruptions = rad_nl_u64(attrs, RADCLOCK_A_DISRUPTIONS);
}

static int take_info(struct nlmsghdr *nlh, struct nlattr **attrs, void *arg)
{
	rad_nl_to_info(attrs, arg);
	return 0;
}

static int info_from_page(struct radclock *rc, struct radclock_info *info)
{
	struct radclock_params p;
	uint64_t counter = 0;
	const char *name;
	int err;

	memset(info, 0, sizeof(*info));
	err = radclock_get_params(rc, &p);
	if (err)
		return err;
	err = radclock_counter(rc, &counter);
	if (err)
		return err;
	name = radclock_counter_name(p.counter_id);
	snprintf(info->counter_name, sizeof(info->counter_name), "%s", name ?: "");
	info->abi_version = p.abi_version;
	info->counter_id = p.counter_id;
	info->counter_flags = p.counter_flags;
	info->status = rad_status_at(&p, counter);
	info->counter_hz = p.counter_hz;
	info->counter = counter;
	info->generation = p.generation;
	info->updates = p.updates;
	info->disruption_marker = p.disruption_marker;
	return 0;
}

int radclock_get_info(struct radclock *rc, struct radclock_info *info)
{
	const struct rad_nl_call call = {
		.cmd = RADCLOCK_CMD_GET_INFO,
		.take = take_info,
		.arg = info,
	};

	if (!rc->module)
		return info_from_page(rc, info);
	return rad_nl_handle_do(rc, &call);
}
