// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands in for replay.c when the estimator is not built in.
 */
#include <stdio.h>

#include "cli.h"

__attribute__((weak)) int cmd_replay(int argc, char **argv)
{
	fprintf(stderr, "radclock: this build has no estimator to replay with\n");
	return EXIT_NO;
}
