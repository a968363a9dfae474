// SPDX-License-Identifier: GPL-2.0-only
#include "poll_control.h"

#define POLL_RAISE_AFTER	8	/* good replies */

static s64 log2_to_ns(int log2)
{
	return log2 < 0 ? (s64)(RADCLOCK_NSEC >> -log2) : (s64)(RADCLOCK_NSEC << log2);
}

static int least(const struct poll_control *pc)
{
	return pc->floor > pc->min ? pc->floor : pc->min;
}

static void start_burst(struct poll_control *pc)
{
	/* a server that asked for peace gets no burst */
	if (pc->iburst && pc->floor <= POLL_BURST_SPACING)
		pc->burst = POLL_BURST;
}

void poll_init(struct poll_control *pc, int min, int max, bool iburst)
{
	*pc = (struct poll_control){ .min = min, .max = max, .iburst = iburst,
				     .poll = min, .floor = POLL_MIN };
	start_burst(pc);
}

void poll_set_limits(struct poll_control *pc, int min, int max, bool iburst)
{
	pc->min = min;
	pc->max = max;
	pc->iburst = iburst;
	if (pc->poll > max)
		pc->poll = max;
	if (pc->poll < least(pc))
		pc->poll = least(pc);
}

void poll_restart(struct poll_control *pc)
{
	pc->poll = least(pc);
	pc->good = 0;
	start_burst(pc);
}

void poll_replied(struct poll_control *pc, bool stable)
{
	bool was_lost = !pc->reach;

	pc->reach = pc->reach << 1 | 1;
	if (pc->burst) {
		pc->burst--;
		return;
	}
	if (was_lost)
		start_burst(pc);
	if (!stable) {
		pc->poll = least(pc);
		pc->good = 0;
		return;
	}
	if (++pc->good >= POLL_RAISE_AFTER && pc->poll < pc->max) {
		pc->poll++;
		pc->good = 0;
	}
}

bool poll_missed(struct poll_control *pc)
{
	bool was_reached = pc->reach;

	pc->reach <<= 1;
	pc->good = 0;
	if (pc->burst)
		pc->burst--;
	else if (!was_reached && pc->poll < pc->max)
		pc->poll++;	/* gone for long, or never there: no hurry */
	return was_reached && !pc->reach;
}

void poll_slow_down(struct poll_control *pc, int server_poll)
{
	int floor = pc->poll + 1;

	if (pc->burst && floor <= POLL_BURST_SPACING)
		floor = POLL_BURST_SPACING + 1;
	if (server_poll > floor)
		floor = server_poll;
	if (floor > POLL_MAX)
		floor = POLL_MAX;
	pc->burst = 0;
	pc->good = 0;
	pc->floor = floor;
	pc->poll = floor;
}

s64 poll_interval(const struct poll_control *pc)
{
	if (pc->burst && pc->poll > POLL_BURST_SPACING)
		return log2_to_ns(POLL_BURST_SPACING);
	return log2_to_ns(pc->poll);
}
