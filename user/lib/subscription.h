/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What both subscriptions share: a socket that is never waited on.
 */
#ifndef RADCLOCK_LIB_SUBSCRIPTION_H
#define RADCLOCK_LIB_SUBSCRIPTION_H

#include "nl.h"

/**
 * struct rad_sub - notifications of one kind
 * @nl: a connection of its own
 * @cmd: the notification wanted
 * @buf: what was received last, NULL when all of it has been looked at
 * @next: the message to look at next in @buf
 * @left: bytes from there on
 */
struct rad_sub {
	struct rad_nl *nl;
	int cmd;
	unsigned char *buf;
	struct nlmsghdr *next;
	int left;
};

/* @group: multicast group of the family to join; NULL: none */
int rad_sub_init(struct rad_sub *sub, int cmd, const char *group);
void rad_sub_exit(struct rad_sub *sub);

/* requests have been made: from now on notifications are taken, no waiting */
int rad_sub_start(struct rad_sub *sub);

/*
 * 1: @attrs is the next notification, good until the next call; 0: none waits;
 * -ENOBUFS: some were lost; -ENODEV: the module is gone
 */
int rad_sub_next(struct rad_sub *sub, struct nlattr **attrs);

#endif /* RADCLOCK_LIB_SUBSCRIPTION_H */
