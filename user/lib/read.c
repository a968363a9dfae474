// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reading the clocks: by the page, else by the device.
 */
#include <errno.h>
#include <string.h>

#include "page.h"

/* when the page is all there is */
static int page_error(enum rad_page_result res)
{
	switch (res) {
	case RAD_PAGE_OK:
		return 0;
	case RAD_PAGE_NO_COUNTER:
		return -EOPNOTSUPP;
	case RAD_PAGE_BUSY:
		return -EAGAIN;
	case RAD_PAGE_BAD:
		break;
	}
	return -EPROTO;
}

static u64 marker_now(const struct radclock *rc)
{
	return __atomic_load_n(&rc->page->params.disruption_marker,
			       __ATOMIC_ACQUIRE);
}

static u32 counter_id_now(const struct radclock *rc)
{
	return __atomic_load_n(&rc->page->params.counter_id, __ATOMIC_ACQUIRE);
}

/* by ioctl; a reading and its marker must be of one era */
static int read_by_device(struct radclock *rc, struct radclock_ioc_reading *io,
			  struct radclock_reading *r)
{
	const struct radclock_ioc_reading ask = *io;
	unsigned int tries;
	u64 marker;
	int err;

	for (tries = 0; tries < 8; tries++) {
		marker = marker_now(rc);
		*io = ask;
		io->status = RADCLOCK_STATUS_UNSYNCHRONIZED;
		io->maxerror_ns = RADCLOCK_UNBOUNDED;
		io->esterror_ns = RADCLOCK_UNBOUNDED;
		err = rad_device_read(rc, io);
		r->counter_id = counter_id_now(rc);
		if (marker == marker_now(rc))
			break;
	}

	r->counter = io->counter;
	r->disruption_marker = marker;
	r->time.sec = io->sec;
	r->time.frac = io->frac;
	r->maxerror_ns = io->maxerror_ns;
	r->esterror_ns = io->esterror_ns;
	r->status = io->status;
	if (!err && io->clock != RADCLOCK_CLOCK_DIFF &&
	    (r->status == RADCLOCK_STATUS_UNSYNCHRONIZED ||
	     r->status == RADCLOCK_STATUS_DISRUPTED))
		err = -ENODATA;
	return err;
}

static inline int to_reading(struct radclock *rc, const struct radclock_params *p,
			     unsigned int clock, u64 counter,
			     struct radclock_reading *r)
{
	struct rad_reading rr = { 0 };
	bool good = rad_read(p, clock, counter, &rr);

	r->counter = counter;
	r->disruption_marker = p->disruption_marker;
	r->time.sec = rr.time.sec;
	r->time.frac = rr.time.frac;
	r->maxerror_ns = rr.maxerror_ns;
	r->esterror_ns = rr.esterror_ns;
	r->status = rr.status;
	r->counter_id = p->counter_id;
	return likely(good) ? 0 : rad_gone(rc);
}

/* the page did not do at the first attempt; @at: NULL for now */
static __attribute__((noinline, cold))
int read_slow(struct radclock *rc, unsigned int clock, const uint64_t *at,
	      struct radclock_reading *r)
{
	struct radclock_ioc_reading io = {
		.clock = clock,
		.flags = at ? RADCLOCK_READ_AT : 0,
		.counter = at ? *at : 0,
	};
	enum rad_page_result res = RAD_PAGE_NO_COUNTER;
	struct radclock_params p;
	u64 counter = 0;

	if (rc->by_page)
		res = rad_page_insist(rc->page, &p, at ? NULL : &counter);
	if (res == RAD_PAGE_OK)
		return to_reading(rc, &p, clock, at ? *at : counter, r);
	if (res == RAD_PAGE_BAD || !rc->module)
		return page_error(res);
	return read_by_device(rc, &io, r);
}

/* the page did not do at the first attempt, or is not wanted */
static __attribute__((noinline, cold))
int gettime_slow(struct radclock *rc, unsigned int clock, struct timespec *ts)
{
	enum rad_page_result res = RAD_PAGE_NO_COUNTER;
	struct radclock_reading r;
	struct radclock_params p;
	u64 counter = 0;
	int err;

	if (rc->by_page)
		res = rad_page_insist(rc->page, &p, &counter);
	/* clock_gettime() is cheaper than the ioctl of a full reading */
	if (res == RAD_PAGE_NO_COUNTER && rc->fd[clock] >= 0 && rc->module)
		return rad_device_gettime(rc, clock, ts);
	if (res == RAD_PAGE_OK)
		err = to_reading(rc, &p, clock, counter, &r);
	else
		err = read_slow(rc, clock, NULL, &r);
	if (!err)
		*ts = radclock_timespec(r.time);
	return err;
}

static inline __attribute__((always_inline))
int gettime_by_page(struct radclock *rc, unsigned int clock, struct timespec *ts)
{
	struct radclock_params p;
	struct rad_reading r = { 0 };
	u64 counter = 0;

	if (unlikely(!rc->by_page ||
		     rad_page_try(rc->page, clock, &p, &counter) != RAD_PAGE_OK))
		return gettime_slow(rc, clock, ts);
	if (unlikely(!rad_read(&p, clock, counter, &r)))
		return rad_gone(rc);
	ts->tv_sec = r.time.sec;
	ts->tv_nsec = rad_frac_to_ns(r.time.frac);
	return 0;
}

static inline __attribute__((always_inline))
int read_by_page(struct radclock *rc, unsigned int clock,
		 struct radclock_reading *r)
{
	struct radclock_params p;
	u64 counter = 0;

	if (unlikely(!rc->by_page ||
		     rad_page_try(rc->page, clock, &p, &counter) != RAD_PAGE_OK))
		return read_slow(rc, clock, NULL, r);
	return to_reading(rc, &p, clock, counter, r);
}

/* flatten: all of it in one piece, with what this clock does not need left out */
static __attribute__((flatten, noinline))
int gettime_absolute(struct radclock *rc, struct timespec *ts)
{
	return gettime_by_page(rc, RADCLOCK_CLOCK_ABSOLUTE, ts);
}

static __attribute__((flatten, noinline))
int gettime_mono(struct radclock *rc, struct timespec *ts)
{
	return gettime_by_page(rc, RADCLOCK_CLOCK_MONO, ts);
}

static __attribute__((flatten, noinline))
int gettime_diff(struct radclock *rc, struct timespec *ts)
{
	return gettime_by_page(rc, RADCLOCK_CLOCK_DIFF, ts);
}

int radclock_gettime(struct radclock *rc, enum radclock_clock clock,
		     struct timespec *ts)
{
	switch (clock) {
	case RADCLOCK_CLOCK_ABSOLUTE:
		return gettime_absolute(rc, ts);
	case RADCLOCK_CLOCK_MONO:
		return gettime_mono(rc, ts);
	case RADCLOCK_CLOCK_DIFF:
		return gettime_diff(rc, ts);
	}
	return -EINVAL;
}

static __attribute__((flatten, noinline))
int read_absolute(struct radclock *rc, struct radclock_reading *r)
{
	return read_by_page(rc, RADCLOCK_CLOCK_ABSOLUTE, r);
}

static __attribute__((flatten, noinline))
int read_mono(struct radclock *rc, struct radclock_reading *r)
{
	return read_by_page(rc, RADCLOCK_CLOCK_MONO, r);
}

static __attribute__((flatten, noinline))
int read_diff(struct radclock *rc, struct radclock_reading *r)
{
	return read_by_page(rc, RADCLOCK_CLOCK_DIFF, r);
}

int radclock_read(struct radclock *rc, enum radclock_clock clock,
		  struct radclock_reading *r)
{
	memset(r, 0, sizeof(*r));
	switch (clock) {
	case RADCLOCK_CLOCK_ABSOLUTE:
		return read_absolute(rc, r);
	case RADCLOCK_CLOCK_MONO:
		return read_mono(rc, r);
	case RADCLOCK_CLOCK_DIFF:
		return read_diff(rc, r);
	}
	return -EINVAL;
}

int radclock_read_at(struct radclock *rc, enum radclock_clock clock,
		     uint64_t counter, struct radclock_reading *r)
{
	memset(r, 0, sizeof(*r));
	if ((unsigned int)clock >= RAD_CLOCKS)
		return -EINVAL;
	return read_slow(rc, clock, &counter, r);
}

static __attribute__((noinline, cold))
int counter_slow(struct radclock *rc, uint64_t *counter)
{
	enum rad_page_result res;
	struct radclock_params p;
	u64 value;

	res = rad_page_insist(rc->page, &p, &value);
	if (res == RAD_PAGE_OK)
		*counter = value;
	else if (rc->module)
		return rad_device_counter(rc, counter);
	return page_error(res);
}

int radclock_counter(struct radclock *rc, uint64_t *counter)
{
	enum rad_page_result res = RAD_PAGE_NO_COUNTER;
	struct radclock_params p;
	u64 value;

	if (likely(rc->by_page))
		res = rad_page_try(rc->page, RADCLOCK_CLOCK_ABSOLUTE, &p, &value);
	if (unlikely(res == RAD_PAGE_BUSY))
		return counter_slow(rc, counter);
	if (unlikely(res != RAD_PAGE_OK))
		return rc->module ? rad_device_counter(rc, counter) : page_error(res);
	*counter = value;
	return 0;
}

int radclock_read_counter(struct radclock *rc,
			  const struct radclock_counter_info *c,
			  uint64_t *counter)
{
	u64 value;

	if (rad_user_counter(c->id, c->flags, &value)) {
		*counter = value;
		return 0;
	}
	return rad_device_counter_of(rc, c->id, counter);
}

int radclock_get_params(struct radclock *rc, struct radclock_params *params)
{
	return page_error(rad_page_insist(rc->page, params, NULL));
}

int radclock_read_cross(struct radclock *rc, enum radclock_clock clock,
			struct radclock_cross *x)
{
	struct radclock_ioc_reading io = {
		.clock = clock, .flags = RADCLOCK_READ_CROSS,
	};
	int err;

	memset(x, 0, sizeof(*x));
	if ((unsigned int)clock >= RAD_CLOCKS)
		return -EINVAL;
	if (!rc->module)
		return -EOPNOTSUPP;
	err = read_by_device(rc, &io, &x->reading);
	x->realtime_ns = io.realtime_ns;
	x->raw_ns = io.raw_ns;
	x->uncertainty = io.uncertainty;
	return err;
}

int radclock_last_counter(struct radclock *rc, enum radclock_clock clock,
			  uint64_t *counter)
{
	struct radclock_ioc_reading io = {
		.clock = clock, .flags = RADCLOCK_READ_LAST,
	};
	int err;

	if ((unsigned int)clock >= RAD_CLOCKS)
		return -EINVAL;
	err = rad_device_read(rc, &io);
	/* what the clock says there may be nothing; the counter is known */
	if (!err || err == -ENODATA)
		*counter = io.counter;
	return err == -ENODATA ? 0 : err;
}
