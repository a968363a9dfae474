/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RADCLOCK_SYSFS_H
#define RADCLOCK_SYSFS_H

int rad_sysfs_init(void);
void rad_sysfs_exit(void);

#endif /* RADCLOCK_SYSFS_H */
