// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab: timeout=120 alone debug=no
 *
 * What stamping costs other traffic: UDP packets per second over a veth pair,
 * with and without a subscriber, in turns. Never a failure, as the machine may
 * be busy; that nothing is cloned or copied is one, counted by kprobes.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <net/ethernet.h>
#include <sys/socket.h>

#include "kern.h"

#define ROUNDS 41
#define BATCH 64
#define TRACING "/sys/kernel/tracing/"

static int out = -1;
static struct radclock *rc;

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

/* sends for @ms, or @max packets; returns packets per second */
static double flood(int ms, uint64_t max, uint64_t *sent)
{
	static char payload[100];
	struct iovec iov = { payload, sizeof(payload) };
	struct mmsghdr msgs[BATCH] = {};
	int64_t start = rt_gettime(CLOCK_MONOTONIC), now = start;
	uint64_t n = 0;
	int i;

	for (i = 0; i < BATCH; i++) {
		msgs[i].msg_hdr.msg_iov = &iov;
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	while ((now - start) / 1000000 < ms && n < max) {
		i = sendmmsg(out, msgs, BATCH, 0);
		if (i > 0)
			n += i;
		now = rt_gettime(CLOCK_MONOTONIC);
	}
	if (sent)
		*sent = n;
	return n * 1e9 / (now - start);
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static struct radclock_stamps *subscribe(void)
{
	struct radclock_stamps *st;

	enter("sa");
	if (radclock_stamps_open(rc, 123, &st, NULL, 0))
		ktap_die("cannot subscribe");
	enter(NULL);
	return st;
}

/* how often the functions that clone or copy packets have been called */
static long copies(void)
{
	char line[256];
	FILE *f = fopen(TRACING "kprobe_profile", "r");
	unsigned long n;
	long sum = 0;

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, " rad_%*s %lu", &n) == 1)
			sum += n;
	fclose(f);
	return sum;
}

static bool start_counting(void)
{
	return !sh("cd " TRACING " && for f in skb_clone skb_copy __pskb_copy_fclone skb_copy_expand; do "
		   "echo p:rad_$f $f >> kprobe_events || exit 1; done && echo 1 > events/kprobes/enable");
}

static void stop_counting(void)
{
	sh("cd " TRACING " && echo 0 > events/kprobes/enable; echo > kprobe_events");
}

static double copies_per_packet(void)
{
	long before = copies();
	uint64_t n;

	flood(10000, 20000, &n);
	return (double)(copies() - before) / n;
}

int main(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9999) };
	double off[ROUNDS], on[ROUNDS], ratio[ROUNDS], without, with, control;
	struct radclock_stamps *st;
	int sink, packet, i;

	ktap_plan(3);
	rt_load("");
	rc = rt_open();
	if (sh("ip netns add sa && ip netns add sb && ip link add va netns sa type veth peer name vb netns sb && "
	       "ip -n sa addr add 10.8.0.1/24 dev va && ip -n sb addr add 10.8.0.2/24 dev vb && "
	       "ip -n sa link set va up && ip -n sb link set vb up && "
	       "wait_for 10 ip netns exec sa ping -q -c 1 -W 1 10.8.0.2"))
		ktap_die("no network");
	inet_pton(AF_INET, "10.8.0.2", &to.sin_addr);
	enter("sb");
	sink = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(sink, (void *)&to, sizeof(to)))
		ktap_die("bind: %s", strerror(errno));
	enter("sa");
	out = socket(AF_INET, SOCK_DGRAM, 0);
	if (connect(out, (void *)&to, sizeof(to)))
		ktap_die("connect: %s", strerror(errno));
	enter(NULL);

	flood(500, UINT64_MAX, NULL);
	for (i = 0; i < ROUNDS; i++) {
		/* neither is always the first */
		if (i % 2)
			off[i] = flood(200, UINT64_MAX, NULL);
		st = subscribe();
		on[i] = flood(200, UINT64_MAX, NULL);
		radclock_stamps_close(st);
		if (!(i % 2))
			off[i] = flood(200, UINT64_MAX, NULL);
		ratio[i] = on[i] / off[i];
	}
	qsort(off, ROUNDS, sizeof(double), by_value);
	qsort(on, ROUNDS, sizeof(double), by_value);
	qsort(ratio, ROUNDS, sizeof(double), by_value);
	ktap_say("packets per second, median of %d rounds (quartiles)", ROUNDS);
	ktap_say("  tap off %8.0f (%.0f .. %.0f)", off[ROUNDS / 2], off[ROUNDS / 4],
		 off[ROUNDS * 3 / 4]);
	ktap_say("  tap on  %8.0f (%.0f .. %.0f)", on[ROUNDS / 2], on[ROUNDS / 4],
		 on[ROUNDS * 3 / 4]);
	ktap_okf(on[0] > 0 && off[0] > 0,
		 "with the tap on %.3f times the packets (quartiles of the rounds: %.3f .. %.3f)",
		 ratio[ROUNDS / 2], ratio[ROUNDS / 4], ratio[ROUNDS * 3 / 4]);

	if (start_counting()) {
		without = copies_per_packet();
		st = subscribe();
		with = copies_per_packet();
		radclock_stamps_close(st);
		/* a socket that does have packets cloned: the counting counts */
		enter("sa");
		packet = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
		enter(NULL);
		control = copies_per_packet();
		close(packet);
		stop_counting();
		ktap_okf(control > 0.9, "a packet socket has packets cloned (%.3f a packet)",
			 control);
		ktap_okf(with < without + 0.01,
			 "the tap does not (%.4f a packet with it, %.4f without)", with,
			 without);
	} else {
		ktap_skip("a packet socket has packets cloned", "no kprobe events");
		ktap_skip("the tap does not", "no kprobe events");
	}
	close(out);
	close(sink);
	radclock_close(rc);
	sh("ip netns del sa; ip netns del sb");
	return ktap_end();
}
