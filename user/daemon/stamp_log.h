/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file of every exchange: columns Ta Tb Te Tf for `radclock replay`, then
 * who stamped, what became of it, and the server.
 */
#ifndef RADCLOCKD_STAMP_LOG_H
#define RADCLOCKD_STAMP_LOG_H

#include "estimator.h"

/* return: 0 or a negative errno value; "" closes */
int stamp_log_open(const char *path);
void stamp_log_write(const struct rad_stamp *s, const char *server, const char *fed,
		     const char *counter, double hz, u64 marker);

#endif
