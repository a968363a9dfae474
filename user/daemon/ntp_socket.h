/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One UDP socket an exchange: the kernel picks a new random source port each
 * time (RFC 9109) and passes on only what comes from the server. With the
 * kernel's software timestamps (CLOCK_REALTIME) where they are wanted.
 */
#ifndef RADCLOCKD_NTP_SOCKET_H
#define RADCLOCKD_NTP_SOCKET_H

#include <time.h>

#include "config.h"
#include "resolve.h"

/* return: a connected descriptor or a negative errno value */
int ntp_socket_open(const struct config *c, const union address *server, bool timestamps);
int ntp_socket_send(int fd, const void *data, size_t len);
/**
 * ntp_socket_receive() - one packet
 * @from: the server; what comes from elsewhere is refused
 * @ts: the kernel's time of arrival; zero when it has none
 *
 * Return: the length (more than @size when it was longer), -EAGAIN, -EXDEV
 * for another sender, another negative errno value.
 */
int ntp_socket_receive(int fd, void *data, size_t size, const union address *from,
		       struct timespec *ts);
/* the time at which the request left; to be called when poll says POLLERR or POLLPRI */
bool ntp_socket_sent(int fd, struct timespec *ts);

/*
 * Time stamping of packets is switched on for the whole machine while a socket
 * asks for it, but not at once: this keeps it on between the exchanges.
 */
void ntp_socket_keep_timestamping(bool on);

#endif
