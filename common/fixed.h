/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * 64.64 fixed-point time: the arithmetic that the kernel, the library and the
 * daemon share. Everything rounds down, so that a larger counter value never
 * gives a smaller time.
 */
#ifndef RADCLOCK_FIXED_H
#define RADCLOCK_FIXED_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <linux/types.h>
#include <stdbool.h>
typedef __u8 u8;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;
#endif

#define RADCLOCK_NSEC	1000000000ULL

__extension__ typedef unsigned __int128 rad_u128;
__extension__ typedef __int128 rad_s128;

/**
 * struct rad_time - seconds in 64.64
 * @sec: whole seconds, rounded down (so -0.25 s is -1, 3/4)
 * @frac: 2^-64 s
 */
struct rad_time {
	s64 sec;
	u64 frac;
};

static inline rad_s128 rad_time_raw(struct rad_time t)
{
	return (rad_s128)(((rad_u128)(u64)t.sec << 64) | t.frac);
}

static inline struct rad_time rad_time_from_raw(rad_s128 v)
{
	struct rad_time t = { (s64)((rad_u128)v >> 64), (u64)v };

	return t;
}

static inline struct rad_time rad_time_add(struct rad_time a, struct rad_time b)
{
	return rad_time_from_raw((rad_s128)((rad_u128)rad_time_raw(a) +
					    (rad_u128)rad_time_raw(b)));
}

static inline struct rad_time rad_time_sub(struct rad_time a, struct rad_time b)
{
	return rad_time_from_raw((rad_s128)((rad_u128)rad_time_raw(a) -
					    (rad_u128)rad_time_raw(b)));
}

/* nanoseconds of the fraction, rounded down: 0 .. 999999999 */
static inline u32 rad_frac_to_ns(u64 frac)
{
	return (u32)(((rad_u128)frac * RADCLOCK_NSEC) >> 64);
}

/* the smallest fraction that reads as @ns (< 1e9) again */
static inline u64 rad_ns_to_frac(u32 ns)
{
	/* 18446744073 * 1e9 + 709551616 = 2^64 */
	return (u64)ns * 18446744073ULL +
	       ((u64)ns * 709551616ULL + RADCLOCK_NSEC - 1) / RADCLOCK_NSEC;
}

/* nanoseconds since the epoch, wraps after 292 years; rounded down */
static inline s64 rad_time_to_ns(struct rad_time t)
{
	return (s64)((u64)t.sec * RADCLOCK_NSEC + rad_frac_to_ns(t.frac));
}

/**
 * rad_ticks_to_time() - a span of the counter in seconds
 * @ticks: signed span
 * @period: 2^-(64 + shift) s per tick
 * @shift: 0 .. 63
 *
 * Rounds down for either sign; cannot overflow: |ticks| * period < 2^127.
 */
static inline rad_s128 rad_ticks_to_raw(s64 ticks, u64 period, u8 shift)
{
	return ((rad_s128)ticks * (rad_s128)period) >> shift;
}

/* 64.64 seconds in ns, rounded up, saturating */
static inline u64 rad_raw_to_ns_up(rad_u128 raw)
{
	u64 sec = (u64)(raw >> 64);

	if (sec >= ~0ULL / RADCLOCK_NSEC - 1)
		return ~0ULL;
	return sec * RADCLOCK_NSEC + rad_frac_to_ns((u64)raw) + 1;
}

/**
 * rad_span_ns() - length of a span in ns, rounded up, saturating
 * @ticks: length of the span
 * @period: 2^-(64 + shift) s per tick
 * @shift: 0 .. 63
 */
static inline u64 rad_span_ns(u64 ticks, u64 period, u8 shift)
{
	return rad_raw_to_ns_up(((rad_u128)ticks * period) >> shift);
}

/* distance of two times in ns, rounded up; 0 only when they are equal */
static inline u64 rad_gap_ns(struct rad_time a, struct rad_time b)
{
	rad_s128 d = rad_time_raw(rad_time_sub(a, b));

	if (!d)
		return 0;
	return rad_raw_to_ns_up(d < 0 ? -(rad_u128)d : (rad_u128)d);
}

/**
 * rad_u128_div() - 128 by 64 bit division, rounded down
 * @n: dividend
 * @d: divisor; 0 gives all ones
 *
 * Bit by bit, since a kernel has no __udivti3: for slow paths only.
 */
static inline rad_u128 rad_u128_div(rad_u128 n, u64 d)
{
	rad_u128 q = 0, rest = 0;
	int i;

	if (!d)
		return ~(rad_u128)0;
	for (i = 127; i >= 0; i--) {
		rest = rest << 1 | (u64)(n >> i & 1);
		if (rest >= d) {
			rest -= d;
			q |= (rad_u128)1 << i;
		}
	}
	return q;
}

/**
 * rad_period_from_hz() - the period of a nominal rate
 * @hz: ticks per second, at least 3
 * @shift: out: the result is in 2^-(64 + *shift) s
 *
 * Normalized to [2^62, 2^63), so that a period twice as long still fits.
 */
static inline u64 rad_period_from_hz(u64 hz, u8 *shift)
{
	rad_u128 max = (rad_u128)1 << 127;

	/* 2^(64 + shift) / hz < 2^63 */
	*shift = 0;
	while (*shift < 62 && rad_u128_div(max >> (62 - *shift), hz) < 1ULL << 63)
		(*shift)++;
	return (u64)rad_u128_div(max >> (63 - *shift), hz);
}

static inline u64 rad_add_sat(u64 a, u64 b)
{
	u64 c = a + b;

	return c < a ? ~0ULL : c;
}

#endif /* RADCLOCK_FIXED_H */
