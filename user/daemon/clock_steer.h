/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Steer CLOCK_REALTIME along the estimate: its rate is set to that of the
 * counter as estimated (feed-forward), its offset is worked off in a few
 * seconds, or stepped where makestep allows.
 */
#ifndef RADCLOCKD_CLOCK_STEER_H
#define RADCLOCKD_CLOCK_STEER_H

#include "config.h"

int steer_open(const struct config *c);
void steer_reconfigure(const struct config *c);
void steer_update(const struct rad_estimate *est);
/* leave it at the right rate */
void steer_close(void);

#endif
