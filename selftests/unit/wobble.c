// SPDX-License-Identifier: GPL-2.0-only
/*
 * common/wobble.h against a hypervisor's clock as it is: once a second a new slope,
 * from another timer that is read late now and then, and back to that timer
 * within a second.
 */
#include <stdint.h>

#include "ktap.h"
#include "random.h"
#include "wobble.h"

#define TSC_HZ	2100000000LL
#define HOUR	3600
#define US	1000
#define MS	1000000

/* the clock, and how it is judged */
struct machine {
	struct rad_pvclock ti;
	double ns_per_tick;	/* the truth */
	double late;		/* of the timer's last read, ns */
	uint64_t tsc;
	struct rad_wobble w;
	uint64_t worst, uncovered;
};

static void set_slope(struct machine *m, double ns_per_tick)
{
	m->ti.tsc_shift = -1;
	m->ti.tsc_to_system_mul = (uint32_t)(ns_per_tick * 2 * 4294967296.0);
	m->ti.version += 2;
}

static void machine_start(struct machine *m, double ppm)
{
	*m = (struct machine){ .ns_per_tick = 1e9 / TSC_HZ * (1 + ppm * 1e-6) };
	rad_wobble_init(&m->w);
	set_slope(m, m->ns_per_tick);
	rad_wobble_look(&m->w, &m->ti);
}

static uint64_t off_by(const struct machine *m)
{
	double d = (double)(int64_t)rad_pvclock_at(&m->ti, m->tsc) - m->tsc * m->ns_per_tick;

	return d < 0 ? -d : d;
}

/* a second; then the timer is read @late ns late */
static void second(struct machine *m, double late)
{
	double before, after;
	int half;

	for (half = 0; half < 2; half++) {
		m->tsc += TSC_HZ / 2;
		if (off_by(m) > m->worst)
			m->worst = off_by(m);
		if (off_by(m) > rad_wobble_error_ns(&m->w) + US)
			m->uncovered++;
		if (half) {
			m->ti.system_time = rad_pvclock_at(&m->ti, m->tsc);
			m->ti.tsc_timestamp = m->tsc;
			/* as long as the timer says it was, and back what we are off */
			before = m->ns_per_tick * TSC_HZ + late - m->late;
			after = m->tsc * m->ns_per_tick + late - m->ti.system_time;
			set_slope(m, (before + after) / TSC_HZ);
			m->late = late;
		}
		rad_wobble_look(&m->w, &m->ti);
	}
}

static void seconds(struct machine *m, int n, double late)
{
	int i;

	for (i = 0; i < n; i++)
		second(m, late ? (double)(rnd() % (2 * (uint64_t)late)) - late : 0);
}

static void test_quiet(void)
{
	struct machine m;

	machine_start(&m, 30);
	ktap_ok(rad_wobble_error_ns(&m.w) == 2 * RAD_WOBBLE_FIRST_NS, "at first the worst is supposed");
	seconds(&m, HOUR, 20);
	ktap_okf(rad_wobble_error_ns(&m.w) > RAD_WOBBLE_FIRST_NS && !m.uncovered,
		 "after a quiet hour still %llu us (it was off by %llu ns)",
		 (unsigned long long)rad_wobble_error_ns(&m.w) / US, (unsigned long long)m.worst);
	seconds(&m, 23 * HOUR, 20);
	ktap_okf(rad_wobble_error_ns(&m.w) < 50 * US && !m.uncovered,
		 "after a quiet day %llu us", (unsigned long long)rad_wobble_error_ns(&m.w) / US);
}

static void test_late_reads(void)
{
	struct machine m;

	machine_start(&m, -12);
	seconds(&m, 40, 1000);
	second(&m, 1600 * US);
	seconds(&m, 40, 1000);
	ktap_okf(m.worst > 1500 * US && !m.uncovered,
		 "one of 1.6 ms after the start, off by %llu us: covered", (unsigned long long)m.worst / US);

	/* it can be known only after it was seen */
	m.worst = 0;
	second(&m, 10 * MS);
	second(&m, 0);
	m.uncovered = 0;
	seconds(&m, 1, 1000);
	second(&m, -9 * MS);
	seconds(&m, HOUR / 2, 1000);
	second(&m, 10 * MS);
	seconds(&m, 40, 1000);
	ktap_okf(m.worst > 9 * MS && !m.uncovered,
		 "of 10 ms, off by %llu us: its like is covered for half an hour",
		 (unsigned long long)m.worst / US);
	ktap_okf(rad_wobble_error_ns(&m.w) < 50 * MS, "by %llu us",
		 (unsigned long long)rad_wobble_error_ns(&m.w) / US);
}

/* a TSC of constant rate: the slope stays and the page is set anew */
static void test_steps(void)
{
	struct machine m;
	int i;

	machine_start(&m, 0);
	for (i = 0; i < 100; i++) {
		m.tsc += TSC_HZ;
		m.ti.tsc_timestamp = m.tsc;
		m.ti.system_time = m.tsc * m.ns_per_tick + (i == 50 ? 5 * MS : 0);
		m.ti.version += 2;
		rad_wobble_look(&m.w, &m.ti);
	}
	ktap_okf(rad_wobble_error_ns(&m.w) > 9900 * US && rad_wobble_error_ns(&m.w) < 12 * MS,
		 "a page set 5 ms wrong: %llu us", (unsigned long long)rad_wobble_error_ns(&m.w) / US);
}

static void test_other_machine(void)
{
	struct machine m;
	uint64_t before;

	machine_start(&m, 0);
	seconds(&m, 100, 100);
	before = rad_wobble_error_ns(&m.w);
	m.ti.system_time += 20000000000ULL;
	m.ti.version += 2;
	rad_wobble_look(&m.w, &m.ti);
	m.ti.system_time -= 50000000000ULL;
	m.ti.version += 2;
	rad_wobble_look(&m.w, &m.ti);
	m.ti.tsc_timestamp = 5;
	m.ti.tsc_shift = 3;
	m.ti.version += 2;
	rad_wobble_look(&m.w, &m.ti);
	ktap_ok(rad_wobble_error_ns(&m.w) == before, "another machine's time is no wobble");
}

static void test_absurd(void)
{
	struct machine m;
	int i, bad = 0;

	machine_start(&m, 0);
	for (i = 0; i < 1000000; i++) {
		struct rad_pvclock ti = {
			.version = rnd() & ~1U, .tsc_timestamp = rnd() >> (rnd() % 64),
			.system_time = rnd() >> (rnd() % 64), .tsc_shift = (signed char)rnd(),
			.tsc_to_system_mul = rnd() % 3 ? (uint32_t)rnd() : (uint32_t)(rnd() % 3),
		};

		if (rnd() % 2) {
			ti.tsc_shift = m.w.seen.tsc_shift;
			ti.tsc_timestamp = m.w.seen.tsc_timestamp + rnd() % TSC_HZ;
			ti.system_time = m.w.seen.system_time + rnd() % RAD_WOBBLE_SPAN_NS;
		}
		rad_wobble_look(&m.w, &ti);
		bad += rad_wobble_error_ns(&m.w) > 2 * RAD_WOBBLE_MOST_NS ||
		       rad_wobble_error_ns(&m.w) < 16 * US;
	}
	ktap_okf(!bad, "%d errors out of range from absurd pages", bad);
}

int main(void)
{
	ktap_plan(9);
	test_quiet();
	test_late_reads();
	test_steps();
	test_other_machine();
	test_absurd();
	return ktap_end();
}
