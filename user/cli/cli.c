// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options, errors and output, alike for all commands.
 */
#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define MAX_OPTIONS	24

static const char *command;

int cli_usage_error(const struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "radclock %s: ", command);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "; see radclock %s --help\n", command);
	return EXIT_USAGE;
}

int cli_getopt(struct cli *cli, int argc, char **argv, const struct option *own)
{
	struct option all[MAX_OPTIONS] = {
		{ "device", required_argument, NULL, 'd' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
	};
	char shorts[32];
	size_t n = 3;
	int c;

	command = argv[0];
	snprintf(shorts, sizeof(shorts), "+:d:jh%s", cli->shorts ?: "");
	for (; own && own->name && n < MAX_OPTIONS - 1; own++)
		all[n++] = *own;
	opterr = 0;

	for (;;) {
		c = getopt_long(argc, argv, shorts, all, NULL);
		switch (c) {
		case 'd':
			cli->device = optarg;
			continue;
		case 'j':
			cli->json = true;
			continue;
		case 'h':
			fputs(cli->usage, stdout);
			exit(EXIT_YES);
		case '?':
			exit(cli_usage_error(cli, "there is no option %s", argv[optind - 1]));
		case ':':
			exit(cli_usage_error(cli, "%s wants a value", argv[optind - 1]));
		}
		return c;
	}
}

int cli_no_operands(const struct cli *cli, int argc, char **argv)
{
	if (optind < argc)
		return cli_usage_error(cli, "what is '%s'?", argv[optind]);
	return 0;
}

double cli_number(const struct cli *cli, const char *option, const char *text,
		  double min, double max)
{
	double v;
	char *end;

	errno = 0;
	v = strtod(text, &end);
	if (end == text || *end || errno || !isfinite(v))
		exit(cli_usage_error(cli, "%s: '%s' is not a number", option, text));
	if (v < min || v > max)
		exit(cli_usage_error(cli, "%s: %s is not within %g and %g",
				     option, text, min, max));
	return v;
}

int cli_error(int err, const char *fmt, ...)
{
	va_list ap;

	fputs("radclock: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, ": %s\n", radclock_strerror(err));
	return EXIT_NO;
}

/* what radclock_open() has looked at last */
static const char *looked_at(const struct cli *cli)
{
	if (cli->device)
		return cli->device;
	return access(RADCLOCK_DEVICE, F_OK) ? RADCLOCK_PAGE_FILE : RADCLOCK_DEVICE;
}

int cli_open(const struct cli *cli, struct radclock **rcp)
{
	int err = radclock_open(rcp, cli->device, 0);

	if (!err)
		return 0;
	if (err == -ENOENT && cli->device)
		fprintf(stderr, "radclock: %s: no such file\n", cli->device);
	else if (err == -ENOENT)
		fprintf(stderr, "radclock: %s\n", radclock_strerror(err));
	else if (err == -EACCES)
		fprintf(stderr, "radclock: %s: permission denied\n", looked_at(cli));
	else
		cli_error(err, "%s", looked_at(cli));
	return EXIT_NO;
}

void cli_print_json(struct json_object *o)
{
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY |
						JSON_C_TO_STRING_NOSLASHESCAPE));
	fflush(stdout);
	json_object_put(o);
}
