// SPDX-License-Identifier: GPL-2.0-only
/*
 * radclock: the command.
 */
#include <stdio.h>
#include <string.h>

#include "cli.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *about;
} commands[] = {
	{ "status", cmd_status, "how good is the clock" },
	{ "now", cmd_now, "what time is it, and how sure is that" },
	{ "counters", cmd_counters, "this machine's counters and their rates" },
	{ "sources", cmd_sources, "the daemon's time servers" },
	{ "waitsync", cmd_waitsync, "wait until the clock is good" },
	{ "watch", cmd_watch, "see it live" },
	{ "examine", cmd_examine, "how good are this machine's counters" },
	{ "bench", cmd_bench, "what does a reading cost" },
	{ "replay", cmd_replay, "run the estimator over a file of stamps" },
	{ "run", cmd_run, "run a program on radclock's time" },
};

#define N_COMMANDS	(sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *to)
{
	size_t i;

	fputs("usage: radclock COMMAND [OPTION]...\n\n", to);
	for (i = 0; i < N_COMMANDS; i++)
		fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].about);
	fputs("\nradclock COMMAND --help tells more; radclock --version the version.\n"
	      "Exit status: 0 yes, 1 no (or it failed), 2 wrong usage.\n", to);
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
	    !strcmp(argv[1], "help")) {
		usage(stdout);
		return EXIT_YES;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("radclock %s\n", radclock_version());
		return EXIT_YES;
	}
	for (i = 0; i < N_COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);

	fprintf(stderr, "radclock: there is no command '%s'; see radclock --help\n",
		argv[1]);
	return EXIT_USAGE;
}
