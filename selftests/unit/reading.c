// SPDX-License-Identifier: GPL-2.0-only
/*
 * common/reading.h: what a reader makes of the parameters, at every joint.
 */
#include <inttypes.h>

#include "oracle.h"
#include "page_make.h"
#include "reading.h"

/* where the lines of page_fill() start */
#define EPOCH_NS	1000000000000000000LL

static struct radclock_params base(u64 counter)
{
	static struct radclock_page page;

	page_fill(&page, counter);
	return page.params;
}

static struct rad_reading at(const struct radclock_params *p, u32 clock, u64 c)
{
	struct rad_reading r = { 0 };

	rad_read(p, clock, c, &r);
	return r;
}

/* lines are rounded down, so a reading may be a ns short */
static bool reads(struct rad_time t, s64 ns)
{
	s64 got = rad_time_to_ns(t);

	return got == ns || got == ns - 1;
}

static struct big big_line(const struct radclock_line *l, u8 shift, s64 ticks)
{
	struct big d = big_shr_floor(big_mul(big_s64(ticks), big_u64(l->period)),
				     shift);

	return big_add(big_time(l->sec, l->frac), d);
}

/* random lines, before and after their anchor, on both sides of the wrap */
static bool test_line(void)
{
	uint64_t seed = 11;
	int i;

	for (i = 0; i < 5000; i++) {
		struct radclock_line l = {
			.counter = rnd_edgy(&seed),
			.sec = (s64)rnd_edgy(&seed) / 4,
			.frac = rnd_edgy(&seed),
			.period = rnd_edgy(&seed) >> 2,
		};
		u8 shift = (u8)(rnd(&seed) & 63);
		s64 ticks = (s64)rnd_edgy(&seed);
		struct rad_time t = rad_line_at(&l, shift, l.counter + (u64)ticks);

		if (!big_eq(big_time(t.sec, t.frac), big_line(&l, shift, ticks))) {
			ktap_say("counter %" PRIu64 " ticks %" PRId64 " shift %u",
				 (uint64_t)l.counter, (int64_t)ticks, shift);
			return false;
		}
	}
	return true;
}

static bool test_wrap(void)
{
	struct radclock_params p = base(UINT64_MAX - 5);
	struct rad_reading before = at(&p, RADCLOCK_CLOCK_ABSOLUTE, UINT64_MAX);
	struct rad_reading after = at(&p, RADCLOCK_CLOCK_ABSOLUTE, 0);

	/* both good, and a tick apart */
	return before.status == RADCLOCK_STATUS_SYNCHRONIZED &&
	       after.status == RADCLOCK_STATUS_SYNCHRONIZED &&
	       after.time.sec == before.time.sec &&
	       rad_gap_ns(after.time, before.time) <= 2 &&
	       rad_counter_before(UINT64_MAX, 0) && !rad_counter_before(0, UINT64_MAX);
}

/* a larger counter value never reads as an earlier time */
static bool test_monotone(void)
{
	struct radclock_params p = base(1000);
	struct rad_time last = at(&p, RADCLOCK_CLOCK_ABSOLUTE, 0).time;
	u64 c;

	p.period_shift = 63;	/* less than 2^-64 s a tick */
	p.absolute.period = 3ULL << 61;
	last = at(&p, RADCLOCK_CLOCK_ABSOLUTE, 0).time;
	for (c = 1; c < 2000; c++) {
		struct rad_time t = at(&p, RADCLOCK_CLOCK_ABSOLUTE, c).time;

		if (rad_time_raw(t) < rad_time_raw(last))
			return false;
		last = t;
	}
	return true;
}

static bool test_before_epoch(void)
{
	struct radclock_params p = base(1000);
	struct rad_reading r;

	p.absolute.sec = -1;
	p.absolute.frac = 1ULL << 63;	/* -0.5 s */
	r = at(&p, RADCLOCK_CLOCK_ABSOLUTE, 1000 - 600000000ULL);
	if (!reads(r.time, -1100000000))
		return false;
	r = at(&p, RADCLOCK_CLOCK_ABSOLUTE, 1000 + 600000000ULL);
	return reads(r.time, 100000000);
}

static bool test_status(void)
{
	static const u8 readable[] = { RADCLOCK_STATUS_WARMING,
				       RADCLOCK_STATUS_SYNCHRONIZED,
				       RADCLOCK_STATUS_HOLDOVER };
	struct radclock_params p = base(1000);
	struct rad_reading r;
	bool good = true;
	size_t i;

	p.holdover_counter = 2000;
	p.void_counter = 3000;
	for (i = 0; i < 3; i++) {
		p.status = readable[i];
		good &= rad_read(&p, RADCLOCK_CLOCK_ABSOLUTE, 1999, &r) &&
			r.status == readable[i];
		good &= rad_read(&p, RADCLOCK_CLOCK_ABSOLUTE, 2000, &r) &&
			r.status == RADCLOCK_STATUS_HOLDOVER;
		good &= rad_read(&p, RADCLOCK_CLOCK_ABSOLUTE, 2999, &r) &&
			r.status == RADCLOCK_STATUS_HOLDOVER;
		good &= !rad_read(&p, RADCLOCK_CLOCK_ABSOLUTE, 3000, &r) &&
			r.status == RADCLOCK_STATUS_UNSYNCHRONIZED &&
			r.maxerror_ns == UINT64_MAX;
	}
	return good;
}

static bool test_status_unreadable(void)
{
	struct radclock_params p = base(1000);
	struct rad_reading r;
	bool good = true;

	p.status = RADCLOCK_STATUS_DISRUPTED;
	good &= !rad_read(&p, RADCLOCK_CLOCK_ABSOLUTE, 1000, &r) &&
		r.status == RADCLOCK_STATUS_DISRUPTED && r.maxerror_ns == UINT64_MAX;
	good &= !rad_read(&p, RADCLOCK_CLOCK_MONO, 1000, &r);
	/* the difference clock goes on */
	good &= rad_read(&p, RADCLOCK_CLOCK_DIFF, 1000, &r) &&
		r.status == RADCLOCK_STATUS_DISRUPTED && r.maxerror_ns == UINT64_MAX;
	p.status = RADCLOCK_STATUS_UNSYNCHRONIZED;
	good &= !rad_read(&p, RADCLOCK_CLOCK_ABSOLUTE, 1000, &r) &&
		r.esterror_ns == UINT64_MAX;
	p.status = RADCLOCK_STATUS_SYNCHRONIZED;
	p.flags = 0;
	good &= !rad_read(&p, RADCLOCK_CLOCK_ABSOLUTE, 1000, &r);
	good &= !rad_read(&p, 3, 1000, &r);
	return good;
}

/* the void counter may lie beyond the wrap */
static bool test_status_wrap(void)
{
	struct radclock_params p = base(UINT64_MAX - 100);
	bool good = true;

	p.holdover_counter = UINT64_MAX - 10;
	p.void_counter = 10;
	good &= at(&p, 0, UINT64_MAX - 11).status == RADCLOCK_STATUS_SYNCHRONIZED;
	good &= at(&p, 0, UINT64_MAX).status == RADCLOCK_STATUS_HOLDOVER;
	good &= at(&p, 0, 9).status == RADCLOCK_STATUS_HOLDOVER;
	good &= at(&p, 0, 10).status == RADCLOCK_STATUS_UNSYNCHRONIZED;
	return good;
}

static bool test_bound(void)
{
	struct radclock_params p = base(1000000000);
	u64 now = at(&p, 0, 1000000000).maxerror_ns;
	u64 later = at(&p, 0, 2000000000).maxerror_ns;
	u64 past = at(&p, 0, 0).maxerror_ns;

	/* 1e-6 of a second, into the past as into the future */
	if (now < 1000 || now > 1001 || later < 1999 || later > 2001 || past != later)
		return false;
	p.maxerror_ns = UINT64_MAX - 1;
	if (at(&p, 0, 2000000000).maxerror_ns != UINT64_MAX)
		return false;
	p.maxerror_ns = 1000;
	p.maxerror_rate = UINT64_MAX;
	p.period_shift = 0;
	return at(&p, 0, 1ULL << 40).maxerror_ns == UINT64_MAX;
}

static bool test_leap(int delta)
{
	struct radclock_params p = base(1000);
	struct rad_time before, after;

	p.leap_delta = (__s8)delta;
	p.leap_counter = 500000000;
	before = at(&p, RADCLOCK_CLOCK_ABSOLUTE, 499999999).time;
	after = at(&p, RADCLOCK_CLOCK_ABSOLUTE, 500000000).time;
	after.sec += delta;
	if (rad_gap_ns(after, before) > 2)
		return false;

	/* the monotonic and the difference clock know no leap */
	before = at(&p, RADCLOCK_CLOCK_MONO, 499999999).time;
	after = at(&p, RADCLOCK_CLOCK_MONO, 500000000).time;
	if (rad_gap_ns(after, before) > 2)
		return false;
	before = at(&p, RADCLOCK_CLOCK_DIFF, 499999999).time;
	after = at(&p, RADCLOCK_CLOCK_DIFF, 500000000).time;
	return rad_gap_ns(after, before) <= 2;
}

/* mono: previous line | line | absolute from the join on */
static bool test_mono(void)
{
	struct radclock_params p = base(0);
	struct rad_reading r;
	bool good = true;

	p.mono.counter = 1000;
	p.mono.frac = rad_ns_to_frac(2000);
	p.mono_prev.frac = rad_ns_to_frac(5000);
	p.mono_join_counter = 2000;

	r = at(&p, RADCLOCK_CLOCK_MONO, 999);
	good &= reads(r.time, EPOCH_NS + 5999);
	/* 5000 ns off the absolute clock, and says so */
	good &= r.maxerror_ns >= 6000 && r.maxerror_ns < 6010;
	r = at(&p, RADCLOCK_CLOCK_MONO, 1000);
	good &= reads(r.time, EPOCH_NS + 2000);
	good &= r.maxerror_ns >= 2000 && r.maxerror_ns < 2010;
	r = at(&p, RADCLOCK_CLOCK_MONO, 1999);
	good &= reads(r.time, EPOCH_NS + 2999);
	r = at(&p, RADCLOCK_CLOCK_MONO, 2000);
	good &= rad_time_raw(r.time) ==
		rad_time_raw(at(&p, RADCLOCK_CLOCK_ABSOLUTE, 2000).time);
	good &= r.maxerror_ns == at(&p, RADCLOCK_CLOCK_ABSOLUTE, 2000).maxerror_ns;
	return good;
}

/* after an inserted second mono is a second off UTC, and its bound knows */
static bool test_mono_leap_bound(void)
{
	struct radclock_params p = base(0);
	struct rad_reading r;

	p.leap_delta = 1;
	p.leap_counter = 1000;
	r = at(&p, RADCLOCK_CLOCK_MONO, 5000);
	return r.maxerror_ns >= RADCLOCK_NSEC + 1000 &&
	       r.maxerror_ns <= RADCLOCK_NSEC + 1010;
}

static bool test_diff(void)
{
	struct radclock_params p = base(0);

	p.diff.counter = 1000;
	p.diff.frac = rad_ns_to_frac(1000);
	p.diff.period = ns_period() * 2;
	/* each rate on its side of the joint */
	return reads(at(&p, RADCLOCK_CLOCK_DIFF, 900).time, EPOCH_NS + 900) &&
	       reads(at(&p, RADCLOCK_CLOCK_DIFF, 999).time, EPOCH_NS + 999) &&
	       reads(at(&p, RADCLOCK_CLOCK_DIFF, 1000).time, EPOCH_NS + 1000) &&
	       reads(at(&p, RADCLOCK_CLOCK_DIFF, 1100).time, EPOCH_NS + 1200);
}

int main(void)
{
	ktap_plan(14);
	ktap_ok(test_line(), "a line at random, against big integers");
	ktap_ok(test_wrap(), "the counter wraps at 2^64");
	ktap_ok(test_monotone(), "no step back, tick by tick");
	ktap_ok(test_before_epoch(), "times before 1970");
	ktap_ok(test_status(), "holdover and void take effect at their tick");
	ktap_ok(test_status_unreadable(), "no promise, no time");
	ktap_ok(test_status_wrap(), "holdover and void beyond the wrap");
	ktap_ok(test_bound(), "the bound grows both ways, and saturates");
	ktap_ok(test_leap(1), "a second is inserted");
	ktap_ok(test_leap(-1), "a second is deleted");
	ktap_ok(test_mono(), "mono goes from line to line and joins");
	ktap_ok(test_mono_leap_bound(), "mono's bound covers the leap");
	ktap_ok(test_diff(), "the difference clock changes its rate at the joint");
	ktap_ok(at(&(struct radclock_params){ 0 }, 0, 5).status ==
		RADCLOCK_STATUS_UNSYNCHRONIZED, "zeros promise nothing");
	return ktap_end();
}
