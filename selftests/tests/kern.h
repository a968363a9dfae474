/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the module share beyond radtest.h: the shell of the
 * testbed, the TSC, and estimates that are wrong on purpose.
 */
#ifndef RADCLOCK_TEST_KERN_H
#define RADCLOCK_TEST_KERN_H

#include <stdarg.h>
#include <sys/syscall.h>

#include "radtest.h"

#define CLOCKSOURCE "/sys/devices/system/clocksource/clocksource0/"
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

static inline int current_clocksource_is(const char *name)
{
	return file_has_word(CLOCKSOURCE "current_clocksource", name);
}

static inline uint64_t rdtsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence; rdtsc; lfence"
			 : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

static inline void sleep_us(long us)
{
	struct timespec ts = { us / 1000000, us % 1000000 * 1000 };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

/* -1 .. 1 */
static inline double random_sym(uint64_t *state)
{
	return (int64_t)rt_random(state) * 0x1p-63;
}

/* what is wrong with an estimate, on purpose; its bound says so */
struct wrongness {
	double ppm;
	int64_t offset_ns;
};

static inline int set_wrong(struct radclock *rc, const struct wrongness *w)
{
	struct radclock_estimate e;

	rt_estimate(rc, &e);
	e.time = rt_from_ns(rt_time_ns(e.time) + w->offset_ns);
	e.period += (int64_t)(e.period * (w->ppm * 1e-6));
	e.period_diff = e.period;
	e.maxerror_ns += llabs(w->offset_ns);
	return radclock_set_estimate(rc, &e, NULL, 0);
}

#endif /* RADCLOCK_TEST_KERN_H */
