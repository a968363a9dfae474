// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Subscription to packet stamps.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "subscription.h"

/* bursts of packets come faster than a daemon that sleeps */
#define STAMPS_RCVBUF	(1 << 20)

struct radclock_stamps {
	struct rad_sub sub;
};

static int put_port(struct nl_msg *msg, void *arg)
{
	uint16_t port = *(uint16_t *)arg;

	return port ? nla_put_u16(msg, RADCLOCK_A_PORT, port) : 0;
}

int radclock_stamps_open(struct radclock *rc, uint16_t port,
			 struct radclock_stamps **st, char *why, size_t why_len)
{
	const struct rad_nl_call call = {
		.cmd = RADCLOCK_CMD_SUBSCRIBE_STAMPS,
		.fill = put_port,
		.arg = &port,
		.why = why,
		.why_len = why_len,
	};
	struct radclock_stamps *s;
	int err;
	KEEP_ERRNO();

	*st = NULL;
	if (why && why_len)
		why[0] = '\0';
	if (!rc->module)
		return -EOPNOTSUPP;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	err = rad_sub_init(&s->sub, RADCLOCK_CMD_STAMP_NTF, NULL);
	if (!err) {
		nl_socket_set_buffer_size(s->sub.nl->sk, STAMPS_RCVBUF, 0);
		err = rad_nl_do(s->sub.nl, &call);
	}
	if (!err)
		err = rad_sub_start(&s->sub);
	if (err) {
		radclock_stamps_close(s);
		return err;
	}
	*st = s;
	return 0;
}

void radclock_stamps_close(struct radclock_stamps *st)
{
	KEEP_ERRNO();

	if (!st)
		return;
	rad_sub_exit(&st->sub);
	free(st);
}

int radclock_stamps_fd(const struct radclock_stamps *st)
{
	return nl_socket_get_fd(st->sub.nl->sk);
}

static bool take_address(struct nlattr *nla, uint8_t *to, int *family)
{
	int len = nla ? nla_len(nla) : 0;

	if (len != 4 && len != 16)
		return false;
	memcpy(to, nla_data(nla), (size_t)len);
	*family = len == 4 ? AF_INET : AF_INET6;
	return true;
}

static uint16_t get_u16(struct nlattr *nla)
{
	return nla ? nla_get_u16(nla) : 0;
}

static bool to_stamp(struct nlattr **attrs, struct radclock_stamp *s)
{
	struct nlattr *ntp = attrs[RADCLOCK_A_NTP_HEADER];
	int src_family, dst_family;

	memset(s, 0, sizeof(*s));
	if (!attrs[RADCLOCK_A_DIRECTION] || !attrs[RADCLOCK_A_COUNTER_ID] ||
	    !attrs[RADCLOCK_A_DISRUPTION_MARKER] || !attrs[RADCLOCK_A_COUNTER] ||
	    !ntp || nla_len(ntp) < (int)sizeof(s->ntp) ||
	    !take_address(attrs[RADCLOCK_A_SOURCE_ADDR], s->src, &src_family) ||
	    !take_address(attrs[RADCLOCK_A_DEST_ADDR], s->dst, &dst_family) ||
	    src_family != dst_family)
		return false;
	s->direction = nla_get_u32(attrs[RADCLOCK_A_DIRECTION]);
	s->counter_id = nla_get_u32(attrs[RADCLOCK_A_COUNTER_ID]);
	s->disruption_marker = nla_get_u64(attrs[RADCLOCK_A_DISRUPTION_MARKER]);
	s->counter = nla_get_u64(attrs[RADCLOCK_A_COUNTER]);
	s->lost = rad_nl_u64(attrs, RADCLOCK_A_LOST);
	s->ifindex = rad_nl_u32(attrs, RADCLOCK_A_IFINDEX);
	s->family = src_family;
	s->src_port = get_u16(attrs[RADCLOCK_A_SOURCE_PORT]);
	s->dst_port = get_u16(attrs[RADCLOCK_A_DEST_PORT]);
	memcpy(s->ntp, nla_data(ntp), sizeof(s->ntp));
	return true;
}

int radclock_stamps_next(struct radclock_stamps *st,
			 struct radclock_stamp *stamp)
{
	struct nlattr *attrs[RADCLOCK_A_MAX + 1];
	int got;

	do {
		got = rad_sub_next(&st->sub, attrs);
	} while (got > 0 && !to_stamp(attrs, stamp));
	return got;
}
