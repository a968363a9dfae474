// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab: timeout=120
 * The monotonic and the difference clock never go back, whoever reads them and
 * however, while estimates jump about; and the monotonic clock comes back to
 * the absolute one as documented.
 */
#include "radtest.h"

#define READERS		4
#define ESTIMATES	2000

enum { MONO, DIFF, CLOCKS };
static const enum radclock_clock clock_of[] = { RADCLOCK_CLOCK_MONO, RADCLOCK_CLOCK_DIFF };
static const char * const ways[] = { "page", "clock_gettime", "ioctl", "gettime" };

/* the latest reading that anybody has had, ns */
static int64_t published[CLOCKS];
static int stop;

struct reader {
	pthread_t thread;
	struct radclock *rc;
	int way;
	long reads, errors;
	long back[CLOCKS];
	int64_t worst[CLOCKS];
};

static int64_t read_clock(struct reader *r, enum radclock_clock clock)
{
	struct radclock_ioc_reading io = { .clock = clock };
	struct radclock_reading rr;
	struct timespec ts;
	int id, err;

	switch (r->way) {
	case 0:
		err = radclock_read(r->rc, clock, &rr);
		return err ? -1 : rt_time_ns(rr.time);
	case 1:
		err = radclock_clockid(r->rc, clock, &id) || clock_gettime(id, &ts);
		return err ? -1 : rt_ns(ts);
	case 2:
		err = ioctl(radclock_fd(r->rc), RADCLOCK_IOC_READ, &io) ||
		      (clock != RADCLOCK_CLOCK_DIFF &&
		       io.status == RADCLOCK_STATUS_UNSYNCHRONIZED);
		return err ? -1 : rt_ioc_ns(&io);
	default:
		err = radclock_gettime(r->rc, clock, &ts);
		return err ? -1 : rt_ns(ts);
	}
}

static void publish(int64_t *where, int64_t value)
{
	int64_t old = __atomic_load_n(where, __ATOMIC_SEQ_CST);

	while (value > old &&
	       !__atomic_compare_exchange_n(where, &old, value, 0,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
}

static void *reader(void *arg)
{
	struct reader *r = arg;
	int64_t before, value;
	int i;

	rt_pin(r->way & 1);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		for (i = 0; i < CLOCKS; i++) {
			before = __atomic_load_n(&published[i], __ATOMIC_SEQ_CST);
			value = read_clock(r, clock_of[i]);
			r->reads++;
			if (value < 0) {
				r->errors++;
				continue;
			}
			if (value < before) {
				r->back[i]++;
				if (before - value > r->worst[i])
					r->worst[i] = before - value;
			}
			publish(&published[i], value);
		}
	}
	return NULL;
}

/* a good estimate that is off by @offset_ns and @ppm */
static void off_estimate(struct radclock *rc, struct radclock_estimate *e,
			 int64_t offset_ns, double ppm)
{
	struct rt_truth t;

	rt_estimate(rc, e);
	rt_truth(rc, &t);
	e->counter = t.counter;
	e->time = rt_from_ns(t.realtime_ns + offset_ns);
	e->period += (int64_t)(e->period * ppm * 1e-6);
	e->period_diff = e->period;
}

static int set_off(struct radclock *rc, int64_t offset_ns, double ppm)
{
	struct radclock_estimate e;

	off_estimate(rc, &e, offset_ns, ppm);
	return rt_set(rc, &e);
}

static void storm(struct radclock *rc, const char *counter)
{
	struct reader readers[READERS] = { };
	uint64_t seed = 42, r;
	long reads = 0, errors = 0, back[CLOCKS] = { };
	int64_t worst[CLOCKS] = { };
	int i, k, refused = 0;

	stop = 0;
	published[MONO] = 0;
	published[DIFF] = 0;
	refused += !!set_off(rc, 0, 0);
	for (i = 0; i < READERS; i++) {
		readers[i].way = i;
		readers[i].rc = rc;
		pthread_create(&readers[i].thread, NULL, reader, &readers[i]);
	}
	for (i = 0; i < ESTIMATES; i++) {
		int64_t offset = 1000;

		/* 1 us to 3 s, all magnitudes alike, either way */
		r = rt_random(&seed);
		for (k = (r & 0xff) % 22; k; k--)
			offset *= 2;
		if (offset > 3000000000LL)
			offset = 3000000000LL;
		refused += !!set_off(rc, r & 0x100 ? offset : -offset,
				     (double)((r >> 16) & 0xffff) / 32768 * 100 - 100);
		/* every other one at the heels of its predecessor */
		if (r & 0x200)
			usleep((r >> 32) % 8000);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < READERS; i++) {
		struct reader *x = &readers[i];

		pthread_join(x->thread, NULL);
		ktap_say("%s by %s: %ld readings, %ld refused, mono back %ld (worst %lld ns), diff back %ld (worst %lld ns)",
			 counter, ways[i], x->reads, x->errors,
			 x->back[MONO], (long long)x->worst[MONO],
			 x->back[DIFF], (long long)x->worst[DIFF]);
		reads += x->reads;
		errors += x->errors;
		for (k = 0; k < CLOCKS; k++) {
			back[k] += x->back[k];
			if (x->worst[k] > worst[k])
				worst[k] = x->worst[k];
		}
	}
	ktap_okf(!refused, "%s: all %d estimates are accepted", counter, ESTIMATES);
	ktap_okf(!errors && reads > 10000, "%s: every reading succeeds", counter);
	ktap_okf(!back[MONO], "%s: the monotonic clock never goes back for any of %d threads",
		 counter, READERS);
	ktap_okf(!back[DIFF], "%s: the difference clock never goes back for any of %d threads",
		 counter, READERS);
}

/* absolute - mono at a counter value, ns; *@bounds_ok: mono's bound has it too */
static int64_t gap_at(struct radclock *rc, uint64_t counter, int *bounds_ok)
{
	struct radclock_reading a, m;
	int64_t gap;

	if (radclock_read_at(rc, RADCLOCK_CLOCK_ABSOLUTE, counter, &a) ||
	    radclock_read_at(rc, RADCLOCK_CLOCK_MONO, counter, &m))
		ktap_die("no reading");
	gap = rt_time_ns(a.time) - rt_time_ns(m.time);
	if (bounds_ok && (m.maxerror_ns < a.maxerror_ns + llabs(gap) - 1 ||
			  m.maxerror_ns > a.maxerror_ns + llabs(gap) + 2))
		*bounds_ok = 0;
	return gap;
}

/* from joined clocks a step of @offset_ns; return: counter value to look from */
static uint64_t step(struct radclock *rc, int64_t offset_ns)
{
	struct radclock_estimate e, f;
	uint64_t counter;

	/* the clock runs on from what it says, so that only this step counts */
	if (radclock_get_estimate(rc, &e))
		ktap_die("no estimate");
	rt_estimate(rc, &f);
	f.time = rt_from_ns(rt_time_ns(e.time) + offset_ns);
	f.counter = e.counter;
	f.period = e.period;
	if (rt_set(rc, &f))
		ktap_die("a step is refused");
	/* new lines begin a millisecond later */
	usleep(3000);
	radclock_counter(rc, &counter);
	return counter;
}

static void join_again(struct radclock *rc)
{
	struct radclock_params p;
	uint64_t counter;
	int i;

	for (i = 0; i < 3000; i++) {
		if (radclock_get_params(rc, &p) || radclock_counter(rc, &counter))
			ktap_die("no parameters");
		if (!rad_counter_before(counter, p.mono_join_counter))
			return;
		usleep(10000);
	}
	ktap_die("the monotonic clock never joins");
}

static void convergence(struct radclock *rc)
{
	static const int64_t gaps[] = { 4000000, -4000000 };
	uint64_t hz = rt_ticks(rc, 1), c, k;
	int bounds_ok = 1, rate_ok = 1;
	int64_t g, last;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		c = step(rc, gaps[i]);
		g = gap_at(rc, c, &bounds_ok);
		ktap_okf(llabs(g) > 3000000 && llabs(g) <= 4000000 && (g > 0) == (gaps[i] > 0),
			 "a step of %lld ms shows in the monotonic clock by and by (%lld ns are left)",
			 (long long)gaps[i] / 1000000, (long long)g);
		last = g;
		for (k = 1; k <= 100; k++) {
			g = gap_at(rc, c + hz / 100 * k, &bounds_ok);
			/* 10 ms at 5000 ppm: 50 us; of the absolute clock's 10 ms */
			if (llabs(last - g) > 50010 || llabs(g) > llabs(last))
				rate_ok = 0;
			last = g;
		}
		usleep(1100000);
		radclock_counter(rc, &c);
		g = gap_at(rc, c, &bounds_ok);
		ktap_okf(llabs(g) <= 1, "and is gone within 1.1 s (%lld ns are left)",
			 (long long)g);
	}
	ktap_ok(rate_ok, "on the way it runs off by at most 5000 ppm, and always nearer");

	c = step(rc, 900000000);
	g = gap_at(rc, c, &bounds_ok);
	ktap_okf(g > 800000000, "a gap of 0.9 s ahead is not jumped");
	last = gap_at(rc, c + hz, &bounds_ok);
	ktap_okf(llabs(g - last - 5000000) < 1000,
		 "but closed by 5 ms a second (%lld ns)", (long long)(g - last));
	g = gap_at(rc, c + 185 * hz, &bounds_ok);
	ktap_okf(llabs(g) <= 1, "until it is closed, after 180 s (%lld ns)", (long long)g);
	c = step(rc, 1100000000);
	g = gap_at(rc, c, &bounds_ok);
	ktap_okf(llabs(g) <= 1, "a gap of more than a second ahead is jumped (%lld ns)",
		 (long long)g);
	c = step(rc, -3000000000LL);
	g = gap_at(rc, c, &bounds_ok);
	ktap_okf(g < -2990000000LL, "a gap of three seconds back is not");
	g = gap_at(rc, c + 610 * hz, &bounds_ok);
	ktap_okf(llabs(g) <= 1, "it takes ten minutes (%lld ns)", (long long)g);
	ktap_ok(bounds_ok, "the monotonic clock's bound is the absolute clock's and the gap");
}

static int64_t mono_ns(struct radclock *rc)
{
	struct timespec ts;

	return radclock_gettime(rc, RADCLOCK_CLOCK_MONO, &ts) ? -1 : rt_ns(ts);
}

static void disruption(struct radclock *rc)
{
	char was[64];
	int64_t a, b, t0, t1;

	rt_sys_read("counter", was, sizeof(was));
	set_off(rc, 0, 0);
	usleep(2000);
	t0 = rt_gettime(CLOCK_MONOTONIC_RAW);
	a = mono_ns(rc);
	if (rt_sys_write("counter", "hpet", 4) && rt_sys_write("counter", "acpi_pm", 7))
		ktap_die("no second counter");
	b = mono_ns(rc);
	ktap_ok(a > 0 && b == -1, "after a disruption the monotonic clock cannot be read");
	ktap_ok(!set_off(rc, -1000000000LL, 0), "an estimate a second back is accepted");
	b = mono_ns(rc);
	ktap_okf(b >= a, "the monotonic clock is not below its old value (%+lld ns)",
		 (long long)(b - a));
	t0 = rt_gettime(CLOCK_MONOTONIC_RAW) - t0;
	ktap_ok(b - a < t0 + 500000000, "nor has it gone far");
	t0 = rt_gettime(CLOCK_MONOTONIC_RAW);
	usleep(500000);
	t1 = rt_gettime(CLOCK_MONOTONIC_RAW);
	a = mono_ns(rc);
	ktap_okf(a - b > (t1 - t0) * 0.99, "and it goes on (%lld ns in %lld)",
		 (long long)(a - b), (long long)(t1 - t0));
	rt_sys_write("counter", was, strlen(was));

	set_off(rc, 0, 0);
	usleep(2000);
	a = mono_ns(rc);
	ktap_ok(a >= b, "back on the first counter it is not below either");
}

int main(void)
{
	struct radclock *rc;

	ktap_plan(4 + 12 + 6 + 4);
	rt_load("");
	rc = rt_open();
	rt_log_mark();

	storm(rc, "tsc");
	radclock_close(rc);
	rt_load("");
	rc = rt_open();
	set_off(rc, 0, 0);
	join_again(rc);
	convergence(rc);
	radclock_close(rc);
	rt_load("");
	rc = rt_open();
	disruption(rc);

	radclock_close(rc);
	rt_load("counter=hpet");
	rc = rt_open();
	storm(rc, "hpet");
	return ktap_end();
}
