// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * For LD_PRELOAD: the system clock of an unmodified program is radclock.
 * While radclock has no time to give, it is the system clock again.
 */
#define _GNU_SOURCE	/* RTLD_NEXT */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "radclock.h"

#define EXPORT	__attribute__((visibility("default")))

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int (*real_gettime)(clockid_t id, struct timespec *ts);
static struct radclock *rc;

static void init(void)
{
	real_gettime = dlsym(RTLD_NEXT, "clock_gettime");
	/* what set-uid programs read is not for their callers to say */
	if (radclock_open(&rc, secure_getenv("RADCLOCK_DEVICE"), 0))
		rc = NULL;
}

/* the libraries that run before us may ask for the time, too */
static int system_gettime(clockid_t id, struct timespec *ts)
{
	if (real_gettime)
		return real_gettime(id, ts);
	return (int)syscall(SYS_clock_gettime, id, ts);
}

static int now(struct timespec *ts)
{
	pthread_once(&once, init);
	if (rc && !radclock_gettime(rc, RADCLOCK_CLOCK_ABSOLUTE, ts))
		return 0;
	return system_gettime(CLOCK_REALTIME, ts);
}

EXPORT int clock_gettime(clockid_t id, struct timespec *ts)
{
	if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)
		return now(ts);
	/* not init(): it calls this */
	return system_gettime(id, ts);
}

EXPORT int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	struct timespec ts;

	if (now(&ts))
		return -1;
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	if (tz)
		*(struct timezone *)tz = (struct timezone){ 0 };
	return 0;
}

EXPORT time_t time(time_t *t)
{
	struct timespec ts;

	if (now(&ts))
		return -1;
	if (t)
		*t = ts.tv_sec;
	return ts.tv_sec;
}

EXPORT int timespec_get(struct timespec *ts, int base)
{
	return base == TIME_UTC && !now(ts) ? base : 0;
}
