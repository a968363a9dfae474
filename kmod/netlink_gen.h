/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	docs/netlink/radclock.yaml */
/* YNL-GEN kernel header */
/* To regenerate run: scripts/gen-netlink.sh LINUX_SOURCE */

#ifndef _LINUX_RADCLOCK_GEN_H
#define _LINUX_RADCLOCK_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/radclock_netlink.h>

/* Global operation policy for radclock */
extern const struct nla_policy radclock_main_nl_policy[RADCLOCK_A_PARAMETER_SOURCE + 1];

/* Ops table for radclock */
extern const struct genl_small_ops radclock_nl_ops[9];

int radclock_nl_get_info_doit(struct sk_buff *skb, struct genl_info *info);
int radclock_nl_get_counter_dumpit(struct sk_buff *skb,
				   struct netlink_callback *cb);
int radclock_nl_set_counter_doit(struct sk_buff *skb, struct genl_info *info);
int radclock_nl_read_counters_doit(struct sk_buff *skb, struct genl_info *info);
int radclock_nl_read_clock_doit(struct sk_buff *skb, struct genl_info *info);
int radclock_nl_get_estimate_doit(struct sk_buff *skb, struct genl_info *info);
int radclock_nl_set_estimate_doit(struct sk_buff *skb, struct genl_info *info);
int radclock_nl_subscribe_stamps_doit(struct sk_buff *skb,
				      struct genl_info *info);
int radclock_nl_set_source_doit(struct sk_buff *skb, struct genl_info *info);

enum {
	RADCLOCK_NLGRP_UPDATES,
};

#endif /* _LINUX_RADCLOCK_GEN_H */
