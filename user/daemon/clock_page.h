/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parameter page as a file, for machines without the module: the layout of
 * linux/radclock.h, changed in place under its sequence count.
 */
#ifndef RADCLOCKD_CLOCK_PAGE_H
#define RADCLOCKD_CLOCK_PAGE_H

#include "estimator.h"
#include "reading.h"

/* less is the noise of telling how long the machine has slept */
#define CLOCK_SLEEP_MIN_NS	(20 * NSEC_PER_MSEC)

/**
 * page_open() - map the page, made when it is not there
 * @now: the counter
 * @slept_ns: how long it has stood still in sleep since the machine's start
 * @marker: written: the disruption marker in force
 *
 * A page that this boot's last daemon left goes on to be valid, unless the machine
 * has slept since.
 */
int page_open(const char *path, u64 now, s64 slept_ns, u64 *marker);
void page_close(void);
void page_publish(const struct rad_estimate *est);
/* the machine slept: what was published holds no more; return: the new marker */
u64 page_disrupted(s64 slept_ns);

/* what the page says at @counter; false when it promises nothing */
bool page_in_force(u64 counter, struct rad_reading *r);

#endif
