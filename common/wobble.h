/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * How far a hypervisor's clock strays from its own straight line. A hypervisor
 * that does not trust the TSC compares it about once a second with another
 * timer, and gives the page a new slope. A CPU that stands still between the two
 * reads (SMIs; a hypervisor that is itself a guest) makes it wrong by
 * milliseconds until the next. No bound of an oscillator covers that.
 */
#ifndef RADCLOCK_WOBBLE_H
#define RADCLOCK_WOBBLE_H

#include "pvclock.h"

/* supposed until it was watched for some hours: seen on a busy emulated machine */
#define RAD_WOBBLE_FIRST_NS	1000000
/* more is another machine, or one that slept */
#define RAD_WOBBLE_MOST_NS	100000000
/* how long a slope holds */
#define RAD_WOBBLE_SPAN_NS	1000000000LL

/**
 * struct rad_wobble - what was seen of one page
 * @seen: the page as it was last
 * @slope: its usual multiplier, 32.16; follows within about a minute
 * @phase_ns: how far it is from a line of the usual slope, forgotten as fast
 * @largest_ns: the farthest that was seen; halved by 5700 new pages, which is 1.5
 *	hours of one a second, down to 8 us
 */
struct rad_wobble {
	struct rad_pvclock seen;
	u64 slope;
	s64 phase_ns;
	u64 largest_ns;
};

static inline void rad_wobble_init(struct rad_wobble *w)
{
	*w = (struct rad_wobble){ .largest_ns = RAD_WOBBLE_FIRST_NS };
}

static inline u64 rad_wobble_size(s64 ns)
{
	return ns < 0 ? -(u64)ns : (u64)ns;
}

/* what the span at @mul is longer by than at @usual; both below 2^32, so it fits */
static inline s64 rad_wobble_gain(u32 mul, u32 usual)
{
	return RAD_WOBBLE_SPAN_NS * ((s64)mul - usual) / usual;
}

static inline void rad_wobble_begin(struct rad_wobble *w)
{
	w->slope = (u64)w->seen.tsc_to_system_mul << 16;
	w->phase_ns = 0;
}

/**
 * rad_wobble_look() - a page, more often than it is written
 * @w: what was seen before
 * @ti: a consistent page
 */
static inline void rad_wobble_look(struct rad_wobble *w, const struct rad_pvclock *ti)
{
	u64 ticks = ti->tsc_timestamp - w->seen.tsc_timestamp, most;
	s64 ns = ti->system_time - w->seen.system_time, ahead;
	bool known = w->seen.version;
	u32 usual = w->slope >> 16;

	if (ti->version == w->seen.version)
		return;
	known &= ti->tsc_shift == w->seen.tsc_shift && ns >= 0 && (s64)ticks >= 0 &&
		 ns < 60 * RAD_WOBBLE_SPAN_NS;
	w->seen = *ti;
	if (!known || !usual) {
		rad_wobble_begin(w);
		return;
	}

	/* since the page before, and where this one leads to */
	w->phase_ns += ns - (s64)rad_pvclock_scale(ticks, usual, ti->tsc_shift);
	ahead = w->phase_ns + rad_wobble_gain(ti->tsc_to_system_mul, usual);
	most = rad_wobble_size(w->phase_ns);
	if (rad_wobble_size(ahead) > most)
		most = rad_wobble_size(ahead);
	if (most > RAD_WOBBLE_MOST_NS) {
		rad_wobble_begin(w);
		return;
	}
	if (most > w->largest_ns)
		w->largest_ns = most;
	w->phase_ns -= w->phase_ns / 64;
	w->slope += ((s64)((u64)ti->tsc_to_system_mul << 16) - (s64)w->slope) / 64;
	/* what was seen long ago counts for less */
	w->largest_ns -= w->largest_ns >> 13;
}

/**
 * rad_wobble_error_ns() - what to promise of readings of such a page
 *
 * Twice what was seen: the next may be worse.
 */
static inline u64 rad_wobble_error_ns(const struct rad_wobble *w)
{
	return 2 * w->largest_ns;
}

#endif /* RADCLOCK_WOBBLE_H */
