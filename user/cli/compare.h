/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RADCLOCK_CLI_COMPARE_H
#define RADCLOCK_CLI_COMPARE_H

#include "cli.h"

int compare_clocks(const struct cli *cli, struct radclock *rc,
		   unsigned int clock);

#endif /* RADCLOCK_CLI_COMPARE_H */
