// SPDX-License-Identifier: GPL-2.0-only
/*
 * radclock watch: the clock, live.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "facts.h"

static const char usage[] =
	"usage: radclock watch [OPTION]...\n\n"
	"Shows the state of the clock each second and whenever it changes: a screen on\n"
	"a terminal, else a line each time. End it with Ctrl-C.\n\n"
	"  -i, --interval S   look this often (default 1)\n"
	"  -n, --count N      end after N times\n"
	"  -l, --lines        lines on a terminal, too\n"
	CLI_COMMON_HELP;

struct watch {
	struct cli cli;
	double interval;
	long count;
	bool screen;
};

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	stop = 1;
}

static void print_line(const struct facts *f, bool first)
{
	char utc[64], bound[32], offset[32], age[32];

	if (first)
		printf("%-30s %-14s %12s %14s %9s %8s\n", "UTC", "status", "bound",
		       "system clock", "age", "updates");
	if (!f->readable) {
		printf("%-30s %-14s %12s %14s %9s %8" PRIu64 "\n", "-",
		       fmt_status(f->reading.status), "-", "-", "-", f->info.updates);
		return;
	}
	printf("%-30s %-14s %12s %14s %9s %8" PRIu64 "\n",
	       fmt_utc(utc, sizeof(utc), f->reading.time),
	       fmt_status(f->reading.status),
	       fmt_ns(bound, sizeof(bound), f->reading.maxerror_ns),
	       fmt_signed_ns(offset, sizeof(offset), facts_system_offset(f)),
	       fmt_span(age, sizeof(age), facts_age(f)), f->info.updates);
}

static void show(const struct watch *w, const struct facts *f, bool first)
{
	if (w->cli.json) {
		struct json_object *o = facts_json(f);

		/* one object a line, so that a reader need not wait for the end */
		puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(o);
	} else if (w->screen) {
		fputs("\033[H\033[J", stdout);
		facts_print(f, stdout);
	} else {
		print_line(f, first);
	}
	fflush(stdout);
}

/* until the next look is due, or something changed */
static int pause_for(struct radclock_updates *updates, double seconds)
{
	struct pollfd p = { .fd = -1, .events = POLLIN };
	struct radclock_info info;
	int got = 0;

	if (updates)
		p.fd = radclock_updates_fd(updates);
	if (poll(&p, 1, (int)(seconds * 1000)) > 0)
		while ((got = radclock_updates_next(updates, &info)) > 0)
			;
	return got == -ENODEV ? got : 0;
}

static int watch(const struct watch *w, struct radclock *rc,
		 struct radclock_updates *updates)
{
	struct facts f;
	long n;
	int err;

	for (n = 0; !stop && (!w->count || n < w->count); n++) {
		if (n) {
			err = pause_for(updates, w->interval);
			if (err)
				return cli_error(err, "watch");
			if (stop)
				break;
		}
		err = facts_get(rc, &f);
		if (err)
			return cli_error(err, "watch");
		show(w, &f, n == 0);
	}
	return EXIT_YES;
}

int cmd_watch(int argc, char **argv)
{
	static const struct option own[] = {
		{ "interval", required_argument, NULL, 'i' },
		{ "count", required_argument, NULL, 'n' },
		{ "lines", no_argument, NULL, 'l' },
		{ NULL, 0, NULL, 0 }
	};
	struct watch w = {
		.cli = { .usage = usage, .shorts = "i:n:l" },
		.interval = 1,
		.screen = isatty(STDOUT_FILENO),
	};
	const struct sigaction on_end = { .sa_handler = on_signal };
	struct radclock_updates *updates;
	struct radclock *rc;
	int c, err;

	while ((c = cli_getopt(&w.cli, argc, argv, own)) != -1) {
		if (c == 'i')
			w.interval = cli_number(&w.cli, "--interval", optarg, 0.01, 86400);
		else if (c == 'n')
			w.count = (long)cli_number(&w.cli, "--count", optarg, 1, 1e9);
		else
			w.screen = false;
	}
	if (cli_no_operands(&w.cli, argc, argv))
		return EXIT_USAGE;
	err = cli_open(&w.cli, &rc);
	if (err)
		return err;
	/* without the module only by looking */
	if (radclock_updates_open(rc, &updates))
		updates = NULL;
	sigaction(SIGINT, &on_end, NULL);
	sigaction(SIGTERM, &on_end, NULL);

	err = watch(&w, rc, updates);
	radclock_updates_close(updates);
	radclock_close(rc);
	return err;
}
