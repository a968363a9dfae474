/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Generic netlink, as much as the radclock family needs.
 */
#ifndef RADCLOCK_LIB_NL_H
#define RADCLOCK_LIB_NL_H

#include <netlink/attr.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "internal.h"

/**
 * struct rad_nl - a connection to the module
 * @sk: its socket
 * @family: number of the radclock family; another after a reload
 */
struct rad_nl {
	struct nl_sock *sk;
	int family;
};

/**
 * struct rad_nl_call - one request and its answers
 * @cmd: enum RADCLOCK_CMD_*
 * @nl_flags: NLM_F_DUMP or 0
 * @fill: put the attributes; may be NULL. Negative: no more room
 * @take: look at one answer, whose attributes have been checked; may be NULL.
 *	Negative: the answer is no good
 * @arg: of both
 * @why: the kernel's words on an error; may be NULL
 * @why_len: room in @why
 */
struct rad_nl_call {
	int cmd;
	int nl_flags;
	int (*fill)(struct nl_msg *msg, void *arg);
	int (*take)(struct nlmsghdr *nlh, struct nlattr **attrs, void *arg);
	void *arg;
	char *why;
	size_t why_len;
};

int rad_nl_open(struct rad_nl **nlp);
int rad_nl_do(struct rad_nl *nl, const struct rad_nl_call *call);

/* the same on the handle's own connection, made when needed */
int rad_nl_handle_do(struct radclock *rc, const struct rad_nl_call *call);

/* take the attributes of a radclock message apart; negative: malformed */
int rad_nl_parse(struct nlmsghdr *nlh, struct nlattr **attrs);

/* from libnl's codes to errno's, both negative */
int rad_nl_errno(int nlerr);

/* values of attributes that may be absent */
u32 rad_nl_u32(struct nlattr **attrs, int type);
u64 rad_nl_u64(struct nlattr **attrs, int type);
void rad_nl_string(struct nlattr **attrs, int type, char *to, size_t len);

/* nl_info.c */
void rad_nl_to_info(struct nlattr **attrs, struct radclock_info *info);

#endif /* RADCLOCK_LIB_NL_H */
