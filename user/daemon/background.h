/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Going to the background. The caller waits until the daemon is ready or has
 * failed, and afterwards nothing of ours holds what was the caller's.
 */
#ifndef RADCLOCKD_BACKGROUND_H
#define RADCLOCKD_BACKGROUND_H

/* go on as a child, in another session; ends the process on failure */
void background_enter(void);
/* all is well: lets the caller go, and its standard error. Nothing without the above */
void background_ready(void);
/* the same in a process that the daemon forked before it was ready */
void background_leave_caller(void);

#endif
