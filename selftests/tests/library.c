// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab: timeout=60
 * libradclock against the module: everything that goes by netlink or ioctl.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ktap.h"
#include "radclock.h"

static struct radclock *rc;
static struct radclock_updates *updates;
static char why[160];

static int shell(const char *what)
{
	char cmd[256];

	snprintf(cmd, sizeof(cmd), "bash -c '. /lab/testbed.sh; %s' >&2", what);
	return system(cmd);
}

static int64_t ns(struct radclock_time t)
{
	return t.sec * 1000000000LL + radclock_timespec(t).tv_nsec;
}

/* an estimate that makes radclock read as CLOCK_REALTIME does */
static void honest(struct radclock_estimate *e)
{
	struct radclock_params p;
	struct radclock_cross x;

	memset(e, 0, sizeof(*e));
	radclock_get_params(rc, &p);
	radclock_read_cross(rc, RADCLOCK_CLOCK_DIFF, &x);
	e->counter_id = p.counter_id;
	e->disruption_marker = p.disruption_marker;
	e->counter = x.reading.counter;
	e->time.sec = x.realtime_ns / 1000000000;
	e->time.frac = (uint64_t)ldexpl((long double)(x.realtime_ns % 1000000000) / 1e9L, 64);
	e->period_shift = p.period_shift;
	e->period = p.diff.period;
	e->maxerror_ns = 100000;
	e->esterror_ns = 10000;
	e->maxerror_rate = p.diff.period / 10000;
	e->esterror_rate = p.diff.period / 100000;
	e->status = RADCLOCK_STATUS_SYNCHRONIZED;
	e->holdover_counter = e->counter + 60 * p.counter_hz;
	e->void_counter = e->counter + 600 * p.counter_hz;
	e->params_flags = RADCLOCK_PARAMS_FLAG_TAI_VALID;
	e->tai_offset = 37;
	strcpy(e->source, "test");
}

static int set(const struct radclock_estimate *e)
{
	return radclock_set_estimate(rc, e, why, sizeof(why));
}

static void test_open(void)
{
	ktap_ok(radclock_open(&rc, NULL, 0) == -ENOENT && !rc, "no module, no clock");
	if (shell("module_load"))
		ktap_die("no module");
	ktap_ok(!radclock_open(&rc, NULL, 0) && radclock_has_module(rc), "open");
	ktap_ok(!radclock_updates_open(rc, &updates), "subscribe to updates");
}

static void test_state(void)
{
	struct radclock_counter_reading got[64];
	struct radclock_counter_info list[16];
	struct radclock_estimate e;
	struct radclock_info info;
	int n, m, i, selected = 0;

	ktap_ok(!radclock_get_info(rc, &info) && info.abi_version == 1 &&
		!strcmp(info.counter_name, "tsc") && info.counter_hz > 1000000,
		"info");
	n = radclock_list_counters(rc, list, 16);
	for (i = 0; i < n; i++)
		selected += !!list[i].selected;
	ktap_okf(n >= 3 && selected == 1, "%d counters, %d selected", n, selected);
	ktap_ok(radclock_list_counters(rc, list, 1) == n, "more than asked for are counted");
	m = radclock_read_counters(rc, 4, RADCLOCK_COUNTER_ID_NONE, got, 64);
	ktap_okf(m == 4 * n, "%d readings in 4 rounds", m);
	m = radclock_read_counters(rc, 64, RADCLOCK_COUNTER_ID_TSC, got, 64);
	for (i = 1; i < m && got[i].counter > got[i - 1].counter; i++)
		;
	ktap_ok(m == 64 && i == 64, "64 readings of one counter, in order");
	ktap_ok(radclock_read_counters(rc, 65, 0, got, 64) < 0, "65 rounds are refused");
	ktap_ok(radclock_get_estimate(rc, &e) == -ENODATA, "no estimate yet");
	ktap_ok(radclock_select_counter(rc, "sundial", why, sizeof(why)) < 0 && why[0],
		"no such counter, and the kernel says so");
	ktap_say("%s", why);
}

static void test_estimate(void)
{
	struct pollfd p = { .fd = radclock_updates_fd(updates), .events = POLLIN };
	struct radclock_estimate e, back;
	struct radclock_info info;
	int n;

	while (radclock_updates_next(updates, &info) > 0)
		;
	honest(&e);
	e.disruption_marker++;
	ktap_ok(set(&e) == -ESTALE && why[0], "another era's estimate is refused");
	ktap_say("%s", why);
	honest(&e);
	e.counter_id = RADCLOCK_COUNTER_ID_HPET;
	ktap_ok(set(&e) < 0 && why[0], "another counter's estimate is refused");
	ktap_say("%s", why);
	honest(&e);
	e.period = 0;
	ktap_ok(set(&e) < 0 && why[0], "period 0 is refused");
	honest(&e);
	memset(e.source, 'x', sizeof(e.source));
	ktap_ok(set(&e) == -EINVAL, "a source without an end is refused");
	ktap_ok(!poll(&p, 1, 0), "nothing changed, nobody is told");

	honest(&e);
	ktap_ok(!set(&e) && !why[0], "an honest estimate is taken");
	ktap_ok(poll(&p, 1, 1000) == 1, "the subscriber's descriptor wakes up");
	for (n = 0; radclock_updates_next(updates, &info) > 0;)
		n++;
	ktap_ok(n == 1 && info.status == RADCLOCK_STATUS_SYNCHRONIZED &&
		info.updates >= 1 && !strcmp(info.source, "test"), "and hears of it once");
	ktap_ok(!radclock_get_estimate(rc, &back) && back.counter == e.counter &&
		back.time.sec == e.time.sec && back.time.frac == e.time.frac &&
		back.maxerror_ns == e.maxerror_ns && back.tai_offset == 37 &&
		back.void_counter == e.void_counter && !strcmp(back.source, "test") &&
		back.status == e.status, "the estimate reads back");
}

static void test_readings(void)
{
	struct radclock_reading page, sys;
	struct radclock_interval iv;
	struct radclock_cross x;
	struct radclock *rs;
	struct timespec ts;
	uint64_t counter;
	int id, tries;

	ktap_ok(!radclock_open(&rs, NULL, RADCLOCK_OPEN_SYSCALL), "open for system calls");
	ktap_ok(!radclock_read_cross(rc, RADCLOCK_CLOCK_ABSOLUTE, &x) &&
		llabs(x.realtime_ns - ns(x.reading.time)) < (int64_t)x.reading.maxerror_ns &&
		x.reading.disruption_marker, "cross reading");
	ktap_say("off by %" PRId64 " ns", ns(x.reading.time) - x.realtime_ns);
	ktap_ok(!radclock_read_at(rc, RADCLOCK_CLOCK_ABSOLUTE, x.reading.counter, &page) &&
		!radclock_read_at(rs, RADCLOCK_CLOCK_ABSOLUTE, x.reading.counter, &sys) &&
		!memcmp(&page, &sys, sizeof(page)) &&
		!memcmp(&page, &x.reading, sizeof(page)),
		"page, ioctl and cross are the same to the last bit");
	/* another CPU in between would not know */
	for (tries = 0; tries < 10; tries++) {
		radclock_clockid(rc, RADCLOCK_CLOCK_ABSOLUTE, &id);
		if (!clock_gettime(id, &ts) &&
		    !radclock_last_counter(rc, RADCLOCK_CLOCK_ABSOLUTE, &counter))
			break;
	}
	ktap_ok(tries < 10 &&
		!radclock_read_at(rc, RADCLOCK_CLOCK_ABSOLUTE, counter, &page) &&
		ns(page.time) == ts.tv_sec * 1000000000LL + ts.tv_nsec,
		"clock_gettime is the page at the same counter value");
	ktap_ok(!radclock_gettime(rs, RADCLOCK_CLOCK_ABSOLUTE, &ts) &&
		!radclock_gettime(rs, RADCLOCK_CLOCK_MONO, &ts) &&
		!radclock_gettime(rs, RADCLOCK_CLOCK_DIFF, &ts) &&
		!radclock_read(rs, RADCLOCK_CLOCK_MONO, &sys) &&
		!radclock_counter(rs, &counter), "every clock by system call");
	clock_gettime(CLOCK_REALTIME, &ts);
	ktap_ok(!radclock_now(rc, &iv) && radclock_after(rc, &(struct timespec){
		ts.tv_sec - 1, ts.tv_nsec }) == 1 && iv.latest.tv_sec >= ts.tv_sec,
		"interval now");
	radclock_close(rs);
}

/* in a child without privileges: its exit status counts what went right */
static void test_nobody(void)
{
	struct radclock_estimate e;
	struct radclock_stamps *st;
	struct timespec ts;
	int status;
	pid_t pid;

	honest(&e);
	pid = fork();
	if (!pid) {
		int good = 0;

		radclock_close(rc);
		if (setgid(65534) || setuid(65534) || radclock_open(&rc, NULL, 0))
			_exit(0);
		good += set(&e) == -EPERM && why[0];
		good += radclock_select_counter(rc, "hpet", why, sizeof(why)) == -EPERM;
		good += radclock_stamps_open(rc, 0, &st, why, sizeof(why)) == -EPERM && !st;
		good += !radclock_gettime(rc, RADCLOCK_CLOCK_ABSOLUTE, &ts);
		good += !radclock_get_estimate(rc, &e);
		_exit(good);
	}
	waitpid(pid, &status, 0);
	ktap_okf(WIFEXITED(status) && WEXITSTATUS(status) == 5,
		 "anybody may read, nobody may set (%d of 5)", WEXITSTATUS(status));
}

static void test_disruption(void)
{
	struct radclock_estimate e;
	struct radclock_reading r;
	struct timespec ts;
	uint64_t counter;

	honest(&e);
	ktap_ok(!radclock_select_counter(rc, "hpet", why, sizeof(why)), "another counter");
	ktap_ok(radclock_gettime(rc, RADCLOCK_CLOCK_ABSOLUTE, &ts) == -ENODATA &&
		radclock_read(rc, RADCLOCK_CLOCK_ABSOLUTE, &r) == -ENODATA &&
		(r.status == RADCLOCK_STATUS_UNSYNCHRONIZED ||
		 r.status == RADCLOCK_STATUS_DISRUPTED) &&
		r.counter_id == RADCLOCK_COUNTER_ID_HPET, "no time at once");
	ktap_ok(r.disruption_marker != e.disruption_marker, "a new era");
	ktap_ok(set(&e) < 0, "the old estimate is refused");
	ktap_ok(!radclock_gettime(rc, RADCLOCK_CLOCK_DIFF, &ts) &&
		!radclock_counter(rc, &counter), "the difference clock and the counter go on");
	honest(&e);
	ktap_ok(!set(&e) && !radclock_gettime(rc, RADCLOCK_CLOCK_ABSOLUTE, &ts) &&
		!radclock_read(rc, RADCLOCK_CLOCK_ABSOLUTE, &r) &&
		r.counter_id == RADCLOCK_COUNTER_ID_HPET, "time by system call on hpet");
}

static void test_stamps(void)
{
	struct radclock_stamp stamp;
	struct radclock_stamps *st;

	ktap_ok(!radclock_stamps_open(rc, 0, &st, why, sizeof(why)) &&
		radclock_stamps_fd(st) >= 0 && radclock_stamps_next(st, &stamp) == 0,
		"subscribe to stamps");
	radclock_stamps_close(st);
}

static void test_end(void)
{
	struct radclock_info info;
	int got;

	radclock_close(rc);
	if (shell("module_unload"))
		ktap_die("the module does not unload");
	while ((got = radclock_updates_next(updates, &info)) > 0)
		;
	ktap_ok(got == -ENODEV, "a subscriber hears that the module is gone");
	ktap_ok(radclock_updates_next(updates, &info) == 0, "once");
	radclock_updates_close(updates);
	ktap_ok(radclock_open(&rc, NULL, 0) == -ENOENT, "and no clock is left");
}

int main(void)
{
	ktap_plan(37);
	test_open();
	test_state();
	test_estimate();
	test_readings();
	test_nobody();
	test_disruption();
	test_stamps();
	test_end();
	return ktap_end();
}
