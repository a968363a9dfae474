// SPDX-License-Identifier: GPL-2.0-only
/* `radclock replay` alone, for tests of the estimator. */
#include "../../user/cli/replay.h"

int main(int argc, char **argv)
{
	return cmd_replay(argc, argv);
}
