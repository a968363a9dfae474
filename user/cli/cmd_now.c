// SPDX-License-Identifier: GPL-2.0-only
/*
 * radclock now: what time is it.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>

#include "compare.h"

static const char usage[] =
	"usage: radclock now [OPTION]...\n\n"
	"Prints the time with its error bound. Exit status 1 if nothing can be\n"
	"promised about it.\n\n"
	"  -c, --clock NAME   absolute (UTC; the default), mono (never steps), or\n"
	"                     diff (seconds since some start)\n"
	"      --compare      one line that sets the system clock and three ways to\n"
	"                     read radclock side by side, all at one counter value;\n"
	"                     exit status 1 if those three differ by more than 1 ns\n"
	CLI_COMMON_HELP;

static void print_json(const struct radclock_reading *r, unsigned int clock,
		       bool good)
{
	struct json_object *o = json_object_new_object();
	char text[64];

	json_object_object_add(o, "clock",
		json_object_new_string(radclock_clock_name(clock)));
	json_object_object_add(o, "status",
		json_object_new_string(fmt_status(r->status)));
	json_object_object_add(o, "counter", json_object_new_uint64(r->counter));
	if (good) {
		json_object_object_add(o, "time", json_object_new_string(
			fmt_fixed(text, sizeof(text), r->time)));
		if (clock != RADCLOCK_CLOCK_DIFF)
			json_object_object_add(o, "utc", json_object_new_string(
				fmt_utc(text, sizeof(text), r->time)));
	}
	if (r->maxerror_ns != RADCLOCK_UNBOUNDED) {
		json_object_object_add(o, "error_bound_ns",
			json_object_new_uint64(r->maxerror_ns));
		json_object_object_add(o, "error_sigma_ns",
			json_object_new_uint64(r->esterror_ns));
	}
	cli_print_json(o);
}

static void print_text(const struct radclock_reading *r, unsigned int clock)
{
	char time[64], bound[64];

	if (clock == RADCLOCK_CLOCK_DIFF)
		printf("%s s %s\n", fmt_fixed(time, sizeof(time), r->time),
		       fmt_status(r->status));
	else
		printf("%s +/- %s %s\n", fmt_utc(time, sizeof(time), r->time),
		       fmt_ns(bound, sizeof(bound), r->maxerror_ns),
		       fmt_status(r->status));
}

static int now(struct radclock *rc, const struct cli *cli, unsigned int clock)
{
	struct radclock_reading r;
	int err = radclock_read(rc, clock, &r);

	if (err && err != -ENODATA)
		return cli_error(err, "now");
	if (cli->json)
		print_json(&r, clock, !err);
	else if (err)
		cli_error(err, "%s", fmt_status(r.status));
	else
		print_text(&r, clock);
	return err ? EXIT_NO : EXIT_YES;
}

int cmd_now(int argc, char **argv)
{
	static const struct option own[] = {
		{ "clock", required_argument, NULL, 'c' },
		{ "compare", no_argument, NULL, CLI_OWN },
		{ NULL, 0, NULL, 0 }
	};
	struct cli cli = { .usage = usage, .shorts = "c:" };
	int clock = RADCLOCK_CLOCK_ABSOLUTE;
	bool compare = false;
	struct radclock *rc;
	int c, err;

	while ((c = cli_getopt(&cli, argc, argv, own)) != -1) {
		if (c == 'c') {
			clock = radclock_clock_from_name(optarg);
			if (clock < 0)
				return cli_usage_error(&cli, "there is no clock '%s'", optarg);
		} else {
			compare = true;
		}
	}
	if (cli_no_operands(&cli, argc, argv))
		return EXIT_USAGE;
	err = cli_open(&cli, &rc);
	if (err)
		return err;
	if (compare)
		err = compare_clocks(&cli, rc, (unsigned int)clock);
	else
		err = now(rc, &cli, (unsigned int)clock);
	radclock_close(rc);
	return err;
}
