// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "digits.h"

#define TENS(t)	t "0" t "1" t "2" t "3" t "4" t "5" t "6" t "7" t "8" t "9"

/* @v below 100: from a table, as a row has some 50 of them */
static void put_pair(char *p, u32 v)
{
	static const char pairs[] = TENS("0") TENS("1") TENS("2") TENS("3") TENS("4")
				    TENS("5") TENS("6") TENS("7") TENS("8") TENS("9");

	memcpy(p, pairs + 2 * v, 2);
}

static char *put_8(char *p, u32 v)
{
	u32 high = v / 10000, low = v % 10000;

	put_pair(p, high / 100);
	put_pair(p + 2, high % 100);
	put_pair(p + 4, low / 100);
	put_pair(p + 6, low % 100);
	return p + 8;
}

/* @v below 10^15, with leading zeros */
static char *put_15(char *p, u64 v)
{
	u32 high = (u32)(v / 100000000);

	*p++ = (char)('0' + high / 1000000);
	put_pair(p, high / 10000 % 100);
	put_pair(p + 2, high / 100 % 100);
	put_pair(p + 4, high % 100);
	return put_8(p + 6, (u32)(v % 100000000));
}

/* @v below 10^18 */
static char *put_18(char *p, u64 v)
{
	put_pair(p, (u32)(v / 10000000000000000ULL));
	v %= 10000000000000000ULL;
	p = put_8(p + 2, (u32)(v / 100000000));
	return put_8(p, (u32)(v % 100000000));
}

char *put_u64(char *p, u64 v)
{
	char text[20], *end = text + sizeof(text), *at = end;

	while (v >= 100) {
		at -= 2;
		put_pair(at, (u32)(v % 100));
		v /= 100;
	}
	at -= 2;
	put_pair(at, (u32)v);
	if (v < 10)
		at++;
	memcpy(p, at, (size_t)(end - at));
	return p + (end - at);
}

/* 15 decimals, rounded down */
static u64 femtoseconds(u64 frac)
{
	return (u64)(((rad_u128)frac * 1000000000000000ULL) >> 64);
}

/* 64.64 with 15 decimals, rounded towards 0 */
char *put_time(char *p, struct rad_time t)
{
	if (t.sec < 0) {
		/* -1 and 3/4 is -0.25 */
		struct rad_time zero = { 0 };

		*p++ = '-';
		t = rad_time_sub(zero, t);
	}
	p = put_u64(p, (u64)t.sec);
	*p++ = '.';
	return put_15(p, femtoseconds(t.frac));
}

/*
 * A period of @period * 2^-(64 + @shift) s per tick with 36 decimals, which are
 * 25 significant digits at 10 GHz. It is a fraction of 128 bits; what a product
 * with 10^18 carries beyond them is the next 18 digits.
 */
char *put_period(char *p, u64 period, u8 shift)
{
	const u64 e18 = 1000000000000000000ULL;
	rad_u128 v = (rad_u128)period << (64 - shift);
	int i;

	*p++ = '0';
	*p++ = '.';
	for (i = 0; i < 2; i++) {
		rad_u128 low = (rad_u128)(u64)v * e18;
		rad_u128 high = (rad_u128)(u64)(v >> 64) * e18 + (u64)(low >> 64);

		p = put_18(p, (u64)(high >> 64));
		v = high << 64 | (u64)low;
	}
	return p;
}

/* s, >= 0, with 15 decimals, rounded up: a bound must not shrink */
char *put_figure(char *p, double v)
{
	double exact = v * 1e15;
	s64 fs;

	if (!(v < FIGURE_MAX))
		return p + sprintf(p, "%.6g", v);
	fs = (s64)exact;
	if ((double)fs < exact)
		fs++;
	if (fs < 1000000000000000LL) {
		*p++ = '0';
	} else {
		p = put_u64(p, (u64)fs / 1000000000000000ULL);
		fs %= 1000000000000000LL;
	}
	*p++ = '.';
	return put_15(p, (u64)fs);
}
