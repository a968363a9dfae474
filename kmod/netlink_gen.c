// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	docs/netlink/radclock.yaml */
/* YNL-GEN kernel source */
/* To regenerate run: scripts/gen-netlink.sh LINUX_SOURCE */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink_gen.h"

#include <uapi/linux/radclock_netlink.h>

/* Global operation policy for radclock */
const struct nla_policy radclock_main_nl_policy[RADCLOCK_A_PARAMETER_SOURCE + 1] = {
	[RADCLOCK_A_COUNTER_ID] = NLA_POLICY_RANGE(NLA_U32, 1, 9),
	[RADCLOCK_A_COUNTER_NAME] = { .type = NLA_NUL_STRING, .len = 31, },
	[RADCLOCK_A_COUNTER] = { .type = NLA_U64, },
	[RADCLOCK_A_STATUS] = NLA_POLICY_MAX(NLA_U32, 4),
	[RADCLOCK_A_DISRUPTION_MARKER] = { .type = NLA_U64, },
	[RADCLOCK_A_SOURCE] = { .type = NLA_NUL_STRING, .len = 31, },
	[RADCLOCK_A_TIME_SEC] = { .type = NLA_S64, },
	[RADCLOCK_A_TIME_FRAC] = { .type = NLA_U64, },
	[RADCLOCK_A_PERIOD] = { .type = NLA_U64, },
	[RADCLOCK_A_PERIOD_DIFF] = { .type = NLA_U64, },
	[RADCLOCK_A_PERIOD_SHIFT] = NLA_POLICY_MAX(NLA_U8, 40),
	[RADCLOCK_A_MAXERROR] = { .type = NLA_U64, },
	[RADCLOCK_A_ESTERROR] = { .type = NLA_U64, },
	[RADCLOCK_A_MAXERROR_RATE] = { .type = NLA_U64, },
	[RADCLOCK_A_ESTERROR_RATE] = { .type = NLA_U64, },
	[RADCLOCK_A_HOLDOVER_COUNTER] = { .type = NLA_U64, },
	[RADCLOCK_A_VOID_COUNTER] = { .type = NLA_U64, },
	[RADCLOCK_A_LEAP_COUNTER] = { .type = NLA_U64, },
	[RADCLOCK_A_LEAP_DELTA] = { .type = NLA_S32, },
	[RADCLOCK_A_TAI_OFFSET] = { .type = NLA_S32, },
	[RADCLOCK_A_PARAMS_FLAGS] = NLA_POLICY_MASK(NLA_U32, 0x7),
	[RADCLOCK_A_CLOCK] = NLA_POLICY_MAX(NLA_U32, 2),
	[RADCLOCK_A_ROUNDS] = NLA_POLICY_RANGE(NLA_U32, 1, 64),
	[RADCLOCK_A_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
	[RADCLOCK_A_BRACKET_ID] = NLA_POLICY_RANGE(NLA_U32, 1, 9),
	[RADCLOCK_A_PARAMETER_SOURCE] = NLA_POLICY_MAX(NLA_U32, 1),
};

/* Ops table for radclock */
const struct genl_small_ops radclock_nl_ops[9] = {
	{
		.cmd	= RADCLOCK_CMD_GET_INFO,
		.doit	= radclock_nl_get_info_doit,
	},
	{
		.cmd	= RADCLOCK_CMD_GET_COUNTER,
		.dumpit	= radclock_nl_get_counter_dumpit,
	},
	{
		.cmd	= RADCLOCK_CMD_SET_COUNTER,
		.doit	= radclock_nl_set_counter_doit,
	},
	{
		.cmd	= RADCLOCK_CMD_READ_COUNTERS,
		.doit	= radclock_nl_read_counters_doit,
	},
	{
		.cmd	= RADCLOCK_CMD_READ_CLOCK,
		.doit	= radclock_nl_read_clock_doit,
	},
	{
		.cmd	= RADCLOCK_CMD_GET_ESTIMATE,
		.doit	= radclock_nl_get_estimate_doit,
	},
	{
		.cmd	= RADCLOCK_CMD_SET_ESTIMATE,
		.doit	= radclock_nl_set_estimate_doit,
	},
	{
		.cmd	= RADCLOCK_CMD_SUBSCRIBE_STAMPS,
		.doit	= radclock_nl_subscribe_stamps_doit,
		.flags	= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd	= RADCLOCK_CMD_SET_SOURCE,
		.doit	= radclock_nl_set_source_doit,
	},
};

