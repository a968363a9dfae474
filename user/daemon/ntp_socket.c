// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ntp_socket.h"

static int keeper = -1;

static int want_timestamps(int fd, unsigned int more)
{
	unsigned int flags = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | more;
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags)))
		return -errno;
	/* POLLPRI when the error queue has something */
	setsockopt(fd, SOL_SOCKET, SO_SELECT_ERR_QUEUE, &on, sizeof(on));
	return 0;
}

static int bind_source(int fd, const struct config *c, int family)
{
	union address a = { 0 };
	int on = 1;

	a.sa.sa_family = family;
	if (family == AF_INET) {
		if (!c->port && c->bind4.s_addr == htonl(INADDR_ANY))
			return 0;
		a.in.sin_addr = c->bind4;
	} else {
		if (!c->port && IN6_IS_ADDR_UNSPECIFIED(&c->bind6))
			return 0;
		a.in6.sin6_addr = c->bind6;
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	}
	address_set_port(&a, c->port);
	/* exchanges with several servers share a given port */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return bind(fd, &a.sa, address_len(&a)) ? -errno : 0;
}

int ntp_socket_open(const struct config *c, const union address *server, bool timestamps)
{
	/* no type flags: simulators know only the plain type */
	int r, fd = socket(server->sa.sa_family, SOCK_DGRAM, 0);

	if (fd < 0)
		return -errno;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (timestamps)
		want_timestamps(fd, SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY);
	r = bind_source(fd, c, server->sa.sa_family);
	if (!r && connect(fd, &server->sa, address_len(server)))
		r = -errno;
	if (r) {
		close(fd);
		return r;
	}
	return fd;
}

int ntp_socket_send(int fd, const void *data, size_t len)
{
	ssize_t n = send(fd, data, len, 0);

	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

static void find_time(struct msghdr *msg, struct timespec *ts)
{
	struct cmsghdr *c;

	memset(ts, 0, sizeof(*ts));
	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
		/* the first of three is the software's */
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPING &&
		    c->cmsg_len >= CMSG_LEN(sizeof(*ts)))
			memcpy(ts, CMSG_DATA(c), sizeof(*ts));
}

static int receive(int fd, void *data, size_t size, int flags, union address *from,
		   struct timespec *ts)
{
	union {
		char buf[512];
		struct cmsghdr align;
	} control;
	struct iovec iov = { data, size };
	struct msghdr msg = {
		.msg_name = from, .msg_namelen = sizeof(*from),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(fd, &msg, flags | MSG_TRUNC | MSG_DONTWAIT);

	if (n < 0)
		return -errno;
	find_time(&msg, ts);
	return (int)n;
}

int ntp_socket_receive(int fd, void *data, size_t size, const union address *from,
		       struct timespec *ts)
{
	union address sender = { 0 };
	int n = receive(fd, data, size, 0, &sender, ts);

	if (n >= 0 && !address_equal(&sender, from))
		return -EXDEV;
	return n;
}

bool ntp_socket_sent(int fd, struct timespec *ts)
{
	union address nobody = { 0 };
	char data[256];

	return receive(fd, data, sizeof(data), MSG_ERRQUEUE, &nobody, ts) >= 0 &&
	       (ts->tv_sec || ts->tv_nsec);
}

void ntp_socket_keep_timestamping(bool on)
{
	if (on && keeper < 0) {
		keeper = socket(AF_INET, SOCK_DGRAM, 0);
		if (keeper >= 0) {
			fcntl(keeper, F_SETFD, FD_CLOEXEC);
			want_timestamps(keeper, 0);
		}
	} else if (!on && keeper >= 0) {
		close(keeper);
		keeper = -1;
	}
}
