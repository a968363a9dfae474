// SPDX-License-Identifier: GPL-2.0-only
/*
 * radclock status: how good is the clock.
 */
#include "facts.h"

static const char usage[] =
	"usage: radclock status [OPTION]...\n\n"
	"Shows the state of the clock: how far off it can be, what it stands on and\n"
	"how long it is good for. Exit status 0 if the clock can be read, 1 if not.\n\n"
	CLI_COMMON_HELP;

int cmd_status(int argc, char **argv)
{
	struct cli cli = { .usage = usage };
	struct radclock *rc;
	struct facts f;
	int err;

	cli_getopt(&cli, argc, argv, NULL);
	if (cli_no_operands(&cli, argc, argv))
		return EXIT_USAGE;
	err = cli_open(&cli, &rc);
	if (err)
		return err;

	err = facts_get(rc, &f);
	if (err)
		err = cli_error(err, "status");
	else if (cli.json)
		cli_print_json(facts_json(&f));
	else
		facts_print(&f, stdout);
	radclock_close(rc);
	return err ?: f.readable ? EXIT_YES : EXIT_NO;
}
