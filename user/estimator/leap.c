// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leap seconds: announced by servers, applied at the tick of the month's end.
 */
#include "internal.h"

#define DAY		86400LL
#define SEASON		(DAY + 7200)
#define LEAP_VOTES	3
#define LEAP_AHEAD	(31 * DAY)

/* days since 1970-01-01 of the first of the month after @days */
static s64 next_month(s64 days)
{
	/* civil date from days: era of 400 years that start on March 1 */
	s64 z = days + 719468;
	s64 era = z / 146097;
	s64 doe = z - era * 146097;
	s64 yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	s64 doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	s64 mp = (5 * doy + 2) / 153;
	s64 y = yoe + era * 400;

	/* the month after, still counted from March */
	if (++mp == 12) {
		mp = 0;
		y++;
	}
	era = y / 400;
	yoe = y - era * 400;
	doy = (153 * mp + 2) / 5;
	doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + doe - 719468;
}

/* within a day or so of a month's end: the time of smears */
bool leap_season(s64 sec)
{
	s64 end = next_month(sec / DAY) * DAY;
	s64 begin = next_month((sec - 2 * DAY) / DAY) * DAY;

	return end - sec < SEASON || (begin <= sec && sec - begin < SEASON);
}

/**
 * leap_stamp() - note what a good stamp announces
 * @l: leap
 * @s: stamp, its times in range
 */
void leap_stamp(struct leap *l, const struct rad_stamp *s)
{
	s8 delta = s->leap == 1 ? 1 : s->leap == 2 ? -1 : 0;
	s64 end;

	if (!delta && !l->delta)
		return;
	end = next_month(s->te.sec / DAY) * DAY;
	/* servers leave the bits on for a while after the leap */
	if (delta && end - s->te.sec > LEAP_AHEAD - DAY / 2)
		return;
	if (delta != l->delta || (delta && end != l->at)) {
		if (l->delta && !delta && l->votes > 0) {
			/* withdrawn: not by one stamp */
			l->votes--;
			return;
		}
		l->delta = delta;
		l->at = end;
		l->votes = 0;
	}
	if (delta && l->votes < LEAP_VOTES)
		l->votes++;
}

/* when the clock must step: an inserted second begins at @at */
static s64 leap_second(const struct leap *l)
{
	return l->delta < 0 ? l->at - 1 : l->at;
}

/* the tick of the leap by the line; 0 when none is announced */
u64 leap_counter(const struct leap *l, const struct line *line)
{
	double span;

	if (!l->delta || l->votes < 2)
		return 0;
	span = raw_to_s(leap_second(l) * RAW_SECOND - line->time);
	if (span < 0)
		return line->counter;
	return line_ahead(line, line->counter, span);
}

/* the seconds that UTC steps by at a counter value, once; forgets the leap */
int leap_due(struct leap *l, const struct line *line, u64 counter)
{
	int delta = l->delta;

	if (!delta || l->votes < 2)
		return 0;
	if (line_at(line, counter) < leap_second(l) * RAW_SECOND)
		return 0;
	l->delta = 0;
	l->votes = 0;
	return -delta;
}
