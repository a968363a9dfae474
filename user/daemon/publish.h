/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's parameters for the Xen guests of this host, in XenStore. A process
 * of its own writes them, so that XenStore may hang, go and come back.
 */
#ifndef RADCLOCKD_PUBLISH_H
#define RADCLOCKD_PUBLISH_H

#include <stdbool.h>

#include "config.h"

struct radclock;

/* before the sandbox; return: 0 or a negative errno value */
int publish_start(const struct config *c);

/* what is in force in the module, if it is not what was written last */
void publish_clock(struct radclock *rc);

/* it is followed no longer; what was written holds as long as it says */
void publish_stop(struct radclock *rc);

/* "written", what is wrong, or NULL when nothing is published */
const char *publish_state(void);

/* the process that writes has died: only a new daemon can start one */
bool publish_failed(void);

#endif
