/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * The writer's side of the parameters: how a new estimate joins what is in
 * force. For the module, and for the daemon where there is no module.
 */
#ifndef RADCLOCK_WRITER_H
#define RADCLOCK_WRITER_H

#include "reading.h"

/* how fast the monotonic clock meets the absolute one: 1/200, 5000 ppm */
#define RADCLOCK_SLEW_MAX	((u64)(~0ULL / 200))
/* a gap of this many seconds is jumped over, if the clock lies behind */
#define RADCLOCK_STEP_AHEAD	1

/* to another scale, saturating: only for lines that are left behind */
static inline u64 rad_rescale(u64 v, u8 from, u8 to)
{
	if (from >= to)
		return v >> (from - to);
	if (to - from >= 64 || v > (~0ULL >> (to - from)))
		return ~0ULL;
	return v << (to - from);
}

/* the same line, anchored at @to */
static inline void rad_move_line(struct radclock_line *l, u8 shift, u64 to)
{
	struct rad_time t = rad_line_at(l, shift, to);

	l->counter = to;
	l->sec = t.sec;
	l->frac = t.frac;
}

/* line @l of @o as a line of @n, anchored at @start, where it ends */
static inline struct radclock_line
rad_left_behind(const struct radclock_line *l, const struct radclock_params *o,
		const struct radclock_params *n, u64 start)
{
	struct radclock_line prev = *l;

	rad_move_line(&prev, o->period_shift, start);
	prev.period = rad_rescale(prev.period, o->period_shift, n->period_shift);
	return prev;
}

/*
 * The monotonic clock goes on from @from, at the @n->absolute line's rate and up
 * to 5000 ppm faster or slower until it meets it: a gap below 5 ms within 1 s.
 */
static inline void rad_aim_mono(struct radclock_params *n, struct rad_time from,
				u64 start)
{
	struct rad_time target = rad_line_at(&n->absolute, n->period_shift, start);
	rad_s128 gap = rad_time_raw(rad_time_sub(target, from));
	rad_u128 size = gap < 0 ? -(rad_u128)gap : (rad_u128)gap;
	u64 share = size > RADCLOCK_SLEW_MAX ? RADCLOCK_SLEW_MAX : (u64)size;
	u64 change = (u64)(((rad_u128)n->absolute.period * share) >> 64);

	if (gap >= (rad_s128)RADCLOCK_STEP_AHEAD << 64) {
		from = target;
		size = 0;
	}
	n->mono.counter = start;
	n->mono.sec = from.sec;
	n->mono.frac = from.frac;
	n->mono.period = n->absolute.period;
	n->mono_join_counter = start;
	if (!size)
		return;

	if (!change)
		change = 1;
	n->mono.period += gap < 0 ? -change : change;
	/* decades ahead: as good as never, and the shift fits */
	if (size >> 84)
		size = (rad_u128)1 << 84;
	/* from behind a tick early, from ahead a tick late: forward, if at all */
	size = rad_u128_div(size << n->period_shift, change) + (gap < 0);
	n->mono_join_counter = start + (size >> 63 ? (u64)-1 >> 1 : (u64)size);
}

/**
 * rad_join() - let the difference and the monotonic clock go on
 * @n: new parameters: @n->absolute, @n->period_shift and @n->flags are final,
 *	the lines of the other two clocks are made here
 * @o: the parameters in force
 * @start: counter value a moment ahead, at which the new lines begin: until
 *	then readers with old and with new parameters agree
 * @period_diff: period of the difference clock
 * @floor: the monotonic clock may not begin below this; may be NULL. Counts
 *	when nobody could read that clock
 */
static inline void rad_join(struct radclock_params *n,
			    const struct radclock_params *o, u64 start,
			    u64 period_diff, const struct rad_time *floor)
{
	struct rad_time from;

	n->diff_prev = rad_left_behind(&o->diff, o, n, start);
	n->diff = n->diff_prev;
	n->diff.period = period_diff;

	if (o->flags & RADCLOCK_PARAMS_FLAG_ABS_VALID) {
		n->mono_prev = rad_left_behind(
			rad_counter_before(start, o->mono_join_counter) ?
			&o->mono : &o->absolute, o, n, start);
		from = (struct rad_time){ n->mono_prev.sec, n->mono_prev.frac };
	} else {
		n->mono_prev = n->absolute;
		rad_move_line(&n->mono_prev, n->period_shift, start);
		from = (struct rad_time){ n->mono_prev.sec, n->mono_prev.frac };
		if (floor && rad_time_raw(*floor) > rad_time_raw(from))
			from = *floor;
		n->mono_prev.sec = from.sec;
		n->mono_prev.frac = from.frac;
	}
	rad_aim_mono(n, from, start);
}

/**
 * rad_is_settled() - may new lines begin at @start?
 *
 * Not while a line begins or ends between @now and @start: readers with old and
 * with new parameters could not agree about it. Wait for a moment then.
 */
static inline bool rad_is_settled(const struct radclock_params *o, u64 now,
				  u64 start)
{
	if (rad_counter_before(now, o->diff.counter))
		return false;
	return !(o->flags & RADCLOCK_PARAMS_FLAG_ABS_VALID) ||
	       !rad_counter_before(now, o->mono_join_counter) ||
	       rad_counter_before(start, o->mono_join_counter);
}

/* the estimate holds no longer; the difference clock goes on */
static inline void rad_withdraw(struct radclock_params *n, u8 status)
{
	n->status = status;
	n->flags = 0;
	n->leap_delta = 0;
	n->maxerror_ns = ~0ULL;
	n->esterror_ns = ~0ULL;
}

/**
 * rad_begin() - clocks without an estimate, on a counter
 * @p: @p->diff has counter, sec and frac of the difference clock
 * @hz: nominal rate of the counter, which the difference clock takes
 */
static inline void rad_begin(struct radclock_params *p, u64 hz)
{
	p->counter_hz = hz;
	p->diff.period = rad_period_from_hz(hz, &p->period_shift);
	p->diff_prev = p->diff;
	p->absolute = p->diff;
	p->mono = p->diff;
	p->mono_prev = p->diff;
	p->mono_join_counter = p->diff.counter;
	p->holdover_counter = p->diff.counter;
	p->void_counter = p->diff.counter;
	p->maxerror_rate = 0;
	p->esterror_rate = 0;
}

/**
 * rad_vmclock_status() - the clock status of the page's head
 * @p: the parameters
 * @now: the counter
 * @status: enum radclock_status at @now
 *
 * To readers of vmclock the counter and the kind of time are constants, and a leap
 * second is theirs to apply: where they would be wrong it is unreliable.
 */
static inline u8 rad_vmclock_status(const struct radclock_params *p, u64 now, u8 status)
{
	if (p->counter_id != RADCLOCK_COUNTER_ID_TSC ||
	    p->flags & RADCLOCK_PARAMS_FLAG_SMEARED ||
	    (p->leap_delta && !rad_counter_before(now, p->leap_counter)))
		return RADCLOCK_VMCLOCK_UNRELIABLE;
	switch (status) {
	case RADCLOCK_STATUS_WARMING:
		return RADCLOCK_VMCLOCK_INITIALIZING;
	case RADCLOCK_STATUS_SYNCHRONIZED:
		return RADCLOCK_VMCLOCK_SYNCHRONIZED;
	case RADCLOCK_STATUS_HOLDOVER:
		return RADCLOCK_VMCLOCK_FREERUNNING;
	default:
		return RADCLOCK_VMCLOCK_UNRELIABLE;
	}
}

/**
 * rad_fill_vmclock() - the head of the page
 * @v: everything but seq_count is written
 * @p: the parameters
 * @size: of the region that is mapped
 * @now: the counter
 * @status: enum radclock_status at @now: a vmclock reader knows no expiry
 */
static inline void rad_fill_vmclock(struct radclock_vmclock *v,
				    const struct radclock_params *p, u32 size,
				    u64 now, u8 status)
{
	bool valid = p->flags & RADCLOCK_PARAMS_FLAG_ABS_VALID;

	v->magic = RADCLOCK_VMCLOCK_MAGIC;
	v->size = size;
	v->version = 1;
	v->counter_id = valid && p->counter_id == RADCLOCK_COUNTER_ID_TSC ?
			RADCLOCK_VMCLOCK_X86_TSC : RADCLOCK_VMCLOCK_NO_COUNTER;
	v->time_type = RADCLOCK_VMCLOCK_UTC;
	v->disruption_marker = p->disruption_marker;
	v->flags = !valid ? 0 : RADCLOCK_VMCLOCK_PERIOD_ESTERROR_VALID |
				RADCLOCK_VMCLOCK_PERIOD_MAXERROR_VALID |
				RADCLOCK_VMCLOCK_TIME_ESTERROR_VALID |
				RADCLOCK_VMCLOCK_TIME_MAXERROR_VALID;
	if (valid && (p->flags & RADCLOCK_PARAMS_FLAG_TAI_VALID))
		v->flags |= RADCLOCK_VMCLOCK_TAI_VALID;
	v->clock_status = rad_vmclock_status(p, now, status);
	v->tai_offset_sec = p->tai_offset;
	v->leap_indicator = p->leap_delta > 0 ? RADCLOCK_VMCLOCK_LEAP_PRE_POS :
			    p->leap_delta < 0 ? RADCLOCK_VMCLOCK_LEAP_PRE_NEG :
			    RADCLOCK_VMCLOCK_LEAP_NONE;
	v->counter_period_shift = p->period_shift;
	v->counter_value = p->absolute.counter;
	v->counter_period_frac_sec = p->absolute.period;
	v->counter_period_esterror_rate_frac_sec = p->esterror_rate;
	v->counter_period_maxerror_rate_frac_sec = p->maxerror_rate;
	v->time_sec = p->absolute.sec;
	v->time_frac_sec = p->absolute.frac;
	v->time_esterror_nanosec = p->esterror_ns;
	v->time_maxerror_nanosec = p->maxerror_ns;
}

#endif /* RADCLOCK_WRITER_H */
