/* SPDX-License-Identifier: GPL-2.0-only */
/* The sd_notify protocol: nothing happens where no service manager listens. */
#ifndef RADCLOCKD_NOTIFY_H
#define RADCLOCKD_NOTIFY_H

/* before the sandbox and before anything forks */
void notify_init(void);
void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);
__attribute__((format(printf, 1, 2)))
void notify_status(const char *fmt, ...);

#endif
