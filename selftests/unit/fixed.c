// SPDX-License-Identifier: GPL-2.0-only
/*
 * common/fixed.h against big integers, at the edges and at random.
 */
#include <inttypes.h>

#include "fixed.h"
#include "ktap.h"
#include "oracle.h"

#define ROUNDS	5000

static struct big big_raw(rad_s128 v)
{
	struct rad_time t = rad_time_from_raw(v);

	return big_time(t.sec, t.frac);
}

static struct big big_ns(u64 ns)
{
	return big_mul(big_u64(ns), big_shl(big_u64(1), 64));
}

static const s64 ticks_edges[] = {
	0, 1, -1, 2, -2, INT32_MAX, INT32_MIN, 1LL << 32, -(1LL << 32),
	INT64_MAX, INT64_MIN, INT64_MAX - 1, INT64_MIN + 1,
};

static const u64 period_edges[] = {
	0, 1, 2, 3, 1ULL << 31, 1ULL << 32, 1ULL << 62, 1ULL << 63,
	UINT64_MAX, UINT64_MAX - 1,
};

static const u8 shift_edges[] = { 0, 1, 31, 32, 62, 63 };

static bool ticks_right(s64 ticks, u64 period, u8 shift)
{
	struct big want = big_shr_floor(big_mul(big_s64(ticks), big_u64(period)),
					shift);

	if (big_eq(big_raw(rad_ticks_to_raw(ticks, period, shift)), want))
		return true;
	ktap_say("ticks %" PRId64 " period %" PRIu64 " shift %u", (int64_t)ticks,
		 (uint64_t)period, shift);
	return false;
}

static bool test_ticks_edges(void)
{
	bool good = true;
	size_t i, j, k;

	for (i = 0; i < sizeof(ticks_edges) / sizeof(ticks_edges[0]); i++)
		for (j = 0; j < sizeof(period_edges) / sizeof(period_edges[0]); j++)
			for (k = 0; k < sizeof(shift_edges); k++)
				good &= ticks_right(ticks_edges[i],
						    period_edges[j],
						    shift_edges[k]);
	return good;
}

static bool test_ticks_random(void)
{
	uint64_t seed = 1;
	int i;

	for (i = 0; i < ROUNDS; i++)
		if (!ticks_right((s64)rnd_edgy(&seed), rnd_edgy(&seed),
				 (u8)(rnd(&seed) & 63)))
			return false;
	return true;
}

/* modulo 2^128, as two's complement */
static bool test_add_sub(void)
{
	uint64_t seed = 2;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		/* halves, so that neither sum nor difference overflows */
		struct rad_time a = { (s64)rnd_edgy(&seed) / 2, rnd_edgy(&seed) };
		struct rad_time b = { (s64)rnd_edgy(&seed) / 2, rnd_edgy(&seed) };
		struct rad_time s = rad_time_add(a, b), d = rad_time_sub(a, b);
		struct big x = big_time(a.sec, a.frac), y = big_time(b.sec, b.frac);

		if (!big_eq(big_time(s.sec, s.frac), big_add(x, y)) ||
		    !big_eq(big_time(d.sec, d.frac), big_sub(x, y)))
			return false;
	}
	return true;
}

static bool frac_to_ns_right(u64 frac)
{
	struct big want = big_shr_floor(big_mul(big_u64(frac),
						big_u64(RADCLOCK_NSEC)), 64);

	return big_eq(big_u64(rad_frac_to_ns(frac)), want);
}

static bool test_frac_to_ns(void)
{
	uint64_t seed = 3;
	int i;

	for (i = 0; i < ROUNDS; i++)
		if (!frac_to_ns_right(rnd_edgy(&seed)))
			return false;
	return frac_to_ns_right(0) && frac_to_ns_right(UINT64_MAX) &&
	       rad_frac_to_ns(UINT64_MAX) == 999999999;
}

/* there and back; one unit of the fraction less is another nanosecond */
static bool test_ns_to_frac(void)
{
	static const u32 edges[] = { 1, 2, 3, 499999999, 500000000, 999999998,
				     999999999 };
	uint64_t seed = 4;
	u32 ns;
	int i;

	if (rad_ns_to_frac(0))
		return false;
	for (i = 0; i < ROUNDS; i++) {
		ns = i < 7 ? edges[i] : (u32)(rnd(&seed) % 999999999) + 1;
		if (rad_frac_to_ns(rad_ns_to_frac(ns)) != ns ||
		    rad_frac_to_ns(rad_ns_to_frac(ns) - 1) != ns - 1) {
			ktap_say("ns %u", ns);
			return false;
		}
	}
	return true;
}

static bool test_time_to_ns(void)
{
	struct rad_time quarter = { -1, 3ULL << 62 };	/* -0.25 s */
	struct rad_time tiny = { -1, UINT64_MAX };	/* -2^-64 s */
	struct rad_time last = { 9223372036, rad_ns_to_frac(854775807) };
	struct rad_time first = { -9223372037, rad_ns_to_frac(145224192) };

	return rad_time_to_ns(quarter) == -250000000 &&
	       rad_time_to_ns(tiny) == -1 &&
	       rad_time_to_ns(last) == INT64_MAX &&
	       rad_time_to_ns(first) == INT64_MIN;
}

/*
 * Rounded up: not below the truth, and at most 1 ns and a bit above; what does
 * not fit is all ones.
 */
static bool up_right(struct big raw, u64 ns)
{
	struct big limit = big_mul(big_u64(UINT64_MAX - 2 * RADCLOCK_NSEC),
				   big_shl(big_u64(1), 64));
	struct big truth = big_mul(raw, big_u64(RADCLOCK_NSEC));

	if (ns == UINT64_MAX)
		return !big_lt(truth, limit);
	return !big_lt(big_ns(ns), truth) &&
	       !big_lt(truth, big_sub(big_ns(ns), big_ns(1)));
}

static bool test_span_ns(void)
{
	uint64_t seed = 5;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		u64 ticks = rnd_edgy(&seed), period = rnd_edgy(&seed);
		u8 shift = (u8)(rnd(&seed) & 63);
		struct big raw = big_shr_floor(big_mul(big_u64(ticks),
						       big_u64(period)), shift);

		if (!up_right(raw, rad_span_ns(ticks, period, shift))) {
			ktap_say("ticks %" PRIu64 " period %" PRIu64 " shift %u",
				 (uint64_t)ticks, (uint64_t)period, shift);
			return false;
		}
	}
	return rad_span_ns(UINT64_MAX, UINT64_MAX, 0) == UINT64_MAX &&
	       rad_span_ns(0, UINT64_MAX, 0) <= 1;
}

static bool test_gap_ns(void)
{
	struct rad_time min = { INT64_MIN, 0 }, max = { INT64_MAX, UINT64_MAX };
	struct rad_time zero = { 0, 0 }, tiny = { 0, 1 };
	uint64_t seed = 6;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		struct rad_time a = { (s64)rnd_edgy(&seed) / 2, rnd_edgy(&seed) };
		struct rad_time b = { (s64)rnd_edgy(&seed) / 2, rnd_edgy(&seed) };
		struct big gap = big_sub(big_time(a.sec, a.frac),
					 big_time(b.sec, b.frac));

		gap.neg = false;
		if (big_is_zero(&gap) ? rad_gap_ns(a, b) != 0 :
		    !up_right(gap, rad_gap_ns(a, b)))
			return false;
		if (rad_gap_ns(a, b) != rad_gap_ns(b, a))
			return false;
	}
	return rad_gap_ns(min, zero) == UINT64_MAX &&
	       rad_gap_ns(max, zero) == UINT64_MAX &&
	       rad_gap_ns(zero, tiny) == 1 && rad_gap_ns(max, max) == 0;
}

static bool test_add_sat(void)
{
	return rad_add_sat(1, 2) == 3 && rad_add_sat(UINT64_MAX, 0) == UINT64_MAX &&
	       rad_add_sat(UINT64_MAX, 1) == UINT64_MAX &&
	       rad_add_sat(1, UINT64_MAX) == UINT64_MAX &&
	       rad_add_sat(1ULL << 63, 1ULL << 63) == UINT64_MAX &&
	       rad_add_sat(1ULL << 63, (1ULL << 63) - 1) == UINT64_MAX;
}

static bool test_division(void)
{
	uint64_t seed = 7;
	int i;

	for (i = 0; i < ROUNDS / 10; i++) {
		rad_u128 n = (rad_u128)rnd_edgy(&seed) << 64 | rnd_edgy(&seed);
		u64 d = rnd_edgy(&seed) | 1;

		if (rad_u128_div(n, d) != n / d)
			return false;
	}
	return rad_u128_div(1, 0) == ~(rad_u128)0;
}

/* hz * period is a second, to the last bit; and the period is normalized */
static bool test_period_from_hz(void)
{
	static const u64 rates[] = {
		3, 1000, 3579545, 14318180, 25000000, 1000000000, 2400000000ULL,
		9999999999ULL,
	};
	size_t i;

	for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct big second, low, high;
		u64 period;
		u8 shift;

		period = rad_period_from_hz(rates[i], &shift);
		second = big_shl(big_u64(1), 64 + shift);
		low = big_mul(big_u64(period), big_u64(rates[i]));
		high = big_mul(big_u64(period + 1), big_u64(rates[i]));
		if (shift > 63 || big_lt(second, low) || !big_lt(second, high) ||
		    period >> 63 || (shift < 62 && !(period >> 62))) {
			ktap_say("%" PRIu64 " Hz: period %" PRIu64 " shift %u",
				 (uint64_t)rates[i], (uint64_t)period, shift);
			return false;
		}
	}
	return true;
}

int main(void)
{
	ktap_plan(11);
	ktap_ok(test_ticks_edges(), "ticks to time at every edge");
	ktap_ok(test_ticks_random(), "ticks to time at random");
	ktap_ok(test_add_sub(), "sum and difference of times");
	ktap_ok(test_frac_to_ns(), "fraction to ns rounds down");
	ktap_ok(test_ns_to_frac(), "ns to fraction is the smallest that reads so");
	ktap_ok(test_time_to_ns(), "times before the epoch and at the ends in ns");
	ktap_ok(test_span_ns(), "length of a span rounds up and saturates");
	ktap_ok(test_gap_ns(), "distance of times rounds up and saturates");
	ktap_ok(test_add_sat(), "saturating sum");
	ktap_ok(test_division(), "128-bit division");
	ktap_ok(test_period_from_hz(), "period of a nominal rate");
	return ktap_end();
}
