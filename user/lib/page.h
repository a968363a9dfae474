/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A consistent look at the page: what a reading needs, and the counter, read
 * while the page held still.
 */
#ifndef RADCLOCK_LIB_PAGE_H
#define RADCLOCK_LIB_PAGE_H

#include "counter.h"
#include "internal.h"

enum rad_page_result {
	RAD_PAGE_OK,
	RAD_PAGE_NO_COUNTER,	/* good, but the counter needs the kernel */
	RAD_PAGE_BUSY,
	RAD_PAGE_BAD,
};

static inline u32 rad_page_begin(const struct radclock_page *page)
{
	return __atomic_load_n(&page->vmclock.seq_count, __ATOMIC_ACQUIRE);
}

/* true: nothing was written since rad_page_begin() said @seq */
static inline bool rad_page_end(const struct radclock_page *page, u32 seq)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return likely(__atomic_load_n(&page->vmclock.seq_count,
				      __ATOMIC_RELAXED) == seq);
}

/*
 * Field by field, so that the compiler leaves out what a reading does not use.
 * @clock is a constant in the paths that matter.
 */
static inline __attribute__((always_inline))
void rad_page_copy(const struct radclock_params *from, unsigned int clock,
		   struct radclock_params *to)
{
	to->period_shift = from->period_shift;
	to->counter_id = from->counter_id;
	to->disruption_marker = from->disruption_marker;
	to->status = from->status;
	to->flags = from->flags;
	to->holdover_counter = from->holdover_counter;
	to->void_counter = from->void_counter;
	to->leap_delta = from->leap_delta;
	to->leap_counter = from->leap_counter;
	to->maxerror_ns = from->maxerror_ns;
	to->esterror_ns = from->esterror_ns;
	to->maxerror_rate = from->maxerror_rate;
	to->esterror_rate = from->esterror_rate;
	to->absolute = from->absolute;
	if (clock == RADCLOCK_CLOCK_MONO) {
		to->mono_prev = from->mono_prev;
		to->mono = from->mono;
		to->mono_join_counter = from->mono_join_counter;
	}
	if (clock == RADCLOCK_CLOCK_DIFF) {
		to->diff_prev = from->diff_prev;
		to->diff = from->diff;
	}
}

/*
 * One attempt. The counter comes first: what is read after it need not wait
 * for it, and nothing has to be kept meanwhile.
 * @clock: what to copy for; RAD_CLOCKS: every parameter
 * @counter: NULL: is not wanted
 */
static inline __attribute__((always_inline))
enum rad_page_result rad_page_try(const struct radclock_page *page,
				  unsigned int clock,
				  struct radclock_params *p, u64 *counter)
{
	u32 seq = rad_page_begin(page);
	bool read = true;

	if (unlikely(seq & 1))
		return RAD_PAGE_BUSY;
	if (counter)
		read = rad_user_counter(page->params.counter_id,
					page->params.counter_flags, counter);
	if (clock == RAD_CLOCKS)
		*p = page->params;
	else
		rad_page_copy(&page->params, clock, p);
	if (unlikely(!rad_page_end(page, seq)))
		return RAD_PAGE_BUSY;
	if (unlikely(p->period_shift > 63))
		return RAD_PAGE_BAD;
	return likely(read) ? RAD_PAGE_OK : RAD_PAGE_NO_COUNTER;
}

/*
 * Attempt after attempt, until it is quiet or the writer seems to be stuck;
 * every parameter is copied.
 */
enum rad_page_result rad_page_insist(const struct radclock_page *page,
				     struct radclock_params *p, u64 *counter);

#endif /* RADCLOCK_LIB_PAGE_H */
