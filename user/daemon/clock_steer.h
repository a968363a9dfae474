/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Steer CLOCK_REALTIME along the estimate: its rate is set to that of the
 * counter as estimated (feed-forward), its offset is worked off in a few
 * seconds, or stepped where makestep allows.
 */
#ifndef RADCLOCKD_CLOCK_STEER_H
#define RADCLOCKD_CLOCK_STEER_H

#include <math.h>

#include "config.h"

/* does makestep, without which the limit is 0, allow a step (offset in s)? */
static inline bool steer_steps(const struct config *c, double offset, unsigned int updates)
{
	return fabs(offset) > c->makestep_threshold &&
	       (c->makestep_limit < 0 || updates < (unsigned int)c->makestep_limit);
}

int steer_open(const struct config *c);
void steer_reconfigure(const struct config *c);
void steer_update(const struct rad_estimate *est);
/* leave it at the right rate */
void steer_close(void);

#endif
