// SPDX-License-Identifier: GPL-2.0-only
/*
 * common/writer.h: whatever estimates come, readers with old and new parameters
 * agree until the new lines begin, and the monotonic and the difference clock
 * never go back.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "ktap.h"
#include "random.h"
#include "writer.h"

#define HZ	2300000000ULL
#define GUARD	(HZ >> 10)
#define ROUNDS	20000

static double uniform(void)
{
	return (double)(rnd() >> 11) / 9007199254740992.0;
}

static rad_s128 mono_raw(const struct radclock_params *p, u64 t)
{
	return rad_time_raw(rad_mono_at(p, t));
}

static rad_s128 diff_raw(const struct radclock_params *p, u64 t)
{
	return rad_time_raw(rad_diff_at(p, t));
}

static rad_s128 from_s(double s)
{
	return (rad_s128)ldexp(s, 64);
}

static struct radclock_params start(u64 now)
{
	struct radclock_params p;

	memset(&p, 0, sizeof(p));
	p.diff.counter = now;
	rad_begin(&p, HZ);
	rad_withdraw(&p, RADCLOCK_STATUS_UNSYNCHRONIZED);
	return p;
}

/* an absolute line that reads @time at @now and runs @ppm fast */
static struct radclock_params estimate(const struct radclock_params *o, u64 now,
				       rad_s128 time, double ppm, u8 shift)
{
	struct rad_time t = rad_time_from_raw(time);
	struct radclock_params n = *o;

	n.status = RADCLOCK_STATUS_SYNCHRONIZED;
	n.flags = RADCLOCK_PARAMS_FLAG_ABS_VALID;
	n.period_shift = shift;
	n.absolute.counter = now;
	n.absolute.sec = t.sec;
	n.absolute.frac = t.frac;
	n.absolute.period = (u64)ldexp((1 + ppm * 1e-6) / HZ, 64 + shift);
	return n;
}

/* one unit of 2^-64 s may go by rounding when a line is anchored anew */
#define NEAR(a, b)	((a) - (b) <= 1 && (b) - (a) <= 1)

static void never_back(const char *name, double offset, double ppm, bool shifts)
{
	const struct rad_time floor = { .sec = INT64_MIN };
	u64 now = ~0ULL - 40 * HZ;	/* the counter wraps on the way */
	struct radclock_params o = start(now), n;
	rad_s128 top_mono = -((rad_s128)INT64_MAX << 64), top_diff = top_mono;
	int i, k, disagree = 0, back = 0, steep = 0, unjoined = 0;
	rad_s128 truth = from_s(1.7e9), v, w;

	for (i = 0; i < ROUNDS; i++) {
		u64 step = rnd() % (i % 3 ? HZ / 100 : 2 * HZ), start_at, t;
		u8 shift = shifts ? 28 + rnd() % 3 : 30;

		now += step;
		truth += (rad_s128)ldexp((double)step / HZ, 64);
		start_at = now + GUARD;
		if (!rad_is_settled(&o, now, start_at))
			continue;
		n = estimate(&o, now, truth + from_s((uniform() - 0.5) * 2 * offset),
			     (uniform() - 0.5) * 2 * ppm, shift);
		rad_join(&n, &o, start_at, n.absolute.period, &floor);

		/* those who read the counter before, and those right after */
		for (k = 0; k < 8 && o.flags; k++) {
			t = now + rnd() % GUARD;
			v = mono_raw(&o, t);
			w = mono_raw(&n, t);
			/* a rescaled period is rounded: 1 ms of that */
			if (!NEAR(v, w) && !(shifts && fabsl((long double)(v - w)) < 1e9L))
				disagree++;
			v = diff_raw(&o, t);
			w = diff_raw(&n, t);
			if (!NEAR(v, w) && !(shifts && fabsl((long double)(v - w)) < 1e9L))
				disagree++;
		}
		for (t = start_at; t - start_at < HZ; t += HZ / 7) {
			if (mono_raw(&n, t + 1000) <= mono_raw(&n, t))
				back++;
			v = mono_raw(&n, t + 1000000) - mono_raw(&n, t);
			w = rad_ticks_to_raw(1000000, n.absolute.period, shift);
			if (fabs((double)(v - w)) > (double)w * 0.005001 &&
			    rad_counter_before(t + 1000000, n.mono_join_counter))
				steep++;
		}
		v = mono_raw(&n, start_at);
		w = diff_raw(&n, start_at);
		if (v < top_mono - 1 || w < top_diff - 1)
			back++;
		t = n.mono_join_counter;
		if (mono_raw(&n, t) != rad_time_raw(rad_line_at(&n.absolute, shift, t)) ||
		    mono_raw(&n, t) < mono_raw(&n, t - 1))
			unjoined++;
		top_mono = mono_raw(&n, start_at);
		top_diff = diff_raw(&n, start_at);
		o = n;
	}
	ktap_say("%s: %d disagree, %d back, %d too steep, %d not joined", name,
		 disagree, back, steep, unjoined);
	ktap_okf(!disagree, "%s: readers agree until the new lines begin", name);
	ktap_okf(!back, "%s: never back", name);
	ktap_okf(!steep, "%s: at most 5000 ppm", name);
	ktap_okf(!unjoined, "%s: meets the absolute clock", name);
}

static void gaps(void)
{
	const struct rad_time floor = { .sec = INT64_MIN };
	u64 now = 5 * HZ;
	struct radclock_params o = start(now), n;
	double s;

	n = estimate(&o, now, from_s(1000), 0, 30);
	rad_join(&n, &o, now + GUARD, n.absolute.period, &floor);
	ktap_ok(n.mono_join_counter == now + GUARD, "the first estimate is met at once");

	o = n;
	now += HZ;
	n = estimate(&o, now, from_s(1001.004), 0, 30);
	rad_join(&n, &o, now + GUARD, n.absolute.period, &floor);
	s = (double)(n.mono_join_counter - now - GUARD) / HZ;
	ktap_okf(s > 0.99 && s < 1.01, "4 ms are gone within 1 s (%.4f s)", s);

	n = estimate(&o, now, from_s(1001 - 0.5), 0, 30);
	rad_join(&n, &o, now + GUARD, n.absolute.period, &floor);
	s = (double)(n.mono_join_counter - now - GUARD) / HZ;
	ktap_okf(s > 99 && s < 101, "half a second back takes 100 s (%.2f s)", s);

	n = estimate(&o, now, from_s(1001 + 1.5), 0, 30);
	rad_join(&n, &o, now + GUARD, n.absolute.period, &floor);
	ktap_ok(n.mono_join_counter == now + GUARD, "1.5 s ahead are jumped");

	n = estimate(&o, now, from_s(-3e9), 0, 30);
	rad_join(&n, &o, now + GUARD, n.absolute.period, &floor);
	ktap_ok(mono_raw(&n, now + HZ) > mono_raw(&n, now), "decades back: still forward");
	ktap_ok(rad_counter_before(now, n.mono_join_counter), "and the end is ahead");

	rad_withdraw(&o, RADCLOCK_STATUS_UNSYNCHRONIZED);
	n = estimate(&o, now, from_s(900), 0, 30);
	rad_join(&n, &o, now + GUARD, n.absolute.period,
		 &(struct rad_time){ .sec = 2000 });
	ktap_ok(rad_mono_at(&n, now + GUARD).sec == 2000, "not below the floor");
}

/* a line that begins or ends between the two lets no other begin */
static void settling(void)
{
	const struct rad_time floor = { .sec = INT64_MIN };
	u64 now = ~0ULL - HZ / 2, join;
	struct radclock_params o = start(now), n;

	n = estimate(&o, now, from_s(1000), 0, 30);
	rad_join(&n, &o, now + GUARD, n.absolute.period, &floor);
	ktap_ok(!rad_is_settled(&n, now + GUARD - 1, now + 2 * GUARD - 1) &&
		rad_is_settled(&n, now + GUARD, now + 2 * GUARD),
		"not before the lines in force begin");

	o = n;
	now += HZ;
	n = estimate(&o, now, from_s(1001.004), 0, 30);
	rad_join(&n, &o, now + GUARD, n.absolute.period, &floor);
	join = n.mono_join_counter;
	ktap_ok(rad_is_settled(&n, join - GUARD - 2, join - 1) &&
		!rad_is_settled(&n, join - GUARD, join) &&
		!rad_is_settled(&n, join - 1, join + GUARD - 1) &&
		rad_is_settled(&n, join, join + GUARD),
		"not over the point where the monotonic clock meets the absolute one");
	rad_withdraw(&n, RADCLOCK_STATUS_UNSYNCHRONIZED);
	ktap_ok(rad_is_settled(&n, join - 1, join + GUARD - 1),
		"which nobody waits for when the estimate holds no longer");
}

int main(void)
{
	ktap_plan(4 * 4 + 7 + 3);
	never_back("microseconds", 5e-6, 1, false);
	never_back("milliseconds", 20e-3, 100, false);
	never_back("seconds", 3, 500, false);
	never_back("changing scales", 1e-3, 100, true);
	gaps();
	settling();
	return ktap_end();
}
