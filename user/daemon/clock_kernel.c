// SPDX-License-Identifier: GPL-2.0-only
/* The module, by libradclock. It may come late, go, and come back. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "loop.h"
#include "publish.h"
#include "radclock.h"
#include "stamps.h"

#define REOPEN_INTERVAL		(5 * NSEC_PER_SEC)

static const struct config *config;
static struct radclock *rc;
static struct radclock_updates *updates;
static struct loop_fd updates_fd;
static struct loop_timer reopen;
static int told_absent;
static int told_refused;

static void disconnect(void)
{
	stamps_close();
	if (updates) {
		loop_remove(&updates_fd);
		radclock_updates_close(updates);
		updates = NULL;
	}
	radclock_close(rc);
	rc = NULL;
}

static void lost(int err)
{
	log_warn("the radclock module is gone (%s): waiting for it", radclock_strerror(err));
	told_absent = err;
	disconnect();
	loop_timer_after(&reopen, REOPEN_INTERVAL);
}

/* does the error mean that the module went away, and not that it refused? */
static bool means_gone(int err)
{
	return err == -ENODEV || err == -ENOENT || err == -ENXIO || err == -EBADF ||
	       err == -EOPNOTSUPP;
}

static int kernel_read(struct clock_value *v)
{
	struct radclock_reading r;
	int err;

	if (!rc)
		return -ENODEV;
	/* counter, its id and its era in one consistent look */
	err = radclock_read(rc, RADCLOCK_CLOCK_DIFF, &r);
	if (err) {
		lost(err);
		return -ENODEV;
	}
	v->counter = r.counter;
	v->era = (struct clock_era){ .counter_id = r.counter_id, .marker = r.disruption_marker };
	return 0;
}

static bool kernel_in_force(u64 counter, struct rad_reading *r)
{
	struct radclock_reading k;

	if (!rc || radclock_read_at(rc, RADCLOCK_CLOCK_ABSOLUTE, counter, &k))
		return false;
	*r = (struct rad_reading){
		.time = { k.time.sec, k.time.frac }, .status = k.status,
		.maxerror_ns = k.maxerror_ns, .esterror_ns = k.esterror_ns,
	};
	return true;
}

static double kernel_hz(void)
{
	struct radclock_params p;

	return rc && !radclock_get_params(rc, &p) ? p.counter_hz : 0;
}

static void update_came(const struct radclock_info *info, void *arg)
{
	log_debug("module: %s, marker %llu: %s", radclock_status_name(info->status),
		  (unsigned long long)info->disruption_marker, info->reason);
}

static void updates_ready(struct loop_fd *f, short revents)
{
	int r = radclock_updates_dispatch(updates, update_came, NULL);

	if (r < 0 && r != -ENOBUFS && r != -EAGAIN && r != -EINTR) {
		lost(r);
		return;
	}
	engine_check_era();
	if (rc)
		publish_clock(rc);
}

static void select_counter(void)
{
	const char *name = radclock_counter_name(config->counter);
	struct radclock_params p;
	char why[128] = "";
	int r;

	if (config->counter == RADCLOCK_COUNTER_ID_NONE ||
	    (!radclock_get_params(rc, &p) && p.counter_id == config->counter))
		return;
	r = radclock_select_counter(rc, name, why, sizeof(why));
	if (r)
		log_error("cannot use counter %s: %s", name, why[0] ? why : radclock_strerror(r));
}

static int connect_module(void)
{
	int r = radclock_open(&rc, RADCLOCK_DEVICE, 0);

	if (r) {
		rc = NULL;
		return r;
	}
	select_counter();
	r = radclock_updates_open(rc, &updates);
	if (r) {
		updates = NULL;
		disconnect();
		return r;
	}
	updates_fd = (struct loop_fd){ .fd = radclock_updates_fd(updates), .events = POLLIN,
				       .ready = updates_ready };
	loop_add(&updates_fd);
	publish_clock(rc);
	return 0;
}

static void try_connect(struct loop_timer *t)
{
	int r = connect_module();

	if (!r) {
		if (told_absent)
			log_info("the radclock module is there");
		told_absent = 0;
		engine_check_era();
		return;
	}
	if (r != told_absent)
		log_warn("cannot open %s: %s; waiting for the module", RADCLOCK_DEVICE,
			 radclock_strerror(r));
	told_absent = r;
	loop_timer_after(t, REOPEN_INTERVAL);
}

static int kernel_open(const struct config *c)
{
	config = c;
	reopen.expired = try_connect;
	try_connect(&reopen);
	return 0;
}

static void kernel_close(void)
{
	loop_timer_stop(&reopen);
	publish_stop(rc);
	if (rc)
		disconnect();
}

static void kernel_stamps_port(unsigned int port)
{
	if (rc)
		stamps_subscribe(rc, port);
}

static int kernel_publish(const struct rad_estimate *est, const struct clock_era *era,
			  const char *source)
{
	struct radclock_estimate e = {
		.counter_id = era->counter_id, .disruption_marker = era->marker,
		.counter = est->counter, .time = { est->time.sec, est->time.frac },
		.status = est->status,
		.period = est->period, .period_diff = est->period_diff,
		.period_shift = est->period_shift,
		.maxerror_ns = est->maxerror_ns, .esterror_ns = est->esterror_ns,
		.maxerror_rate = est->maxerror_rate, .esterror_rate = est->esterror_rate,
		.holdover_counter = est->holdover_counter, .void_counter = est->void_counter,
		.leap_counter = est->leap_counter, .leap_delta = est->leap_delta,
		.tai_offset = est->tai_offset,
		/* that it is valid is for the kernel to say */
		.params_flags = est->flags & ~RADCLOCK_PARAMS_FLAG_ABS_VALID,
	};
	char why[128] = "";
	int r;

	if (!rc)
		return -ENODEV;
	snprintf(e.source, sizeof(e.source), "%s", source);
	r = radclock_set_estimate(rc, &e, why, sizeof(why));
	if (!r || r == -ESTALE) {
		told_refused = 0;
		return r;
	}
	if (means_gone(r) && !why[0]) {
		lost(r);
		return r;
	}
	if (r != told_refused)
		log_error("the module refuses our estimate: %s", why[0] ? why : radclock_strerror(r));
	told_refused = r;
	return r;
}

static void kernel_reconfigure(const struct config *c)
{
	u32 before = config->counter;

	config = c;
	/* somebody may have chosen another one since: only a new wish counts */
	if (rc && c->counter != before)
		select_counter();
	if (c->stamps == STAMPS_USER)
		stamps_close();
}

const struct clock_ops clock_kernel = {
	.open = kernel_open,
	.close = kernel_close,
	.read = kernel_read,
	.hz = kernel_hz,
	.stamps_port = kernel_stamps_port,
	.in_force = kernel_in_force,
	.publish = kernel_publish,
	.reconfigure = kernel_reconfigure,
};
