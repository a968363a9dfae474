/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RADCLOCK_CLI_H
#define RADCLOCK_CLI_H

#include <getopt.h>
#include <stdbool.h>

#include "radclock.h"

struct json_object;

/* exit statuses of every command */
#define EXIT_YES	0
#define EXIT_NO		1
#define EXIT_USAGE	2

/**
 * struct cli - what every command understands
 * @usage: text of --help
 * @shorts: own short options, as for getopt()
 * @device: --device; NULL: the usual places
 * @json: --json
 */
struct cli {
	const char *usage;
	const char *shorts;
	const char *device;
	bool json;
};

#define CLI_COMMON_HELP \
	"  -d, --device PATH  the clock to read: a radclock device or a page file\n" \
	"  -j, --json         print facts as JSON\n" \
	"  -h, --help         print this\n"

/* short options below 256, own long ones from here on */
#define CLI_OWN		256

/*
 * getopt_long() that deals with the common options and with errors, and leaves
 * by exit() after --help and wrong usage. -1 at the end.
 */
int cli_getopt(struct cli *cli, int argc, char **argv, const struct option *own);
/* "COMMAND: text", a hint to --help, and the exit status of wrong usage */
int cli_usage_error(const struct cli *cli, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* no operands: 0; else a complaint */
int cli_no_operands(const struct cli *cli, int argc, char **argv);
/* decimal number within limits; leaves by exit() */
double cli_number(const struct cli *cli, const char *option, const char *text,
		  double min, double max);

/* open the clock, or say why not and what to do; 0 or an exit status */
int cli_open(const struct cli *cli, struct radclock **rcp);
/* "radclock: what: why" on stderr; returns EXIT_NO */
int cli_error(int err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* print an object and drop it */
void cli_print_json(struct json_object *o);

/* format.c: all return @buf */
char *fmt_ns(char *buf, size_t len, uint64_t ns);
char *fmt_signed_ns(char *buf, size_t len, int64_t ns);
char *fmt_span(char *buf, size_t len, double seconds);
char *fmt_utc(char *buf, size_t len, struct radclock_time t);
char *fmt_fixed(char *buf, size_t len, struct radclock_time t);
char *fmt_hz(char *buf, size_t len, double hz);
char *fmt_flags(char *buf, size_t len, uint32_t counter_flags);
const char *fmt_status(uint32_t status);

/* commands: argv[0] is the command's name; return the exit status */
int cmd_status(int argc, char **argv);
int cmd_now(int argc, char **argv);
int cmd_counters(int argc, char **argv);
int cmd_sources(int argc, char **argv);
int cmd_waitsync(int argc, char **argv);
int cmd_bench(int argc, char **argv);
int cmd_examine(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_watch(int argc, char **argv);
int cmd_run(int argc, char **argv);

#endif /* RADCLOCK_CLI_H */
