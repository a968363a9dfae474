/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stamps by the module: matched to their exchange by the nonce, which stands
 * in the request's transmit and in the reply's origin timestamp.
 */
#ifndef RADCLOCKD_STAMPS_H
#define RADCLOCKD_STAMPS_H

#include "radclock.h"

/* subscribe to packets of this server port, once */
void stamps_subscribe(struct radclock *rc, unsigned int port);
void stamps_close(void);

#endif
