/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the module share: the shell of the testbed, counters, and
 * estimates made from the truth (the kernel's own clock at a counter value).
 */
#ifndef RADCLOCK_TEST_KERN_H
#define RADCLOCK_TEST_KERN_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <radclock.h>

#include "fixed.h"
#include "ktap.h"

#define CLOCKSOURCE "/sys/devices/system/clocksource/clocksource0/"
#define SYSFS "/sys/kernel/radclock/"
#define NSEC 1000000000LL

/* a command line with the functions of the testbed; returns its exit status */
static inline int __attribute__((format(printf, 1, 2))) sh(const char *fmt, ...)
{
	char cmd[2048] = ". /lab/testbed.sh; . /lab/kmsg.sh; ";
	size_t len = strlen(cmd);
	const char *argv[] = { "bash", "-c", cmd, NULL };
	int status;
	va_list ap;
	pid_t pid;

	va_start(ap, fmt);
	vsnprintf(cmd + len, sizeof(cmd) - len, fmt, ap);
	va_end(ap);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		execvp(argv[0], (char **)argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* the first line of a file; "" when it cannot be read */
static inline char *slurp(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	if (fd >= 0)
		close(fd);
	buf[n < 0 ? 0 : n] = 0;
	buf[strcspn(buf, "\n")] = 0;
	return buf;
}

/* 0 or a negative errno value */
static inline int spit(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* is @word one of the words of a file? */
static inline int file_has_word(const char *path, const char *word)
{
	char buf[256], *save, *w;

	slurp(path, buf, sizeof(buf));
	for (w = strtok_r(buf, " ", &save); w; w = strtok_r(NULL, " ", &save))
		if (!strcmp(w, word))
			return 1;
	return 0;
}

static inline uint64_t rdtsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence; rdtsc; lfence"
			 : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

static inline int64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * NSEC + ts.tv_nsec;
}

static inline void sleep_us(long us)
{
	struct timespec ts = { us / 1000000, us % 1000000 * 1000 };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

static inline uint64_t random_next(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* -1 .. 1 */
static inline double random_sym(uint64_t *state)
{
	return (int64_t)random_next(state) * 0x1p-63;
}

static inline struct radclock_time time_from_ns(int64_t ns)
{
	struct radclock_time t;

	t.sec = ns / NSEC;
	ns -= t.sec * NSEC;
	if (ns < 0) {
		t.sec--;
		ns += NSEC;
	}
	t.frac = rad_ns_to_frac(ns);
	return t;
}

static inline int64_t time_to_ns(struct radclock_time t)
{
	return t.sec * NSEC + rad_frac_to_ns(t.frac);
}

/*
 * An estimate that is wrong by @offset_ns and @ppm on purpose: the time is
 * CLOCK_REALTIME's, the period the counter's nominal one.
 */
struct wrongness {
	double ppm;
	int64_t offset_ns;
	uint64_t maxerror_ns;	/* 0: 50 us and what is known to be wrong */
	double rate_ppm;	/* 0: 200 and what is known to be wrong */
	double holdover_s;	/* 0: 600 */
	double void_s;		/* 0: 1200 */
};

static inline int make_estimate(struct radclock *rc, const struct wrongness *w,
				struct radclock_estimate *e)
{
	struct radclock_info info;
	struct radclock_cross x;
	double ppm, hz;
	int err;

	err = radclock_get_info(rc, &info);
	if (err)
		return err;
	err = radclock_read_cross(rc, RADCLOCK_CLOCK_ABSOLUTE, &x);
	if (err && err != -ENODATA)
		return err;
	memset(e, 0, sizeof(*e));
	hz = info.counter_hz;
	e->counter_id = info.counter_id;
	e->status = RADCLOCK_STATUS_SYNCHRONIZED;
	e->disruption_marker = info.disruption_marker;
	e->counter = x.reading.counter;
	e->time = time_from_ns(x.realtime_ns + w->offset_ns);
	e->period = rad_period_from_hz(info.counter_hz, &e->period_shift);
	e->period += (int64_t)(e->period * (w->ppm * 1e-6));
	e->period_diff = e->period;
	e->maxerror_ns = w->maxerror_ns;
	if (!e->maxerror_ns)
		e->maxerror_ns = 50000 + llabs(w->offset_ns) +
				 (uint64_t)(x.uncertainty / hz * 1e9);
	ppm = w->rate_ppm ?: 200 + (w->ppm < 0 ? -w->ppm : w->ppm);
	e->maxerror_rate = (uint64_t)(e->period * (ppm * 1e-6));
	e->holdover_counter = e->counter + (uint64_t)((w->holdover_s ?: 600) * hz);
	e->void_counter = e->counter + (uint64_t)((w->void_s ?: 1200) * hz);
	strcpy(e->source, "test");
	return 0;
}

static inline int set_estimate(struct radclock *rc, const struct wrongness *w)
{
	struct radclock_estimate e;
	int err = make_estimate(rc, w, &e);

	return err ?: radclock_set_estimate(rc, &e, NULL, 0);
}

#endif /* RADCLOCK_TEST_KERN_H */
