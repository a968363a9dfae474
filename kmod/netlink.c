// SPDX-License-Identifier: GPL-2.0-only
/* The generic netlink family; docs/netlink/radclock.yaml describes it. */
#include <linux/capability.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <net/genetlink.h>

#include "clock.h"
#include "cross.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "source.h"
#include "stamp.h"
#include "xenstore.h"

#define PUT_U64(skb, attr, value) \
	nla_put_u64_64bit(skb, RADCLOCK_A_##attr, value, RADCLOCK_A_PAD)
#define PUT_S64(skb, attr, value) \
	nla_put_s64(skb, RADCLOCK_A_##attr, value, RADCLOCK_A_PAD)

static struct genl_family family;

/* the socket's opener and the sender, in the initial user namespace */
static int may_set(struct sk_buff *skb, struct genl_info *info)
{
	if (netlink_capable(skb, CAP_SYS_TIME))
		return 0;
	GENL_SET_ERR_MSG(info, "setting the clock needs CAP_SYS_TIME");
	return -EPERM;
}

/* the texts of clock.c are constants, but an extack wants a literal */
static int refuse(struct genl_info *info, int err, const char *why)
{
	if (info->extack)
		info->extack->_msg = why;
	return err;
}

static int put_host(struct sk_buff *skb, const struct rad_xenstore_host *h)
{
	if (nla_put_string(skb, RADCLOCK_A_HOST_ID, h->id) ||
	    PUT_U64(skb, HOST_GENERATION, h->generation) ||
	    PUT_U64(skb, HOST_COUNTER, h->written))
		return -EMSGSIZE;
	return 0;
}

static int put_info(struct sk_buff *skb)
{
	const struct rad_counter *c;
	struct rad_xenstore_host h;
	struct rad_state s;
	bool hosted;

	/* the host first: what it wrote then lies before counter_now */
	hosted = rad_xenstore_host(&h);
	rad_clock_state(&s);
	hosted = hosted && h.marker == s.params.disruption_marker;
	c = rad_counter_by_id(s.params.counter_id);
	if (nla_put_string(skb, RADCLOCK_A_MODULE_VERSION, RADCLOCK_VERSION) ||
	    nla_put_u32(skb, RADCLOCK_A_ABI_VERSION, RADCLOCK_ABI_VERSION) ||
	    nla_put_u32(skb, RADCLOCK_A_COUNTER_ID, c->id) ||
	    nla_put_string(skb, RADCLOCK_A_COUNTER_NAME, c->name) ||
	    PUT_U64(skb, COUNTER_HZ, c->hz) ||
	    nla_put_u32(skb, RADCLOCK_A_COUNTER_FLAGS, rad_counter_flags(c)) ||
	    PUT_U64(skb, COUNTER, s.counter_now) ||
	    nla_put_u32(skb, RADCLOCK_A_STATUS, s.status) ||
	    PUT_U64(skb, GENERATION, s.params.generation) ||
	    PUT_U64(skb, UPDATES, s.params.updates) ||
	    PUT_U64(skb, DISRUPTION_MARKER, s.params.disruption_marker) ||
	    PUT_U64(skb, DISRUPTIONS, s.disruptions) ||
	    nla_put_string(skb, RADCLOCK_A_SOURCE, s.source) ||
	    nla_put_string(skb, RADCLOCK_A_REASON, s.reason) ||
	    nla_put_u32(skb, RADCLOCK_A_PARAMETER_SOURCE, s.parameter_source))
		return -EMSGSIZE;
	return hosted ? put_host(skb, &h) : 0;
}

/* a reply to @info's request; @hdr is for genlmsg_end() */
static struct sk_buff *start_reply(struct genl_info *info, size_t size,
				   void **hdr)
{
	struct sk_buff *msg = genlmsg_new(size, GFP_KERNEL);

	if (!msg)
		return NULL;
	*hdr = genlmsg_put_reply(msg, info, &family, 0, info->genlhdr->cmd);
	if (!*hdr) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

static int finish_reply(struct sk_buff *msg, void *hdr, struct genl_info *info,
			int err)
{
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

int radclock_nl_get_info_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *msg;
	void *hdr;

	msg = start_reply(info, NLMSG_GOODSIZE, &hdr);
	if (!msg)
		return -ENOMEM;
	return finish_reply(msg, hdr, info, put_info(msg));
}

static int put_counter(struct sk_buff *skb, const struct rad_counter *c)
{
	if (nla_put_u32(skb, RADCLOCK_A_COUNTER_ID, c->id) ||
	    nla_put_string(skb, RADCLOCK_A_COUNTER_NAME, c->name) ||
	    nla_put_u32(skb, RADCLOCK_A_COUNTER_WIDTH, c->width) ||
	    PUT_U64(skb, COUNTER_HZ, c->hz) ||
	    nla_put_u32(skb, RADCLOCK_A_COUNTER_FLAGS, rad_counter_flags(c)) ||
	    PUT_U64(skb, COUNTER, rad_counter_read(c)))
		return -EMSGSIZE;
	if (c == rad_clock_counter() && nla_put_flag(skb, RADCLOCK_A_SELECTED))
		return -EMSGSIZE;
	return 0;
}

int radclock_nl_get_counter_dumpit(struct sk_buff *skb,
				   struct netlink_callback *cb)
{
	struct rad_counter *c = (struct rad_counter *)cb->args[0];
	void *hdr;

	if (cb->args[1])
		return 0;
	for (c = c ?: rad_counter_next(NULL); c; c = rad_counter_next(c)) {
		hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				  cb->nlh->nlmsg_seq, &family, NLM_F_MULTI,
				  RADCLOCK_CMD_GET_COUNTER);
		if (!hdr || put_counter(skb, c)) {
			if (hdr)
				genlmsg_cancel(skb, hdr);
			cb->args[0] = (long)c;
			return skb->len ?: -EMSGSIZE;
		}
		genlmsg_end(skb, hdr);
	}
	cb->args[1] = 1;
	return skb->len;
}

static struct rad_counter *counter_of(struct genl_info *info, int attr)
{
	struct nlattr **a = info->attrs;
	struct rad_counter *c = NULL;

	if (a[attr])
		c = rad_counter_by_id(nla_get_u32(a[attr]));
	else if (a[RADCLOCK_A_COUNTER_NAME])
		c = rad_counter_by_name(nla_data(a[RADCLOCK_A_COUNTER_NAME]));
	if (!c)
		GENL_SET_ERR_MSG(info, "this machine has no such counter");
	return c;
}

int radclock_nl_set_counter_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr **a = info->attrs;
	struct rad_counter *c;
	const char *why;
	int err;

	err = may_set(skb, info);
	if (err)
		return err;
	if (!a[RADCLOCK_A_COUNTER_ID] == !a[RADCLOCK_A_COUNTER_NAME]) {
		GENL_SET_ERR_MSG(info, "give either counter-id or counter-name");
		return -EINVAL;
	}
	c = counter_of(info, RADCLOCK_A_COUNTER_ID);
	if (!c)
		return -ENODEV;
	err = rad_clock_select(c, "another counter was selected", &why);
	if (err)
		return refuse(info, err, why);
	rad_notify_update();
	return 0;
}

int radclock_nl_set_source_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *a = info->attrs[RADCLOCK_A_PARAMETER_SOURCE];
	const char *why;
	int err;

	err = may_set(skb, info);
	if (err)
		return err;
	if (!a)
		return refuse(info, -EINVAL, "parameter-source is missing");
	err = rad_source_select(nla_get_u32(a), &why);
	return err ? refuse(info, err, why) : 0;
}

struct reading {
	u32 id;
	u64 value;
};

static int put_reading(struct sk_buff *skb, const struct reading *r)
{
	struct nlattr *nest = nla_nest_start(skb, RADCLOCK_A_READING);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u32(skb, RADCLOCK_A_READING_COUNTER_ID, r->id) ||
	    nla_put_u64_64bit(skb, RADCLOCK_A_READING_COUNTER, r->value,
			      RADCLOCK_A_READING_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static struct reading *take_reading(struct reading *r, const struct rad_counter *c)
{
	r->id = c->id;
	r->value = rad_counter_read(c);
	return r + 1;
}

/* undivided, so that @bracket says when @c was read */
static struct reading *read_bracketed(struct reading *r, const struct rad_counter *c,
				      const struct rad_counter *bracket)
{
	unsigned long flags;

	local_irq_save(flags);
	r = take_reading(r, bracket);
	r = take_reading(r, c);
	r = take_reading(r, bracket);
	local_irq_restore(flags);
	return r;
}

/* @only: NULL for every counter; undivided. Return: end of @r */
static struct reading *read_round(struct reading *r, const struct rad_counter *only)
{
	struct rad_counter *c;
	unsigned long flags;

	local_irq_save(flags);
	for (c = rad_counter_next(NULL); c; c = rad_counter_next(c))
		if (!only || c == only)
			r = take_reading(r, c);
	local_irq_restore(flags);
	return r;
}

/* the same with each counter between two readings of @bracket */
static struct reading *read_round_bracketed(struct reading *r, const struct rad_counter *only,
					    const struct rad_counter *bracket)
{
	struct rad_counter *c;

	for (c = rad_counter_next(NULL); c; c = rad_counter_next(c))
		if (!only || c == only)
			r = read_bracketed(r, c, bracket);
	return r;
}

int radclock_nl_read_counters_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct rad_counter *only = NULL, *bracket = NULL;
	struct reading *readings, *end;
	u32 rounds = 1, n, i;
	struct sk_buff *msg;
	void *hdr;
	int err = 0;

	if (info->attrs[RADCLOCK_A_ROUNDS])
		rounds = nla_get_u32(info->attrs[RADCLOCK_A_ROUNDS]);
	if (info->attrs[RADCLOCK_A_COUNTER_ID]) {
		only = counter_of(info, RADCLOCK_A_COUNTER_ID);
		if (!only)
			return -ENODEV;
	}
	if (info->attrs[RADCLOCK_A_BRACKET_ID]) {
		bracket = counter_of(info, RADCLOCK_A_BRACKET_ID);
		if (!bracket)
			return -ENODEV;
	}

	readings = kmalloc_array(rounds, 3 * RADCLOCK_COUNTER_ID_MONOTONIC_RAW *
				 sizeof(*readings), GFP_KERNEL);
	if (!readings)
		return -ENOMEM;
	end = readings;
	for (i = 0; i < rounds; i++) {
		end = bracket ? read_round_bracketed(end, only, bracket) :
				read_round(end, only);
		cond_resched();
	}
	n = end - readings;

	/* a nest with its pad is below 32 bytes */
	msg = start_reply(info, n * 32, &hdr);
	if (!msg) {
		kfree(readings);
		return -ENOMEM;
	}
	for (i = 0; i < n && !err; i++)
		err = put_reading(msg, &readings[i]);
	kfree(readings);
	return finish_reply(msg, hdr, info, err);
}

int radclock_nl_read_clock_doit(struct sk_buff *skb, struct genl_info *info)
{
	u32 clock = RADCLOCK_CLOCK_ABSOLUTE;
	struct rad_cross x = {};
	struct rad_reading r;
	struct sk_buff *msg;
	bool now, valid;
	void *hdr;
	int err;

	if (info->attrs[RADCLOCK_A_CLOCK])
		clock = nla_get_u32(info->attrs[RADCLOCK_A_CLOCK]);
	now = !info->attrs[RADCLOCK_A_COUNTER];
	if (now) {
		valid = rad_cross_read(clock, &x, &r);
	} else {
		x.counter = nla_get_u64(info->attrs[RADCLOCK_A_COUNTER]);
		valid = rad_clock_read_at(clock, x.counter, &r);
	}

	msg = start_reply(info, NLMSG_GOODSIZE, &hdr);
	if (!msg)
		return -ENOMEM;
	err = nla_put_u32(msg, RADCLOCK_A_CLOCK, clock) ||
	      PUT_U64(msg, COUNTER, x.counter) ||
	      nla_put_u32(msg, RADCLOCK_A_STATUS, r.status);
	if (valid)
		err = err || PUT_S64(msg, TIME_SEC, r.time.sec) ||
		      PUT_U64(msg, TIME_FRAC, r.time.frac) ||
		      PUT_U64(msg, MAXERROR, r.maxerror_ns) ||
		      PUT_U64(msg, ESTERROR, r.esterror_ns);
	if (now)
		err = err || PUT_S64(msg, REALTIME, x.realtime_ns) ||
		      PUT_S64(msg, RAW, x.raw_ns) ||
		      PUT_U64(msg, UNCERTAINTY, x.uncertainty);
	return finish_reply(msg, hdr, info, err ? -EMSGSIZE : 0);
}

static int put_estimate(struct sk_buff *skb, const struct rad_state *s)
{
	const struct radclock_params *p = &s->params;

	if (nla_put_u32(skb, RADCLOCK_A_COUNTER_ID, p->counter_id) ||
	    PUT_U64(skb, DISRUPTION_MARKER, p->disruption_marker) ||
	    PUT_U64(skb, COUNTER, p->absolute.counter) ||
	    PUT_S64(skb, TIME_SEC, p->absolute.sec) ||
	    PUT_U64(skb, TIME_FRAC, p->absolute.frac) ||
	    PUT_U64(skb, PERIOD, p->absolute.period) ||
	    PUT_U64(skb, PERIOD_DIFF, p->diff.period) ||
	    nla_put_u8(skb, RADCLOCK_A_PERIOD_SHIFT, p->period_shift) ||
	    PUT_U64(skb, MAXERROR, p->maxerror_ns) ||
	    PUT_U64(skb, ESTERROR, p->esterror_ns) ||
	    PUT_U64(skb, MAXERROR_RATE, p->maxerror_rate) ||
	    PUT_U64(skb, ESTERROR_RATE, p->esterror_rate) ||
	    nla_put_u32(skb, RADCLOCK_A_STATUS, s->status) ||
	    PUT_U64(skb, HOLDOVER_COUNTER, p->holdover_counter) ||
	    PUT_U64(skb, VOID_COUNTER, p->void_counter) ||
	    PUT_U64(skb, LEAP_COUNTER, p->leap_counter) ||
	    nla_put_s32(skb, RADCLOCK_A_LEAP_DELTA, p->leap_delta) ||
	    nla_put_s32(skb, RADCLOCK_A_TAI_OFFSET, p->tai_offset) ||
	    nla_put_u32(skb, RADCLOCK_A_PARAMS_FLAGS, p->flags) ||
	    nla_put_string(skb, RADCLOCK_A_SOURCE, s->source) ||
	    PUT_U64(skb, GENERATION, p->generation) ||
	    PUT_U64(skb, UPDATES, p->updates))
		return -EMSGSIZE;
	return 0;
}

int radclock_nl_get_estimate_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct rad_state s;
	struct sk_buff *msg;
	void *hdr;

	rad_clock_state(&s);
	if (!(s.params.flags & RADCLOCK_PARAMS_FLAG_ABS_VALID)) {
		GENL_SET_ERR_MSG(info, "there is no estimate");
		return -ENODATA;
	}
	msg = start_reply(info, NLMSG_GOODSIZE, &hdr);
	if (!msg)
		return -ENOMEM;
	return finish_reply(msg, hdr, info, put_estimate(msg, &s));
}

static const struct {
	u16 attr;
	const char *missing;
} required[] = {
	{ RADCLOCK_A_COUNTER_ID, "counter-id is missing" },
	{ RADCLOCK_A_DISRUPTION_MARKER, "disruption-marker is missing" },
	{ RADCLOCK_A_COUNTER, "counter is missing" },
	{ RADCLOCK_A_TIME_SEC, "time-sec is missing" },
	{ RADCLOCK_A_TIME_FRAC, "time-frac is missing" },
	{ RADCLOCK_A_PERIOD, "period is missing" },
	{ RADCLOCK_A_PERIOD_SHIFT, "period-shift is missing" },
	{ RADCLOCK_A_MAXERROR, "maxerror is missing" },
	{ RADCLOCK_A_MAXERROR_RATE, "maxerror-rate is missing" },
	{ RADCLOCK_A_STATUS, "status is missing" },
	{ RADCLOCK_A_VOID_COUNTER, "void-counter is missing" },
};

static u64 opt_u64(const struct nlattr *a, u64 otherwise)
{
	return a ? nla_get_u64(a) : otherwise;
}

static int get_leap(struct genl_info *info, struct rad_estimate *e)
{
	struct nlattr **a = info->attrs;
	s32 delta = 0;

	if (a[RADCLOCK_A_LEAP_DELTA])
		delta = nla_get_s32(a[RADCLOCK_A_LEAP_DELTA]);
	if (delta < -1 || delta > 1) {
		GENL_SET_ERR_MSG(info, "leap-delta is not -1, 0 or 1");
		return -ERANGE;
	}
	if (delta && !a[RADCLOCK_A_LEAP_COUNTER]) {
		GENL_SET_ERR_MSG(info, "leap-delta without leap-counter");
		return -EINVAL;
	}
	e->leap_delta = delta;
	e->leap_counter = opt_u64(a[RADCLOCK_A_LEAP_COUNTER], 0);
	return 0;
}

int radclock_nl_set_estimate_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr **a = info->attrs;
	struct rad_estimate e = {};
	const char *why;
	int err, i;

	err = may_set(skb, info);
	if (err)
		return err;
	for (i = 0; i < ARRAY_SIZE(required); i++)
		if (!a[required[i].attr])
			return refuse(info, -EINVAL, required[i].missing);

	e.counter_id = nla_get_u32(a[RADCLOCK_A_COUNTER_ID]);
	e.disruption_marker = nla_get_u64(a[RADCLOCK_A_DISRUPTION_MARKER]);
	e.line.counter = nla_get_u64(a[RADCLOCK_A_COUNTER]);
	e.line.sec = nla_get_s64(a[RADCLOCK_A_TIME_SEC]);
	e.line.frac = nla_get_u64(a[RADCLOCK_A_TIME_FRAC]);
	e.line.period = nla_get_u64(a[RADCLOCK_A_PERIOD]);
	e.period_diff = opt_u64(a[RADCLOCK_A_PERIOD_DIFF], e.line.period);
	e.period_shift = nla_get_u8(a[RADCLOCK_A_PERIOD_SHIFT]);
	e.maxerror_ns = nla_get_u64(a[RADCLOCK_A_MAXERROR]);
	e.esterror_ns = opt_u64(a[RADCLOCK_A_ESTERROR], e.maxerror_ns);
	e.maxerror_rate = nla_get_u64(a[RADCLOCK_A_MAXERROR_RATE]);
	e.esterror_rate = opt_u64(a[RADCLOCK_A_ESTERROR_RATE], e.maxerror_rate);
	e.status = nla_get_u32(a[RADCLOCK_A_STATUS]);
	e.void_counter = nla_get_u64(a[RADCLOCK_A_VOID_COUNTER]);
	e.holdover_counter = opt_u64(a[RADCLOCK_A_HOLDOVER_COUNTER],
				     e.void_counter);
	err = get_leap(info, &e);
	if (err)
		return err;
	if (a[RADCLOCK_A_TAI_OFFSET]) {
		e.tai_offset = nla_get_s32(a[RADCLOCK_A_TAI_OFFSET]);
		e.flags |= RADCLOCK_PARAMS_FLAG_TAI_VALID;
	}
	if (a[RADCLOCK_A_PARAMS_FLAGS])
		e.flags |= nla_get_u32(a[RADCLOCK_A_PARAMS_FLAGS]) &
			   RADCLOCK_PARAMS_FLAG_SMEARED;
	if (a[RADCLOCK_A_SOURCE])
		nla_strscpy(e.source, a[RADCLOCK_A_SOURCE], sizeof(e.source));

	err = rad_clock_set_estimate(&e, &why);
	if (err)
		return refuse(info, err, why);
	rad_notify_update();
	return 0;
}

int radclock_nl_subscribe_stamps_doit(struct sk_buff *skb,
				      struct genl_info *info)
{
	u16 port = 123;
	int err;

	if (info->attrs[RADCLOCK_A_PORT])
		port = nla_get_u16(info->attrs[RADCLOCK_A_PORT]);
	err = rad_stamp_subscribe(genl_info_net(info), info->snd_portid, port);
	if (err == -EEXIST)
		GENL_SET_ERR_MSG(info, "this socket has this subscription");
	else if (err == -ENOSPC)
		GENL_SET_ERR_MSG(info, "too many subscriptions");
	else if (err == -EOPNOTSUPP)
		GENL_SET_ERR_MSG(info, "this kernel has no network tracepoints");
	return err;
}

static int put_stamp(struct sk_buff *skb, const struct rad_stamp *s, u64 lost)
{
	if (nla_put_u32(skb, RADCLOCK_A_DIRECTION, s->direction) ||
	    nla_put_u32(skb, RADCLOCK_A_COUNTER_ID, s->counter_id) ||
	    PUT_U64(skb, DISRUPTION_MARKER, s->disruption_marker) ||
	    PUT_U64(skb, COUNTER, s->counter) ||
	    nla_put_u32(skb, RADCLOCK_A_IFINDEX, s->ifindex) ||
	    nla_put(skb, RADCLOCK_A_SOURCE_ADDR, s->addr_len, s->source) ||
	    nla_put(skb, RADCLOCK_A_DEST_ADDR, s->addr_len, s->dest) ||
	    nla_put_u16(skb, RADCLOCK_A_SOURCE_PORT, s->source_port) ||
	    nla_put_u16(skb, RADCLOCK_A_DEST_PORT, s->dest_port) ||
	    nla_put(skb, RADCLOCK_A_NTP_HEADER, sizeof(s->ntp), s->ntp) ||
	    PUT_U64(skb, LOST, lost))
		return -EMSGSIZE;
	return 0;
}

/* -EAGAIN: the subscriber's socket is full */
int rad_netlink_send_stamp(struct net *net, u32 portid,
			   const struct rad_stamp *s, u64 lost)
{
	struct sk_buff *msg = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	void *hdr;

	if (!msg)
		return -ENOMEM;
	hdr = genlmsg_put(msg, portid, 0, &family, 0, RADCLOCK_CMD_STAMP_NTF);
	if (!hdr || put_stamp(msg, s, lost)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_unicast(net, msg, portid);
}

/* every network namespace: there is one clock */
void rad_notify_update(void)
{
	struct sk_buff *msg = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	void *hdr;

	if (!msg)
		return;
	hdr = genlmsg_put(msg, 0, 0, &family, 0, RADCLOCK_CMD_UPDATE_NTF);
	if (!hdr || put_info(msg)) {
		nlmsg_free(msg);
		return;
	}
	genlmsg_end(msg, hdr);
	genlmsg_multicast_allns(&family, msg, 0, RADCLOCK_NLGRP_UPDATES);
}

static const struct genl_multicast_group groups[] = {
	[RADCLOCK_NLGRP_UPDATES] = { .name = "updates" },
};

static struct genl_family family = {
	.name = RADCLOCK_FAMILY_NAME,
	.version = RADCLOCK_FAMILY_VERSION,
	.maxattr = ARRAY_SIZE(radclock_main_nl_policy) - 1,
	.policy = radclock_main_nl_policy,
	.small_ops = radclock_nl_ops,
	.n_small_ops = ARRAY_SIZE(radclock_nl_ops),
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
};

int rad_netlink_init(void)
{
	return genl_register_family(&family);
}

void rad_netlink_exit(void)
{
	genl_unregister_family(&family);
}
