/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RADCLOCK_CLOCKSOURCE_H
#define RADCLOCK_CLOCKSOURCE_H

int rad_clocksource_init(void);
void rad_clocksource_exit(void);

#endif /* RADCLOCK_CLOCKSOURCE_H */
