// SPDX-License-Identifier: GPL-2.0-only
/*
 * libradclock on pages in files: good ones, old ones, new ones, broken ones.
 */
#include <errno.h>

#include "page_make.h"

static char path[64];
static int fd;
static struct radclock_page *page;

static struct radclock *rc;

static int reopen(void)
{
	radclock_close(rc);
	return radclock_open(&rc, path, 0);
}

static s64 ns_of(struct radclock_time t)
{
	return t.sec * (s64)RADCLOCK_NSEC + rad_frac_to_ns(t.frac);
}

/* wrong in one field: refused with @want */
static bool refused(int want, void (*spoil)(void))
{
	struct radclock *bad;
	int err;

	page_fill(page, raw_now());
	spoil();
	err = radclock_open(&bad, path, 0);
	page_fill(page, raw_now());
	if (err == want && !bad)
		return true;
	ktap_say("wanted %d, got %d", want, err);
	if (!err)
		radclock_close(bad);
	return false;
}

static void no_vmclock(void)
{
	page->vmclock.magic++;
}

static void no_radclock(void)
{
	page->magic = 0;
}

static void other_vmclock(void)
{
	page->vmclock.version = 2;
}

static void other_abi(void)
{
	page->params.abi_version++;
}

static void smaller(void)
{
	page->params.size -= 8;
}

static void larger(void)
{
	page->params.size += 8;
}

static void wild_shift(void)
{
	page->params.period_shift = 64;
}

static void stuck(void)
{
	page->vmclock.seq_count = 1;
}

static void test_open(void)
{
	struct radclock *none;

	page_fill(page, raw_now());
	ktap_ok(!reopen() && rc, "a good page opens");
	ktap_ok(!radclock_has_module(rc) && radclock_fd(rc) >= 0,
		"it stands on a page");
	ktap_ok(refused(-EPROTO, no_vmclock), "no vmclock magic");
	ktap_ok(refused(-EPROTO, no_radclock), "no radclock magic");
	ktap_ok(refused(-EPROTONOSUPPORT, other_vmclock), "another vmclock version");
	ktap_ok(refused(-EPROTONOSUPPORT, other_abi), "another version of ours");
	ktap_ok(refused(-EPROTONOSUPPORT, smaller), "smaller parameters");
	ktap_ok(refused(-EPROTO, wild_shift), "a shift out of range");
	ktap_ok(refused(-EAGAIN, stuck), "an update that never ends");

	page_fill(page, raw_now());
	larger();
	ktap_ok(!reopen(), "larger parameters of a later version are fine");
	ktap_ok(radclock_open(&none, "/nonexistent/page", 0) == -ENOENT && !none,
		"no such file");
	ktap_ok(radclock_open(&none, "/dev/null", 0) < 0 && !none,
		"a device that is none of ours");
	ktap_ok(radclock_open(&none, "/tmp", 0) < 0 && !none, "a folder");
	ktap_ok(radclock_open(&none, path, RADCLOCK_OPEN_SYSCALL) == -EOPNOTSUPP,
		"a page file makes no system calls");
	ktap_ok(radclock_open(&none, path, ~0U) == -EINVAL, "unknown flags");
}

static void test_short_file(void)
{
	struct radclock *none;
	char name[64];
	int f = page_file(name, sizeof(name));

	errno = 0;
	ktap_ok(!ftruncate(f, 0) && radclock_open(&none, name, 0) == -EAGAIN,
		"an empty file is being made");
	ktap_ok(!ftruncate(f, 10) && radclock_open(&none, name, 0) == -EPROTO,
		"a file too short to map");
	ktap_ok(!ftruncate(f, 0) && !ftruncate(f, RADCLOCK_PAGE_SIZE) && radclock_open(&none, name, 0) == -EAGAIN,
		"so is one of zeros");
	ktap_ok(radclock_open(&none, "/nonexistent/page", 0) == -ENOENT && !errno,
		"errno is left alone");
	unlink(name);
	close(f);
}

static void test_time(void)
{
	u64 start = raw_now() - 5 * RADCLOCK_NSEC, before, after;
	struct radclock_reading r;
	struct timespec ts;
	uint64_t c;
	s64 ns;

	page_fill(page, start);
	before = raw_now();
	ktap_ok(!radclock_gettime(rc, RADCLOCK_CLOCK_ABSOLUTE, &ts), "gettime");
	after = raw_now();
	ns = (ts.tv_sec - 1000000000) * (s64)RADCLOCK_NSEC + ts.tv_nsec;
	ktap_ok(ns >= (s64)(before - start) - 2 && ns <= (s64)(after - start),
		"gettime is the line over the counter");
	ktap_ok(!radclock_gettime(rc, RADCLOCK_CLOCK_MONO, &ts) &&
		!radclock_gettime(rc, RADCLOCK_CLOCK_DIFF, &ts) &&
		radclock_gettime(rc, 3, &ts) == -EINVAL, "gettime of each clock");

	ktap_ok(!radclock_read(rc, RADCLOCK_CLOCK_ABSOLUTE, &r) &&
		r.status == RADCLOCK_STATUS_SYNCHRONIZED &&
		r.counter_id == RADCLOCK_COUNTER_ID_MONOTONIC_RAW &&
		r.disruption_marker == 77 && r.counter >= after, "read");
	/* 5 s at 1e-6 */
	ktap_ok(r.maxerror_ns > 6000 && r.maxerror_ns < 1000000 &&
		r.esterror_ns > 500, "its error grows with age");
	ktap_ok(!radclock_read_at(rc, RADCLOCK_CLOCK_ABSOLUTE, start, &r) &&
		ns_of(r.time) == 1000000000LL * (s64)RADCLOCK_NSEC &&
		r.maxerror_ns <= 1001, "read at the anchor");
	ktap_ok(!radclock_read_at(rc, RADCLOCK_CLOCK_ABSOLUTE,
				  start - RADCLOCK_NSEC, &r) && r.time.sec == 999999999,
		"read in the past");
	ktap_ok(radclock_read_at(rc, 7, start, &r) == -EINVAL, "no such clock");
	ktap_ok(!radclock_counter(rc, &c) && c >= after && c <= raw_now(),
		"the counter");
}

static void test_no_time(void)
{
	u64 now = raw_now();
	struct radclock_interval iv = { .status = 99 };
	struct radclock_reading r = { .status = 99 };
	struct timespec ts = { 0, 0 };

	page_fill(page, now);
	page->params.status = RADCLOCK_STATUS_DISRUPTED;
	ktap_ok(radclock_gettime(rc, RADCLOCK_CLOCK_ABSOLUTE, &ts) == -ENODATA &&
		radclock_gettime(rc, RADCLOCK_CLOCK_MONO, &ts) == -ENODATA,
		"disrupted: no time");
	ktap_ok(radclock_read(rc, RADCLOCK_CLOCK_ABSOLUTE, &r) == -ENODATA &&
		r.status == RADCLOCK_STATUS_DISRUPTED && r.counter >= now &&
		r.maxerror_ns == RADCLOCK_UNBOUNDED, "disrupted: status and counter");
	ktap_ok(!radclock_gettime(rc, RADCLOCK_CLOCK_DIFF, &ts),
		"disrupted: the difference clock goes on");
	ktap_ok(radclock_now(rc, &iv) == -ENODATA &&
		iv.status == RADCLOCK_STATUS_DISRUPTED && !iv.latest.tv_sec,
		"disrupted: no interval");
	ktap_ok(radclock_after(rc, &ts) == -ENODATA &&
		radclock_before(rc, &ts) == -ENODATA, "disrupted: neither before nor after");

	page_fill(page, now);
	page->params.void_counter = now;
	ktap_ok(radclock_read(rc, RADCLOCK_CLOCK_ABSOLUTE, &r) == -ENODATA &&
		r.status == RADCLOCK_STATUS_UNSYNCHRONIZED, "run out: no time");
	ktap_ok(!radclock_read_at(rc, RADCLOCK_CLOCK_ABSOLUTE, now - 1, &r) &&
		r.status == RADCLOCK_STATUS_SYNCHRONIZED, "run out: the past stays");
	page_fill(page, now);
	page->params.holdover_counter = now;
	ktap_ok(!radclock_read(rc, RADCLOCK_CLOCK_ABSOLUTE, &r) &&
		r.status == RADCLOCK_STATUS_HOLDOVER, "holdover by age");
}

static void test_intervals(void)
{
	u64 now = raw_now();
	struct timespec ts, early, late;
	struct radclock_interval iv;
	struct radclock_reading r;

	page_fill(page, now);
	page->params.maxerror_ns = 1500000000;	/* over the second's edge */
	ktap_ok(!radclock_interval_at(rc, now, &iv) &&
		iv.earliest.tv_sec == 999999998 && iv.earliest.tv_nsec / 10 == 49999999 &&
		iv.latest.tv_sec == 1000000001 && iv.latest.tv_nsec / 10 == 50000000,
		"an interval is the reading and its bound");
	ktap_ok(!radclock_now(rc, &iv) && iv.status == RADCLOCK_STATUS_SYNCHRONIZED &&
		!radclock_read(rc, RADCLOCK_CLOCK_ABSOLUTE, &r), "interval now");
	ts = radclock_timespec(r.time);
	early = late = ts;
	early.tv_sec -= 2;
	late.tv_sec += 2;
	ktap_ok(radclock_after(rc, &early) == 1 && radclock_after(rc, &ts) == 0 &&
		radclock_after(rc, &late) == 0, "what has surely passed");
	ktap_ok(radclock_before(rc, &early) == 0 && radclock_before(rc, &ts) == 0 &&
		radclock_before(rc, &late) == 1, "what has surely not come");
}

static void test_difference(void)
{
	u64 now = raw_now(), s = RADCLOCK_NSEC;
	struct radclock_duration d;

	page_fill(page, now);
	ktap_ok(!radclock_difference(rc, now, now + 2 * s, &d) &&
		ns_of(d.time) / 10 == 199999999 && d.disruption_marker == 77 &&
		d.status == RADCLOCK_STATUS_SYNCHRONIZED, "two seconds");
	ktap_ok(d.maxerror_ns >= 2000 && d.maxerror_ns <= 2002, "good to 1e-6");
	ktap_ok(!radclock_difference(rc, now + 2 * s, now, &d) &&
		ns_of(d.time) / 10 == -200000000 && d.maxerror_ns >= 2000 &&
		d.maxerror_ns <= 2002, "two seconds back");
	ktap_ok(!radclock_difference(rc, now, now, &d) && !ns_of(d.time) &&
		d.maxerror_ns <= 1, "nothing");
	/* 100 ppm off the absolute clock: the bound must cover that */
	page->params.diff.period += ns_period() / 10000;
	ktap_ok(!radclock_difference(rc, now, now + s, &d) &&
		d.maxerror_ns >= 100999 && d.maxerror_ns < 101100,
		"a difference clock of another rate");
	page_fill(page, now);
	page->params.flags = 0;
	ktap_ok(!radclock_difference(rc, now, now + s, &d) &&
		d.maxerror_ns == RADCLOCK_UNBOUNDED, "unbounded without an estimate");
	ktap_ok(!radclock_difference(rc, UINT64_MAX - 4, 5, &d) &&
		ns_of(d.time) >= 8 && ns_of(d.time) <= 10, "across the wrap");
}

static void test_state(void)
{
	u64 now = raw_now();
	struct radclock_counter_info list[2];
	struct radclock_estimate e;
	struct radclock_params p;
	struct radclock_info info;
	char why[8] = "x";

	page_fill(page, now);
	ktap_ok(!radclock_get_params(rc, &p) && p.absolute.counter == now &&
		p.mono_join_counter == now, "all parameters");
	ktap_ok(!radclock_get_info(rc, &info) && info.updates == 1 &&
		info.counter >= now && !strcmp(info.counter_name, "monotonic_raw") &&
		info.status == RADCLOCK_STATUS_SYNCHRONIZED, "info from the page");
	ktap_ok(!radclock_get_estimate(rc, &e) && e.counter == now &&
		e.time.sec == 1000000000 && e.period == ns_period() &&
		e.period_shift == NS_SHIFT, "estimate from the page");
	page->params.flags = 0;
	ktap_ok(radclock_get_estimate(rc, &e) == -ENODATA, "no estimate");
	ktap_ok(radclock_list_counters(rc, list, 2) == 1 &&
		list[0].id == RADCLOCK_COUNTER_ID_MONOTONIC_RAW && list[0].selected,
		"the one counter");
	memset(&e, 0, sizeof(e));
	ktap_ok(radclock_set_estimate(rc, &e, why, sizeof(why)) == -EOPNOTSUPP &&
		!why[0], "no estimate is set without the module");
}

static void test_without_module(void)
{
	struct radclock_counter_reading reading;
	struct radclock_updates *up;
	struct radclock_stamps *st;
	struct radclock_cross x;
	uint64_t c;
	int id;

	ktap_ok(radclock_select_counter(rc, "tsc", NULL, 0) == -EOPNOTSUPP &&
		radclock_read_counters(rc, 1, 0, &reading, 1) == -EOPNOTSUPP &&
		radclock_read_cross(rc, 0, &x) == -EOPNOTSUPP &&
		radclock_last_counter(rc, 0, &c) == -EOPNOTSUPP &&
		radclock_clockid(rc, 0, &id) == -EOPNOTSUPP &&
		radclock_clockid(rc, 9, &id) == -EINVAL &&
		radclock_updates_open(rc, &up) == -EOPNOTSUPP && !up &&
		radclock_stamps_open(rc, 0, &st, NULL, 0) == -EOPNOTSUPP && !st,
		"what needs the module says so");
}

static void test_stuck_and_gone(void)
{
	struct radclock_reading r;
	struct timespec ts;
	uint64_t c;

	page_fill(page, raw_now());
	page->vmclock.seq_count = 3;
	ktap_ok(radclock_gettime(rc, 0, &ts) == -EAGAIN &&
		radclock_read(rc, 0, &r) == -EAGAIN &&
		radclock_read_at(rc, 0, 0, &r) == -EAGAIN &&
		radclock_counter(rc, &c) == -EAGAIN, "a stuck writer does not hang readers");
	page->vmclock.seq_count = 4;
	ktap_ok(!radclock_gettime(rc, 0, &ts), "they go on when it does");
	page->params.counter_flags = 0;
	ktap_ok(radclock_gettime(rc, 0, &ts) == -EOPNOTSUPP,
		"a counter that cannot be read from here");
	page_fill(page, raw_now());
	page->params.period_shift = 200;
	ktap_ok(radclock_gettime(rc, 0, &ts) == -EPROTO &&
		radclock_read(rc, 0, &r) == -EPROTO, "a page gone wild");
	page_fill(page, raw_now());
	page->params.status = RADCLOCK_STATUS_UNSYNCHRONIZED;
	unlink(path);
	ktap_ok(radclock_gettime(rc, 0, &ts) == -ENODEV, "a page that was removed");
}

static void test_words(void)
{
	bool good = true;
	uint32_t i;

	for (i = 0; i <= RADCLOCK_COUNTER_ID_MONOTONIC_RAW; i++)
		good &= radclock_counter_from_name(radclock_counter_name(i)) == (int)i;
	for (i = 0; i <= RADCLOCK_CLOCK_DIFF; i++)
		good &= radclock_clock_from_name(radclock_clock_name(i)) == (int)i;
	ktap_ok(good && !radclock_counter_name(10) && !radclock_clock_name(3) &&
		!radclock_status_name(5) && radclock_counter_from_name("x") == -EINVAL,
		"names");
	ktap_ok(!strcmp(radclock_status_name(RADCLOCK_STATUS_HOLDOVER), "holdover") &&
		strstr(radclock_strerror(-ENOENT), "modprobe") &&
		radclock_strerror(-99999), "words for people");
}

int main(void)
{
	ktap_plan(61);
	fd = page_file(path, sizeof(path));
	page = page_map(fd);
	test_open();
	test_short_file();
	test_time();
	test_no_time();
	test_intervals();
	test_difference();
	test_state();
	test_without_module();
	test_stuck_and_gone();
	test_words();
	radclock_close(rc);
	munmap(page, RADCLOCK_PAGE_SIZE);
	close(fd);
	return ktap_end();
}
