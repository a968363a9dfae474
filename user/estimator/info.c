// SPDX-License-Identifier: GPL-2.0-only
/* What people and files get to see of an estimator. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define SAVED_MAGIC	"radclock-drift 1"

const char *rad_feed_name(enum rad_feed f)
{
	static const char *const name[RAD_FEED_RESULTS] = {
		"accepted", "disputed", "duplicate", "order", "causality",
		"range", "unsynchronized",
	};

	return (unsigned int)f < RAD_FEED_RESULTS ? name[f] : "unknown";
}

const char *rad_verdict_name(enum rad_verdict v)
{
	static const char *const name[] = {
		"unused", "warming", "unreachable", "falseticker",
		"truechimer", "selected",
	};

	return (unsigned int)v < ARRAY_SIZE(name) ? name[v] :
	       "unknown";
}

const char *rad_status_name(u32 status)
{
	static const char *const name[] = {
		"unsynchronized", "warming", "synchronized", "holdover",
		"disrupted",
	};

	return status < ARRAY_SIZE(name) ? name[status] :
	       "unknown";
}

void rad_estimator_info(const struct rad_estimator *e, struct rad_info *info)
{
	const struct path *p = &e->core.path;

	*info = e->info;
	info->min_rtt = path_base(p);
	info->jitter_out = p->out_j.mean;
	info->jitter_in = p->in_j.mean;
	info->asymmetry = p->base_out - p->base_in;
	info->wander = e->wander;
	info->host_noise = e->core.soft;
	info->poll = e->poll;
	info->up_shifts = p->up_shifts;
	info->down_shifts = p->down_shifts;
	if (e->have_clock && e->hz_known) {
		/* the truth runs by this much slower per tick */
		info->rate_error = 1 / (e->cfg.counter_hz *
					line_period(&e->line));
		info->rate_error = 1 / info->rate_error - 1;
		info->rate_error = -info->rate_error /
				   (1 + info->rate_error);
	}
	info->rate_sigma = e->rate_sigma;
}

void rad_estimator_save(const struct rad_estimator *e,
			struct rad_saved *saved)
{
	struct rad_info info;

	memset(saved, 0, sizeof(*saved));
	if (!e->have_clock || !e->hz_known || e->good < 16 ||
	    !(e->rate_sigma < 1e-6))
		return;
	rad_estimator_info(e, &info);
	saved->valid = true;
	saved->counter_hz = e->cfg.counter_hz;
	saved->rate_error = info.rate_error;
	saved->rate_sigma = e->rate_sigma;
	saved->wander = e->wander;
	saved->saved_at = (s64)(e->line.time >> 64);
}

static bool saved_ok(const struct rad_saved *s)
{
	return s->counter_hz > 0 && s->counter_hz < 1e12 &&
	       fabs(s->rate_error) < 0.1 && s->rate_sigma >= 0 &&
	       s->rate_sigma < 0.1 && s->wander >= 0 && s->wander < 1e-3 &&
	       s->saved_at >= 0 && s->saved_at < RAD_MAX_SEC;
}

bool rad_estimator_restore(struct rad_estimator *e,
			   const struct rad_saved *saved)
{
	double rate;

	if (!saved->valid || !saved_ok(saved) || !e->hz_known ||
	    e->have_clock || e->have_last ||
	    fabs(saved->counter_hz / e->cfg.counter_hz - 1) > 1e-9 ||
	    fabs(saved->rate_error) > e->cfg.max_rate_error)
		return false;
	/* a counter that is fast by r has a period that is short by r */
	rate = line_tune(&e->line, 1 / (1 + saved->rate_error) - 1);
	bound_shift(&e->bound, &e->line, 0, rate);
	/* temperature may be another one: never trust it to the last digit */
	e->rate_prior = fmax(20 * saved->rate_sigma, 1e-6);
	return true;
}

size_t rad_saved_format(const struct rad_saved *saved, char *buf, size_t len)
{
	int n;

	if (!saved->valid || !saved_ok(saved))
		return 0;
	n = snprintf(buf, len,
		     SAVED_MAGIC "\ncounter_hz %.17g\nrate_error %.17g\n"
		     "rate_sigma %.17g\nwander %.17g\nsaved_at %lld\nend\n",
		     saved->counter_hz, saved->rate_error, saved->rate_sigma,
		     saved->wander, (long long)saved->saved_at);
	return n > 0 && (size_t)n < len ? (size_t)n : 0;
}

static bool saved_number(const char *text, const char *key, double *v)
{
	const char *at = strstr(text, key);
	char *end;

	if (!at)
		return false;
	at += strlen(key);
	*v = strtod(at, &end);
	return end != at && *end == '\n' && isfinite(*v);
}

bool rad_saved_parse(struct rad_saved *saved, const char *text)
{
	double at;

	memset(saved, 0, sizeof(*saved));
	if (strncmp(text, SAVED_MAGIC "\n", sizeof(SAVED_MAGIC)) ||
	    !strstr(text, "\nend\n") ||
	    !saved_number(text, "\ncounter_hz ", &saved->counter_hz) ||
	    !saved_number(text, "\nrate_error ", &saved->rate_error) ||
	    !saved_number(text, "\nrate_sigma ", &saved->rate_sigma) ||
	    !saved_number(text, "\nwander ", &saved->wander) ||
	    !saved_number(text, "\nsaved_at ", &at) ||
	    !(at >= 0 && at < (double)RAD_MAX_SEC))
		return false;
	saved->saved_at = (s64)at;
	saved->valid = saved_ok(saved);
	return saved->valid;
}
