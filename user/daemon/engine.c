// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "log.h"
#include "loop.h"
#include "notify.h"
#include "ntp_client.h"
#include "radclock.h"
#include "reading.h"
#include "stamp_log.h"
#include "state.h"

/* how often the status is looked at */
#define TICK_INTERVAL		(8 * NSEC_PER_SEC)
/* an old estimate is anchored anew: its bound is a tighter line then */
#define REFRESH_INTERVAL	(64 * NSEC_PER_SEC)
#define SAVE_INTERVAL		(3600 * NSEC_PER_SEC)

static const struct config *config;
static const struct clock_ops *clock_ops;
static struct rad_ensemble *ensemble;
static struct clock_era era;
static double hz;
static struct rad_estimate last;
static bool valid;
static u32 told_status = RADCLOCK_STATUS_UNSYNCHRONIZED;
static int told_selected = -1;
static u64 published, refused, disruptions;
static s64 published_at, saved_at;
static struct loop_timer tick;

static struct rad_config estimator_config(void)
{
	struct rad_config cfg;

	rad_config_default(&cfg, hz);
	cfg.max_rate_error = config->max_drift * 1e-6;
	cfg.max_instability = config->max_clock_error * 1e-6;
	cfg.sync_error = config->max_error;
	cfg.algorithm = config->algorithm;
	return cfg;
}

static void apply_preferences(void)
{
	unsigned int i;

	for (i = 0; ensemble && i < RAD_SERVERS_MAX; i++)
		rad_ensemble_prefer(ensemble, i, ntp_sources[i].state != SOURCE_FREE &&
				    ntp_sources[i].config.prefer);
}

static void save(void)
{
	struct rad_saved saved;

	saved_at = loop_now();
	if (!ensemble || !config->drift_file[0])
		return;
	rad_ensemble_save(ensemble, &saved);
	if (saved.valid)
		state_save(config->drift_file, radclock_counter_name(era.counter_id), &saved);
}

static bool new_ensemble(void)
{
	struct rad_config cfg = estimator_config();
	struct rad_saved saved;
	void *mem = malloc(rad_ensemble_size(&cfg, RAD_SERVERS_MAX));

	if (!mem) {
		log_error("out of memory");
		return false;
	}
	free(ensemble);
	ensemble = rad_ensemble_init(mem, &cfg, RAD_SERVERS_MAX);
	apply_preferences();
	if (config->drift_file[0] &&
	    state_load(config->drift_file, radclock_counter_name(era.counter_id), &saved) &&
	    rad_ensemble_restore(ensemble, &saved))
		log_info("starting with the rate kept in %s: %+.3f ppm", config->drift_file,
			 saved.rate_error * 1e6);
	return true;
}

static u32 status_now(double *maxerror)
{
	struct radclock_params p = {
		.status = last.status,
		.holdover_counter = last.holdover_counter, .void_counter = last.void_counter,
	};
	struct clock_value v;
	u32 status;

	*maxerror = INFINITY;
	if (!valid || clock_ops->read(&v) || !clock_same_era(&v.era, &era))
		return RADCLOCK_STATUS_UNSYNCHRONIZED;
	status = rad_status_at(&p, v.counter);
	if (status != RADCLOCK_STATUS_UNSYNCHRONIZED)
		*maxerror = last.maxerror + last.maxerror_growth * last.period_s *
			    (double)rad_counter_diff(v.counter, last.counter);
	return status;
}

/* 4.2 us, 17 ms */
static const char *span_text(double seconds, char *buf, size_t len)
{
	if (seconds < 1e-3)
		snprintf(buf, len, "%.1f us", seconds * 1e6);
	else if (seconds < 1)
		snprintf(buf, len, "%.2f ms", seconds * 1e3);
	else
		snprintf(buf, len, "%.2f s", seconds);
	return buf;
}

static void tell_status(void)
{
	char span[32];
	double maxerror;
	u32 status = status_now(&maxerror);
	int selected = valid && ensemble ? rad_ensemble_selected(ensemble) : -1;
	const char *text = selected >= 0 ? ntp_sources[selected].text : "nobody";

	if (status == told_status && selected == told_selected)
		return;
	if (selected >= 0 && selected != told_selected)
		log_info("following %s", text);
	if (status != told_status) {
		if (isfinite(maxerror))
			log_info("%s, error at most %s", radclock_status_name(status),
				 span_text(maxerror, span, sizeof(span)));
		else
			log_warn("%s", radclock_status_name(status));
	}
	notify_status("%s, following %s", radclock_status_name(status), text);
	told_status = status;
	told_selected = selected;
}

/*
 * At the start: an estimate of an earlier run still holds and promises more than
 * our first one, and the two agree. Then it is better left alone.
 */
static bool earlier_is_better(const struct rad_estimate *est, u64 counter)
{
	struct radclock_line l = { est->counter, est->time.sec, est->time.frac, est->period };
	struct rad_reading r;
	u64 ours, gap;

	if (valid || !clock_ops->in_force(counter, &r))
		return false;
	ours = (u64)(1e9 * (est->maxerror + est->maxerror_growth * est->period_s *
			    (double)rad_counter_diff(counter, est->counter)));
	gap = rad_gap_ns(rad_line_at(&l, est->period_shift, counter), r.time);
	return r.maxerror_ns < ours && gap <= rad_add_sat(r.maxerror_ns, ours);
}

static void publish(void)
{
	char source[RADCLOCK_NAME_LEN] = "radclockd";
	struct rad_estimate est;
	struct clock_value v;
	int selected, r;

	if (clock_ops->read(&v))
		return;
	if (!clock_same_era(&v.era, &era)) {
		engine_check_era();
		return;
	}
	/* what was published holds as long as it says: no clock is no news */
	if (!rad_ensemble_get(ensemble, v.counter, &est))
		return;
	if (earlier_is_better(&est, v.counter))
		return;
	selected = rad_ensemble_selected(ensemble);
	if (selected >= 0)
		strncat(source, " ", sizeof(source) - strlen(source) - 1);
	if (selected >= 0)
		strncat(source, ntp_sources[selected].config.name,
			sizeof(source) - strlen(source) - 1);
	r = clock_ops->publish(&est, &era, source);
	if (r) {
		refused++;
		if (r == -ESTALE)
			engine_check_era();
		return;
	}
	published++;
	published_at = loop_now();
	last = est;
	valid = true;
}

/* the server's middle against ours */
static double offset_of(const struct rad_stamp *s)
{
	struct radclock_line l = { last.counter, last.time.sec, last.time.frac, last.period };
	rad_s128 ours, theirs;

	if (!valid)
		return NAN;
	ours = rad_time_raw(rad_line_at(&l, last.period_shift, s->ta)) / 2 +
	       rad_time_raw(rad_line_at(&l, last.period_shift, s->tf)) / 2;
	theirs = rad_time_raw(s->tb) / 2 + rad_time_raw(s->te) / 2;
	return ldexp((double)(theirs - ours), -64);
}

bool engine_exchange(struct ntp_source *source, u64 ta, u64 tf, const struct clock_era *of)
{
	const struct ntp_packet *reply = &source->last;
	bool by_kernel = source->last_kind == STAMP_BY_KERNEL;
	struct rad_stamp s = {
		.ta = ta, .tf = tf,
		.tb = ntp_to_time(reply->receive), .te = ntp_to_time(reply->transmit),
		.root_delay = reply->root_delay, .root_dispersion = reply->root_dispersion,
		.precision = ldexp(1, reply->precision < 0 ? reply->precision : 0),
		.refid = reply->refid, .leap = reply->leap, .stratum = reply->stratum,
		.flags = by_kernel ? RAD_STAMP_KERNEL_TX | RAD_STAMP_KERNEL_RX : 0,
	};
	enum rad_feed fed;

	if (!ensemble || !clock_same_era(of, &era)) {
		engine_check_era();
		return false;
	}
	fed = rad_ensemble_feed(ensemble, source - ntp_sources, &s);
	publish();
	source->offset = offset_of(&s);
	stamp_log_write(&s, source->text, rad_feed_name(fed),
			radclock_counter_name(era.counter_id), hz, era.marker);
	log_debug("%s: %s, %s stamps, round trip %.9f s, offset %+.9f s", source->text,
		  rad_feed_name(fed), by_kernel ? "kernel" : "user",
		  hz > 0 ? (double)(tf - ta) / hz : NAN, source->offset);
	tell_status();
	return told_status == RADCLOCK_STATUS_SYNCHRONIZED;
}

void engine_unreachable(unsigned int source)
{
	if (ensemble)
		rad_ensemble_unreachable(ensemble, source);
}

void engine_forget(unsigned int source)
{
	if (!ensemble)
		return;
	rad_ensemble_forget(ensemble, source);
	apply_preferences();
}

void engine_remove(unsigned int source)
{
	engine_forget(source);
	if (ensemble)
		rad_ensemble_pardon(ensemble);
}

void engine_check_era(void)
{
	struct clock_value v;
	bool first = !ensemble;
	double new_hz;

	if (clock_ops->read(&v))
		return;
	new_hz = clock_ops->hz();
	if (ensemble && clock_same_era(&v.era, &era) && new_hz == hz)
		return;
	valid = false;
	if (!ensemble || v.era.counter_id != era.counter_id || new_hz != hz) {
		save();
		era = v.era;
		hz = new_hz;
		if (!new_ensemble())
			return;
		log_info("counter %s at %.6f MHz (nominal)", radclock_counter_name(era.counter_id),
			 hz / 1e6);
	} else {
		era = v.era;
		rad_ensemble_disrupt(ensemble);
	}
	if (first)
		return;
	disruptions++;
	log_warn("the clock was disrupted: all that was known about the time is void");
	tell_status();
	ntp_client_restart();
}

static void ticked(struct loop_timer *t)
{
	s64 now = loop_now();

	loop_timer_set(t, now + TICK_INTERVAL);
	engine_check_era();
	if (valid && now - published_at > REFRESH_INTERVAL)
		publish();
	tell_status();
	if (now - saved_at > SAVE_INTERVAL)
		save();
}

int engine_start(const struct config *c, const struct clock_ops *clock)
{
	int r;

	config = c;
	clock_ops = clock;
	saved_at = loop_now();
	notify_status("starting");
	r = clock_ops->open(c);
	if (r)
		return r;
	engine_check_era();
	ntp_client_start(c, clock);
	apply_preferences();
	tick.expired = ticked;
	loop_timer_after(&tick, TICK_INTERVAL);
	return 0;
}

void engine_reconfigure(const struct config *c)
{
	config = c;
	clock_ops->reconfigure(c);
	ntp_client_reconfigure(c);
	apply_preferences();
}

void engine_stop(void)
{
	ntp_client_stop();
	loop_timer_stop(&tick);
	save();
	clock_ops->close();
	free(ensemble);
	ensemble = NULL;
}

void engine_get_state(struct engine_state *s)
{
	struct clock_value v;

	*s = (struct engine_state){
		.have_clock = !clock_ops->read(&v), .era = era, .hz = hz, .valid = valid,
		.est = last, .ensemble = ensemble, .published = published,
		.refused = refused, .disruptions = disruptions,
	};
	s->status = status_now(&s->maxerror);
	if (s->status == RADCLOCK_STATUS_UNSYNCHRONIZED)
		s->valid = false;
}
