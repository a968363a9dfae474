/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parameter page as a file, for machines without the module: the layout of
 * linux/radclock.h, changed in place under its sequence count.
 */
#ifndef RADCLOCKD_CLOCK_PAGE_H
#define RADCLOCKD_CLOCK_PAGE_H

#include "estimator.h"
#include "reading.h"

/**
 * page_open() - map the page, made when it is not there
 * @now: the counter
 * @marker: written: the disruption marker in force
 *
 * A page that this boot's last daemon left goes on to be valid.
 */
int page_open(const char *path, u64 now, u64 *marker);
void page_close(void);
void page_publish(const struct rad_estimate *est);
/* what was published does not hold any more; return: the new marker */
u64 page_disrupted(void);

/* what the page says at @counter; false when it promises nothing */
bool page_in_force(u64 counter, struct rad_reading *r);

#endif
