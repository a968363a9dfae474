// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of the clock, for people and for programs.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>

#include "facts.h"

static void print_clock(const struct facts *f, FILE *to)
{
	int64_t offset = facts_system_offset(f);
	char a[64], b[64];

	fprintf(to, "UTC time        : %s\n",
		fmt_utc(a, sizeof(a), f->reading.time));
	fprintf(to, "Error bound     : %s (one sigma %s)\n",
		fmt_ns(a, sizeof(a), f->reading.maxerror_ns),
		fmt_ns(b, sizeof(b), f->reading.esterror_ns));
	fprintf(to, "Bound grows by  : %.1f ns/s (rate error below %.4f ppm)\n",
		facts_rate_error(f) * 1e9, facts_rate_error(f) * 1e6);
	fprintf(to, "System clock    : %s %s radclock\n",
		fmt_ns(a, sizeof(a), (uint64_t)llabs(offset)),
		offset < 0 ? "behind" : "ahead of");
	fprintf(to, "Last estimate   : %s ago", fmt_span(a, sizeof(a), facts_age(f)));
	if (f->info.updates)
		fprintf(to, ", number %" PRIu64, f->info.updates);
	fputc('\n', to);
	fprintf(to, "Good for        : %s without another",
		fmt_span(a, sizeof(a), facts_until(f, f->params.void_counter)));
	if (facts_until(f, f->params.holdover_counter) > 0)
		fprintf(to, ", holdover in %s",
			fmt_span(b, sizeof(b), facts_until(f, f->params.holdover_counter)));
	fputc('\n', to);
}

static void print_host(const struct facts *f, FILE *to)
{
	char a[64];

	if (f->host.parameter_source != RADCLOCK_PARAMETER_SOURCE_XENSTORE)
		return;
	if (!f->host.id[0])
		fprintf(to, "Xen host        : not heard of\n");
	else
		fprintf(to, "Xen host        : %s, generation %" PRIu64 ", written %s ago\n",
			f->host.id, f->host.generation,
			fmt_span(a, sizeof(a), facts_host_age(f)));
}

static void print_leap(const struct facts *f, FILE *to)
{
	char a[64];

	if (!f->params.leap_delta) {
		fprintf(to, "Leap second     : none announced\n");
		return;
	}
	fprintf(to, "Leap second     : %s in %s\n",
		f->params.leap_delta > 0 ? "one is inserted" : "one is deleted",
		fmt_span(a, sizeof(a), facts_until(f, f->params.leap_counter)));
}

void facts_print(const struct facts *f, FILE *to)
{
	double ppm = 0;
	char a[64];

	fprintf(to, "Status          : %s\n", fmt_status(f->reading.status));
	if (f->info.reason[0] && !f->readable)
		fprintf(to, "Reason          : %s\n", f->info.reason);
	if (f->info.source[0])
		fprintf(to, "Source          : %s\n", f->info.source);
	print_host(f, to);
	if (f->readable)
		print_clock(f, to);
	fprintf(to, "Counter         : %s, %s nominal%s\n", f->info.counter_name,
		fmt_hz(a, sizeof(a), (double)f->info.counter_hz),
		f->info.counter_flags & RADCLOCK_COUNTER_FLAG_UNSTABLE ?
		", unstable" : "");
	if (f->readable) {
		if (f->info.counter_hz)
			ppm = (facts_hz(f) / (double)f->info.counter_hz - 1) * 1e6;
		fprintf(to, "Its period      : %.20g s, %s (%+.4f ppm)\n",
			facts_period(f), fmt_hz(a, sizeof(a), facts_hz(f)), ppm);
		print_leap(f, to);
		if (f->params.flags & RADCLOCK_PARAMS_FLAG_TAI_VALID)
			fprintf(to, "TAI - UTC       : %d s\n", f->params.tai_offset);
		if (f->params.flags & RADCLOCK_PARAMS_FLAG_SMEARED)
			fprintf(to, "Smearing        : the server smears leap seconds\n");
	}
	fprintf(to, "Disruptions     : %" PRIu64, f->info.disruptions);
	if (f->info.disruptions && f->info.reason[0])
		fprintf(to, " (the last: %s)", f->info.reason);
	fputc('\n', to);
	if (f->info.module_version[0])
		fprintf(to, "Module          : %s, page version %u\n",
			f->info.module_version, f->info.abi_version);
	else
		fprintf(to, "Module          : none, the daemon's page\n");
}

static void add_string(struct json_object *o, const char *key, const char *s)
{
	if (s[0])
		json_object_object_add(o, key, json_object_new_string(s));
}

static void add_u64(struct json_object *o, const char *key, uint64_t v)
{
	json_object_object_add(o, key, json_object_new_uint64(v));
}

static void add_double(struct json_object *o, const char *key, double v)
{
	char text[40];

	/* json-c would print 17 digits of everything and no more of a period */
	snprintf(text, sizeof(text), "%.20g", v);
	json_object_object_add(o, key, json_object_new_double_s(v, text));
}

static void add_clock(struct json_object *o, const struct facts *f)
{
	char text[64];

	add_string(o, "utc", fmt_utc(text, sizeof(text), f->reading.time));
	add_string(o, "time", fmt_fixed(text, sizeof(text), f->reading.time));
	add_u64(o, "error_bound_ns", f->reading.maxerror_ns);
	add_u64(o, "error_sigma_ns", f->reading.esterror_ns);
	add_double(o, "error_rate", facts_rate_error(f));
	json_object_object_add(o, "system_clock_offset_ns",
			       json_object_new_int64(facts_system_offset(f)));
	add_u64(o, "system_clock_offset_error_ns", f->cross_error_ns);
	add_double(o, "last_update_age", facts_age(f));
	add_double(o, "holdover_in", facts_until(f, f->params.holdover_counter));
	add_double(o, "void_in", facts_until(f, f->params.void_counter));
	add_double(o, "period", facts_period(f));
	add_double(o, "frequency", facts_hz(f));
	json_object_object_add(o, "leap_delta",
			       json_object_new_int(f->params.leap_delta));
	if (f->params.leap_delta)
		add_double(o, "leap_in", facts_until(f, f->params.leap_counter));
	if (f->params.flags & RADCLOCK_PARAMS_FLAG_TAI_VALID)
		json_object_object_add(o, "tai_offset",
				       json_object_new_int(f->params.tai_offset));
	json_object_object_add(o, "smeared", json_object_new_boolean(
		f->params.flags & RADCLOCK_PARAMS_FLAG_SMEARED));
}

static void add_host(struct json_object *o, const struct facts *f)
{
	if (f->host.parameter_source != RADCLOCK_PARAMETER_SOURCE_XENSTORE)
		return;
	add_string(o, "parameter_source", "xenstore");
	if (!f->host.id[0])
		return;
	add_string(o, "host_id", f->host.id);
	add_u64(o, "host_generation", f->host.generation);
	add_double(o, "host_age", facts_host_age(f));
}

struct json_object *facts_json(const struct facts *f)
{
	struct json_object *o = json_object_new_object();

	add_string(o, "status", fmt_status(f->reading.status));
	add_string(o, "reason", f->info.reason);
	add_string(o, "source", f->info.source);
	add_string(o, "counter", f->info.counter_name);
	add_u64(o, "counter_hz", f->info.counter_hz);
	add_u64(o, "counter_value", f->reading.counter);
	add_host(o, f);
	if (f->readable)
		add_clock(o, f);
	add_u64(o, "updates", f->info.updates);
	add_u64(o, "generation", f->info.generation);
	add_u64(o, "disruptions", f->info.disruptions);
	add_u64(o, "disruption_marker", f->info.disruption_marker);
	add_string(o, "module_version", f->info.module_version);
	json_object_object_add(o, "abi_version",
			       json_object_new_int((int)f->info.abi_version));
	return o;
}
