// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Notifications of the module, and of its end.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/errno.h>
#include <stdlib.h>
#include <string.h>

#include "subscription.h"

/*
 * All questions are asked before the first group is joined: libnl's own
 * exchanges cannot cope with notifications in between.
 */
static int join_groups(struct nl_sock *sk, const char *group)
{
	int end, own = 0;

	/* without this the end of the module would look like silence */
	end = genl_ctrl_resolve_grp(sk, "nlctrl", "notify");
	if (group) {
		own = genl_ctrl_resolve_grp(sk, RADCLOCK_FAMILY_NAME, group);
		if (own < 0)
			return -ENODEV;
	}
	if (end > 0)
		nl_socket_add_membership(sk, end);
	return own ? rad_nl_errno(nl_socket_add_membership(sk, own)) : 0;
}

int rad_sub_init(struct rad_sub *sub, int cmd, const char *group)
{
	int err;

	memset(sub, 0, sizeof(*sub));
	sub->cmd = cmd;
	err = rad_nl_open(&sub->nl);
	return err ?: join_groups(sub->nl->sk, group);
}

void rad_sub_exit(struct rad_sub *sub)
{
	free(sub->buf);
	rad_nl_close(sub->nl);
}

int rad_sub_start(struct rad_sub *sub)
{
	return rad_nl_errno(nl_socket_set_nonblocking(sub->nl->sk));
}

static bool module_gone(struct nlmsghdr *nlh)
{
	struct nlattr *attrs[CTRL_ATTR_MAX + 1];
	struct genlmsghdr *gh = nlmsg_data(nlh);

	if (nlh->nlmsg_type != GENL_ID_CTRL || gh->cmd != CTRL_CMD_DELFAMILY)
		return false;
	if (genlmsg_parse(nlh, 0, attrs, CTRL_ATTR_MAX, NULL) < 0 ||
	    !attrs[CTRL_ATTR_FAMILY_NAME])
		return false;
	return !nla_strcmp(attrs[CTRL_ATTR_FAMILY_NAME], RADCLOCK_FAMILY_NAME);
}

/* 1: something was received */
static int receive(struct rad_sub *sub)
{
	struct sockaddr_nl from;
	int n;

	free(sub->buf);
	sub->buf = NULL;
	n = nl_recv(sub->nl->sk, &from, &sub->buf, NULL);
	if (n <= 0) {
		sub->buf = NULL;
		return n == -NLE_AGAIN || n == 0 ? 0 : rad_nl_errno(n);
	}
	/* nobody but the kernel is listened to */
	sub->left = from.nl_pid ? 0 : n;
	sub->next = (struct nlmsghdr *)sub->buf;
	return 1;
}

int rad_sub_next(struct rad_sub *sub, struct nlattr **attrs)
{
	struct nlmsghdr *nlh;
	int got;
	KEEP_ERRNO();

	for (;;) {
		if (!sub->buf || !nlmsg_ok(sub->next, sub->left)) {
			got = receive(sub);
			if (got <= 0)
				return got;
			continue;
		}
		nlh = sub->next;
		sub->next = nlmsg_next(nlh, &sub->left);

		if (nlh->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN)
			continue;
		if (module_gone(nlh))
			return -ENODEV;
		if (nlh->nlmsg_type == sub->nl->family &&
		    ((struct genlmsghdr *)nlmsg_data(nlh))->cmd == sub->cmd &&
		    rad_nl_parse(nlh, attrs) >= 0)
			return 1;
	}
}
