// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leap seconds: announced by servers, applied at the tick of the month's end.
 * What a server announces and what its line takes are two things: with several
 * servers the vote is between them.
 */
#include "internal.h"

#define DAY		86400LL
#define SEASON		(DAY + 7200)
#define LEAP_VOTES	3
#define LEAP_AHEAD	(31 * DAY)

/* months from March of year 0 to a day, counted from 1970-01-01 */
static s64 month_of(s64 days)
{
	/* civil date from days: era of 400 years that start on March 1 */
	s64 z = days + 719468;
	s64 era = z / 146097;
	s64 doe = z - era * 146097;
	s64 yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	s64 doy = doe - (365 * yoe + yoe / 4 - yoe / 100);

	return (yoe + era * 400) * 12 + (5 * doy + 2) / 153;
}

/* days since 1970-01-01 of the first of the month after @days */
static s64 next_month(s64 days)
{
	s64 month = month_of(days) + 1;
	s64 y = month / 12;
	s64 era = y / 400;
	s64 yoe = y - era * 400;
	s64 doy = (153 * (month % 12) + 2) / 5;
	s64 doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return era * 146097 + doe - 719468;
}

/* the first of January or of July: no leap has ever been elsewhere */
static bool leap_month(s64 days)
{
	s64 month = month_of(days) % 12;

	return month == 10 || month == 4;
}

/* within a day or so of a month's end: the time of smears */
bool leap_season(s64 sec)
{
	s64 end = next_month(sec / DAY) * DAY;
	s64 begin = next_month((sec - 2 * DAY) / DAY) * DAY;

	return end - sec < SEASON || (begin <= sec && sec - begin < SEASON);
}

/**
 * announced_stamp() - note what a good stamp announces
 * @a: announced
 * @s: stamp, its times in range
 */
void announced_stamp(struct announced *a, const struct rad_stamp *s)
{
	s8 delta = s->leap == 1 ? 1 : s->leap == 2 ? -1 : 0;
	struct leap *l = &a->leap;
	s64 end;

	if (!delta && !l->delta)
		return;
	end = next_month(s->te.sec / DAY) * DAY;
	/* servers leave the bits on for a while after the leap */
	if (delta && (!leap_month(end / DAY) || end - s->te.sec > LEAP_AHEAD - DAY / 2))
		return;
	if (delta != l->delta || (delta && end != l->at)) {
		if (l->delta && !delta && a->votes > 0) {
			/* withdrawn: not by one stamp */
			a->votes--;
			return;
		}
		l->delta = delta;
		l->at = end;
		a->votes = 0;
	}
	if (delta && a->votes < LEAP_VOTES)
		a->votes++;
}

/* what is announced by more than one stamp */
struct leap announced_leap(const struct announced *a)
{
	return a->votes < 2 ? (struct leap){ 0 } : a->leap;
}

/* a new line at @sec: what was announced for before is over */
void announced_restart(struct announced *a, s64 sec)
{
	if (sec >= a->leap.at)
		*a = (struct announced){ 0 };
}

/* a time is that of the leap or after it: an inserted second begins at @at */
bool leap_reached(const struct leap *l, rad_s128 time)
{
	return time >= (l->delta < 0 ? l->at - 1 : l->at) * RAW_SECOND;
}

/* the tick of the leap by the line; 0 when none is to come */
u64 leap_counter(const struct leap *l, const struct line *line)
{
	double span;

	if (!l->delta)
		return 0;
	span = raw_to_s((l->delta < 0 ? l->at - 1 : l->at) * RAW_SECOND - line->time);
	if (span < 0)
		return line->counter;
	return line_ahead(line, line->counter, span);
}

/**
 * leap_majority() - what more than half of the servers announce
 * @l: of each server; delta 0: nothing
 * @n: servers
 *
 * Return: delta 0 when there is no such majority.
 */
struct leap leap_majority(const struct leap *l, unsigned int n)
{
	unsigned int i, k, same;

	for (i = 0; i < n; i++) {
		if (!l[i].delta)
			continue;
		for (k = 0, same = 0; k < n; k++)
			same += l[k].delta == l[i].delta && l[k].at == l[i].at;
		if (same > n / 2)
			return l[i];
	}
	return (struct leap){ 0 };
}
