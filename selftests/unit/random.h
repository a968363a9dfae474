/* SPDX-License-Identifier: GPL-2.0-only */
/* The same numbers in each run. */
#ifndef RADCLOCK_TEST_RANDOM_H
#define RADCLOCK_TEST_RANDOM_H

#include "fixed.h"

/* xorshift64 */
static inline u64 rnd(void)
{
	static u64 seed = 88172645463325252ULL;

	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

#endif /* RADCLOCK_TEST_RANDOM_H */
