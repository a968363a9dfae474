/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When to ask a server next: poll interval, bursts, reachability. No I/O and
 * no time of its own.
 */
#ifndef RADCLOCKD_POLL_CONTROL_H
#define RADCLOCKD_POLL_CONTROL_H

#include "fixed.h"

#define POLL_MIN		(-3)
#define POLL_MAX		10
#define POLL_DEFAULT_MIN	4
#define POLL_DEFAULT_MAX	6
#define POLL_BURST		8	/* requests of an iburst */
#define POLL_BURST_SPACING	1	/* log2 s */

/**
 * struct poll_control - of one server
 * @min: log2 s
 * @max: log2 s
 * @iburst: start, and start again, with quick requests
 * @poll: present interval, log2 s
 * @floor: the server asked for this interval at least
 * @burst: quick requests still to come
 * @good: good replies since the interval was changed
 * @reach: the last eight exchanges, the latest in bit 0
 */
struct poll_control {
	int min;
	int max;
	bool iburst;
	int poll;
	int floor;
	unsigned int burst;
	unsigned int good;
	u8 reach;
};

void poll_init(struct poll_control *pc, int min, int max, bool iburst);
/* new limits, the rest stays */
void poll_set_limits(struct poll_control *pc, int min, int max, bool iburst);
/* as quickly as allowed: nothing is known any more */
void poll_restart(struct poll_control *pc);
/* @stable: the clock is synchronized and needs no quicker polling */
void poll_replied(struct poll_control *pc, bool stable);
/* return: the server has just become unreachable */
bool poll_missed(struct poll_control *pc);
/* kiss-o'-death RATE; @server_poll: what it asks for, log2 s */
void poll_slow_down(struct poll_control *pc, int server_poll);
/* from the start of an exchange to the next, ns */
s64 poll_interval(const struct poll_control *pc);

#endif
