/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RADCLOCK_NETLINK_H
#define RADCLOCK_NETLINK_H

#include <linux/types.h>

struct net;
struct rad_stamp;

int rad_netlink_init(void);
void rad_netlink_exit(void);
int rad_netlink_send_stamp(struct net *net, u32 portid,
			   const struct rad_stamp *s, u64 lost);

#endif /* RADCLOCK_NETLINK_H */
