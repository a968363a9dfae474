// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab: timeout=60
 * radclockd against a server that misbehaves: each bad reply is dropped for its
 * own reason, and none of them moves the clock. Needs $B/radclockd.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../ktap.h"
#include "../../user/daemon/ntp_packet.c"

#define UNIX_OFFSET	2208988800LL
#define LEN		NTP_HEADER_LEN

static char dir[] = "/tmp/radclock-exchange.XXXXXX";
static int server;
static struct sockaddr_in client;
static unsigned int port, ports_seen, first_port;
static pid_t daemon_pid;

static void put64(u8 *at, u64 v)
{
	int i;

	for (i = 0; i < 8; i++)
		at[i] = v >> (56 - 8 * i);
}

static u64 ntp_now(double offset)
{
	struct timespec ts;
	double ns;

	clock_gettime(CLOCK_REALTIME, &ts);
	ns = ts.tv_nsec + offset * 1e9;
	return ((u64)(ts.tv_sec + UNIX_OFFSET) << 32) + (s64)(ns * 4.294967296);
}

/* wait for a request; false: none came */
static bool request(u8 *packet, int timeout_ms)
{
	struct pollfd p = { .fd = server, .events = POLLIN };
	socklen_t len = sizeof(client);

	if (poll(&p, 1, timeout_ms) != 1 ||
	    recvfrom(server, packet, LEN, 0, (struct sockaddr *)&client, &len) != LEN)
		return false;
	if (!first_port)
		first_port = client.sin_port;
	ports_seen += client.sin_port != first_port;
	return true;
}

static void reply(const u8 *req, u8 *r, double offset)
{
	memset(r, 0, LEN);
	r[0] = 4 << 3 | 4;
	r[1] = 1;
	r[3] = (u8)-24;
	memcpy(r + 12, "TEST", 4);
	memcpy(r + 24, req + 40, 8);
	put64(r + 32, ntp_now(offset));
	put64(r + 40, ntp_now(offset));
}

static void send_from(int fd, const u8 *r, size_t len)
{
	sendto(fd, r, len, 0, (struct sockaddr *)&client, sizeof(client));
}

/* bad replies 1000 s off: if one were believed, it would show */
#define FAR	1000.0

static void forged_origin(const u8 *req, u8 *r)
{
	reply(req, r, FAR);
	r[31] ^= 1;
	send_from(server, r, LEN);
	reply(req, r, 0);
	send_from(server, r, LEN);
}

static void zero_origin(const u8 *req, u8 *r)
{
	reply(req, r, FAR);
	memset(r + 24, 0, 8);
	send_from(server, r, LEN);
	reply(req, r, 0);
	send_from(server, r, LEN);
}

static void other_source(const u8 *req, u8 *r)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	reply(req, r, FAR);
	send_from(fd, r, LEN);
	close(fd);
	reply(req, r, 0);
	send_from(server, r, LEN);
}

static void twice(const u8 *req, u8 *r)
{
	reply(req, r, 0);
	send_from(server, r, LEN);
	send_from(server, r, LEN);
	reply(req, r, FAR);
	send_from(server, r, LEN);
}

static void replayed(const u8 *req, u8 *r)
{
	static u8 old[LEN];

	if (old[0])
		send_from(server, old, LEN);
	reply(req, r, 0);
	send_from(server, r, LEN);
	if (!old[0])
		reply(req, old, FAR);
}

static void truncated(const u8 *req, u8 *r)
{
	reply(req, r, FAR);
	send_from(server, r, LEN - 8);
	send_from(server, r, 1);
	send_from(server, r, 0);
	reply(req, r, 0);
	send_from(server, r, LEN);
}

static void too_long(const u8 *req, u8 *r)
{
	static u8 big[8192];

	reply(req, big, FAR);
	send_from(server, big, sizeof(big));
	reply(req, r, 0);
	send_from(server, r, LEN);
}

static void wrong_mode(const u8 *req, u8 *r)
{
	reply(req, r, FAR);
	r[0] = 4 << 3 | 5;
	send_from(server, r, LEN);
	send_from(server, req, LEN);
	reply(req, r, 0);
	send_from(server, r, LEN);
}

static void forged_kiss(const u8 *req, u8 *r)
{
	reply(req, r, FAR);
	r[0] |= 3 << 6;
	r[1] = 0;
	memcpy(r + 12, "DENY", 4);
	r[31] ^= 1;
	send_from(server, r, LEN);
	reply(req, r, 0);
	send_from(server, r, LEN);
}

static void unsynchronized(const u8 *req, u8 *r)
{
	reply(req, r, FAR);
	r[0] |= 3 << 6;
	send_from(server, r, LEN);
}

static void stratum_16(const u8 *req, u8 *r)
{
	reply(req, r, FAR);
	r[1] = 16;
	send_from(server, r, LEN);
}

static void no_times(const u8 *req, u8 *r)
{
	reply(req, r, FAR);
	memset(r + 32, 0, 16);
	send_from(server, r, LEN);
}

static void backwards(const u8 *req, u8 *r)
{
	reply(req, r, FAR);
	put64(r + 40, ntp_now(FAR - 5));
	send_from(server, r, LEN);
}

static void far_root(const u8 *req, u8 *r)
{
	reply(req, r, FAR);
	r[5] = 200;		/* 200 s */
	send_from(server, r, LEN);
}

static void silent(const u8 *req, u8 *r)
{
}

static void extended(const u8 *req, u8 *r)
{
	static u8 long_reply[LEN + 16];

	reply(req, long_reply, 0);
	long_reply[LEN] = 0x7f;
	long_reply[LEN + 3] = 16;
	send_from(server, long_reply, sizeof(long_reply));
}

static void rate(const u8 *req, u8 *r)
{
	reply(req, r, FAR);
	r[1] = 0;
	r[2] = (u8)-8;		/* the poll interval it asks for: none */
	memcpy(r + 12, "RATE", 4);
	send_from(server, r, LEN);
}

static void deny(const u8 *req, u8 *r)
{
	reply(req, r, FAR);
	r[1] = 0;
	memcpy(r + 12, "DENY", 4);
	send_from(server, r, LEN);
}

static const struct {
	const char *name;
	void (*act)(const u8 *req, u8 *r);
	const char *told;	/* what the daemon counts it as */
	bool good;		/* there was a good reply after it */
} acts[] = {
	{ "forged origin", forged_origin, "not an answer to our request", true },
	{ "origin zero", zero_origin, "not an answer to our request", true },
	{ "another source port", other_source, NULL, true },
	{ "the same reply again, and another to the same request", twice, NULL, true },
	{ "(a good reply)", replayed, NULL, true },
	{ "a reply replayed", replayed, "not an answer to our request", true },
	{ "truncated replies", truncated, "wrong length", true },
	{ "a reply of 8 kB", too_long, "wrong length", true },
	{ "broadcast, and our own packet", wrong_mode, "not a server's reply", true },
	{ "forged DENY", forged_kiss, "not an answer to our request", true },
	{ "an extension field", extended, NULL, true },
	{ "server not synchronized", unsynchronized, "the server is not synchronized", false },
	{ "stratum 16", stratum_16, "the server is not synchronized", false },
	{ "no timestamps", no_times, "receive or transmit time is missing", false },
	{ "sent before it was received", backwards, "sent before it was received", false },
	{ "root delay of 200 s", far_root, "absurd root delay or dispersion", false },
	{ "no reply", silent, NULL, false },
};

#define ACTS	(sizeof(acts) / sizeof(acts[0]))

/* the answer of the control socket */
static const char *ask(const char *question)
{
	static char answer[16384];
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	size_t got = 0;
	ssize_t n;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/sock", dir);
	answer[0] = 0;
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) ||
	    dprintf(fd, "%s\n", question) < 0)
		goto out;
	while ((n = read(fd, answer + got, sizeof(answer) - 1 - got)) > 0)
		got += n;
	answer[got] = 0;
out:
	close(fd);
	return answer;
}

static long long number(const char *json, const char *key)
{
	char quoted[80];
	const char *at;

	snprintf(quoted, sizeof(quoted), "\"%s\":", key);
	at = strstr(json, quoted);
	return at ? atoll(at + strlen(quoted)) : 0;
}

static void start_daemon(void)
{
	const char *build = getenv("B");
	char program[512], conf[128];
	FILE *f;

	snprintf(program, sizeof(program), "%s/radclockd", build ? build : "build");
	if (access(program, X_OK))
		ktap_skip_all("%s is not built", program);
	snprintf(conf, sizeof(conf), "%s/conf", dir);
	f = fopen(conf, "w");
	fprintf(f, "server 127.0.0.1 port %u minpoll -2 maxpoll -2\n"
		"counter monotonic_raw\npagefile %s/page\ndriftfile none\npidfile none\n"
		"controlsocket %s/sock\n", port, dir, dir);
	fclose(f);
	daemon_pid = fork();
	if (!daemon_pid) {
		snprintf(conf + strlen(conf), 8, ".log");
		if (!freopen(conf, "w", stderr))
			_exit(1);
		conf[strlen(conf) - 4] = 0;
		execl(program, "radclockd", "-d", "-f", conf, NULL);
		_exit(127);
	}
}

static void open_server(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (bind(server, (struct sockaddr *)&sin, sizeof(sin)) ||
	    getsockname(server, (struct sockaddr *)&sin, &len))
		ktap_die("no server socket");
	port = ntohs(sin.sin_port);
}

static void remove_files(void)
{
	static const char *const names[] = { "conf", "conf.log", "page", "sock" };
	char path[128];
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}

/* the daemon had no time to answer yet, or we answered too late: again */
#define TRIES	4

static bool play_once(unsigned int i, const char **json, long long *told, long long *good)
{
	long long told_before = 0, good_before, offset, delay;
	u8 req[LEN], r[LEN];
	int wait;

	*json = ask("sources");
	if (acts[i].told)
		told_before = number(*json, acts[i].told);
	good_before = number(*json, "good");
	if (!request(req, 5000))
		return false;
	acts[i].act(req, r);
	for (wait = 0; wait < 20; wait++) {
		usleep(wait ? 50000 : 100000);
		*json = ask("sources");
		*told = acts[i].told ? number(*json, acts[i].told) - told_before : 1;
		*good = number(*json, "good") - good_before;
		if (*told > 0 && *good >= acts[i].good)
			break;
	}
	offset = number(*json, "offset_ns");
	delay = number(*json, "delay_ns");
	return *told > 0 && *good == acts[i].good && llabs(offset) < 10000000 + delay;
}

static void play(unsigned int i)
{
	long long told = 0, good = 0;
	const char *json = "";
	bool ok = false;
	int tries;

	for (tries = 0; tries < TRIES && !ok; tries++)
		ok = play_once(i, &json, &told, &good);
	if (!ktap_okf(ok, "%s: %s", acts[i].name, acts[i].told ? acts[i].told : "harmless"))
		ktap_say("told %lld, good %lld: %s", told, good, json);
}

static void test_kisses(void)
{
	u8 req[LEN], r[LEN];
	bool came;

	came = request(req, 5000);
	rate(req, r);
	usleep(100000);
	ktap_ok(came && number(ask("sources"), "poll") == -1, "RATE doubles the interval");
	came = request(req, 5000);
	deny(req, r);
	usleep(100000);
	ktap_ok(came && strstr(ask("sources"), "\"state\":\"denied\""), "DENY is heeded");
	ktap_ok(!request(req, 3000), "the server is left in peace");
}

int main(void)
{
	u8 req[LEN], r[LEN];
	static const u8 zeros[39];
	int status;
	unsigned int i;

	if (!mkdtemp(dir))
		ktap_die("no temporary folder");
	open_server();
	start_daemon();
	ktap_plan(2 + ACTS + 3 + 2);
	if (!request(req, 5000))
		ktap_die("no request");
	ktap_ok(req[0] == 0x23 && !memcmp(req + 1, zeros, sizeof(zeros)),
		"a request says nothing about the client");
	for (i = 0; i < 20 && number(ask("sources"), "good") < 5; i++) {
		reply(req, r, 0);
		send_from(server, r, LEN);
		request(req, 5000);
	}
	reply(req, r, 0);
	send_from(server, r, LEN);
	usleep(100000);
	ktap_ok(number(ask("sources"), "good") >= 5, "good replies are taken");
	for (i = 0; i < ACTS; i++)
		play(i);
	test_kisses();
	ktap_ok(ports_seen, "the source port changes");
	kill(daemon_pid, SIGTERM);
	ktap_ok(waitpid(daemon_pid, &status, 0) == daemon_pid && !status, "a clean stop");
	remove_files();
	return ktap_end();
}
