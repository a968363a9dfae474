// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Where the module's estimates come from: a daemon here, or the host.
 */
#include <errno.h>
#include <string.h>

#include "nl.h"

static int take_host(struct nlmsghdr *nlh, struct nlattr **attrs, void *arg)
{
	struct radclock_host *h = arg;

	h->parameter_source = rad_nl_u32(attrs, RADCLOCK_A_PARAMETER_SOURCE);
	rad_nl_string(attrs, RADCLOCK_A_HOST_ID, h->id, sizeof(h->id));
	h->generation = rad_nl_u64(attrs, RADCLOCK_A_HOST_GENERATION);
	h->counter = rad_nl_u64(attrs, RADCLOCK_A_HOST_COUNTER);
	h->disruption_marker = rad_nl_u64(attrs, RADCLOCK_A_DISRUPTION_MARKER);
	h->counter_now = rad_nl_u64(attrs, RADCLOCK_A_COUNTER);
	return 0;
}

int radclock_get_host(struct radclock *rc, struct radclock_host *host)
{
	const struct rad_nl_call call = {
		.cmd = RADCLOCK_CMD_GET_INFO,
		.take = take_host,
		.arg = host,
	};

	memset(host, 0, sizeof(*host));
	return rc->module ? rad_nl_handle_do(rc, &call) : -ENODEV;
}

static int put_source(struct nl_msg *msg, void *source)
{
	return nla_put_u32(msg, RADCLOCK_A_PARAMETER_SOURCE, *(uint32_t *)source);
}

int radclock_select_source(struct radclock *rc, uint32_t source, char *why, size_t why_len)
{
	const struct rad_nl_call call = {
		.cmd = RADCLOCK_CMD_SET_SOURCE,
		.fill = put_source,
		.arg = &source,
		.why = why,
		.why_len = why_len,
	};

	if (why && why_len)
		why[0] = '\0';
	return rad_nl_handle_do(rc, &call);
}
