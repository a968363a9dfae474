// SPDX-License-Identifier: GPL-2.0-only
/*
 * radclock.conf: what is understood, and what is said about the rest.
 */
#include <stdlib.h>
#include <unistd.h>

#define HAVE_XENSTORE 1
#include "../ktap.h"
#include "../../user/daemon/clock_steer.h"
#include "../../user/daemon/config.c"

static char path[] = "/tmp/radclock.conf.XXXXXX";
static char said[4096];
static struct config config;

static void hear(const char *text)
{
	size_t n = strlen(said);

	snprintf(said + n, sizeof(said) - n, "%s\n", text);
}

static unsigned int load_bytes(const char *text, size_t len)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(text, 1, len, f) != len || fclose(f))
		ktap_die("cannot write %s", path);
	said[0] = 0;
	return config_load(&config, path, hear);
}

static unsigned int load(const char *text)
{
	return load_bytes(text, strlen(text));
}

/* a line after "server a", and what is wrong with it */
static const struct {
	const char *line;
	const char *expects;
} bad[] = {
	{ "frobnicate yes", "unknown directive \"frobnicate\"" },
	{ "server", "server: expected a host name or an address, got the end of the line" },
	{ "server b;rm", "server: expected a host name or an address, got \"b;rm\"" },
	{ "server -x", "server: expected a host name or an address, got \"-x\"" },
	{ "server b fast", "server: expected iburst, prefer, minpoll, maxpoll or port, got \"fast\"" },
	{ "server b maxsources 2", "got \"maxsources\"" },
	{ "server b minpoll", "minpoll from -3 to 10 (log2 of seconds), got the end of the line" },
	{ "server b minpoll x", "minpoll from -3 to 10 (log2 of seconds), got \"x\"" },
	{ "server b minpoll -4", "got \"-4\"" },
	{ "server b maxpoll 11", "got \"11\"" },
	{ "server b maxpoll 6.5", "got \"6.5\"" },
	{ "server b minpoll 99999999999999999999", "got \"99999999999999999999\"" },
	{ "server b minpoll 8 maxpoll 5", "server: minpoll 8 is above maxpoll 5" },
	{ "server b port 0", "port from 1 to 65535, got \"0\"" },
	{ "server b port 65536", "got \"65536\"" },
	{ "server a", "server: a was given before, in line 1" },
	{ "server A iburst", "given before, in line 1" },
	{ "pool", "pool: expected a host name, got the end of the line" },
	{ "pool p maxsources 17", "maxsources from 1 to 16, got \"17\"" },
	{ "counter sundial", "counter: expected tsc, hpet," },
	{ "counter none", "got \"none\"" },
	{ "counter", "got the end of the line" },
	{ "counter tsc hpet", "counter: expected the end of the line, got \"hpet\"" },
	{ "algorithm best", "algorithm: expected default or classic, got \"best\"" },
	{ "stamps wire", "stamps: expected kernel, user or auto, got \"wire\"" },
	{ "steer monotonic", "steer: expected realtime, got \"monotonic\"" },
	{ "steer realtime", "\"steer realtime\" needs \"counter monotonic_raw\"" },
	{ "publish", "publish: expected xenstore, got the end of the line" },
	{ "publish everywhere", "publish: expected xenstore, got \"everywhere\"" },
	{ "publish xenstore xenstore", "expected the end of the line, got \"xenstore\"" },
	{ "makestep 1", "makestep: expected a number of updates" },
	{ "makestep -1 3", "expected a threshold from 0 to 1e9 s, got \"-1\"" },
	{ "makestep 1 3 4", "expected the end of the line, got \"4\"" },
	{ "maxslewrate 0", "maxslewrate: expected a rate from 0.001 to 100000 ppm, got \"0\"" },
	{ "maxclockerror nan", "got \"nan\"" },
	{ "maxclockerror inf", "got \"inf\"" },
	{ "maxclockerror 1e999", "got \"1e999\"" },
	{ "maxclockerror 1ppm", "got \"1ppm\"" },
	{ "maxdrift 100001", "maxdrift: expected a rate from 0.1 to 100000 ppm" },
	{ "maxerror 11", "maxerror: expected a time from 1e-6 to 10 s" },
	{ "maxdistance 0", "maxdistance: expected a time from 0.001 to 16 s" },
	{ "driftfile drift", "driftfile: expected an absolute path or \"none\", got \"drift\"" },
	{ "driftfile", "got the end of the line" },
	{ "pagefile page", "pagefile: expected an absolute path" },
	{ "stamplog stamps", "stamplog: expected an absolute path" },
	{ "user", "user: expected a user name, got the end of the line" },
	{ "seccomp maybe", "seccomp: expected yes or no, got \"maybe\"" },
	{ "bindaddress 1.2.3", "bindaddress: expected an IPv4 or IPv6 address of this host" },
	{ "bindaddress localhost", "got \"localhost\"" },
	{ "port 70000", "port: expected a source port from 1 to 65535" },
	{ "port -1", "got \"-1\"" },
	{ "port 0x10", "got \"0x10\"" },
};

static void test_bad(void)
{
	char text[512], where[64];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		snprintf(text, sizeof(text), "server a\n\n%s\n", bad[i].line);
		snprintf(where, sizeof(where), "%s:3: ", path);
		/* what the whole file lacks has no line */
		if (!strncmp(bad[i].expects, "\"steer", 6))
			snprintf(where, sizeof(where), "%s: ", path);
		if (!ktap_okf(load(text) == 1 && strstr(said, bad[i].expects) &&
			      !strncmp(said, where, strlen(where)), "%s", bad[i].line))
			ktap_say("said: %s", said);
	}
}

static void test_file(void)
{
	char *text = malloc(5000);
	unsigned int i;

	ktap_ok(load("") == 1 && strstr(said, "no server"), "an empty file");
	ktap_ok(load("server a\nport 1\nport 2\n") == 1 &&
		strstr(said, ":3: port: was given before, in line 2"), "a directive given twice");
	ktap_ok(load("port x\nstamps y\nfoo\nserver a") == 3 && strstr(said, ":1: port") &&
		strstr(said, ":2: stamps") && strstr(said, ":3: unknown"), "every error is told");
	ktap_ok(load_bytes("server a\0b\n", 11) > 0, "a NUL byte");
	ktap_ok(load("counter monotonic_raw\npagefile none\nserver a\n") == 1 &&
		strstr(said, "nobody could read the clock"), "a clock that nobody could read");

	ktap_ok(load("counter monotonic_raw\npublish xenstore\nserver a\n") == 1 &&
		strstr(said, "\"publish xenstore\" needs the module"),
		"for guests, but without the module");

	memset(text, 'x', 4999);
	text[4998] = '\n';
	text[4999] = 0;
	ktap_ok(load(text) > 0 && strstr(said, ":1: the line is longer than"), "a long line");
	memcpy(text, "driftfile /", 11);
	text[700] = '\n';
	text[701] = 0;
	ktap_ok(load(text) == 1 && strstr(said, "too long"), "a long path");
	text[0] = 0;
	for (i = 0; i < 33; i++)
		sprintf(text + strlen(text), "server s%u\n", i);
	ktap_ok(load(text) == 1 && strstr(said, ":33: server: more than 32 servers"),
		"too many servers");
	free(text);
	said[0] = 0;
	ktap_ok(config_load(&config, "/nonexistent/x", hear) == 1 &&
		strstr(said, "cannot read /nonexistent/x: No such file"), "no file");
}

/* a path may be longer than any message; each "./" leads nowhere */
static void test_long_path(void)
{
	size_t folder = strrchr(path, '/') + 1 - path;
	char far[2048] = "";
	unsigned int i;

	memcpy(far, path, folder);
	for (i = 0; i < 700; i++)
		strcpy(far + folder + 2 * i, "./");
	strcat(far, path + folder);
	load("server a\nport x\n");
	said[0] = 0;
	ktap_ok(config_load(&config, far, hear) == 1 && strlen(said) < 768 &&
		strstr(said, ":2: port: expected a source port") && strstr(said, "got \"x\""),
		"an error in a file with a long path");
	strcat(far, ".absent");
	said[0] = 0;
	ktap_ok(config_load(&config, far, hear) == 1 && strstr(said, ": No such file"),
		"no file at a long path");
}

static void test_good(void)
{
	const struct config_server *s = config.servers;

	ktap_ok(load("# radclock\n% old\n; older\n! oldest\n\n"
		     "SERVER ntp.example.org IBURST\n") == 0 && s[0].iburst,
		"upper case and four kinds of comments");
	ktap_ok(load("# a\n%b\n;c\n!d\n\n \t\nServer ntp.example.org iburst minpoll -3 prefer # e\r\n"
		     "server 2001:db8::1 maxpoll 2 port 1123\n"
		     "server fe80::1%eth0 minpoll 8\n"
		     "pool pool.example.org maxsources 3\n"
		     "counter acpi_pm\nalgorithm classic\nstamps user\nmaxerror 0.01\n"
		     "bindaddress 10.0.0.1\nbindaddress ::1\nport 123\nuser radclock\n"
		     "driftfile none\nseccomp no\nlogfile /var/log/radclock.log\n") == 0,
		"a good file");
	ktap_ok(config.nservers == 4 && !strcmp(s[0].name, "ntp.example.org") && s[0].iburst &&
		s[0].prefer && s[0].minpoll == -3 && s[0].maxpoll == 6 && s[0].port == 123,
		"a server's options");
	ktap_ok(s[1].minpoll == 2 && s[1].maxpoll == 2 && s[1].port == 1123 && !s[1].iburst,
		"a low maxpoll lowers minpoll");
	ktap_ok(s[2].minpoll == 8 && s[2].maxpoll == 8, "a high minpoll raises maxpoll");
	ktap_ok(s[3].pool && s[3].maxsources == 3, "a pool");
	ktap_ok(config.counter == RADCLOCK_COUNTER_ID_ACPI_PM &&
		config.algorithm == RAD_ALGORITHM_CLASSIC && config.stamps == STAMPS_USER &&
		config.max_error == 0.01 && config.port == 123 && !config.drift_file[0] &&
		!config.seccomp && !strcmp(config.user, "radclock"), "the rest");
	ktap_ok(config.bind4.s_addr == htonl(0x0a000001) && config.bind6.s6_addr[15] == 1,
		"two addresses to bind to");
	ktap_ok(load("server a\ncounter monotonic_raw\nsteer realtime\nmakestep 0.1 -1\n") == 0 &&
		config.steer_realtime && config.makestep_limit == -1, "steering");
	ktap_ok(load("server a\ncounter xen\npublish xenstore\n") == 0 &&
		config.publish_xenstore, "for guests");
	ktap_ok(load("server a") == 0 && !config.publish_xenstore, "no newline at the end");
}

static void test_makestep(void)
{
	static const char some[] = "server a\ncounter monotonic_raw\nsteer realtime\n";
	char text[256];

	ktap_ok(!load(some) && !steer_steps(&config, 1e6, 0), "without makestep: never a step");
	snprintf(text, sizeof(text), "%smakestep 0.1 3\n", some);
	ktap_ok(!load(text) && steer_steps(&config, -0.2, 2) && !steer_steps(&config, 0.05, 2) &&
		!steer_steps(&config, 0.2, 3), "above the threshold, in the first updates");
	snprintf(text, sizeof(text), "%smakestep 0.1 -1\n", some);
	ktap_ok(!load(text) && steer_steps(&config, 0.2, 1000000) &&
		!steer_steps(&config, 0.05, 1), "limit -1: always");
	snprintf(text, sizeof(text), "%smakestep 0 3\n", some);
	ktap_ok(!load(text) && steer_steps(&config, -1e-9, 2) && !steer_steps(&config, 0, 2) &&
		!steer_steps(&config, 1, 3), "threshold 0: whatever the offset");
	snprintf(text, sizeof(text), "%smakestep 0 0\n", some);
	ktap_ok(!load(text) && !steer_steps(&config, 1e6, 0), "limit 0: never");
}

int main(void)
{
	int fd = mkstemp(path);

	if (fd < 0)
		ktap_die("cannot make %s", path);
	close(fd);
	ktap_plan((int)ARRAY_SIZE(bad) + 10 + 2 + 11 + 5);
	test_bad();
	test_file();
	test_long_path();
	test_good();
	test_makestep();
	unlink(path);
	return ktap_end();
}
