// SPDX-License-Identifier: GPL-2.0-only
/* Without the module: CLOCK_MONOTONIC_RAW is the counter, in ns. */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "clock_page.h"
#include "clock_steer.h"
#include "log.h"
#include "loop.h"

/* stamps are converted within milliseconds; older ones: the clock was set */
#define STAMP_MAX_AGE_NS	NSEC_PER_SEC
#define BRACKETS		3

static const struct config *config;
static struct clock_era era = { .counter_id = RADCLOCK_COUNTER_ID_MONOTONIC_RAW };
static s64 suspended;

static s64 now_ns(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts))
		return 0;
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

/* both clocks at one moment, within the width returned: the tightest of a few brackets */
static s64 read_both(clockid_t a, clockid_t b, s64 *at_a, s64 *at_b)
{
	s64 width = -1;
	int i;

	for (i = 0; i < BRACKETS; i++) {
		s64 before = now_ns(a);
		s64 inner = now_ns(b);
		s64 after = now_ns(a);

		if (width < 0 || after - before < width) {
			width = after - before;
			*at_a = before + width / 2;
			*at_b = inner;
		}
	}
	return width;
}

/* how long the counter stood still while the machine slept */
static s64 suspended_ns(void)
{
	s64 mono = 0, boot = 0;

	read_both(CLOCK_MONOTONIC, CLOCK_BOOTTIME, &mono, &boot);
	return boot - mono;
}

static int raw_read(struct clock_value *v)
{
	s64 s = suspended_ns();

	if (s - suspended > CLOCK_SLEEP_MIN_NS) {
		log_warn("the machine was suspended for %.1f s: starting anew",
			 (s - suspended) / 1e9);
		era.marker = page_disrupted(s);
		suspended = s;
	}
	v->counter = now_ns(CLOCK_MONOTONIC_RAW);
	v->era = era;
	return 0;
}

static double raw_hz(void)
{
	return 1e9;
}

/*
 * Between the stamp and now both clocks differ by less than the steering of
 * CLOCK_REALTIME over that time: a nanosecond or so.
 */
static bool raw_at_realtime(const struct timespec *ts, struct clock_value *v)
{
	s64 best = 0, at = 0, age;
	s64 width = read_both(CLOCK_MONOTONIC_RAW, CLOCK_REALTIME, &best, &at);

	age = at - (ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec);
	if (age < -width || age > STAMP_MAX_AGE_NS)
		return false;
	v->counter = best - age;
	v->era = era;
	return true;
}

static int raw_publish(const struct rad_estimate *est, const struct clock_era *of,
		       const char *source)
{
	if (!clock_same_era(of, &era))
		return -ESTALE;
	page_publish(est);
	if (config->steer_realtime)
		steer_update(est);
	return 0;
}

static int raw_open(const struct config *c)
{
	int r;

	config = c;
	suspended = suspended_ns();
	if (c->page_file[0]) {
		r = page_open(c->page_file, now_ns(CLOCK_MONOTONIC_RAW), suspended,
			      &era.marker);
		if (r) {
			log_error("cannot write the page %s: %s", c->page_file, strerror(-r));
			if (!c->steer_realtime)
				return r;
		}
	}
	if (c->steer_realtime) {
		r = steer_open(c);
		if (r) {
			log_error("cannot steer CLOCK_REALTIME: %s", strerror(-r));
			return r;
		}
	}
	return 0;
}

static void raw_close(void)
{
	if (config->steer_realtime)
		steer_close();
	page_close();
}

static void raw_reconfigure(const struct config *c)
{
	config = c;
	if (c->steer_realtime)
		steer_reconfigure(c);
}

const struct clock_ops clock_raw = {
	.open = raw_open,
	.close = raw_close,
	.read = raw_read,
	.hz = raw_hz,
	.at_realtime = raw_at_realtime,
	.in_force = page_in_force,
	.publish = raw_publish,
	.reconfigure = raw_reconfigure,
};
