// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE	/* asprintf */
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine.h"
#include "loop.h"
#include "ntp_client.h"
#include "publish.h"
#include "radclock.h"
#include "report.h"

static void add_string(struct json_object *o, const char *key, const char *value)
{
	json_object_object_add(o, key, value ? json_object_new_string(value) : NULL);
}

static void add_u64(struct json_object *o, const char *key, u64 value)
{
	json_object_object_add(o, key, json_object_new_uint64(value));
}

/* what is not known is null */
static void add_number(struct json_object *o, const char *key, double value, const char *format)
{
	char text[64];

	snprintf(text, sizeof(text), format, value);
	json_object_object_add(o, key, isfinite(value) ?
			       json_object_new_double_s(value, text) : NULL);
}

static void add_ns(struct json_object *o, const char *key, double seconds)
{
	json_object_object_add(o, key, isfinite(seconds) && fabs(seconds) < 9e9 ?
			       json_object_new_int64(llrint(seconds * 1e9)) : NULL);
}

static void status(struct json_object *o)
{
	struct engine_state s;
	int selected;

	engine_get_state(&s);
	selected = s.ensemble ? rad_ensemble_selected(s.ensemble) : -1;
	add_string(o, "version", RADCLOCK_VERSION);
	add_u64(o, "pid", getpid());
	add_string(o, "status", radclock_status_name(s.status));
	json_object_object_add(o, "clock_available", json_object_new_boolean(s.have_clock));
	add_string(o, "counter", s.ensemble ? radclock_counter_name(s.era.counter_id) : NULL);
	add_number(o, "counter_hz", s.ensemble ? s.hz : NAN, "%.0f");
	add_u64(o, "disruption_marker", s.era.marker);
	add_string(o, "source", selected >= 0 ? ntp_sources[selected].config.name : NULL);
	add_ns(o, "maxerror_ns", s.maxerror);
	add_ns(o, "esterror_ns", s.valid ? s.est.esterror : NAN);
	add_number(o, "period_s", s.valid ? s.est.period_s : NAN, "%.20e");
	add_number(o, "rate_error_ppm", s.valid && s.hz > 0 ?
		   (1 / (s.est.period_s * s.hz) - 1) * 1e6 : NAN, "%.6f");
	json_object_object_add(o, "leap", json_object_new_int(s.valid ? s.est.leap_delta : 0));
	add_u64(o, "published", s.published);
	if (publish_state())
		add_string(o, "xenstore", publish_state());
	add_u64(o, "refused", s.refused);
	add_u64(o, "disruptions", s.disruptions);
}

static const char *source_state(const struct ntp_source *s, const struct rad_ensemble *en)
{
	if (s->state == SOURCE_UNRESOLVED)
		return "unresolved";
	if (s->state == SOURCE_DENIED)
		return "denied";
	if (!s->poll.reach)
		return "unreachable";
	return en ? rad_verdict_name(rad_ensemble_verdict(en, s - ntp_sources)) : "unused";
}

static void source_learnt(struct json_object *o, const struct ntp_source *s,
			  const struct rad_ensemble *en)
{
	const struct rad_estimator *e = en ? rad_ensemble_server(en, s - ntp_sources) : NULL;
	struct rad_estimate est;
	struct rad_info info = { 0 };
	bool used = e && s->last_good;
	bool has = used && rad_estimator_get(e, 0, &est);

	if (used)
		rad_estimator_info(e, &info);
	add_ns(o, "delay_ns", used ? info.last_rtt : NAN);
	add_ns(o, "min_delay_ns", used ? info.min_rtt : NAN);
	add_ns(o, "jitter_out_ns", used ? info.jitter_out : NAN);
	add_ns(o, "jitter_in_ns", used ? info.jitter_in : NAN);
	add_ns(o, "maxerror_ns", has ? est.maxerror : NAN);
	add_ns(o, "esterror_ns", has ? est.esterror : NAN);
	json_object_object_add(o, "smeared", json_object_new_boolean(used && info.smeared));
}

static void source_counts(struct json_object *o, const struct ntp_source *s)
{
	struct json_object *dropped = json_object_new_object();
	unsigned int v;

	add_u64(o, "sent", s->counts.sent);
	add_u64(o, "good", s->counts.good);
	add_u64(o, "missed", s->counts.missed);
	add_u64(o, "kernel_stamped", s->counts.kernel_stamped);
	for (v = NTP_GOOD + 1; v < NTP_VERDICTS; v++)
		if (s->counts.dropped[v])
			add_u64(dropped, ntp_verdict_text(v), s->counts.dropped[v]);
	json_object_object_add(o, "dropped", dropped);
}

static struct json_object *source(const struct ntp_source *s, const struct rad_ensemble *en)
{
	struct json_object *o = json_object_new_object();
	bool answered = s->last_good;
	char text[ADDRESS_TEXT_MAX];

	add_string(o, "name", s->config.name);
	add_string(o, "address", s->state == SOURCE_UNRESOLVED ? NULL :
		   address_text(&s->address, text, sizeof(text)));
	json_object_object_add(o, "port", json_object_new_int(s->config.port));
	add_string(o, "state", source_state(s, en));
	json_object_object_add(o, "prefer", json_object_new_boolean(s->config.prefer));
	json_object_object_add(o, "poll", json_object_new_int(s->poll.poll));
	json_object_object_add(o, "reach", json_object_new_int(s->poll.reach));
	add_number(o, "last_reply_age", answered ? (loop_now() - s->last_good) / 1e9 : NAN,
		   "%.3f");
	json_object_object_add(o, "stratum", answered ? json_object_new_int(s->last.stratum) :
			       NULL);
	add_string(o, "refid", answered ? ntp_refid_text(s->last.refid, s->last.stratum, text,
							  sizeof(text)) : NULL);
	json_object_object_add(o, "leap", answered ? json_object_new_int(s->last.leap) : NULL);
	add_string(o, "stamps", !answered ? NULL :
		   s->last_kind == STAMP_BY_KERNEL ? "kernel" : "user");
	add_ns(o, "offset_ns", answered ? s->offset : NAN);
	source_learnt(o, s, en);
	source_counts(o, s);
	return o;
}

static void sources(struct json_object *o)
{
	struct json_object *list = json_object_new_array();
	struct engine_state s;
	unsigned int i;

	engine_get_state(&s);
	for (i = 0; i < RAD_SERVERS_MAX; i++)
		if (ntp_sources[i].state != SOURCE_FREE)
			json_object_array_add(list, source(&ntp_sources[i], s.ensemble));
	json_object_object_add(o, "sources", list);
}

char *report(const char *question)
{
	struct json_object *o = json_object_new_object();
	char *text, *line = NULL;

	if (!o)
		return NULL;
	if (!strcmp(question, "status"))
		status(o);
	else if (!strcmp(question, "sources"))
		sources(o);
	else
		add_string(o, "error", "unknown question: status or sources?");
	text = (char *)json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
	if (text && asprintf(&line, "%s\n", text) < 0)
		line = NULL;
	json_object_put(o);
	return line;
}
