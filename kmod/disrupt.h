/* SPDX-License-Identifier: GPL-2.0-only */
/* Events that make earlier estimates worthless. */
#ifndef RADCLOCK_DISRUPT_H
#define RADCLOCK_DISRUPT_H

#include <linux/types.h>

int rad_disrupt_init(void);
void rad_disrupt_exit(void);
void rad_disrupt_sleep(void);
void rad_disrupt_wake(void);

enum rad_timekeeper {
	RAD_TIMEKEEPER_OTHER,
	RAD_TIMEKEEPER_TSC,
	RAD_TIMEKEEPER_HPET,
	RAD_TIMEKEEPER_ACPI_PM,
};

enum rad_timekeeper rad_disrupt_timekeeper(void);

struct clocksource;
bool rad_disrupt_last_cycles(const struct clocksource *cs, u64 *cycles);

#endif /* RADCLOCK_DISRUPT_H */
