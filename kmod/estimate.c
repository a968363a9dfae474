// SPDX-License-Identifier: GPL-2.0-only
/* What an estimate must not be. */
#include <linux/errno.h>
#include <linux/kernel.h>

#include "clock.h"

#define MAX_TIME_S	(1LL << 34)	/* the year 2514 */
#define MAX_SHIFT	40
/* the monotonic clock may need a period that is longer by 1/200 */
#define MAX_PERIOD	(~0ULL - (~0ULL >> 7))

/* half to double the nominal rate: a machine may have been exchanged */
static bool period_is_absurd(u64 period, u8 shift, u64 hz)
{
	rad_u128 one = (rad_u128)1 << (64 + (shift & 63));
	rad_u128 ticks = (rad_u128)period * hz;

	/* period < 2^64 and hz < 2^40: no overflow; the shift is checked besides */
	return ticks < one / 2 || ticks > one * 2;
}

static u8 nominal_shift(u64 hz)
{
	u8 shift;

	rad_period_from_hz(hz, &shift);
	return shift;
}

/**
 * rad_estimate_check() - may this estimate come into force?
 * @e: the estimate
 * @p: the parameters in force
 * @now: value of their counter
 * @why: out: what is wrong
 *
 * Return: 0, -EINVAL, -ERANGE or -ESTALE.
 */
int rad_estimate_check(const struct rad_estimate *e,
		       const struct radclock_params *p, u64 now,
		       const char **why)
{
	u64 hz = p->counter_hz;
	s64 age = rad_counter_diff(now, e->line.counter);
	u8 nominal = nominal_shift(hz);
	const struct {
		bool bad;
		int err;
		const char *why;
	} checks[] = {
		{ e->counter_id != p->counter_id,
		  -EINVAL, "the estimate is about another counter" },
		{ e->disruption_marker != p->disruption_marker,
		  -ESTALE, "the clock was disrupted since: stale disruption-marker" },
		{ e->status > RADCLOCK_STATUS_HOLDOVER,
		  -EINVAL, "status cannot be set to disrupted" },
		/* lines of before must be told in this scale, too */
		{ e->period_shift > MAX_SHIFT || e->period_shift > nominal + 1,
		  -ERANGE, "period-shift is too large" },
		{ period_is_absurd(e->line.period, e->period_shift, hz),
		  -ERANGE, "period is not near the counter's nominal rate" },
		{ e->line.period > MAX_PERIOD,
		  -ERANGE, "period is too large for its period-shift" },
		{ e->period_diff &&
		  period_is_absurd(e->period_diff, e->period_shift, hz),
		  -ERANGE, "period-diff is not near the counter's nominal rate" },
		{ age < 0,
		  -ERANGE, "counter lies in the future" },
		/* a month: older than any exchange that is worth an estimate */
		{ (u64)age > hz * 2678400,
		  -ERANGE, "counter is too old" },
		{ e->line.sec < 0,
		  -ERANGE, "time-sec lies before 1970" },
		{ e->line.sec >= MAX_TIME_S,
		  -ERANGE, "time-sec is too large" },
		{ !e->maxerror_ns,
		  -ERANGE, "maxerror is zero" },
		{ e->esterror_ns > e->maxerror_ns,
		  -ERANGE, "esterror exceeds maxerror" },
		{ !e->maxerror_rate,
		  -ERANGE, "maxerror-rate is zero" },
		{ e->maxerror_rate > e->line.period,
		  -ERANGE, "maxerror-rate exceeds period" },
		{ e->esterror_rate > e->maxerror_rate,
		  -ERANGE, "esterror-rate exceeds maxerror-rate" },
		{ !rad_counter_before(now, e->void_counter),
		  -ERANGE, "void-counter has passed" },
		{ rad_counter_before(e->void_counter, e->holdover_counter),
		  -ERANGE, "holdover-counter comes after void-counter" },
		{ rad_counter_before(e->holdover_counter, e->line.counter),
		  -ERANGE, "holdover-counter comes before counter" },
		{ e->leap_delta < -1 || e->leap_delta > 1,
		  -ERANGE, "leap-delta is not -1, 0 or 1" },
		{ e->tai_offset < -1000 || e->tai_offset > 1000,
		  -ERANGE, "tai-offset is out of range" },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(checks); i++) {
		if (checks[i].bad) {
			*why = checks[i].why;
			return checks[i].err;
		}
	}
	return 0;
}
