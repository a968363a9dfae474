/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the clock's parameters come from: a daemon here, or the host. */
#ifndef RADCLOCK_SOURCE_H
#define RADCLOCK_SOURCE_H

#include <linux/types.h>

int rad_source_init(const char *name);
void rad_source_exit(void);

int rad_source_by_name(const char *name);
int rad_source_select(u32 from, const char **why);

#endif /* RADCLOCK_SOURCE_H */
