/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RADCLOCK_INTERNAL_H
#define RADCLOCK_INTERNAL_H

#include <errno.h>
#include <pthread.h>

#include "radclock.h"
#include "reading.h"

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)

#define RAD_CLOCKS	(RADCLOCK_CLOCK_DIFF + 1)

/* for the rest of a function: system calls report by errno, which is the caller's */
#define KEEP_ERRNO() \
	__attribute__((cleanup(rad_restore_errno), unused)) int kept_errno = errno

static inline void rad_restore_errno(const int *kept)
{
	errno = *kept;
}

/**
 * struct radclock - the handle
 * @page: mapped read-only as long as the handle lives
 * @by_page: may the page be used to tell the time
 * @module: @fd is a device, not a page file
 * @fd: of each clock; without the module only that of the page file
 * @nl_lock: guards @nl
 * @nl: netlink connection, made when first needed
 */
struct radclock {
	const struct radclock_page *page;
	bool by_page;
	bool module;
	int fd[RAD_CLOCKS];
	pthread_mutex_t nl_lock;
	struct rad_nl *nl;
};

/* page.c */
int rad_page_check(const struct radclock_page *page);

/* device.c */
int rad_device_read(struct radclock *rc, struct radclock_ioc_reading *io);
int rad_device_counter(struct radclock *rc, uint64_t *counter);
int rad_device_counter_of(struct radclock *rc, uint32_t id, uint64_t *counter);
int rad_device_gettime(struct radclock *rc, unsigned int clock,
		       struct timespec *ts);
int rad_gone(struct radclock *rc) __attribute__((cold));

/* nl.c */
void rad_nl_close(struct rad_nl *nl);

#endif /* RADCLOCK_INTERNAL_H */
