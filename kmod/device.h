/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RADCLOCK_DEVICE_H
#define RADCLOCK_DEVICE_H

int rad_device_init(void);
void rad_device_exit(void);

#endif /* RADCLOCK_DEVICE_H */
