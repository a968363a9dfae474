// SPDX-License-Identifier: GPL-2.0-only
/*
 * radclock now --compare: the system clock and every way to read radclock, at
 * one counter value.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "compare.h"
#include "fixed.h"

#define TRIES	20

/**
 * struct comparison - all at @counter, ns since the clock's start
 * @counter: the value that clock_gettime() used
 * @by_gettime: clock_gettime() on the device
 * @by_ioctl: the kernel, asked for this value
 * @by_page: this process, from the page
 * @realtime: CLOCK_REALTIME: read some ticks later, put back to here
 * @reading: bound and status
 */
struct comparison {
	uint64_t counter;
	int64_t by_gettime;
	int64_t by_ioctl;
	int64_t by_page;
	int64_t realtime;
	struct radclock_reading reading;
};

static int64_t to_ns(struct radclock_time t)
{
	struct rad_time v = { t.sec, t.frac };

	return rad_time_to_ns(v);
}

/* the system clock at @c->counter, from a reading of both a moment later */
static int realtime_at(struct radclock *rc, unsigned int clock,
		       struct comparison *c)
{
	struct radclock_duration d;
	struct radclock_cross x;
	int err;

	err = radclock_read_cross(rc, clock, &x);
	if (err)
		return err;
	err = radclock_difference(rc, c->counter, x.reading.counter, &d);
	c->realtime = x.realtime_ns - to_ns(d.time);
	return err;
}

static int compare_once(struct radclock *rc, struct radclock *by_syscall,
			unsigned int clock, struct comparison *c)
{
	struct radclock_params before, after;
	struct radclock_reading r;
	struct timespec ts;
	int err, id;

	err = radclock_clockid(rc, clock, &id);
	if (err)
		return err;
	err = radclock_get_params(rc, &before);
	if (err)
		return err;
	if (clock_gettime(id, &ts))
		return -errno;
	err = radclock_last_counter(rc, clock, &c->counter);
	if (err)
		return err;	/* -EAGAIN when moved to another CPU */
	err = realtime_at(rc, clock, c);
	err = err ?: radclock_read_at(rc, clock, c->counter, &c->reading);
	err = err ?: radclock_read_at(by_syscall, clock, c->counter, &r);
	err = err ?: radclock_get_params(rc, &after);
	if (err)
		return err;
	if (before.generation != after.generation)
		return -EAGAIN;	/* a new estimate in between */

	c->by_gettime = (int64_t)ts.tv_sec * (int64_t)RADCLOCK_NSEC + ts.tv_nsec;
	c->by_page = to_ns(c->reading.time);
	c->by_ioctl = to_ns(r.time);
	return 0;
}

static int64_t spread(const struct comparison *c)
{
	int64_t v[] = { c->by_gettime, c->by_ioctl, c->by_page };
	int64_t min = v[0], max = v[0];
	int i;

	for (i = 1; i < 3; i++) {
		if (v[i] < min)
			min = v[i];
		if (v[i] > max)
			max = v[i];
	}
	return max - min;
}

static void print_json(const struct comparison *c, unsigned int clock)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "clock",
		json_object_new_string(radclock_clock_name(clock)));
	json_object_object_add(o, "status",
		json_object_new_string(fmt_status(c->reading.status)));
	json_object_object_add(o, "counter", json_object_new_uint64(c->counter));
	json_object_object_add(o, "realtime_ns",
		json_object_new_int64(c->realtime));
	json_object_object_add(o, "clock_gettime_ns",
		json_object_new_int64(c->by_gettime));
	json_object_object_add(o, "ioctl_ns", json_object_new_int64(c->by_ioctl));
	json_object_object_add(o, "page_ns", json_object_new_int64(c->by_page));
	json_object_object_add(o, "spread_ns", json_object_new_int64(spread(c)));
	if (clock != RADCLOCK_CLOCK_DIFF) {
		json_object_object_add(o, "offset_ns",
			json_object_new_int64(c->by_page - c->realtime));
		json_object_object_add(o, "error_bound_ns",
			json_object_new_uint64(c->reading.maxerror_ns));
	}
	cli_print_json(o);
}

static void print_ns(const char *name, int64_t ns)
{
	printf(" %s %" PRIi64 ".%09" PRIi64, name, ns / 1000000000,
	       ns < 0 ? -ns % 1000000000 : ns % 1000000000);
}

static void print_text(const struct comparison *c, unsigned int clock)
{
	char bound[64];

	printf("counter %" PRIu64 ":", c->counter);
	print_ns("realtime", c->realtime);
	print_ns("clock_gettime", c->by_gettime);
	print_ns("ioctl", c->by_ioctl);
	print_ns("page", c->by_page);
	printf("; radclock's three differ by %" PRIi64 " ns", spread(c));
	if (clock != RADCLOCK_CLOCK_DIFF)
		printf(", radclock - realtime %+" PRIi64 " ns (bound %s, %s)",
		       c->by_page - c->realtime,
		       fmt_ns(bound, sizeof(bound), c->reading.maxerror_ns),
		       fmt_status(c->reading.status));
	putchar('\n');
}

int compare_clocks(const struct cli *cli, struct radclock *rc,
		   unsigned int clock)
{
	struct radclock *by_syscall;
	struct comparison c = { 0 };
	int err, tries;

	err = radclock_open(&by_syscall, cli->device, RADCLOCK_OPEN_SYSCALL);
	if (err)
		return cli_error(err, "--compare");
	for (tries = 0; tries < TRIES; tries++) {
		err = compare_once(rc, by_syscall, clock, &c);
		if (err != -EAGAIN)
			break;
	}
	radclock_close(by_syscall);
	if (err)
		return cli_error(err, "--compare");
	if (cli->json)
		print_json(&c, clock);
	else
		print_text(&c, clock);
	return spread(&c) > 1 ? EXIT_NO : EXIT_YES;
}
