// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Subscription to changes of the parameters.
 */
#include <errno.h>
#include <stdlib.h>

#include "subscription.h"

struct radclock_updates {
	struct rad_sub sub;
};

int radclock_updates_open(struct radclock *rc, struct radclock_updates **up)
{
	struct radclock_updates *u;
	int err;
	KEEP_ERRNO();

	*up = NULL;
	if (!rc->module)
		return -EOPNOTSUPP;
	u = calloc(1, sizeof(*u));
	if (!u)
		return -ENOMEM;
	err = rad_sub_init(&u->sub, RADCLOCK_CMD_UPDATE_NTF,
			   RADCLOCK_MCGRP_UPDATES);
	if (!err)
		err = rad_sub_start(&u->sub);
	if (err) {
		radclock_updates_close(u);
		return err;
	}
	*up = u;
	return 0;
}

void radclock_updates_close(struct radclock_updates *up)
{
	KEEP_ERRNO();

	if (!up)
		return;
	rad_sub_exit(&up->sub);
	free(up);
}

int radclock_updates_fd(const struct radclock_updates *up)
{
	return nl_socket_get_fd(up->sub.nl->sk);
}

int radclock_updates_next(struct radclock_updates *up,
			  struct radclock_info *info)
{
	struct nlattr *attrs[RADCLOCK_A_MAX + 1];
	int got = rad_sub_next(&up->sub, attrs);

	if (got > 0)
		rad_nl_to_info(attrs, info);
	return got;
}

int radclock_updates_dispatch(struct radclock_updates *up,
			      void (*cb)(const struct radclock_info *info,
					 void *arg),
			      void *arg)
{
	struct radclock_info info;
	int n = 0;
	int got;

	while ((got = radclock_updates_next(up, &info)) > 0) {
		cb(&info, arg);
		n++;
	}
	return got < 0 ? got : n;
}
