// SPDX-License-Identifier: GPL-2.0-only
/*
 * Collect what there is to know about the clock.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "facts.h"

/* without the module: the system clock between two readings of the counter */
static int cross_in_user_space(struct radclock *rc, struct facts *f)
{
	uint64_t before, after, best = UINT64_MAX;
	struct radclock_duration width;
	struct timespec ts;
	int tries, err = 0;

	for (tries = 0; tries < 5; tries++) {
		err = radclock_counter(rc, &before);
		clock_gettime(CLOCK_REALTIME, &ts);
		err = err ?: radclock_counter(rc, &after);
		if (err)
			return err;
		if (after - before >= best)
			continue;
		best = after - before;
		f->reading.counter = before + best / 2;
		f->realtime_ns = (int64_t)ts.tv_sec * (int64_t)RADCLOCK_NSEC +
			ts.tv_nsec;
	}
	err = radclock_difference(rc, 0, best, &width);
	if (err)
		return err;
	f->cross_error_ns = rad_frac_to_ns(width.time.frac) / 2 + 1;
	return radclock_read_at(rc, RADCLOCK_CLOCK_ABSOLUTE, f->reading.counter,
				&f->reading);
}

static int cross_in_kernel(struct radclock *rc, struct facts *f)
{
	struct radclock_cross x;
	int err = radclock_read_cross(rc, RADCLOCK_CLOCK_ABSOLUTE, &x);

	f->reading = x.reading;
	f->realtime_ns = x.realtime_ns;
	f->cross_error_ns = rad_span_ns(x.uncertainty, f->params.absolute.period,
					f->params.period_shift);
	return err;
}

int facts_get(struct radclock *rc, struct facts *f)
{
	int err;

	memset(f, 0, sizeof(*f));
	err = radclock_get_info(rc, &f->info);
	if (err)
		return err;
	if (radclock_has_module(rc)) {
		err = radclock_get_host(rc, &f->host);
		if (err)
			return err;
	}
	err = radclock_get_params(rc, &f->params);
	if (err)
		return err;
	if (radclock_has_module(rc))
		err = cross_in_kernel(rc, f);
	else
		err = cross_in_user_space(rc, f);
	f->readable = !err;
	return err == -ENODATA ? 0 : err;
}

static double scale(const struct facts *f, uint64_t value)
{
	return ldexp((double)value, -64 - f->params.period_shift);
}

double facts_period(const struct facts *f)
{
	return scale(f, f->params.absolute.period);
}

double facts_hz(const struct facts *f)
{
	return f->params.absolute.period ? 1 / facts_period(f) : 0;
}

double facts_rate_error(const struct facts *f)
{
	return scale(f, f->params.maxerror_rate) * facts_hz(f);
}

double facts_until(const struct facts *f, uint64_t counter)
{
	return (double)rad_counter_diff(counter, f->reading.counter) *
		facts_period(f);
}

double facts_age(const struct facts *f)
{
	return -facts_until(f, f->params.absolute.counter);
}

double facts_host_age(const struct facts *f)
{
	return (double)rad_counter_diff(f->host.counter_now, f->host.counter) *
		facts_period(f);
}

int64_t facts_system_offset(const struct facts *f)
{
	struct rad_time t = { f->reading.time.sec, f->reading.time.frac };

	return f->realtime_ns - rad_time_to_ns(t);
}
