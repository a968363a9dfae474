// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab: timeout=90
 *
 * The kernel's stamps of NTP packets: exactly the packets asked for, with all
 * that is in them, between the moments at which they were sent and received;
 * nothing of others; and no harm from packets that lie about themselves.
 *
 * Two namespaces with a cable: sa is the client, sb the server.
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "kern.h"

#define NTP_LEN 48
#define MANY 300

static struct radclock *rc;
static struct radclock_info info;
static uint64_t seed = 7;

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

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t len;
};

static struct address address(const char *text, uint16_t port)
{
	struct address a = {};

	if (strchr(text, ':')) {
		a.v6.sin6_family = AF_INET6;
		a.v6.sin6_port = htons(port);
		inet_pton(AF_INET6, text, &a.v6.sin6_addr);
		a.len = sizeof(a.v6);
	} else {
		a.v4.sin_family = AF_INET;
		a.v4.sin_port = htons(port);
		inet_pton(AF_INET, text, &a.v4.sin_addr);
		a.len = sizeof(a.v4);
	}
	return a;
}

static int bound_socket(const char *netns, int type, const char *addr, uint16_t port)
{
	struct address a = address(addr, port);
	int fd, one = 1;

	enter(netns);
	fd = socket(a.any.sa_family, type, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, &a.any, a.len))
		ktap_die("cannot bind %s port %d: %s", addr, port, strerror(errno));
	enter(NULL);
	return fd;
}

static struct radclock_stamps *subscribe(const char *netns, uint16_t port)
{
	struct radclock_stamps *st;
	char why[128] = "";
	int err;

	enter(netns);
	err = radclock_stamps_open(rc, port, &st, why, sizeof(why));
	if (err)
		ktap_die("cannot subscribe in %s: %s %s", netns, strerror(-err), why);
	enter(NULL);
	return st;
}

/* the stamps of a subscription: @want are waited for, more are looked for */
static int collect(struct radclock_stamps *st, struct radclock_stamp *list,
		   int max, int want)
{
	struct pollfd p = { radclock_stamps_fd(st), POLLIN, 0 };
	int n = 0;

	while (n < max) {
		int got = radclock_stamps_next(st, &list[n]);

		if (got == 1) {
			n++;
			continue;
		}
		if (got < 0 && got != -ENOBUFS)
			ktap_say("stamps: %s", strerror(-got));
		if (poll(&p, 1, n < want ? 1000 : 50) < 1)
			break;
	}
	return n;
}

static int receive(int fd, void *buf, size_t size, struct address *from)
{
	struct pollfd p = { fd, POLLIN, 0 };

	if (poll(&p, 1, 1000) < 1)
		return -1;
	from->len = sizeof(from->v6);
	return recvfrom(fd, buf, size, 0, &from->any, &from->len);
}

struct exchange {
	uint64_t sent, server_received, server_sent, received;
	uint8_t request[4096], reply[4096];
	struct address client, server;
	int len;
};

/* a request and its answer; modes as given */
static bool exchange(int client, int server, const struct address *to, int mode,
		     int answer, int len, struct exchange *x)
{
	int i;

	memset(x, 0, sizeof(*x));
	x->len = len;
	for (i = 0; i < len; i++)
		x->request[i] = rt_random(&seed);
	x->request[0] = 4 << 3 | mode;
	x->server = *to;
	x->sent = rdtsc();
	if (sendto(client, x->request, len, 0, &to->any, to->len) != len)
		return false;
	if (receive(server, x->reply, sizeof(x->reply), &x->client) != len)
		return false;
	x->server_received = rdtsc();
	for (i = 0; i < len; i++)
		x->reply[i] = rt_random(&seed);
	x->reply[0] = 4 << 3 | answer;
	x->server_sent = rdtsc();
	if (sendto(server, x->reply, len, 0, &x->client.any, x->client.len) != len)
		return false;
	if (receive(client, x->reply, sizeof(x->reply), &x->server) != len)
		return false;
	x->received = rdtsc();
	return true;
}

static bool is_address(const struct radclock_stamp *s, const uint8_t *field,
		       uint16_t port, const struct address *a)
{
	if (s->family != a->any.sa_family)
		return false;
	if (s->family == AF_INET)
		return !memcmp(field, &a->v4.sin_addr, 4) && port == ntohs(a->v4.sin_port);
	return !memcmp(field, &a->v6.sin6_addr, 16) && port == ntohs(a->v6.sin6_port);
}

/* does this stamp belong to the request (or the reply) of the exchange? */
static bool is_stamp(const struct radclock_stamp *s, const struct exchange *x, bool out)
{
	bool good = s->direction == (out ? RADCLOCK_DIRECTION_OUT : RADCLOCK_DIRECTION_IN) &&
		    s->counter_id == RADCLOCK_COUNTER_ID_TSC &&
		    s->disruption_marker == info.disruption_marker && !s->lost &&
		    !memcmp(s->ntp, out ? x->request : x->reply, NTP_LEN);

	if (out)
		good = good && s->counter >= x->sent && s->counter <= x->server_received &&
		       is_address(s, s->src, s->src_port, &x->client) &&
		       is_address(s, s->dst, s->dst_port, &x->server);
	else
		good = good && s->counter >= x->server_sent && s->counter <= x->received &&
		       is_address(s, s->src, s->src_port, &x->server) &&
		       is_address(s, s->dst, s->dst_port, &x->client);
	if (!good)
		ktap_say("wrong stamp: direction %u family %d ports %u %u counter %+lld since sent, lost %llu",
			 s->direction, s->family, s->src_port, s->dst_port,
			 (long long)(s->counter - x->sent), (unsigned long long)s->lost);
	return good;
}

/* several exchanges, each gives the stamps it must and no others */
static void check_good(const char *what, struct radclock_stamps *st, const char *client_addr,
		       const char *server_addr, uint16_t port, int len, bool twice)
{
	int client = bound_socket("sa", SOCK_DGRAM, client_addr, 0);
	int server = bound_socket("sb", SOCK_DGRAM, server_addr, port);
	struct address to = address(server_addr, port);
	struct radclock_stamp s[8];
	int i, n, good = 0, outs = 0;
	uint64_t last = 0;

	for (i = 0; i < 10; i++) {
		static struct exchange x;
		int k, o = 0, in = 0;

		if (!exchange(client, server, &to, 3, 4, len, &x))
			break;
		n = collect(st, s, 8, 2 + twice);
		for (k = 0; k < n; k++) {
			bool out = s[k].direction == RADCLOCK_DIRECTION_OUT;

			if (!is_stamp(&s[k], &x, out) || s[k].counter <= last)
				break;
			last = s[k].counter;
			o += out;
			in += !out;
		}
		good += k == n && o == 1 + twice && in == 1;
		outs += o;
	}
	ktap_okf(good == 10, "%s: both packets, and what they say (%d of 10 exchanges)",
		 what, good);
	close(client);
	close(server);
}

static void check_none(const char *what, struct radclock_stamps *st, int mode, int answer,
		       int len, uint16_t port)
{
	int client = bound_socket("sa", SOCK_DGRAM, "10.8.0.1", 0);
	int server = bound_socket("sb", SOCK_DGRAM, "10.8.0.2", port);
	struct address to = address("10.8.0.2", port);
	static struct exchange x;
	struct radclock_stamp s[8];
	int n = -1;

	if (exchange(client, server, &to, mode, answer, len, &x))
		n = collect(st, s, 8, 0);
	ktap_okf(n == 0, "no stamp: %s (%d)", what, n);
	close(client);
	close(server);
}

static void check_tcp(struct radclock_stamps *st)
{
	int listener = bound_socket("sb", SOCK_STREAM, "10.8.0.2", 123);
	int client = bound_socket("sa", SOCK_STREAM, "10.8.0.1", 0);
	struct address to = address("10.8.0.2", 123);
	char packet[NTP_LEN] = { 0x23 };
	struct radclock_stamp s[8];
	int n = -1, server;

	listen(listener, 1);
	if (!connect(client, &to.any, to.len)) {
		server = accept(listener, NULL, NULL);
		n = write(client, packet, sizeof(packet)) != sizeof(packet);
		packet[0] = 0x24;
		n |= write(server, packet, sizeof(packet)) != sizeof(packet);
		sleep_us(50000);
		n = n ? -1 : collect(st, s, 8, 0);
		close(server);
	}
	ktap_okf(n == 0, "no stamp: TCP (%d)", n);
	close(client);
	close(listener);
}

static int taps(void)
{
	char buf[16];

	if (!*slurp("/sys/module/rad_test/parameters/taps", buf, sizeof(buf)))
		return -1;
	return atoi(buf);
}

static void check_overflow(struct radclock_stamps *st)
{
	static struct radclock_stamp s[2 * MANY + 8];
	int client = bound_socket("sa", SOCK_DGRAM, "10.8.0.1", 0);
	int server = bound_socket("sb", SOCK_DGRAM, "10.8.0.2", 123);
	struct address to = address("10.8.0.2", 123);
	static struct exchange x;
	uint64_t lost = 0;
	int i, n, sent = 0, small = 32768, usual = 212992;

	/* full soon, whatever the library asks for */
	setsockopt(radclock_stamps_fd(st), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	for (i = 0; i < MANY; i++)
		sent += exchange(client, server, &to, 3, 4, NTP_LEN, &x);
	sleep_us(300000);
	n = collect(st, s, 2 * MANY, 0);
	for (i = 0; i < n; i++)
		lost += s[i].lost;
	ktap_say("%d stamps of %d waited in the socket, %llu were told lost so far",
		 n, 2 * sent, (unsigned long long)lost);
	/* the next one that fits tells */
	sent += exchange(client, server, &to, 3, 4, NTP_LEN, &x);
	i = collect(st, s + n, 8, 2);
	for (n += i; i > 0; i--)
		lost += s[n - i].lost;
	ktap_okf(lost && n + lost == 2 * (uint64_t)sent,
		 "who does not read is told how many are lost (%d + %llu of %d)", n,
		 (unsigned long long)lost, 2 * sent);
	setsockopt(radclock_stamps_fd(st), SOL_SOCKET, SO_RCVBUF, &usual, sizeof(usual));
	sent = exchange(client, server, &to, 3, 4, NTP_LEN, &x);
	n = collect(st, s, 8, 2);
	ktap_okf(n == 2 && !s[0].lost && !s[1].lost && is_stamp(&s[0], &x, true),
		 "and then goes on as before (%d)", n);
	close(client);
	close(server);
}

/* whole frames, out of sb and into sa: headers that promise more than is there */
static void send_garbage(int n)
{
	static const uint16_t types[] = { ETH_P_IP, ETH_P_IPV6, ETH_P_8021Q, ETH_P_8021AD };
	struct sockaddr_ll ll = { .sll_family = AF_PACKET };
	uint8_t f[256], *ip = f + 14, *udp;
	int fd, i, k, len;

	enter("sb");
	fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	ll.sll_ifindex = if_nametoindex("vb");
	for (i = 0; i < n; i++) {
		uint16_t type = types[rt_random(&seed) % 4];

		for (k = 0; k < (int)sizeof(f); k++)
			f[k] = rt_random(&seed);
		memset(f, 0xff, 6);	/* broadcast: it arrives */
		f[12] = type >> 8;
		f[13] = type;
		len = 14 + rt_random(&seed) % 120;
		if (type == ETH_P_IP && i % 2) {
			/* from port 123, mode 4, and cut off somewhere */
			ip[0] = 0x40 | rt_random(&seed) % 16;
			ip[6] = ip[7] = 0;
			ip[9] = IPPROTO_UDP;
			udp = ip + (ip[0] & 15) * 4;
			udp[0] = 0;
			udp[1] = 123;
			udp[8] = 0x24;
		} else if (type == ETH_P_IPV6 && i % 2) {
			ip[0] = 0x60;
			ip[6] = IPPROTO_UDP;
			udp = ip + 40;
			udp[0] = 0;
			udp[1] = 123;
			udp[8] = 0x24;
		} else if (type == ETH_P_8021Q && i % 2) {
			ip[2] = 0x08;
			ip[3] = i % 4 ? 0x00 : 0x06;
		}
		sendto(fd, f, len, 0, (void *)&ll, sizeof(ll));
	}
	close(fd);
	enter(NULL);
}

static void check_garbage(struct radclock_stamps *st)
{
	static struct radclock_stamp s[4096];
	int n, i, bad = 0;

	send_garbage(1000);
	n = collect(st, s, 4096, 0);
	/* what is long enough is a packet like any other */
	for (i = 0; i < n; i++)
		bad += s[i].direction != RADCLOCK_DIRECTION_IN || s[i].src_port != 123 ||
		       (s[i].ntp[0] & 7) != 4 ||
		       (s[i].family != AF_INET && s[i].family != AF_INET6);
	ktap_okf(!bad, "1000 forged and truncated frames: %d had all of a header, %d were taken wrongly",
		 n, bad);
	check_good("after that", st, "10.8.0.1", "10.8.0.2", 123, NTP_LEN, false);
}

static int as_nobody(void *arg)
{
	struct radclock_stamps *st;
	struct radclock *mine;

	if (setgid(65534) || setuid(65534) || radclock_open(&mine, RADCLOCK_DEVICE, 0))
		return 100;
	return -radclock_stamps_open(mine, 123, &st, NULL, 0);
}

static void check_many_subscribers(void)
{
	struct radclock_stamps *list[70];
	int n, err = 0;

	for (n = 0; n < 70; n++) {
		err = radclock_stamps_open(rc, 1000 + n, &list[n], NULL, 0);
		if (err)
			break;
	}
	ktap_okf(err == -ENOSPC && n > 8, "too many subscriptions are refused (after %d: %s)",
		 n, strerror(-err));
	while (n--)
		radclock_stamps_close(list[n]);
}

static bool have_vlan(void)
{
	return !sh("modprobe -q 8021q; ip -n sa link add link va name va.7 type vlan id 7 2> /dev/null && "
		   "ip -n sb link add link vb name vb.7 type vlan id 7 && "
		   "ip -n sa addr add 10.8.7.1/24 dev va.7 && ip -n sb addr add 10.8.7.2/24 dev vb.7 && "
		   "ip -n sa link set va.7 up && ip -n sb link set vb.7 up");
}

int main(void)
{
	struct radclock_stamps *st, *other_port, *other_ns, *init_ns;
	struct radclock_stamp s[8];
	int n, err;

	ktap_plan(27);
	rt_load("counter=tsc");
	rc = rt_open();
	radclock_get_info(rc, &info);
	if (sh("ip netns add sa && ip netns add sb && ip link add va netns sa type veth peer name vb netns sb && "
	       "ip -n sa addr add 10.8.0.1/24 dev va && ip -n sb addr add 10.8.0.2/24 dev vb && "
	       "ip -n sa addr add fd08::1/64 dev va nodad && ip -n sb addr add fd08::2/64 dev vb nodad && "
	       "ip -n sa link set lo up && ip -n sb link set lo up && ip -n sa link set va up && "
	       "ip -n sb link set vb up && insmod /lab/mod/rad_test.ko && "
	       "ip netns exec sa ping -q -c 1 -W 5 10.8.0.2 > /dev/null && "
	       "wait_for 5 ip netns exec sa ping -q -c 1 -W 1 fd08::2"))
		ktap_die("no network");

	ktap_okf(taps() == 0, "nobody subscribes: no tracepoint is on (%d)", taps());
	st = subscribe("sa", 123);
	ktap_okf(taps() == 2, "somebody does: both are (%d)", taps());
	other_port = subscribe("sa", 4123);
	other_ns = subscribe("sb", 123);
	init_ns = subscribe(NULL, 123);

	check_good("IPv4", st, "10.8.0.1", "10.8.0.2", 123, NTP_LEN, false);
	check_good("IPv6", st, "fd08::1", "fd08::2", 123, NTP_LEN, false);
	check_good("with extension fields", st, "10.8.0.1", "10.8.0.2", 123, 700, false);
	n = collect(other_port, s, 8, 0);
	ktap_okf(!n, "nothing for who asked for another port (%d)", n);
	n = collect(other_ns, s, 8, 0);
	ktap_okf(!n, "nothing for the server's namespace (%d)", n);
	n = collect(init_ns, s, 8, 0);
	ktap_okf(!n, "nothing for the first namespace (%d)", n);
	check_good("another port", other_port, "10.8.0.1", "10.8.0.2", 4123, NTP_LEN, false);
	n = collect(st, s, 8, 0);
	ktap_okf(!n, "nothing of it for port 123 (%d)", n);
	if (have_vlan()) {
		/* once by the VLAN's device, once by the one below it */
		check_good("VLAN", st, "10.8.7.1", "10.8.7.2", 123, NTP_LEN, true);
		sh("ip netns exec sa ethtool -K va txvlan off; ip netns exec sb ethtool -K vb txvlan off");
		check_good("VLAN, tagged in the packet", st, "10.8.7.1", "10.8.7.2", 123, NTP_LEN, true);
	} else {
		ktap_skip("VLAN", "no 8021q module in the guest");
		ktap_skip("VLAN, tagged in the packet", "no 8021q module in the guest");
	}

	check_none("modes 1 and 2", st, 1, 2, NTP_LEN, 123);
	check_none("mode 4 sent, 3 received", st, 4, 3, NTP_LEN, 123);
	check_none("modes 6 and 7", st, 6, 7, NTP_LEN, 123);
	check_none("a byte too short", st, 3, 4, NTP_LEN - 1, 123);
	check_none("fragments", st, 3, 4, 3000, 123);
	check_none("another port", st, 3, 4, NTP_LEN, 124);
	check_tcp(st);
	check_garbage(st);
	check_overflow(st);
	check_many_subscribers();
	err = rt_child(as_nobody, NULL);
	ktap_okf(err == EPERM, "nobody may not subscribe (%s)", strerror(err));

	radclock_stamps_close(other_port);
	radclock_stamps_close(other_ns);
	radclock_stamps_close(init_ns);
	ktap_okf(taps() == 2, "one subscriber left: the tracepoints are on (%d)", taps());
	radclock_stamps_close(st);
	ktap_okf(taps() == 0, "the last socket is closed: they are off (%d)", taps());
	radclock_close(rc);
	sh("rmmod rad_test; ip netns del sa; ip netns del sb");
	return ktap_end();
}
