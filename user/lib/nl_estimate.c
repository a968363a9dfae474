// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The estimate: get it, set it.
 */
#include <errno.h>
#include <string.h>

#include "nl.h"

static int take_estimate(struct nlmsghdr *nlh, struct nlattr **attrs, void *arg)
{
	struct radclock_estimate *e = arg;

	memset(e, 0, sizeof(*e));
	e->counter_id = rad_nl_u32(attrs, RADCLOCK_A_COUNTER_ID);
	e->status = rad_nl_u32(attrs, RADCLOCK_A_STATUS);
	e->disruption_marker = rad_nl_u64(attrs, RADCLOCK_A_DISRUPTION_MARKER);
	e->counter = rad_nl_u64(attrs, RADCLOCK_A_COUNTER);
	e->time.sec = (int64_t)rad_nl_u64(attrs, RADCLOCK_A_TIME_SEC);
	e->time.frac = rad_nl_u64(attrs, RADCLOCK_A_TIME_FRAC);
	e->period = rad_nl_u64(attrs, RADCLOCK_A_PERIOD);
	e->period_diff = rad_nl_u64(attrs, RADCLOCK_A_PERIOD_DIFF);
	e->maxerror_ns = rad_nl_u64(attrs, RADCLOCK_A_MAXERROR);
	e->esterror_ns = rad_nl_u64(attrs, RADCLOCK_A_ESTERROR);
	e->maxerror_rate = rad_nl_u64(attrs, RADCLOCK_A_MAXERROR_RATE);
	e->esterror_rate = rad_nl_u64(attrs, RADCLOCK_A_ESTERROR_RATE);
	e->holdover_counter = rad_nl_u64(attrs, RADCLOCK_A_HOLDOVER_COUNTER);
	e->void_counter = rad_nl_u64(attrs, RADCLOCK_A_VOID_COUNTER);
	e->leap_counter = rad_nl_u64(attrs, RADCLOCK_A_LEAP_COUNTER);
	e->leap_delta = (int32_t)rad_nl_u32(attrs, RADCLOCK_A_LEAP_DELTA);
	e->tai_offset = (int32_t)rad_nl_u32(attrs, RADCLOCK_A_TAI_OFFSET);
	e->params_flags = rad_nl_u32(attrs, RADCLOCK_A_PARAMS_FLAGS);
	e->generation = rad_nl_u64(attrs, RADCLOCK_A_GENERATION);
	e->updates = rad_nl_u64(attrs, RADCLOCK_A_UPDATES);
	if (attrs[RADCLOCK_A_PERIOD_SHIFT])
		e->period_shift = nla_get_u8(attrs[RADCLOCK_A_PERIOD_SHIFT]);
	rad_nl_string(attrs, RADCLOCK_A_SOURCE, e->source, sizeof(e->source));
	return 0;
}

static int estimate_from_page(struct radclock *rc, struct radclock_estimate *e)
{
	struct radclock_params p;
	int err;

	memset(e, 0, sizeof(*e));
	err = radclock_get_params(rc, &p);
	if (err)
		return err;
	if (!(p.flags & RADCLOCK_PARAMS_FLAG_ABS_VALID))
		return -ENODATA;
	e->counter_id = p.counter_id;
	e->status = p.status;
	e->disruption_marker = p.disruption_marker;
	e->counter = p.absolute.counter;
	e->time.sec = p.absolute.sec;
	e->time.frac = p.absolute.frac;
	e->period = p.absolute.period;
	e->period_diff = p.diff.period;
	e->maxerror_ns = p.maxerror_ns;
	e->esterror_ns = p.esterror_ns;
	e->maxerror_rate = p.maxerror_rate;
	e->esterror_rate = p.esterror_rate;
	e->holdover_counter = p.holdover_counter;
	e->void_counter = p.void_counter;
	e->leap_counter = p.leap_counter;
	e->leap_delta = p.leap_delta;
	e->tai_offset = p.tai_offset;
	e->params_flags = p.flags;
	e->generation = p.generation;
	e->updates = p.updates;
	e->period_shift = p.period_shift;
	return 0;
}

int radclock_get_estimate(struct radclock *rc, struct radclock_estimate *e)
{
	const struct rad_nl_call call = {
		.cmd = RADCLOCK_CMD_GET_ESTIMATE,
		.take = take_estimate,
		.arg = e,
	};

	if (!rc->module)
		return estimate_from_page(rc, e);
	return rad_nl_handle_do(rc, &call);
}

static int put_optional(struct nl_msg *msg, const struct radclock_estimate *e)
{
	uint32_t flags = e->params_flags & (RADCLOCK_PARAMS_FLAG_TAI_VALID |
					    RADCLOCK_PARAMS_FLAG_SMEARED);

	if (e->period_diff)
		NLA_PUT_U64(msg, RADCLOCK_A_PERIOD_DIFF, e->period_diff);
	if (e->leap_delta) {
		NLA_PUT_U64(msg, RADCLOCK_A_LEAP_COUNTER, e->leap_counter);
		NLA_PUT_S32(msg, RADCLOCK_A_LEAP_DELTA, e->leap_delta);
	}
	if (flags & RADCLOCK_PARAMS_FLAG_TAI_VALID)
		NLA_PUT_S32(msg, RADCLOCK_A_TAI_OFFSET, e->tai_offset);
	if (flags)
		NLA_PUT_U32(msg, RADCLOCK_A_PARAMS_FLAGS, flags);
	if (e->source[0])
		NLA_PUT_STRING(msg, RADCLOCK_A_SOURCE, e->source);
	return 0;

nla_put_failure:
	return -ENOMEM;
}

static int put_estimate(struct nl_msg *msg, void *arg)
{
	const struct radclock_estimate *e = arg;

	NLA_PUT_U32(msg, RADCLOCK_A_COUNTER_ID, e->counter_id);
	NLA_PUT_U64(msg, RADCLOCK_A_DISRUPTION_MARKER, e->disruption_marker);
	NLA_PUT_U64(msg, RADCLOCK_A_COUNTER, e->counter);
	NLA_PUT_S64(msg, RADCLOCK_A_TIME_SEC, e->time.sec);
	NLA_PUT_U64(msg, RADCLOCK_A_TIME_FRAC, e->time.frac);
	NLA_PUT_U64(msg, RADCLOCK_A_PERIOD, e->period);
	NLA_PUT_U8(msg, RADCLOCK_A_PERIOD_SHIFT, e->period_shift);
	NLA_PUT_U64(msg, RADCLOCK_A_MAXERROR, e->maxerror_ns);
	NLA_PUT_U64(msg, RADCLOCK_A_ESTERROR, e->esterror_ns);
	NLA_PUT_U64(msg, RADCLOCK_A_MAXERROR_RATE, e->maxerror_rate);
	NLA_PUT_U64(msg, RADCLOCK_A_ESTERROR_RATE, e->esterror_rate);
	NLA_PUT_U32(msg, RADCLOCK_A_STATUS, e->status);
	NLA_PUT_U64(msg, RADCLOCK_A_HOLDOVER_COUNTER, e->holdover_counter);
	NLA_PUT_U64(msg, RADCLOCK_A_VOID_COUNTER, e->void_counter);
	return put_optional(msg, e);

nla_put_failure:
	return -ENOMEM;
}

int radclock_set_estimate(struct radclock *rc,
			  const struct radclock_estimate *e,
			  char *why, size_t why_len)
{
	const struct rad_nl_call call = {
		.cmd = RADCLOCK_CMD_SET_ESTIMATE,
		.fill = put_estimate,
		.arg = (void *)e,
		.why = why,
		.why_len = why_len,
	};

	if (why && why_len)
		why[0] = '\0';
	if (strnlen(e->source, sizeof(e->source)) == sizeof(e->source))
		return -EINVAL;
	return rad_nl_handle_do(rc, &call);
}
