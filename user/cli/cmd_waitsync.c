// SPDX-License-Identifier: GPL-2.0-only
/*
 * radclock waitsync: come back when the clock is good.
 */
#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

/* between two looks, when nobody tells of an update; bounds grow slowly */
#define LOOK_MS		200

static const char usage[] =
	"usage: radclock waitsync [OPTION]...\n\n"
	"Waits until the clock is synchronized, then leaves with exit status 0; 1 when\n"
	"it did not become so in time. Waits for the module or the daemon's page, too.\n\n"
	"  -t, --timeout S     give up after so many seconds (default: never)\n"
	"  -e, --max-error NS  wait until the error bound is not above this, too\n"
	CLI_COMMON_HELP;

struct wait {
	const struct cli *cli;
	double deadline;	/* CLOCK_MONOTONIC, s */
	uint64_t max_error;
	struct radclock *rc;
	struct radclock_updates *updates;
	struct radclock_reading r;
	int err;
};

static double monotonic(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static void drop(struct wait *w)
{
	radclock_updates_close(w->updates);
	radclock_close(w->rc);
	w->updates = NULL;
	w->rc = NULL;
}

/* is it good now? what is not there yet may come */
static bool look(struct wait *w)
{
	if (!w->rc) {
		w->err = radclock_open(&w->rc, w->cli->device, 0);
		if (w->err)
			return false;
		if (radclock_updates_open(w->rc, &w->updates))
			w->updates = NULL;
	}
	w->err = radclock_read(w->rc, RADCLOCK_CLOCK_ABSOLUTE, &w->r);
	if (w->err == -ENODEV)
		drop(w);
	return !w->err && w->r.status == RADCLOCK_STATUS_SYNCHRONIZED &&
		w->r.maxerror_ns <= w->max_error;
}

static void pause_until_update(struct wait *w, double left)
{
	struct pollfd p = { .fd = -1, .events = POLLIN };
	struct radclock_info info;
	int ms = LOOK_MS;

	if (left * 1000 < ms)
		ms = (int)(left * 1000) + 1;
	if (w->updates)
		p.fd = radclock_updates_fd(w->updates);
	poll(&p, 1, ms);
	while (w->updates && radclock_updates_next(w->updates, &info) > 0)
		;	/* what it says is read anew */
}

static int report(const struct wait *w, bool good, double waited)
{
	char bound[64];

	if (w->cli->json) {
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "synchronized", json_object_new_boolean(good));
		json_object_object_add(o, "waited", json_object_new_double(waited));
		if (w->rc)
			json_object_object_add(o, "status",
				json_object_new_string(fmt_status(w->r.status)));
		if (!w->err && w->rc)
			json_object_object_add(o, "error_bound_ns",
				json_object_new_uint64(w->r.maxerror_ns));
		cli_print_json(o);
	} else if (good) {
		printf("synchronized after %.1f s, error bound %s\n", waited,
		       fmt_ns(bound, sizeof(bound), w->r.maxerror_ns));
	} else if (!w->rc) {
		cli_error(w->err, "gave up after %.1f s", waited);
	} else {
		fprintf(stderr, "radclock: gave up after %.1f s: %s, error bound %s\n",
			waited, fmt_status(w->r.status),
			fmt_ns(bound, sizeof(bound), w->r.maxerror_ns));
	}
	return good ? EXIT_YES : EXIT_NO;
}

/* an error that waiting does not cure */
static bool hopeless(int err)
{
	return err == -EPROTO || err == -EPROTONOSUPPORT || err == -EACCES ||
	       err == -EPERM;
}

int cmd_waitsync(int argc, char **argv)
{
	static const struct option own[] = {
		{ "timeout", required_argument, NULL, 't' },
		{ "max-error", required_argument, NULL, 'e' },
		{ NULL, 0, NULL, 0 }
	};
	struct cli cli = { .usage = usage, .shorts = "t:e:" };
	struct wait w = { .cli = &cli, .max_error = RADCLOCK_UNBOUNDED };
	double start = monotonic();
	bool good;
	int c, err;

	w.deadline = INFINITY;
	while ((c = cli_getopt(&cli, argc, argv, own)) != -1) {
		if (c == 't')
			w.deadline = start + cli_number(&cli, "--timeout", optarg, 0, 1e9);
		else
			w.max_error = (uint64_t)cli_number(&cli, "--max-error", optarg,
							   1, 1e18);
	}
	if (cli_no_operands(&cli, argc, argv))
		return EXIT_USAGE;

	while (!(good = look(&w)) && !hopeless(w.err)) {
		double left = w.deadline - monotonic();

		if (left <= 0)
			break;
		pause_until_update(&w, left);
	}
	err = report(&w, good, monotonic() - start);
	drop(&w);
	return err;
}
