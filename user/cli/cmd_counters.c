// SPDX-License-Identifier: GPL-2.0-only
/*
 * radclock counters: what counters there are, and how fast they really run.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "fixed.h"

#define MAX_COUNTERS	16
#define ROUNDS		8

static const char usage[] =
	"usage: radclock counters [OPTION]...\n\n"
	"Lists the counters of this machine. The one that drives the clock is marked\n"
	"with a star. Rates are measured against radclock, or against the kernel's raw\n"
	"clock while radclock is not synchronized.\n\n"
	"  -i, --interval S   measure for this long (default 1)\n"
	"  -s, --select NAME  let this counter drive the clock, and leave; needs\n"
	"                     CAP_SYS_TIME; the clock starts anew\n"
	CLI_COMMON_HELP;

/* every counter at the same two moments, and the time between them */
struct rates {
	struct radclock_counter_info list[MAX_COUNTERS];
	int n;
	uint32_t base;			/* the counter that drives the clock */
	uint64_t ticks[MAX_COUNTERS];	/* of @list[i] while ... */
	uint64_t base_ticks[MAX_COUNTERS]; /* ... the base went so far */
	double base_hz;
	double base_error;		/* relative */
	bool by_radclock;
};

static int index_of(const struct rates *r, uint32_t id)
{
	int i;

	for (i = 0; i < r->n; i++)
		if (r->list[i].id == id)
			return i;
	return -1;
}

/*
 * Each counter stands between two readings of the base counter: the tightest
 * of the rounds counts. @base[i] is the middle.
 */
static int side_by_side(struct radclock *rc, const struct rates *r,
			uint64_t *value, uint64_t *base)
{
	struct radclock_counter_reading got[MAX_COUNTERS * ROUNDS];
	uint64_t best[MAX_COUNTERS];
	int n, i, k, last = -1;

	n = radclock_read_counters(rc, ROUNDS, RADCLOCK_COUNTER_ID_NONE, got,
				   MAX_COUNTERS * ROUNDS);
	if (n < 0)
		return n;
	if (n > MAX_COUNTERS * ROUNDS)
		n = MAX_COUNTERS * ROUNDS;
	memset(best, 0xff, sizeof(best));
	for (i = 0; i < n; i++) {
		if (got[i].counter_id != r->base)
			continue;
		for (k = last + 1; last >= 0 && k < i; k++) {
			int at = index_of(r, got[k].counter_id);
			uint64_t width = got[i].counter - got[last].counter;

			if (at < 0 || width >= best[at])
				continue;
			best[at] = width;
			value[at] = got[k].counter;
			base[at] = got[last].counter + width / 2;
		}
		last = i;
	}
	return 0;
}

static int base_rate(struct radclock *rc, const struct radclock_cross *a,
		     const struct radclock_cross *b, struct rates *r)
{
	double ticks = (double)(b->reading.counter - a->reading.counter);
	struct radclock_duration d;
	int err;

	err = radclock_difference(rc, a->reading.counter, b->reading.counter, &d);
	if (err)
		return err;
	if (a->reading.disruption_marker != d.disruption_marker)
		return -ESTALE;
	r->by_radclock = d.maxerror_ns != RADCLOCK_UNBOUNDED;
	if (r->by_radclock) {
		double s = (double)d.time.sec + ldexp((double)d.time.frac, -64);

		r->base_hz = ticks / s;
		r->base_error = (double)d.maxerror_ns * 1e-9 / s;
	} else {
		r->base_hz = ticks / ((double)(b->raw_ns - a->raw_ns) * 1e-9);
		r->base_error = NAN;
	}
	return 0;
}

/* reading and answer -ENODATA alike: the time is not what is wanted here */
static int cross(struct radclock *rc, struct radclock_cross *x)
{
	int err = radclock_read_cross(rc, RADCLOCK_CLOCK_DIFF, x);

	return err == -ENODATA ? 0 : err;
}

static int measure(struct radclock *rc, double interval, struct rates *r)
{
	uint64_t v0[MAX_COUNTERS] = { 0 }, v1[MAX_COUNTERS] = { 0 };
	uint64_t b0[MAX_COUNTERS] = { 0 }, b1[MAX_COUNTERS] = { 0 };
	const struct timespec wait = {
		(time_t)interval, (long)(fmod(interval, 1) * 1e9),
	};
	struct radclock_cross x0, x1;
	int err, i;

	err = cross(rc, &x0);
	err = err ?: side_by_side(rc, r, v0, b0);
	if (err)
		return err;
	nanosleep(&wait, NULL);
	err = side_by_side(rc, r, v1, b1);
	err = err ?: cross(rc, &x1);
	err = err ?: base_rate(rc, &x0, &x1, r);
	if (err)
		return err;
	for (i = 0; i < r->n; i++) {
		r->ticks[i] = v1[i] - v0[i];
		r->base_ticks[i] = b1[i] - b0[i];
	}
	return 0;
}

static double measured_hz(const struct rates *r, int i)
{
	if (r->list[i].id == r->base)
		return r->base_hz;
	if (!r->base_ticks[i])
		return 0;
	return (double)r->ticks[i] / (double)r->base_ticks[i] * r->base_hz;
}

static double ppm(double hz, uint64_t nominal)
{
	return nominal ? (hz / (double)nominal - 1) * 1e6 : 0;
}

static void print_text(const struct rates *r)
{
	char nominal[32], measured[32], flags[48];
	int i;

	printf("  %-14s %5s %18s %18s %11s  %-12s %s\n", "counter", "bits",
	       "nominal", "measured", "ppm", "flags", "value");
	for (i = 0; i < r->n; i++) {
		const struct radclock_counter_info *c = &r->list[i];
		double hz = measured_hz(r, i);

		printf("%c %-14s %5u %18s", c->selected ? '*' : ' ', c->name,
		       c->width, fmt_hz(nominal, sizeof(nominal), (double)c->hz));
		if (hz > 0)
			printf(" %18s %+11.4f", fmt_hz(measured, sizeof(measured), hz),
			       ppm(hz, c->hz));
		else
			printf(" %18s %11s", "-", "-");
		printf("  %-12s %" PRIu64 "\n",
		       fmt_flags(flags, sizeof(flags), c->flags), c->counter);
	}
	if (r->by_radclock)
		printf("measured by radclock (rate of * good to %.4f ppm)\n",
		       r->base_error * 1e6);
	else if (r->base_hz > 0)
		puts("measured by the kernel's raw clock (radclock is not synchronized)");
}

static void print_json(const struct rates *r)
{
	struct json_object *list = json_object_new_array();
	struct json_object *top = json_object_new_object();
	char flags[48];
	int i;

	for (i = 0; i < r->n; i++) {
		const struct radclock_counter_info *c = &r->list[i];
		struct json_object *o = json_object_new_object();
		double hz = measured_hz(r, i);

		json_object_object_add(o, "name", json_object_new_string(c->name));
		json_object_object_add(o, "selected",
			json_object_new_boolean(c->selected));
		json_object_object_add(o, "width", json_object_new_int((int)c->width));
		json_object_object_add(o, "hz", json_object_new_uint64(c->hz));
		if (hz > 0) {
			json_object_object_add(o, "measured_hz",
				json_object_new_double(hz));
			json_object_object_add(o, "ppm",
				json_object_new_double(ppm(hz, c->hz)));
		}
		json_object_object_add(o, "flags", json_object_new_string(
			fmt_flags(flags, sizeof(flags), c->flags)));
		json_object_object_add(o, "value", json_object_new_uint64(c->counter));
		json_object_array_add(list, o);
	}
	json_object_object_add(top, "counters", list);
	json_object_object_add(top, "measured_by", json_object_new_string(
		r->by_radclock ? "radclock" : "monotonic_raw"));
	cli_print_json(top);
}

static int list_counters(struct radclock *rc, const struct cli *cli, double interval)
{
	struct rates r = { 0 };
	int err, i;

	r.n = radclock_list_counters(rc, r.list, MAX_COUNTERS);
	if (r.n < 0)
		return cli_error(r.n, "counters");
	if (r.n > MAX_COUNTERS)
		r.n = MAX_COUNTERS;
	for (i = 0; i < r.n; i++)
		if (r.list[i].selected)
			r.base = r.list[i].id;
	/* without the module there is one counter, and nothing to set it beside */
	if (radclock_has_module(rc)) {
		err = measure(rc, interval, &r);
		if (err)
			return cli_error(err, "measuring the counters");
	}
	if (cli->json)
		print_json(&r);
	else
		print_text(&r);
	return EXIT_YES;
}

static int select_counter(struct radclock *rc, const char *name)
{
	char why[160];
	int err = radclock_select_counter(rc, name, why, sizeof(why));

	if (!err)
		return EXIT_YES;
	if (!why[0])
		return cli_error(err, "selecting %s", name);
	fprintf(stderr, "radclock: selecting %s: %s\n", name, why);
	return EXIT_NO;
}

int cmd_counters(int argc, char **argv)
{
	static const struct option own[] = {
		{ "interval", required_argument, NULL, 'i' },
		{ "select", required_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 }
	};
	struct cli cli = { .usage = usage, .shorts = "i:s:" };
	const char *selected = NULL;
	struct radclock *rc;
	double interval = 1;
	int c, err;

	while ((c = cli_getopt(&cli, argc, argv, own)) != -1) {
		if (c == 'i')
			interval = cli_number(&cli, "--interval", optarg, 0.001, 86400);
		else
			selected = optarg;
	}
	if (cli_no_operands(&cli, argc, argv))
		return EXIT_USAGE;
	err = cli_open(&cli, &rc);
	if (err)
		return err;
	if (selected)
		err = select_counter(rc, selected);
	else
		err = list_counters(rc, &cli, interval);
	radclock_close(rc);
	return err;
}
