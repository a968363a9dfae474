// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab: timeout=150 profile=long
 * A 32-bit counter is carried across its wrap, for everybody who reads it.
 */
#include "radtest.h"

static struct radclock *rc;
static int stop;

struct watcher {
	pthread_t thread;
	int cpu;
	long reads, back;
};

static void *watch(void *arg)
{
	struct radclock_ioc_reading io = { .clock = RADCLOCK_CLOCK_DIFF };
	uint64_t last = 0;
	int64_t last_ns = INT64_MIN;
	struct watcher *w = arg;

	rt_pin(w->cpu);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		if (ioctl(radclock_fd(rc), RADCLOCK_IOC_READ, &io))
			break;
		w->reads++;
		if (io.counter < last || rt_ioc_ns(&io) < last_ns)
			w->back++;
		last = io.counter;
		last_ns = rt_ioc_ns(&io);
		if (w->reads % 64 == 0)
			usleep(100);
	}
	return NULL;
}

static int width(void)
{
	struct radclock_counter_info list[9];
	int i, n = radclock_list_counters(rc, list, 9);

	for (i = 0; i < n; i++)
		if (list[i].id == RADCLOCK_COUNTER_ID_HPET)
			return list[i].flags & RADCLOCK_COUNTER_FLAG_NARROW ? (int)list[i].width : -1;
	return 0;
}

int main(void)
{
	struct watcher w[2] = { { .cpu = 0 }, { .cpu = 1 } };
	double rate, first_rate = 0, seconds;
	int64_t off, worst = 0, jump = 0, last_off = 0, last_error = 0;
	struct radclock_estimate e;
	struct radclock_duration d;
	struct rt_truth a, b, m;
	struct timespec ts;
	int i, wraps = 0, bad_time = 0;
	uint64_t hz, last;

	rt_load("hpet_32bit=1 counter=hpet");
	rc = rt_open();
	ktap_plan(8);
	rt_log_mark();
	ktap_okf(width() == 32, "the HPET is taken as a counter of 32 bits");
	hz = rt_page()->params.counter_hz;

	/* the rate first, so that what remains is the wrap's doing */
	rt_truth(rc, &a);
	sleep(4);
	rt_truth(rc, &b);
	first_rate = (double)(b.counter - a.counter) / (b.raw_ns - a.raw_ns) * 1e9;
	ktap_okf(first_rate / hz > 0.99 && first_rate / hz < 1.01,
		 "its rate is nominal, but for the kernel's idea of a second (%+.3f ppm)",
		 (first_rate / hz - 1) * 1e6);
	rt_estimate(rc, &e);
	e.period = rad_period_from_hz(hz, &e.period_shift) / (first_rate / hz);
	e.period_diff = e.period;
	if (rt_set(rc, &e))
		ktap_die("no estimate");

	for (i = 0; i < 2; i++)
		pthread_create(&w[i].thread, NULL, watch, &w[i]);
	seconds = (double)(1ULL << 32) / hz * 1.15;
	usleep(10000);
	rt_truth(rc, &a);
	last = a.counter;
	for (i = 0; i < seconds * 20; i++) {
		struct radclock_cross x;

		usleep(50000);
		rt_truth(rc, &m);
		wraps += m.counter >> 32 != last >> 32;
		last = m.counter;
		radclock_difference(rc, a.counter, m.counter, &d);
		off = rt_time_ns(d.time) - (m.raw_ns - a.raw_ns);
		if (llabs(off) - m.error_ns - a.error_ns > worst)
			worst = llabs(off) - m.error_ns - a.error_ns;
		if (llabs(off - last_off) - m.error_ns - last_error > jump)
			jump = llabs(off - last_off) - m.error_ns - last_error;
		last_off = off;
		last_error = m.error_ns;
		if (radclock_read_cross(rc, RADCLOCK_CLOCK_ABSOLUTE, &x) ||
		    llabs(rt_time_ns(x.reading.time) - x.realtime_ns) >
		    (int64_t)x.reading.maxerror_ns)
			bad_time++;
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < 2; i++)
		pthread_join(w[i].thread, NULL);
	rt_truth(rc, &b);
	rate = (double)(b.counter - a.counter) / (b.raw_ns - a.raw_ns) * 1e9;

	ktap_okf(wraps >= 1, "it wraps %d times in %.0f s", wraps, seconds);
	ktap_okf(w[0].reads > 1000 && w[1].reads > 1000 && !w[0].back && !w[1].back,
		 "its 64 bits and the difference clock never go back (%ld + %ld readings)",
		 w[0].reads, w[1].reads);
	/* a wrong wrap would be 43 s; what is left is 20 ppm and the host */
	ktap_okf(worst < 1000000 + seconds * 20000,
		 "the difference clock stays with CLOCK_MONOTONIC_RAW throughout (worst %lld ns)",
		 (long long)worst);
	ktap_okf(jump < 500000, "and never jumps (most %lld ns)", (long long)jump);
	ktap_okf(!bad_time && !radclock_gettime(rc, RADCLOCK_CLOCK_ABSOLUTE, &ts),
		 "the time stays right within its bound (%+.3f ppm)", (rate / first_rate - 1) * 1e6);
	ktap_ok(!rt_log_lines(), "nothing of this shows in the kernel log");
	return ktap_end();
}
