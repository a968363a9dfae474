// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab: timeout=120 debug=no
 *
 * Kernel stamps against user-space stamps of the same packets. The program does
 * what a daemon does: reads the counter right before sendto(), waits in poll()
 * and reads it right after recvmsg(). The truth is when the packets were on the
 * wire: stamps taken in the wire's own namespace, by the same counter.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "kern.h"

#define EXCHANGES 1000

static struct radclock *rc;
static int stop, busy_stop;
static double ns_per_tick;

static void enter(const char *netns)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", netns ?: "");
	fd = open(netns ? path : "/proc/1/ns/net", O_RDONLY);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		ktap_die("cannot enter namespace %s: %s", netns, strerror(errno));
	close(fd);
}

static struct radclock_stamps *subscribe(const char *netns)
{
	struct radclock_stamps *st;
	char why[128] = "";

	enter(netns);
	if (radclock_stamps_open(rc, 123, &st, why, sizeof(why)))
		ktap_die("cannot subscribe in %s: %s", netns, why);
	enter(NULL);
	return st;
}

static void *server(void *arg)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(123) };
	struct timeval patience = { .tv_usec = 100000 };
	socklen_t len;
	char buf[256];
	int fd, n;

	enter("server1");
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (bind(fd, (void *)&a, sizeof(a)))
		ktap_die("bind: %s", strerror(errno));
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		len = sizeof(a);
		n = recvfrom(fd, buf, sizeof(buf), 0, (void *)&a, &len);
		if (n < 48)
			continue;
		buf[0] = 4 << 3 | 4;
		sendto(fd, buf, n, 0, (void *)&a, len);
	}
	close(fd);
	return NULL;
}

static void *busy(void *arg)
{
	while (!__atomic_load_n(&busy_stop, __ATOMIC_RELAXED))
		getppid();
	return NULL;
}

struct stamps_of {
	uint64_t out, in;
};

/* both stamps of packet @id */
static bool find(struct radclock_stamps *st, uint64_t id, struct stamps_of *s)
{
	struct pollfd p = { radclock_stamps_fd(st), POLLIN, 0 };
	struct radclock_stamp stamp;

	s->out = s->in = 0;
	while (!s->out || !s->in) {
		if (radclock_stamps_next(st, &stamp) != 1) {
			if (poll(&p, 1, 1000) < 1)
				return false;
			continue;
		}
		if (memcmp(stamp.ntp + 40, &id, 8))
			continue;
		if (stamp.direction == RADCLOCK_DIRECTION_OUT)
			s->out = stamp.counter;
		else
			s->in = stamp.counter;
	}
	return true;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

struct spread {
	double median, iqr, p99;
};

static struct spread spread(double *v, int n)
{
	struct spread s = {};

	if (n < 10)
		return s;
	qsort(v, n, sizeof(*v), by_value);
	s.median = v[n / 2];
	s.iqr = v[n * 3 / 4] - v[n / 4];
	s.p99 = v[n * 99 / 100];
	return s;
}

static void show(const char *what, struct spread user, struct spread kernel)
{
	ktap_say("  %-10s %9.2f %9.2f %9.2f   %9.2f %9.2f %9.2f", what,
		 user.median, user.iqr, user.p99, kernel.median, kernel.iqr,
		 kernel.p99);
}

static void measure(const char *load, struct radclock_stamps *host,
		    struct radclock_stamps *wire)
{
	static double user[3][EXCHANGES], kernel[3][EXCHANGES];
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(123) };
	struct spread u, k;
	int fd = socket(AF_INET, SOCK_DGRAM, 0), i, n = 0;
	char packet[48] = { 4 << 3 | 3 }, buf[256];
	struct iovec iov = { buf, sizeof(buf) };
	uint64_t id = rdtsc();

	inet_pton(AF_INET, "10.9.1.1", &to.sin_addr);
	if (connect(fd, (void *)&to, sizeof(to)))
		ktap_die("connect: %s", strerror(errno));
	for (i = 0; i < EXCHANGES; i++) {
		struct pollfd p = { fd, POLLIN, 0 };
		struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
		struct stamps_of h, w;
		uint64_t tx, rx;

		id++;
		memcpy(packet + 40, &id, 8);
		tx = rdtsc();
		send(fd, packet, sizeof(packet), 0);
		if (poll(&p, 1, 1000) < 1 || recvmsg(fd, &msg, 0) < 48)
			continue;
		rx = rdtsc();
		if (!find(host, id, &h) || !find(wire, id, &w))
			continue;
		user[0][n] = (w.out - tx) * ns_per_tick * 1e-3;
		user[1][n] = (rx - w.in) * ns_per_tick * 1e-3;
		kernel[0][n] = (int64_t)(w.out - h.out) * ns_per_tick * 1e-3;
		kernel[1][n] = (int64_t)(h.in - w.in) * ns_per_tick * 1e-3;
		user[2][n] = user[0][n] + user[1][n];
		kernel[2][n] = kernel[0][n] + kernel[1][n];
		n++;
		sleep_us(2000);
	}
	close(fd);
	ktap_say("%s: host noise of %d exchanges, us", load, n);
	ktap_say("  %-10s %-31s %s", "", "   user space", "   kernel");
	ktap_say("  %-10s %9s %9s %9s   %9s %9s %9s", "", "median", "IQR", "99 %", "median",
		 "IQR", "99 %");
	show("going out", spread(user[0], n), spread(kernel[0], n));
	show("coming in", spread(user[1], n), spread(kernel[1], n));
	u = spread(user[2], n);
	k = spread(kernel[2], n);
	show("both", u, k);
	ktap_okf(n > EXCHANGES * 9 / 10, "%s: %d of %d exchanges have all four stamps",
		 load, n, EXCHANGES);
	ktap_okf(k.iqr < u.iqr && k.median < u.median,
		 "%s: kernel stamps are the better ones (IQR %.2f us, user space %.2f us)",
		 load, k.iqr, u.iqr);
}

int main(void)
{
	struct radclock_stamps *host, *wire;
	pthread_t threads[2], srv;
	struct radclock_params p;
	int i;

	ktap_plan(4);
	if (sh("testbed_up 1"))
		ktap_die("no testbed");
	rt_load("counter=tsc");
	rc = rt_open();
	radclock_get_params(rc, &p);
	ns_per_tick = 1e9 / p.counter_hz;
	host = subscribe(NULL);
	wire = subscribe("wire1");
	pthread_create(&srv, NULL, server, NULL);
	sleep_us(200000);

	measure("idle", host, wire);
	for (i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, busy, NULL);
	measure("busy CPUs", host, wire);
	busy_stop = 1;
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	stop = 1;
	pthread_join(srv, NULL);
	radclock_stamps_close(host);
	radclock_stamps_close(wire);
	radclock_close(rc);
	sh("testbed_down");
	return ktap_end();
}
