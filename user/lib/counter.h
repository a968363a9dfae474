/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The counters that user space can read for itself.
 */
#ifndef RADCLOCK_LIB_COUNTER_H
#define RADCLOCK_LIB_COUNTER_H

#include <time.h>

#include "reading.h"

static inline u64 rad_monotonic_raw(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return (u64)ts.tv_sec * RADCLOCK_NSEC + (u64)ts.tv_nsec;
}

/**
 * rad_user_counter() - read a counter without the kernel
 * @id: enum radclock_counter_id
 * @flags: enum radclock_counter_flag
 * @counter: its value, not taken before earlier loads are done
 *
 * Return: false if this program cannot read that counter.
 */
static inline bool rad_user_counter(u32 id, u32 flags, u64 *counter)
{
	if (__builtin_expect(!(flags & RADCLOCK_COUNTER_FLAG_USER), 0))
		return false;

#if defined(__x86_64__)
	if (__builtin_expect(id == RADCLOCK_COUNTER_ID_TSC, 1)) {
		u32 lo, hi;

		__asm__ volatile("lfence; rdtsc"
				 : "=a"(lo), "=d"(hi) : : "memory");
		*counter = (u64)hi << 32 | lo;
		return true;
	}
#elif defined(__aarch64__)
	if (__builtin_expect(id == RADCLOCK_COUNTER_ID_ARCH, 1)) {
		__asm__ volatile("isb; mrs %0, cntvct_el0"
				 : "=r"(*counter) : : "memory");
		return true;
	}
#endif
	if (id == RADCLOCK_COUNTER_ID_MONOTONIC_RAW) {
		*counter = rad_monotonic_raw();
		return true;
	}
	return false;
}

#endif /* RADCLOCK_LIB_COUNTER_H */
