/* SPDX-License-Identifier: GPL-2.0-only */
/* What the daemon may do once it has started: little. */
#ifndef RADCLOCKD_SANDBOX_H
#define RADCLOCKD_SANDBOX_H

#include "config.h"

/* the folder of a file, made for the user who will run; errors are told later */
void sandbox_make_folder(const char *file, const char *user);

/* will sandbox_enter() filter system calls? then nothing can be forked later */
bool sandbox_filters(const struct config *c);

/* does @c need @cap (CAP_...), which we had and gave up at the start? */
bool sandbox_gave_up(const struct config *c, int cap);

/* change to that user, when started as root; return: 0 or an error, told */
int sandbox_become(const char *user);

/*
 * Become the configured user, keep only the capabilities that are needed, and
 * only the system calls. Return: 0 or a negative errno value, told.
 */
int sandbox_enter(const struct config *c);

#endif
