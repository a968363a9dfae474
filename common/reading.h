/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * From a counter value to time: the one function behind clock_gettime, the
 * page and the library.
 */
#ifndef RADCLOCK_READING_H
#define RADCLOCK_READING_H

#include <linux/radclock.h>

#include "fixed.h"

/**
 * struct rad_reading - a clock at one counter value
 * @time: seconds since 1970 (absolute, mono), since an arbitrary start (diff)
 * @maxerror_ns: the true time is within this of @time; ~0 when unbounded
 * @esterror_ns: one sigma
 * @status: enum radclock_status
 */
struct rad_reading {
	struct rad_time time;
	u64 maxerror_ns;
	u64 esterror_ns;
	u8 status;
};

/* a - b of two counter values: right as long as they are 2^63 ticks apart */
static inline s64 rad_counter_diff(u64 a, u64 b)
{
	return (s64)(a - b);
}

static inline bool rad_counter_before(u64 a, u64 b)
{
	return rad_counter_diff(a, b) < 0;
}

static inline struct rad_time rad_line_at(const struct radclock_line *l,
					  u8 shift, u64 counter)
{
	struct rad_time t = { l->sec, l->frac };
	rad_s128 d = rad_ticks_to_raw(rad_counter_diff(counter, l->counter),
				      l->period, shift);

	return rad_time_add(t, rad_time_from_raw(d));
}

/* what the promise of @p is worth at @counter */
static inline u8 rad_status_at(const struct radclock_params *p, u64 counter)
{
	if (p->status != RADCLOCK_STATUS_SYNCHRONIZED &&
	    p->status != RADCLOCK_STATUS_WARMING &&
	    p->status != RADCLOCK_STATUS_HOLDOVER)
		return p->status;
	if (!rad_counter_before(counter, p->void_counter))
		return RADCLOCK_STATUS_UNSYNCHRONIZED;
	if (!rad_counter_before(counter, p->holdover_counter))
		return RADCLOCK_STATUS_HOLDOVER;
	return p->status;
}

/* UTC steps by whole seconds at the leap, at the same tick for everybody */
static inline struct rad_time rad_absolute_at(const struct radclock_params *p,
					      u64 counter)
{
	struct rad_time t = rad_line_at(&p->absolute, p->period_shift, counter);

	if (p->leap_delta && !rad_counter_before(counter, p->leap_counter))
		t.sec -= p->leap_delta;
	return t;
}

static inline struct rad_time rad_diff_at(const struct radclock_params *p,
					  u64 counter)
{
	const struct radclock_line *l = &p->diff;

	if (rad_counter_before(counter, l->counter))
		l = &p->diff_prev;
	return rad_line_at(l, p->period_shift, counter);
}

static inline struct rad_time rad_mono_at(const struct radclock_params *p,
					  u64 counter)
{
	const struct radclock_line *l = &p->mono;

	if (rad_counter_before(counter, l->counter))
		l = &p->mono_prev;
	else if (!rad_counter_before(counter, p->mono_join_counter))
		l = &p->absolute;	/* no leap: this clock never steps */
	return rad_line_at(l, p->period_shift, counter);
}

/**
 * rad_read() - read a clock at a counter value, past or present
 * @p: parameters, a consistent copy
 * @clock: enum radclock_clock
 * @counter: value of the counter that @p is about
 * @r: the reading; written in every case but that of an unknown clock
 *
 * Return: true if @r->time may be used. False: the absolute and the monotonic
 * clock have no estimate, or nothing is promised any more at @counter.
 */
static inline bool rad_read(const struct radclock_params *p, u32 clock,
			    u64 counter, struct rad_reading *r)
{
	s64 age = rad_counter_diff(counter, p->absolute.counter);
	u64 span = age < 0 ? -(u64)age : (u64)age;
	bool valid;

	r->status = rad_status_at(p, counter);
	valid = (p->flags & RADCLOCK_PARAMS_FLAG_ABS_VALID) &&
		r->status != RADCLOCK_STATUS_UNSYNCHRONIZED &&
		r->status != RADCLOCK_STATUS_DISRUPTED;
	if (valid) {
		r->maxerror_ns = rad_add_sat(p->maxerror_ns,
			rad_span_ns(span, p->maxerror_rate, p->period_shift));
		r->esterror_ns = rad_add_sat(p->esterror_ns,
			rad_span_ns(span, p->esterror_rate, p->period_shift));
	} else {
		r->maxerror_ns = ~0ULL;
		r->esterror_ns = ~0ULL;
	}

	switch (clock) {
	case RADCLOCK_CLOCK_ABSOLUTE:
		r->time = rad_absolute_at(p, counter);
		return valid;
	case RADCLOCK_CLOCK_MONO:
		r->time = rad_mono_at(p, counter);
		if (valid)	/* until it has joined, it is off by the gap too */
			r->maxerror_ns = rad_add_sat(r->maxerror_ns,
				rad_gap_ns(r->time, rad_absolute_at(p, counter)));
		return valid;
	case RADCLOCK_CLOCK_DIFF:
		r->time = rad_diff_at(p, counter);
		return true;
	}
	return false;
}

#endif /* RADCLOCK_READING_H */
