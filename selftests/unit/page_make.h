/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page as the daemon would publish it, in a file, for tests of its readers.
 */
#ifndef RADCLOCK_UNIT_PAGE_MAKE_H
#define RADCLOCK_UNIT_PAGE_MAKE_H

#include <fcntl.h>
#include <sys/mman.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fixed.h"
#include "ktap.h"
#include "radclock.h"

#define NS_SHIFT	20	/* period_shift of the pages made here */

/* 1 ns a tick, rounded down: 2^(64 + NS_SHIFT) / 1e9 */
static inline u64 ns_period(void)
{
	return (u64)(((rad_u128)1 << (64 + NS_SHIFT)) / RADCLOCK_NSEC);
}

static inline u64 raw_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return (u64)ts.tv_sec * RADCLOCK_NSEC + (u64)ts.tv_nsec;
}

/* a file of its own for each test, gone with it */
static inline int page_file(char *path, size_t len)
{
	int fd;

	snprintf(path, len, "/tmp/radclock-page-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0 || ftruncate(fd, RADCLOCK_PAGE_SIZE))
		ktap_die("%s: %m", path);
	return fd;
}

static inline struct radclock_page *page_map(int fd)
{
	struct radclock_page *page = mmap(NULL, RADCLOCK_PAGE_SIZE,
					  PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (page == MAP_FAILED)
		ktap_die("mmap: %m");
	return page;
}

/* all lines through 1e9 s at @counter, 1 ns a tick; good for an hour */
static inline void page_fill(struct radclock_page *page, u64 counter)
{
	struct radclock_line line = {
		.counter = counter, .sec = 1000000000, .period = ns_period(),
	};

	memset(page, 0, sizeof(*page));
	page->vmclock.magic = RADCLOCK_VMCLOCK_MAGIC;
	page->vmclock.size = RADCLOCK_PAGE_SIZE;
	page->vmclock.version = 1;
	page->vmclock.counter_id = RADCLOCK_VMCLOCK_NO_COUNTER;
	page->magic = RADCLOCK_PAGE_MAGIC;
	page->params = (struct radclock_params) {
		.size = sizeof(page->params),
		.abi_version = RADCLOCK_ABI_VERSION,
		.counter_id = RADCLOCK_COUNTER_ID_MONOTONIC_RAW,
		.counter_flags = RADCLOCK_COUNTER_FLAG_USER,
		.counter_hz = RADCLOCK_NSEC,
		.generation = 1,
		.updates = 1,
		.disruption_marker = 77,
		.status = RADCLOCK_STATUS_SYNCHRONIZED,
		.period_shift = NS_SHIFT,
		.flags = RADCLOCK_PARAMS_FLAG_ABS_VALID,
		.holdover_counter = counter + 1800 * RADCLOCK_NSEC,
		.void_counter = counter + 3600 * RADCLOCK_NSEC,
		.maxerror_ns = 1000,
		.esterror_ns = 100,
		/* 1e-6 */
		.maxerror_rate = ns_period() / 1000000,
		.esterror_rate = ns_period() / 10000000,
		.absolute = line,
		.diff_prev = line,
		.diff = line,
		.mono_prev = line,
		.mono = line,
		.mono_join_counter = counter,
	};
}

#endif
