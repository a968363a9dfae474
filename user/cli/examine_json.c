// SPDX-License-Identifier: GPL-2.0-only
/*
 * An examination as JSON.
 */
#include <json-c/json.h>

#include "examine.h"

static void add_double(struct json_object *o, const char *key, double v)
{
	json_object_object_add(o, key, json_object_new_double(v));
}

static void add_uint(struct json_object *o, const char *key, uint64_t v)
{
	json_object_object_add(o, key, json_object_new_uint64(v));
}

static void add_string(struct json_object *o, const char *key, const char *v)
{
	json_object_object_add(o, key, json_object_new_string(v));
}

/* bins that hold something */
static struct json_object *histogram(const struct spread *p)
{
	struct json_object *list = json_object_new_array();
	size_t i;

	for (i = 0; i < SPREAD_BINS; i++) {
		struct json_object *o;

		if (!p->bins[i])
			continue;
		o = json_object_new_object();
		add_double(o, "from_ns", i ? spread_bin_ns(i) : 0);
		add_double(o, "to_ns", spread_bin_ns(i + 1));
		add_uint(o, "count", p->bins[i]);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *latency(const struct subject *s)
{
	struct json_object *all = json_object_new_object();
	int w;

	for (w = 0; w < WAYS; w++) {
		const struct spread *p = &s->latency[w].spread;
		struct json_object *o;

		if (!s->latency[w].ns)
			continue;
		o = json_object_new_object();
		add_uint(o, "readings", p->n);
		add_double(o, "min_ns", p->min);
		add_double(o, "median_ns", p->median);
		add_double(o, "p99_ns", p->p99);
		add_double(o, "max_ns", p->max);
		json_object_object_add(o, "histogram", histogram(p));
		json_object_object_add(all, examine_way_name((enum examine_way)w), o);
	}
	return all;
}

static struct json_object *back(const struct subject *s, uint64_t readings,
				uint64_t count, uint64_t worst)
{
	struct json_object *o = json_object_new_object();

	add_uint(o, "readings", readings);
	add_uint(o, "count", count);
	add_double(o, "worst_ns", examine_ns(&s->info, (double)worst));
	return o;
}

static struct json_object *backward(const struct subject *s)
{
	struct json_object *all = json_object_new_object();
	const struct order *o = &s->order;

	json_object_object_add(all, "kernel", back(s, s->steps.readings,
						   s->steps.back, s->steps.worst));
	json_object_object_add(all, "one_cpu", back(s, o->readings, o->own,
						    o->own_worst));
	if (o->cpus > 1)
		json_object_object_add(all, "across_cpus",
				       back(s, o->readings, o->across, o->across_worst));
	return all;
}

/* against each other counter */
static struct json_object *rates(const struct examine *e, const struct subject *s)
{
	struct json_object *all = json_object_new_object();
	size_t i;

	for (i = 0; i < e->n; i++) {
		const struct subject *other = &e->subjects[i];
		struct json_object *o;
		struct phase_rate r;

		if (other == s ||
		    !(s->has_rate || s->info.id == e->reference.id) ||
		    !(other->has_rate || other->info.id == e->reference.id))
			continue;
		r = phase_rate_between(s->rate, other->rate);
		o = json_object_new_object();
		add_double(o, "ppm", r.ppm);
		add_double(o, "error_ppm", r.error_ppm);
		json_object_object_add(all, other->info.name, o);
	}
	return all;
}

static struct json_object *allan(const struct subject *s)
{
	struct json_object *list = json_object_new_array();
	size_t i;

	for (i = 0; i < s->allans; i++) {
		struct json_object *o = json_object_new_object();

		add_double(o, "tau_s", s->allan[i].tau);
		add_double(o, "deviation", s->allan[i].deviation);
		add_double(o, "error", s->allan[i].error);
		add_uint(o, "terms", s->allan[i].terms);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *counter(const struct examine *e, const struct subject *s)
{
	const struct radclock_counter_info *c = &s->info;
	struct json_object *o = json_object_new_object();
	char flags[48];

	add_string(o, "name", c->name);
	json_object_object_add(o, "selected", json_object_new_boolean(c->selected));
	add_uint(o, "width", c->width);
	add_uint(o, "hz", c->hz);
	add_string(o, "flags", fmt_flags(flags, sizeof(flags), c->flags));
	add_double(o, "resolution_ns", examine_ns(c, (double)s->steps.grain));
	add_uint(o, "resolution_ticks", s->steps.grain);
	add_double(o, "least_step_ns", examine_ns(c, (double)s->steps.least));
	if (c->width < 64)
		add_double(o, "wrap_s", examine_wrap_s(c));
	add_uint(o, "wraps", examine_wraps(s));
	json_object_object_add(o, "latency", latency(s));
	json_object_object_add(o, "backward", backward(s));
	json_object_object_add(o, "rate", rates(e, s));
	json_object_object_add(o, "allan", allan(s));
	add_uint(o, "phase_samples", s->phases);
	add_uint(o, "phase_samples_missing", s->drawn);
	return o;
}

struct json_object *examine_json(const struct examine *e)
{
	struct json_object *top = json_object_new_object();
	struct json_object *list = json_object_new_array();
	size_t i;

	add_string(top, "kernel", e->kernel);
	add_string(top, "clocksource", e->clocksource);
	add_string(top, "reference", e->reference.name);
	add_uint(top, "cpus", e->n ? e->subjects[0].order.cpus : 0);
	add_double(top, "duration_s", e->duration);
	add_double(top, "interval_s", e->interval);
	json_object_object_add(top, "backward", json_object_new_boolean(examine_backward(e)));
	for (i = 0; i < e->n; i++)
		json_object_array_add(list, counter(e, &e->subjects[i]));
	json_object_object_add(top, "counters", list);
	return top;
}
