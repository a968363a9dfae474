// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE	/* clock_adjtime */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "clock_steer.h"
#include "log.h"
#include "loop.h"
#include "reading.h"

#define PPM			1e-6
#define SCALED_PPM		65536.0		/* unit of timex.freq */
#define MAX_FREQ		(500 * PPM)	/* what timex.freq reaches alone */
#define MAX_TICK_CHANGE		0.09		/* the kernel refuses 10 % */
#define SLEW_TIME		4.0		/* s in which an offset is gone */
#define LEAP_AHEAD_NS		(12 * 3600 * RADCLOCK_NSEC)

static const struct config *config;
static struct loop_timer slew_end;
static double base;		/* rate against CLOCK_MONOTONIC_RAW, minus 1 */
static unsigned int updates;
static long nominal_tick;	/* us */

static s64 now_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

static int set_rate(double rate)
{
	struct timex tx = { .modes = ADJ_FREQUENCY | ADJ_TICK };
	double step = 1.0 / nominal_tick;	/* one us a tick */
	double ticks = 0;

	/* the coarse part only where the fine one does not reach */
	if (fabs(rate) > MAX_FREQ)
		ticks = rint(fmax(-MAX_TICK_CHANGE, fmin(MAX_TICK_CHANGE, rate)) / step);
	tx.tick = nominal_tick + (long)ticks;
	tx.freq = lrint((rate - ticks * step) / PPM * SCALED_PPM);
	return clock_adjtime(CLOCK_REALTIME, &tx) < 0 ? -errno : 0;
}

static void slew_ended(struct loop_timer *t)
{
	set_rate(base);
}

/* returns the offset that is left */
static double step(double offset)
{
	struct timex tx = { .modes = ADJ_SETOFFSET | ADJ_NANO };

	tx.time.tv_sec = (time_t)floor(offset);
	tx.time.tv_usec = lrint((offset - floor(offset)) * 1e9);
	if (tx.time.tv_usec >= NSEC_PER_SEC) {
		tx.time.tv_sec++;
		tx.time.tv_usec -= NSEC_PER_SEC;
	}
	if (clock_adjtime(CLOCK_REALTIME, &tx) < 0) {
		log_error("cannot step CLOCK_REALTIME: %s", strerror(errno));
		return offset;
	}
	log_warn("stepped CLOCK_REALTIME by %+.6f s", offset);
	return 0;
}

static void set_status(const struct rad_estimate *est, u64 raw)
{
	struct timex tx = { .modes = ADJ_STATUS | ADJ_MAXERROR | ADJ_ESTERROR };

	if (est->status != RADCLOCK_STATUS_SYNCHRONIZED)
		tx.status |= STA_UNSYNC;
	/* the kernel takes the leap at the end of the day */
	if (est->leap_delta && rad_counter_before(raw, est->leap_counter) &&
	    est->leap_counter - raw < LEAP_AHEAD_NS)
		tx.status |= est->leap_delta > 0 ? STA_INS : STA_DEL;
	tx.maxerror = (long)fmin(est->maxerror * 1e6 + 1, 16e6);
	tx.esterror = (long)fmin(est->esterror * 1e6 + 1, 16e6);
	if (clock_adjtime(CLOCK_REALTIME, &tx) < 0)
		log_debug("cannot set the status of CLOCK_REALTIME: %s", strerror(errno));
}

/* how far CLOCK_REALTIME is behind the estimate */
static double offset_now(const struct rad_estimate *est, u64 *raw)
{
	struct radclock_line l = { est->counter, est->time.sec, est->time.frac, est->period };
	s64 a = now_ns(CLOCK_MONOTONIC_RAW);
	s64 real = now_ns(CLOCK_REALTIME);
	s64 b = now_ns(CLOCK_MONOTONIC_RAW);
	struct rad_time t;

	*raw = a + (b - a) / 2;
	t = rad_line_at(&l, est->period_shift, *raw);
	if (est->leap_delta && !rad_counter_before(*raw, est->leap_counter))
		t.sec -= est->leap_delta;
	return (double)(t.sec - real / NSEC_PER_SEC) +
	       ((double)rad_frac_to_ns(t.frac) - (double)(real % NSEC_PER_SEC)) / 1e9;
}

void steer_update(const struct rad_estimate *est)
{
	double offset, slew, most = config->max_slew * PPM, time = SLEW_TIME;
	u64 raw;
	int r;

	offset = offset_now(est, &raw);
	base = est->period_s * 1e9 - 1;
	if (steer_steps(config, offset, updates))
		offset = step(offset);
	updates++;

	if (fabs(offset) > most * time)
		time = fabs(offset) / most;
	slew = offset / time;
	r = set_rate(base + slew);
	if (r) {
		log_error("cannot set the rate of CLOCK_REALTIME: %s", strerror(-r));
		return;
	}
	set_status(est, raw);
	log_debug("CLOCK_REALTIME: offset %+.9f s, rate %+.4f ppm, slewing %+.4f ppm for %.1f s",
		  -offset, base / PPM, slew / PPM, time);
	slew_end.expired = slew_ended;
	loop_timer_after(&slew_end, (s64)(time * 1e9));
}

void steer_reconfigure(const struct config *c)
{
	config = c;
}

int steer_open(const struct config *c)
{
	struct timex tx = { .modes = 0 };
	long hz = sysconf(_SC_CLK_TCK);

	config = c;
	nominal_tick = (1000000 + hz / 2) / hz;
	/* whoever steered before, its rate goes on until the first estimate */
	if (clock_adjtime(CLOCK_REALTIME, &tx) < 0)
		return -errno;
	base = (double)(tx.tick - nominal_tick) / nominal_tick + tx.freq / SCALED_PPM * PPM;
	/* no loop of the kernel's beside ours */
	tx = (struct timex){ .modes = ADJ_STATUS | ADJ_FREQUENCY, .status = STA_UNSYNC,
			     .freq = tx.freq };
	return clock_adjtime(CLOCK_REALTIME, &tx) < 0 ? -errno : 0;
}

void steer_close(void)
{
	if (!slew_end.armed)
		return;
	loop_timer_stop(&slew_end);
	set_rate(base);
}
