// SPDX-License-Identifier: GPL-2.0-only
/*
 * radclock bench: what a reading costs, beside the vDSO's clock_gettime().
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli.h"

/* short batches in turn: what disturbs one disturbs its neighbours, too */
#define BATCH	1000

static const char usage[] =
	"usage: radclock bench [OPTION]...\n\n"
	"Measures what a reading costs, in ns (best and median batch), and as a ratio\n"
	"to clock_gettime(CLOCK_REALTIME) in the same run.\n\n"
	"  -n, --count N      batches of 1000 readings of each kind (default 1000)\n"
	CLI_COMMON_HELP;

struct bench {
	struct radclock *rc;
	struct radclock *by_syscall;
	int clockid;
	struct timespec ts;
	struct radclock_reading r;
	struct radclock_interval iv;
	uint64_t counter;
};

static int realtime(struct bench *b)
{
	return clock_gettime(CLOCK_REALTIME, &b->ts);
}

static int raw(struct bench *b)
{
	return clock_gettime(CLOCK_MONOTONIC_RAW, &b->ts);
}

static int counter(struct bench *b)
{
	return radclock_counter(b->rc, &b->counter);
}

static int absolute(struct bench *b)
{
	return radclock_gettime(b->rc, RADCLOCK_CLOCK_ABSOLUTE, &b->ts);
}

static int mono(struct bench *b)
{
	return radclock_gettime(b->rc, RADCLOCK_CLOCK_MONO, &b->ts);
}

static int diff(struct bench *b)
{
	return radclock_gettime(b->rc, RADCLOCK_CLOCK_DIFF, &b->ts);
}

static int reading(struct bench *b)
{
	return radclock_read(b->rc, RADCLOCK_CLOCK_ABSOLUTE, &b->r);
}

static int interval(struct bench *b)
{
	return radclock_now(b->rc, &b->iv);
}

static int device(struct bench *b)
{
	return clock_gettime(b->clockid, &b->ts) ? -errno : 0;
}

static int by_ioctl(struct bench *b)
{
	return radclock_read(b->by_syscall, RADCLOCK_CLOCK_ABSOLUTE, &b->r);
}

static const struct {
	const char *name;
	int (*call)(struct bench *b);
	bool needs_module;
} kinds[] = {
	{ "clock_gettime(CLOCK_REALTIME)", realtime, false },
	{ "clock_gettime(CLOCK_MONOTONIC_RAW)", raw, false },
	{ "radclock_counter", counter, false },
	{ "radclock_gettime(absolute)", absolute, false },
	{ "radclock_gettime(mono)", mono, false },
	{ "radclock_gettime(diff)", diff, false },
	{ "radclock_read", reading, false },
	{ "radclock_now", interval, false },
	{ "clock_gettime(/dev/radclock)", device, true },
	{ "ioctl(/dev/radclock)", by_ioctl, true },
};

#define KINDS	(sizeof(kinds) / sizeof(kinds[0]))

struct cost {
	double *ns;	/* per call, of each batch */
	int err;
};

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static int one_batch(struct bench *b, int (*call)(struct bench *b), double *ns)
{
	double start = seconds();
	int i, err;

	for (i = 0; i < BATCH; i++) {
		err = call(b);
		if (err)
			return err;
	}
	*ns = (seconds() - start) * 1e9 / BATCH;
	return 0;
}

static int compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(struct bench *b, struct cost *cost, long batches)
{
	bool module = radclock_has_module(b->rc);
	size_t k;
	long n;

	for (n = 0; n < batches; n++)
		for (k = 0; k < KINDS; k++) {
			if (kinds[k].needs_module && !module)
				cost[k].err = -EOPNOTSUPP;
			if (!cost[k].err)
				cost[k].err = one_batch(b, kinds[k].call,
							&cost[k].ns[n]);
		}
	for (k = 0; k < KINDS; k++)
		if (!cost[k].err)
			qsort(cost[k].ns, (size_t)batches, sizeof(double),
			      compare_double);
}

static void print_text(const struct cost *cost, long batches)
{
	double base = cost[0].ns[batches / 2];
	size_t k;

	printf("%-36s %10s %10s %8s\n", "", "best", "median", "ratio");
	for (k = 0; k < KINDS; k++) {
		if (cost[k].err)
			printf("%-36s %s\n", kinds[k].name,
			       radclock_strerror(cost[k].err));
		else
			printf("%-36s %7.1f ns %7.1f ns %8.2f\n", kinds[k].name,
			       cost[k].ns[0], cost[k].ns[batches / 2],
			       cost[k].ns[batches / 2] / base);
	}
}

static void print_json(const struct cost *cost, long batches)
{
	struct json_object *list = json_object_new_array();
	struct json_object *top = json_object_new_object();
	double base = cost[0].ns[batches / 2];
	size_t k;

	for (k = 0; k < KINDS; k++) {
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "name", json_object_new_string(kinds[k].name));
		if (cost[k].err) {
			json_object_object_add(o, "error", json_object_new_string(
				radclock_strerror(cost[k].err)));
		} else {
			json_object_object_add(o, "best_ns",
				json_object_new_double(cost[k].ns[0]));
			json_object_object_add(o, "median_ns",
				json_object_new_double(cost[k].ns[batches / 2]));
			json_object_object_add(o, "ratio",
				json_object_new_double(cost[k].ns[batches / 2] / base));
		}
		json_object_array_add(list, o);
	}
	json_object_object_add(top, "readings", list);
	cli_print_json(top);
}

static int bench(struct bench *b, const struct cli *cli, long batches)
{
	struct cost cost[KINDS] = { 0 };
	size_t k;
	int err = 0;

	for (k = 0; k < KINDS; k++) {
		cost[k].ns = calloc((size_t)batches, sizeof(double));
		if (!cost[k].ns)
			err = -ENOMEM;
	}
	if (!err) {
		measure(b, cost, batches);
		if (cli->json)
			print_json(cost, batches);
		else
			print_text(cost, batches);
	}
	for (k = 0; k < KINDS; k++)
		free(cost[k].ns);
	return err ? cli_error(err, "bench") : EXIT_YES;
}

int cmd_bench(int argc, char **argv)
{
	static const struct option own[] = {
		{ "count", required_argument, NULL, 'n' },
		{ NULL, 0, NULL, 0 }
	};
	struct cli cli = { .usage = usage, .shorts = "n:" };
	struct bench b = { 0 };
	long batches = 1000;
	int err;

	while (cli_getopt(&cli, argc, argv, own) != -1)
		batches = (long)cli_number(&cli, "--count", optarg, 1, 1e6);
	if (cli_no_operands(&cli, argc, argv))
		return EXIT_USAGE;
	err = cli_open(&cli, &b.rc);
	if (err)
		return err;
	if (radclock_has_module(b.rc)) {
		err = radclock_open(&b.by_syscall, cli.device, RADCLOCK_OPEN_SYSCALL);
		err = err ?: radclock_clockid(b.rc, RADCLOCK_CLOCK_ABSOLUTE, &b.clockid);
	}
	err = err ? cli_error(err, "bench") : bench(&b, &cli, batches);
	radclock_close(b.by_syscall);
	radclock_close(b.rc);
	return err;
}
