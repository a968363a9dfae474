// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The module's counters: list, select, read side by side.
 */
#include <errno.h>
#include <string.h>

#include "nl.h"

struct list {
	struct radclock_counter_info *items;
	size_t max;
	int n;
};

static int take_counter(struct nlmsghdr *nlh, struct nlattr **attrs, void *arg)
{
	struct radclock_counter_info *c;
	struct list *l = arg;

	if ((size_t)l->n++ >= l->max)
		return 0;
	c = &l->items[l->n - 1];
	memset(c, 0, sizeof(*c));
	c->id = rad_nl_u32(attrs, RADCLOCK_A_COUNTER_ID);
	c->flags = rad_nl_u32(attrs, RADCLOCK_A_COUNTER_FLAGS);
	c->width = rad_nl_u32(attrs, RADCLOCK_A_COUNTER_WIDTH);
	c->hz = rad_nl_u64(attrs, RADCLOCK_A_COUNTER_HZ);
	c->counter = rad_nl_u64(attrs, RADCLOCK_A_COUNTER);
	c->selected = attrs[RADCLOCK_A_SELECTED] != NULL;
	rad_nl_string(attrs, RADCLOCK_A_COUNTER_NAME, c->name, sizeof(c->name));
	return 0;
}

/* a page file has the one counter */
static int list_from_page(struct radclock *rc,
			  struct radclock_counter_info *list, size_t max)
{
	struct radclock_info info;
	int err = radclock_get_info(rc, &info);

	if (err)
		return err;
	if (max) {
		memset(list, 0, sizeof(*list));
		list->id = info.counter_id;
		list->flags = info.counter_flags;
		list->width = 64;
		list->selected = 1;
		list->hz = info.counter_hz;
		list->counter = info.counter;
		memcpy(list->name, info.counter_name, sizeof(list->name));
	}
	return 1;
}

int radclock_list_counters(struct radclock *rc,
			   struct radclock_counter_info *list, size_t max)
{
	struct list l = { list, max, 0 };
	const struct rad_nl_call call = {
		.cmd = RADCLOCK_CMD_GET_COUNTER,
		.nl_flags = NLM_F_DUMP,
		.take = take_counter,
		.arg = &l,
	};
	int err;

	if (!rc->module)
		return list_from_page(rc, list, max);
	err = rad_nl_handle_do(rc, &call);
	return err ?: l.n;
}

static int put_name(struct nl_msg *msg, void *name)
{
	return nla_put_string(msg, RADCLOCK_A_COUNTER_NAME, name);
}

int radclock_select_counter(struct radclock *rc, const char *name,
			    char *why, size_t why_len)
{
	const struct rad_nl_call call = {
		.cmd = RADCLOCK_CMD_SET_COUNTER,
		.fill = put_name,
		.arg = (void *)name,
		.why = why,
		.why_len = why_len,
	};

	if (why && why_len)
		why[0] = '\0';
	return rad_nl_handle_do(rc, &call);
}

struct readings {
	unsigned int rounds;
	uint32_t counter_id;
	uint32_t bracket_id;
	struct radclock_counter_reading *items;
	size_t max;
	int n;
};

static int put_readings(struct nl_msg *msg, void *arg)
{
	struct readings *r = arg;
	int err = nla_put_u32(msg, RADCLOCK_A_ROUNDS, r->rounds);

	if (!err && r->counter_id != RADCLOCK_COUNTER_ID_NONE)
		err = nla_put_u32(msg, RADCLOCK_A_COUNTER_ID, r->counter_id);
	if (!err && r->bracket_id != RADCLOCK_COUNTER_ID_NONE)
		err = nla_put_u32(msg, RADCLOCK_A_BRACKET_ID, r->bracket_id);
	return err;
}

static int take_one_reading(struct nlattr *nest, struct readings *r)
{
	static struct nla_policy policy[RADCLOCK_A_READING_MAX + 1] = {
		[RADCLOCK_A_READING_COUNTER_ID] = { .type = NLA_U32 },
		[RADCLOCK_A_READING_COUNTER] = { .type = NLA_U64 },
	};
	struct nlattr *attrs[RADCLOCK_A_READING_MAX + 1];
	struct radclock_counter_reading *item;

	if (nla_parse_nested(attrs, RADCLOCK_A_READING_MAX, nest, policy) < 0)
		return -EBADMSG;
	if ((size_t)r->n++ >= r->max)
		return 0;
	item = &r->items[r->n - 1];
	memset(item, 0, sizeof(*item));
	item->counter_id = rad_nl_u32(attrs, RADCLOCK_A_READING_COUNTER_ID);
	item->counter = rad_nl_u64(attrs, RADCLOCK_A_READING_COUNTER);
	return 0;
}

/* this attribute repeats, so the table of attributes has only one of them */
static int take_readings(struct nlmsghdr *nlh, struct nlattr **attrs, void *arg)
{
	struct nlattr *nla;
	int rem;

	nlmsg_for_each_attr(nla, nlh, GENL_HDRLEN, rem)
		if (nla_type(nla) == RADCLOCK_A_READING &&
		    take_one_reading(nla, arg) < 0)
			return -EBADMSG;
	return 0;
}

int radclock_bracket_counters(struct radclock *rc, unsigned int rounds,
			      uint32_t counter_id, uint32_t bracket_id,
			      struct radclock_counter_reading *list, size_t max)
{
	struct readings r = { rounds, counter_id, bracket_id, list, max, 0 };
	const struct rad_nl_call call = {
		.cmd = RADCLOCK_CMD_READ_COUNTERS,
		.fill = put_readings,
		.take = take_readings,
		.arg = &r,
	};
	int err = rad_nl_handle_do(rc, &call);

	return err ?: r.n;
}

int radclock_read_counters(struct radclock *rc, unsigned int rounds,
			   uint32_t counter_id,
			   struct radclock_counter_reading *list, size_t max)
{
	return radclock_bracket_counters(rc, rounds, counter_id,
					 RADCLOCK_COUNTER_ID_NONE, list, max);
}
