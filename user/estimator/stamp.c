// SPDX-License-Identifier: GPL-2.0-only
/* Which stamps make sense on their own. */
#include <math.h>

#include "internal.h"

static bool time_in_range(struct rad_time t)
{
	return t.sec >= 0 && t.sec < RAD_MAX_SEC;
}

static bool figure_ok(double v)
{
	return v >= 0 && v < 1e3;
}

/**
 * stamp_check() - look at a stamp before any sum is done with it
 * @s: the stamp, any values
 * @last: the last good one, NULL when there is none
 *
 * A server whose clock has coarse or fuzzed low bits may give te slightly
 * before tb: up to RAD_SERVER_FUZZ that is taken for no stay at all.
 *
 * Return: RAD_FEED_ACCEPTED, or why not.
 */
enum rad_feed stamp_check(const struct rad_stamp *s,
			  const struct rad_stamp *last)
{
	if (s->leap > 2 || s->stratum > 15)
		return RAD_FEED_UNSYNCHRONIZED;
	if (!time_in_range(s->tb) || !time_in_range(s->te) ||
	    !figure_ok(s->root_delay) || !figure_ok(s->root_dispersion) ||
	    !figure_ok(s->precision) || !figure_ok(s->host_noise))
		return RAD_FEED_RANGE;
	if ((s64)(s->tf - s->ta) <= 0)
		return RAD_FEED_CAUSALITY;
	if (raw_to_s(rad_time_raw(rad_time_sub(s->te, s->tb))) <
	    -RAD_SERVER_FUZZ)
		return RAD_FEED_CAUSALITY;
	if (last && s->ta == last->ta && s->tf == last->tf)
		return RAD_FEED_DUPLICATE;
	if (last && ((s64)(s->ta - last->ta) <= 0 ||
		     (s64)(s->tf - last->tf) <= 0))
		return RAD_FEED_ORDER;
	return RAD_FEED_ACCEPTED;
}
