/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Big integers the slow way: sign and magnitude in decimal-school fashion, on
 * 16-bit limbs, so that nothing here shares a thought with common/fixed.h.
 */
#ifndef RADCLOCK_UNIT_ORACLE_H
#define RADCLOCK_UNIT_ORACLE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define LIMBS	20	/* 320 bits: nothing here overflows */

struct big {
	bool neg;
	uint16_t limb[LIMBS];
};

static inline bool big_is_zero(const struct big *a)
{
	int i;

	for (i = 0; i < LIMBS; i++)
		if (a->limb[i])
			return false;
	return true;
}

static inline struct big big_u64(uint64_t v)
{
	struct big r = { 0 };
	int i;

	for (i = 0; i < 4; i++)
		r.limb[i] = (uint16_t)(v >> (16 * i));
	return r;
}

static inline struct big big_s64(int64_t v)
{
	struct big r = big_u64(v < 0 ? 0 - (uint64_t)v : (uint64_t)v);

	r.neg = v < 0;
	return r;
}

static inline int big_cmp_mag(const struct big *a, const struct big *b)
{
	int i;

	for (i = LIMBS - 1; i >= 0; i--)
		if (a->limb[i] != b->limb[i])
			return a->limb[i] < b->limb[i] ? -1 : 1;
	return 0;
}

static inline struct big big_add_mag(const struct big *a, const struct big *b)
{
	struct big r = { 0 };
	uint32_t carry = 0;
	int i;

	for (i = 0; i < LIMBS; i++) {
		carry += (uint32_t)a->limb[i] + b->limb[i];
		r.limb[i] = (uint16_t)carry;
		carry >>= 16;
	}
	return r;
}

/* |a| >= |b| */
static inline struct big big_sub_mag(const struct big *a, const struct big *b)
{
	struct big r = { 0 };
	int32_t borrow = 0;
	int i;

	for (i = 0; i < LIMBS; i++) {
		int32_t d = (int32_t)a->limb[i] - b->limb[i] - borrow;

		borrow = d < 0;
		r.limb[i] = (uint16_t)(d + (borrow ? 65536 : 0));
	}
	return r;
}

static inline struct big big_add(struct big a, struct big b)
{
	struct big r;

	if (a.neg == b.neg) {
		r = big_add_mag(&a, &b);
		r.neg = a.neg;
	} else if (big_cmp_mag(&a, &b) >= 0) {
		r = big_sub_mag(&a, &b);
		r.neg = a.neg;
	} else {
		r = big_sub_mag(&b, &a);
		r.neg = b.neg;
	}
	if (big_is_zero(&r))
		r.neg = false;
	return r;
}

static inline struct big big_sub(struct big a, struct big b)
{
	if (!big_is_zero(&b))
		b.neg = !b.neg;
	return big_add(a, b);
}

static inline struct big big_mul(struct big a, struct big b)
{
	struct big r = { 0 };
	int i, j;

	for (i = 0; i < LIMBS; i++) {
		uint32_t carry = 0;

		if (!a.limb[i])
			continue;
		for (j = 0; i + j < LIMBS; j++) {
			carry += (uint32_t)a.limb[i] * b.limb[j] + r.limb[i + j];
			r.limb[i + j] = (uint16_t)carry;
			carry >>= 16;
		}
	}
	r.neg = a.neg != b.neg && !big_is_zero(&r);
	return r;
}

static inline struct big big_shl(struct big a, int bits)
{
	for (; bits >= 16; bits -= 16) {
		memmove(a.limb + 1, a.limb, sizeof(a.limb) - sizeof(a.limb[0]));
		a.limb[0] = 0;
	}
	for (; bits > 0; bits--) {
		bool neg = a.neg;

		a = big_add_mag(&a, &a);
		a.neg = neg;
	}
	return a;
}

/* towards minus infinity */
static inline struct big big_shr_floor(struct big a, int bits)
{
	bool lost = false;
	int i;

	for (; bits > 0; bits--) {
		uint16_t carry = 0;

		for (i = LIMBS - 1; i >= 0; i--) {
			uint16_t low = a.limb[i] & 1;

			a.limb[i] = (uint16_t)(a.limb[i] >> 1 | carry << 15);
			carry = low;
		}
		lost |= carry;
	}
	if (a.neg && lost)
		a = big_sub(a, big_u64(1));
	if (big_is_zero(&a))
		a.neg = false;
	return a;
}

static inline bool big_eq(struct big a, struct big b)
{
	return a.neg == b.neg && !big_cmp_mag(&a, &b);
}

static inline bool big_lt(struct big a, struct big b)
{
	struct big d = big_sub(a, b);

	return d.neg;
}

/* sec + frac / 2^64, in units of 2^-64 */
static inline struct big big_time(int64_t sec, uint64_t frac)
{
	return big_add(big_shl(big_s64(sec), 64), big_u64(frac));
}

/* xorshift: the same numbers each time */
static inline uint64_t rnd(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* of any length, often with all ones or all zeros in it */
static inline uint64_t rnd_edgy(uint64_t *state)
{
	uint64_t v = rnd(state);
	int shift = (int)(rnd(state) & 63);

	switch (rnd(state) % 6) {
	case 0:
		return v >> shift;
	case 1:
		return ~(v >> shift);
	case 2:
		return 1ULL << shift;
	case 3:
		return (1ULL << shift) - 1;
	case 4:
		return 0 - (1ULL << shift);
	default:
		return v;
	}
}

#endif
