/* SPDX-License-Identifier: GPL-2.0-only */
/* Events that make earlier estimates worthless. */
#ifndef RADCLOCK_DISRUPT_H
#define RADCLOCK_DISRUPT_H

int rad_disrupt_init(void);
void rad_disrupt_exit(void);
void rad_disrupt_sleep(void);
void rad_disrupt_wake(void);
void rad_disrupt_timekeeper(void);

#endif /* RADCLOCK_DISRUPT_H */
