// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/radclock: one value a file. What cannot be known right now is an
 * error (ENODATA), not a made-up value.
 */
#include <linux/capability.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "clock.h"
#include "source.h"
#include "sysfs.h"
#include "xenstore.h"

#define SHOW(name)							\
	static ssize_t name##_show(struct kobject *kobj,		\
				   struct kobj_attribute *attr, char *buf)
#define RO(name)							\
	static struct kobj_attribute name##_attr = __ATTR_RO(name)

SHOW(available_counters)
{
	struct rad_counter *c;
	int n = 0;

	for (c = rad_counter_next(NULL); c; c = rad_counter_next(c))
		n += sysfs_emit_at(buf, n, "%s%s", n ? " " : "", c->name);
	return n + sysfs_emit_at(buf, n, "\n");
}
RO(available_counters);

SHOW(counter)
{
	return sysfs_emit(buf, "%s\n", rad_clock_counter()->name);
}

static ssize_t counter_store(struct kobject *kobj, struct kobj_attribute *attr,
			     const char *buf, size_t count)
{
	struct rad_counter *c;
	char name[16];
	const char *why;
	int err;

	if (!capable(CAP_SYS_TIME))
		return -EPERM;
	if (strlen(buf) != count || strscpy(name, buf, sizeof(name)) < 0)
		return -EINVAL;
	c = rad_counter_by_name(strim(name));
	if (!c)
		return -ENODEV;
	err = rad_clock_select(c, "another counter was selected", &why);
	if (err)
		return err;
	rad_notify_update();
	return count;
}
static struct kobj_attribute counter_attr = __ATTR_RW(counter);

SHOW(counter_value)
{
	return sysfs_emit(buf, "%llu\n", rad_counter_read(rad_clock_counter()));
}
RO(counter_value);

SHOW(counter_hz)
{
	return sysfs_emit(buf, "%llu\n", rad_clock_counter()->hz);
}
RO(counter_hz);

SHOW(status)
{
	struct rad_state s;

	rad_clock_state(&s);
	return sysfs_emit(buf, "%s\n", rad_status_name(s.status));
}
RO(status);

SHOW(time)
{
	struct rad_reading r;
	u64 counter;

	if (!rad_clock_read(RADCLOCK_CLOCK_ABSOLUTE, &counter, &r))
		return -ENODATA;
	return sysfs_emit(buf, "%lld.%09u\n", r.time.sec,
			  rad_frac_to_ns(r.time.frac));
}
RO(time);

/* seconds per tick, 24 decimals: the ns, and 15 digits of what is below */
SHOW(period)
{
	struct rad_state s;
	rad_u128 raw;
	u64 ns, rest;

	rad_clock_state(&s);
	/* 10^9 * period / 2^shift as 64.64 ns; shift < 64 keeps the whole */
	raw = ((rad_u128)s.params.diff.period * RADCLOCK_NSEC) >>
	      s.params.period_shift;
	ns = (u64)(raw >> 64);
	rest = (u64)(((rad_u128)(u64)raw * 1000000000000000ULL) >> 64);
	return sysfs_emit(buf, "0.%09llu%015llu\n", ns, rest);
}
RO(period);

SHOW(error_bound_ns)
{
	struct rad_reading r;
	u64 counter;

	if (!rad_clock_read(RADCLOCK_CLOCK_ABSOLUTE, &counter, &r))
		return -ENODATA;
	return sysfs_emit(buf, "%llu\n", r.maxerror_ns);
}
RO(error_bound_ns);

SHOW(updates)
{
	struct rad_state s;

	rad_clock_state(&s);
	return sysfs_emit(buf, "%llu\n", s.params.updates);
}
RO(updates);

SHOW(last_update_age_ns)
{
	struct rad_state s;

	rad_clock_state(&s);
	if (!(s.params.flags & RADCLOCK_PARAMS_FLAG_ABS_VALID))
		return -ENODATA;
	return sysfs_emit(buf, "%llu\n",
			  rad_span_ns(s.counter_now - s.params.absolute.counter,
				      s.params.absolute.period,
				      s.params.period_shift));
}
RO(last_update_age_ns);

SHOW(disruptions)
{
	struct rad_state s;

	rad_clock_state(&s);
	return sysfs_emit(buf, "%llu\n", s.disruptions);
}
RO(disruptions);

SHOW(source)
{
	struct rad_state s;

	rad_clock_state(&s);
	return sysfs_emit(buf, "%s\n", *s.source ? s.source : "none");
}

static ssize_t source_store(struct kobject *kobj, struct kobj_attribute *attr,
			    const char *buf, size_t count)
{
	const char *why;
	char name[16];
	int from, err;

	if (!capable(CAP_SYS_TIME))
		return -EPERM;
	if (strlen(buf) != count || strscpy(name, buf, sizeof(name)) < 0)
		return -EINVAL;
	from = rad_source_by_name(strim(name));
	if (from < 0)
		return from;
	err = rad_source_select(from, &why);
	return err ?: count;
}
static struct kobj_attribute source_attr = __ATTR_RW(source);

SHOW(reason)
{
	struct rad_state s;

	rad_clock_state(&s);
	return sysfs_emit(buf, "%s\n", s.reason);
}
RO(reason);

SHOW(counter_origin)
{
	return sysfs_emit(buf, "%s\n", rad_counter_origin(rad_clock_counter()));
}
RO(counter_origin);

SHOW(counter_error_ns)
{
	return sysfs_emit(buf, "%llu\n", rad_counter_error_ns(rad_clock_counter()));
}
RO(counter_error_ns);

/* of the host's parameters, while those in force were made of them */
SHOW(host_id)
{
	struct rad_xenstore_host h;

	return rad_xenstore_host(&h) ? sysfs_emit(buf, "%s\n", h.id) : -ENODATA;
}
RO(host_id);

SHOW(host_generation)
{
	struct rad_xenstore_host h;

	return rad_xenstore_host(&h) ? sysfs_emit(buf, "%llu\n", h.generation) :
				       -ENODATA;
}
RO(host_generation);

SHOW(host_age_ns)
{
	struct rad_xenstore_host h;
	struct rad_state s;

	/* the host first: what it wrote then lies before counter_now */
	if (!rad_xenstore_host(&h))
		return -ENODATA;
	rad_clock_state(&s);
	if (h.marker != s.params.disruption_marker)
		return -ENODATA;
	return sysfs_emit(buf, "%llu\n",
			  rad_span_ns(s.counter_now - h.written,
				      s.params.diff.period,
				      s.params.period_shift));
}
RO(host_age_ns);

SHOW(abi_version)
{
	return sysfs_emit(buf, "%d\n", RADCLOCK_ABI_VERSION);
}
RO(abi_version);

static struct attribute *attrs[] = {
	&available_counters_attr.attr,
	&counter_attr.attr,
	&counter_value_attr.attr,
	&counter_hz_attr.attr,
	&status_attr.attr,
	&time_attr.attr,
	&period_attr.attr,
	&error_bound_ns_attr.attr,
	&updates_attr.attr,
	&last_update_age_ns_attr.attr,
	&disruptions_attr.attr,
	&source_attr.attr,
	&reason_attr.attr,
	&counter_origin_attr.attr,
	&counter_error_ns_attr.attr,
	&host_id_attr.attr,
	&host_generation_attr.attr,
	&host_age_ns_attr.attr,
	&abi_version_attr.attr,
	NULL
};

static const struct attribute_group group = { .attrs = attrs };
static struct kobject *kobj;

int rad_sysfs_init(void)
{
	int err;

	kobj = kobject_create_and_add("radclock", kernel_kobj);
	if (!kobj)
		return -ENOMEM;
	err = sysfs_create_group(kobj, &group);
	if (err)
		kobject_put(kobj);
	return err;
}

void rad_sysfs_exit(void)
{
	sysfs_remove_group(kobj, &group);
	kobject_put(kobj);
}
