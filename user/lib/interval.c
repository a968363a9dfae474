// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Spans and intervals: answers that carry their error.
 */
#include <errno.h>
#include <string.h>

#include "page.h"

/*
 * By the absolute clock's line the span is wrong by no more than its rate's
 * error; the difference clock may have another rate, and had one before, so it
 * is wrong by what they disagree about on top.
 */
static u64 difference_error(const struct radclock_params *p, s64 span,
			    struct rad_time by_diff)
{
	u64 length = span < 0 ? -(u64)span : (u64)span;
	struct rad_time by_abs = rad_time_from_raw(
		rad_ticks_to_raw(span, p->absolute.period, p->period_shift));

	return rad_add_sat(rad_span_ns(length, p->maxerror_rate, p->period_shift),
			   rad_gap_ns(by_diff, by_abs));
}

int radclock_difference(struct radclock *rc, uint64_t from, uint64_t to,
			struct radclock_duration *d)
{
	s64 span = rad_counter_diff(to, from);
	struct radclock_params p;
	struct rad_reading a, b;
	struct rad_time t;
	int err;

	memset(d, 0, sizeof(*d));
	err = radclock_get_params(rc, &p);
	if (err)
		return err;

	rad_read(&p, RADCLOCK_CLOCK_DIFF, from, &a);
	rad_read(&p, RADCLOCK_CLOCK_DIFF, to, &b);
	t = rad_time_sub(b.time, a.time);
	d->time.sec = t.sec;
	d->time.frac = t.frac;
	d->disruption_marker = p.disruption_marker;
	d->status = span < 0 ? a.status : b.status;
	if (a.maxerror_ns == RADCLOCK_UNBOUNDED ||
	    b.maxerror_ns == RADCLOCK_UNBOUNDED)
		d->maxerror_ns = RADCLOCK_UNBOUNDED;
	else
		d->maxerror_ns = difference_error(&p, span, t);
	return 0;
}

/* @ts - @ns */
static struct timespec earlier(struct timespec ts, u64 ns)
{
	ts.tv_sec -= (time_t)(ns / RADCLOCK_NSEC);
	ts.tv_nsec -= (long)(ns % RADCLOCK_NSEC);
	if (ts.tv_nsec < 0) {
		ts.tv_nsec += (long)RADCLOCK_NSEC;
		ts.tv_sec--;
	}
	return ts;
}

/* @ts + @ns */
static struct timespec later(struct timespec ts, u64 ns)
{
	ts.tv_sec += (time_t)(ns / RADCLOCK_NSEC);
	ts.tv_nsec += (long)(ns % RADCLOCK_NSEC);
	if (ts.tv_nsec >= (long)RADCLOCK_NSEC) {
		ts.tv_nsec -= (long)RADCLOCK_NSEC;
		ts.tv_sec++;
	}
	return ts;
}

static int to_interval(int err, const struct radclock_reading *r,
		       struct radclock_interval *iv)
{
	struct timespec mid;

	memset(iv, 0, sizeof(*iv));
	iv->status = r->status;
	if (err)
		return err;
	mid = radclock_timespec(r->time);
	iv->earliest = earlier(mid, r->maxerror_ns);
	/* mid was rounded down */
	iv->latest = later(mid, rad_add_sat(r->maxerror_ns, 1));
	return 0;
}

int radclock_now(struct radclock *rc, struct radclock_interval *iv)
{
	struct radclock_reading r;
	int err = radclock_read(rc, RADCLOCK_CLOCK_ABSOLUTE, &r);

	return to_interval(err, &r, iv);
}

int radclock_interval_at(struct radclock *rc, uint64_t counter,
			 struct radclock_interval *iv)
{
	struct radclock_reading r;
	int err = radclock_read_at(rc, RADCLOCK_CLOCK_ABSOLUTE, counter, &r);

	return to_interval(err, &r, iv);
}

static bool less(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec ||
	       (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

int radclock_after(struct radclock *rc, const struct timespec *ts)
{
	struct radclock_interval iv;
	int err = radclock_now(rc, &iv);

	return err ?: less(ts, &iv.earliest);
}

int radclock_before(struct radclock *rc, const struct timespec *ts)
{
	struct radclock_interval iv;
	int err = radclock_now(rc, &iv);

	return err ?: less(&iv.latest, ts);
}
