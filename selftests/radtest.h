/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tests of the module share: loading it, an estimate made from the truth
 * (CLOCK_REALTIME at the same counter value), and a look at all of its state.
 */
#ifndef RADCLOCK_RADTEST_H
#define RADCLOCK_RADTEST_H

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/radclock.h>
#include <reading.h>
#include <radclock.h>

#include "ktap.h"

#define RT_SYS	"/sys/kernel/radclock/"
#define RT_KO	"/lab/mod/radclock.ko"

#define FD_TO_CLOCKID(fd)	((clockid_t)(~(unsigned int)(fd) << 3 | 3))

static const char * const rt_devices[] = {
	"/dev/radclock", "/dev/radclock-mono", "/dev/radclock-diff",
};

/* ------------------------------------------------------------------ module */

/* load the module afresh; @params as on insmod's command line */
static inline void rt_load(const char *params)
{
	char cmd[256];
	int i;

	if (geteuid())
		ktap_skip_all("needs root");
	if (access(RT_KO, R_OK))
		ktap_skip_all("no module for this kernel");
	if (!access("/sys/module/radclock", F_OK) && system("rmmod radclock"))
		ktap_die("cannot unload the module");
	snprintf(cmd, sizeof(cmd), "insmod " RT_KO " %s", params);
	if (system(cmd))
		ktap_die("cannot load the module");
	for (i = 0; i < 500 && access(rt_devices[2], R_OK); i++)
		usleep(10000);
	if (access(rt_devices[2], R_OK))
		ktap_die("no device");
}

static inline struct radclock *rt_open(void)
{
	struct radclock *rc;
	int err = radclock_open(&rc, RADCLOCK_DEVICE, 0);

	if (err)
		ktap_die("radclock_open: %s", radclock_strerror(err));
	return rc;
}

/* @buf gets the file without its newline; return: 0 or a negative errno */
static inline int rt_sys_read(const char *name, char *buf, size_t len)
{
	char path[320];
	ssize_t n;
	int fd;

	buf[0] = '\0';
	snprintf(path, sizeof(path), RT_SYS "%s", name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, len - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return n;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

static inline int rt_sys_is(const char *name, const char *value)
{
	char buf[128];
	int err = rt_sys_read(name, buf, sizeof(buf));

	if (err || strcmp(buf, value)) {
		ktap_say("%s: '%s' (%d), wanted '%s'", name, buf, err, value);
		return 0;
	}
	return 1;
}

static inline int rt_sys_write(const char *name, const void *data, size_t len)
{
	char path[320];
	int fd, err = 0;

	snprintf(path, sizeof(path), RT_SYS "%s", name);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return -errno;
	if (write(fd, data, len) != (ssize_t)len)
		err = -errno;
	close(fd);
	return err;
}

/* -------------------------------------------------------------------- time */

static inline int64_t rt_ns(struct timespec ts)
{
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static inline int64_t rt_gettime(clockid_t id)
{
	struct timespec ts;

	return clock_gettime(id, &ts) ? -errno : rt_ns(ts);
}

static inline int64_t rt_time_ns(struct radclock_time t)
{
	struct rad_time r = { t.sec, t.frac };

	return rad_time_to_ns(r);
}

static inline int64_t rt_ioc_ns(const struct radclock_ioc_reading *io)
{
	struct rad_time r = { io->sec, io->frac };

	return rad_time_to_ns(r);
}

static inline struct radclock_time rt_from_ns(int64_t ns)
{
	int64_t sec = ns / 1000000000, rest = ns % 1000000000;
	struct radclock_time t;

	if (rest < 0) {
		sec--;
		rest += 1000000000;
	}
	t.sec = sec;
	t.frac = rad_ns_to_frac(rest);
	return t;
}

/* -------------------------------------------------------------- the truth */

/**
 * struct rt_truth - the kernel's clocks at a counter value
 * @error_ns: how far they may belong to another value
 */
struct rt_truth {
	uint64_t counter;
	uint64_t hz;
	int64_t realtime_ns;
	int64_t raw_ns;
	int64_t error_ns;
};

static inline void rt_truth(struct radclock *rc, struct rt_truth *t)
{
	struct radclock_params p;
	struct radclock_cross x;
	int err = radclock_read_cross(rc, RADCLOCK_CLOCK_DIFF, &x);

	if (err || radclock_get_params(rc, &p))
		ktap_die("cannot read the truth: %s", radclock_strerror(err));
	t->counter = x.reading.counter;
	t->hz = p.counter_hz;
	t->realtime_ns = x.realtime_ns;
	t->raw_ns = x.raw_ns;
	t->error_ns = (x.uncertainty + 1) * 1e9 / p.counter_hz + 1;
}

static inline uint64_t rt_ticks(struct radclock *rc, double seconds)
{
	struct radclock_params p;

	if (radclock_get_params(rc, &p))
		ktap_die("no parameters");
	return seconds * p.counter_hz;
}

/* a host that is busy may stop us between two readings: then again */
static inline void rt_truth_near(struct radclock *rc, struct rt_truth *t)
{
	int tries;

	for (tries = 0; tries < 100; tries++) {
		rt_truth(rc, t);
		if (t->error_ns < 50000)
			return;
	}
}

/*
 * Ticks per second of the kernel's time. The kernel measures the TSC as it
 * boots, and on a busy host that is thousands of ppm beside what the other
 * counters claim of themselves.
 */
static inline uint64_t rt_true_hz(struct radclock *rc, const struct radclock_params *p)
{
	struct timespec pause = { 0, 100000000 };
	static uint64_t marker, known;
	struct rt_truth a, b;
	double hz, span, tolerance;

	rt_truth_near(rc, &a);
	if (p->counter_id == RADCLOCK_COUNTER_ID_TSC ||
	    p->counter_id == RADCLOCK_COUNTER_ID_CLOCKSOURCE)
		return a.hz;
	if (known && marker == p->disruption_marker)
		return known;
	nanosleep(&pause, NULL);
	rt_truth_near(rc, &b);
	span = b.raw_ns - a.raw_ns;
	hz = (double)(b.counter - a.counter) / span * 1e9;
	/* what is written on it, unless that is plainly not so */
	tolerance = 2e-4 + (double)(a.error_ns + b.error_ns) / span;
	known = fabs(hz / (double)a.hz - 1) < tolerance ? a.hz : hz + 0.5;
	marker = p->disruption_marker;
	return known;
}

/*
 * A good estimate for right now: nominal rate, 1 ms + 200 ppm of bound, good
 * for 1000 s, void after 2000 s. Callers change what they like.
 */
static inline void rt_estimate(struct radclock *rc, struct radclock_estimate *e)
{
	struct radclock_params p;
	struct rt_truth t;
	uint64_t hz;

	if (radclock_get_params(rc, &p))
		ktap_die("no parameters");
	hz = rt_true_hz(rc, &p);
	rt_truth_near(rc, &t);
	memset(e, 0, sizeof(*e));
	e->counter_id = p.counter_id;
	e->status = RADCLOCK_STATUS_SYNCHRONIZED;
	e->disruption_marker = p.disruption_marker;
	e->counter = t.counter;
	e->time = rt_from_ns(t.realtime_ns);
	e->period = rad_period_from_hz(hz, &e->period_shift);
	e->period_diff = e->period;
	e->maxerror_ns = 1000000;
	e->esterror_ns = 100000;
	e->maxerror_rate = e->period / 5000;
	e->esterror_rate = e->period / 50000;
	e->holdover_counter = e->counter + 1000 * t.hz;
	e->void_counter = e->counter + 2000 * t.hz;
	snprintf(e->source, sizeof(e->source), "the truth");
}

/* return: as radclock_set_estimate(); a refusal is told */
static inline int rt_set(struct radclock *rc, const struct radclock_estimate *e)
{
	char why[128];
	int err = radclock_set_estimate(rc, e, why, sizeof(why));

	if (err)
		ktap_say("set estimate: %s (%s)", strerror(-err), why);
	return err;
}

static inline void rt_sync(struct radclock *rc)
{
	struct radclock_estimate e;

	rt_estimate(rc, &e);
	if (rt_set(rc, &e))
		ktap_die("the module refuses a good estimate");
}

/* ------------------------------------------------------------ whole state */

/**
 * struct rt_state - all that a refused request must leave alone
 */
struct rt_state {
	struct radclock_info info;
	unsigned char page[RADCLOCK_PAGE_SIZE];
};

static inline const struct radclock_page *rt_page(void)
{
	static void *page;
	int fd;

	if (page)
		return page;
	fd = open(RADCLOCK_DEVICE, O_RDONLY);
	page = mmap(NULL, RADCLOCK_PAGE_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (page == MAP_FAILED)
		ktap_die("cannot map the page: %s", strerror(errno));
	return page;
}

static inline void rt_state(struct radclock *rc, struct rt_state *s)
{
	memset(s, 0, sizeof(*s));
	if (radclock_get_info(rc, &s->info))
		ktap_die("no get-info");
	s->info.counter = 0;	/* goes on */
	memcpy(s->page, rt_page(), sizeof(s->page));
}

static inline int rt_unchanged(struct radclock *rc, const struct rt_state *before)
{
	struct rt_state now;

	rt_state(rc, &now);
	if (now.info.generation != before->info.generation)
		ktap_say("the generation changed");
	if (now.info.updates != before->info.updates)
		ktap_say("the number of updates changed");
	if (now.info.disruption_marker != before->info.disruption_marker)
		ktap_say("the disruption marker changed");
	return !memcmp(&now, before, sizeof(now));
}

/* ------------------------------------------------------------- kernel log */

static int rt_kmsg = -1;

/* from here on lines of the kernel log count */
static inline void rt_log_mark(void)
{
	if (rt_kmsg < 0)
		rt_kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	if (rt_kmsg < 0 || lseek(rt_kmsg, 0, SEEK_END) < 0)
		ktap_die("cannot read the kernel log");
}

/*
 * Lines since the mark. Netlink's own remarks about ill-formed messages
 * (rate-limited, from the core) do not count, nor does what others say.
 */
static inline int rt_log_lines(void)
{
	static const char * const others[] = {
		"netlink: ", "validate_nla: ", "__nla_validate_parse: ", "hpet: Lost ",
		"hrtimer: ", "random: ", "clocksource: ", "perf: ",
	};
	char buf[8192], *text;
	ssize_t len;
	size_t i;
	int n = 0;

	while ((len = read(rt_kmsg, buf, sizeof(buf) - 1)) > 0 || errno == EPIPE) {
		if (len < 0)
			continue;
		buf[len] = '\0';
		text = strchr(buf, ';');
		if (!text || atoi(buf) >= 8)	/* of a program */
			continue;
		text++;
		text[strcspn(text, "\n")] = '\0';
		for (i = 0; i < sizeof(others) / sizeof(*others); i++)
			if (!strncmp(text, others[i], strlen(others[i])))
				break;
		if (i < sizeof(others) / sizeof(*others))
			continue;
		ktap_say("kernel log: %s", text);
		n++;
	}
	return n;
}

/* --------------------------------------------------------------- processes */

static inline void rt_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static inline void rt_unpin(void)
{
	cpu_set_t set;
	int i;

	CPU_ZERO(&set);
	for (i = 0; i < 64; i++)
		CPU_SET(i, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* run @fn in a child; return: what it returns (0 .. 255), -1: it was killed */
static inline int rt_child(int (*fn)(void *), void *arg)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(fn(arg));
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static inline uint64_t rt_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

#endif /* RADCLOCK_RADTEST_H */
