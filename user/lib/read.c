// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reading the clocks: by the page, else by the device.
 */
#include <errno.h>
#include <string.h>

#include "page.h"

static inline struct timespec to_timespec(struct rad_time t)
{
	struct timespec ts = { t.sec, rad_frac_to_ns(t.frac) };

	return ts;
}

static __attribute__((noinline, cold))
int gettime_slow(struct radclock *rc, unsigned int clock,
		 enum rad_page_result why, struct timespec *ts)
{
	int err;

	if (why == RAD_PAGE_BAD)
		return -EPROTO;
	if (!rc->module)
		return -EAGAIN;
	err = rad_device_gettime(rc, clock, ts);
	if (err == -ENODEV && rc->fd[clock] < 0) {
		/* the device of this clock is not there; the first will do */
		struct radclock_reading r;

		err = radclock_read(rc, clock, &r);
		if (!err)
			*ts = radclock_timespec(r.time);
	}
	return err;
}

static inline __attribute__((always_inline))
int gettime_by_page(struct radclock *rc, unsigned int clock, struct timespec *ts)
{
	enum rad_page_result res = RAD_PAGE_NO_COUNTER;
	struct radclock_params p;
	struct rad_reading r;
	u64 counter;

	if (likely(rc->by_page))
		res = rad_page_snapshot(rc->page, clock, &p, &counter);
	if (unlikely(res != RAD_PAGE_OK))
		return gettime_slow(rc, clock, res, ts);
	if (unlikely(!rad_read(&p, clock, counter, &r)))
		return rad_gone(rc);
	*ts = to_timespec(r.time);
	return 0;
}

int radclock_gettime(struct radclock *rc, enum radclock_clock clock,
		     struct timespec *ts)
{
	switch (clock) {
	case RADCLOCK_CLOCK_ABSOLUTE:
		return gettime_by_page(rc, RADCLOCK_CLOCK_ABSOLUTE, ts);
	case RADCLOCK_CLOCK_MONO:
		return gettime_by_page(rc, RADCLOCK_CLOCK_MONO, ts);
	case RADCLOCK_CLOCK_DIFF:
		return gettime_by_page(rc, RADCLOCK_CLOCK_DIFF, ts);
	}
	return -EINVAL;
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

static int to_reading(struct radclock *rc, const struct radclock_params *p,
		      unsigned int clock, u64 counter, struct radclock_reading *r)
{
	struct rad_reading rr;
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

static int read_slow(struct radclock *rc, unsigned int clock,
		     enum rad_page_result why, u32 flags, u64 counter,
		     struct radclock_reading *r)
{
	struct radclock_ioc_reading io = {
		.clock = clock, .flags = flags, .counter = counter,
	};

	if (why == RAD_PAGE_BAD)
		return -EPROTO;
	if (!rc->module)
		return -EAGAIN;
	return read_by_device(rc, &io, r);
}

static inline __attribute__((always_inline))
int read_by_page(struct radclock *rc, unsigned int clock,
		 struct radclock_reading *r)
{
	enum rad_page_result res = RAD_PAGE_NO_COUNTER;
	struct radclock_params p;
	u64 counter;

	if (likely(rc->by_page))
		res = rad_page_snapshot(rc->page, clock, &p, &counter);
	if (unlikely(res != RAD_PAGE_OK))
		return read_slow(rc, clock, res, 0, 0, r);
	return to_reading(rc, &p, clock, counter, r);
}

int radclock_read(struct radclock *rc, enum radclock_clock clock,
		  struct radclock_reading *r)
{
	memset(r, 0, sizeof(*r));
	switch (clock) {
	case RADCLOCK_CLOCK_ABSOLUTE:
		return read_by_page(rc, RADCLOCK_CLOCK_ABSOLUTE, r);
	case RADCLOCK_CLOCK_MONO:
		return read_by_page(rc, RADCLOCK_CLOCK_MONO, r);
	case RADCLOCK_CLOCK_DIFF:
		return read_by_page(rc, RADCLOCK_CLOCK_DIFF, r);
	}
	return -EINVAL;
}

int radclock_read_at(struct radclock *rc, enum radclock_clock clock,
		     uint64_t counter, struct radclock_reading *r)
{
	enum rad_page_result res = RAD_PAGE_NO_COUNTER;
	struct radclock_params p;

	memset(r, 0, sizeof(*r));
	if ((unsigned int)clock >= RAD_CLOCKS)
		return -EINVAL;
	if (likely(rc->by_page))
		res = rad_page_snapshot(rc->page, RAD_CLOCKS, &p, NULL);
	if (unlikely(res != RAD_PAGE_OK))
		return read_slow(rc, clock, res, RADCLOCK_READ_AT, counter, r);
	return to_reading(rc, &p, clock, counter, r);
}

int radclock_counter(struct radclock *rc, uint64_t *counter)
{
	enum rad_page_result res = RAD_PAGE_NO_COUNTER;
	struct radclock_params p;
	u64 value;

	if (likely(rc->by_page))
		res = rad_page_snapshot(rc->page, RADCLOCK_CLOCK_ABSOLUTE, &p,
					&value);
	if (likely(res == RAD_PAGE_OK)) {
		*counter = value;
		return 0;
	}
	if (!rc->module)
		return res == RAD_PAGE_BAD ? -EPROTO : -EAGAIN;
	return rad_device_counter(rc, counter);
}

int radclock_get_params(struct radclock *rc, struct radclock_params *params)
{
	switch (rad_page_snapshot(rc->page, RAD_CLOCKS, params, NULL)) {
	case RAD_PAGE_BUSY:
		return -EAGAIN;
	case RAD_PAGE_BAD:
		return -EPROTO;
	default:
		return 0;
	}
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
