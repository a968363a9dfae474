/* SPDX-License-Identifier: GPL-2.0-only */
/* Counter stamps of NTP packets. */
#ifndef RADCLOCK_STAMP_H
#define RADCLOCK_STAMP_H

#include <linux/types.h>

struct net;

#define RAD_NTP_HEADER_LEN	48

/**
 * struct rad_stamp - an NTP packet passed the driver
 * @direction: enum radclock_direction
 * @counter: value of counter @counter_id under @disruption_marker
 * @addr_len: 4 or 16
 * @ntp: the packet up to its transmit timestamp
 * @net: namespace of the interface; only compared
 * @foreign: of a user namespace that is not the machine's own
 */
struct rad_stamp {
	u32 direction;
	u32 counter_id;
	u64 disruption_marker;
	u64 counter;
	u32 ifindex;
	u32 addr_len;
	u8 source[16];
	u8 dest[16];
	u16 source_port;
	u16 dest_port;
	u8 ntp[RAD_NTP_HEADER_LEN];
	const struct net *net;
	bool foreign;
};

int rad_stamp_init(void);
void rad_stamp_exit(void);
int rad_stamp_subscribe(struct net *net, u32 portid, u16 port);

#endif /* RADCLOCK_STAMP_H */
