// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab: timeout=120
 * The three devices, as any program meets them: clock_gettime(), ioctl(),
 * mmap(), and that page, system calls and netlink agree about every value.
 */
#include <sys/syscall.h>
#include <sys/timex.h>

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include "radtest.h"

#define VALUES		10000
#define PROCESSES	100

static struct radclock *rc;
static int fds[3];

/* ------------------------------------------------------- read-clock, raw */

static struct nl_sock *sk;
static int family;

static int take(struct nl_msg *msg, void *arg)
{
	struct nlattr *a[RADCLOCK_A_MAX + 1];
	struct radclock_ioc_reading *io = arg;

	if (genlmsg_parse(nlmsg_hdr(msg), 0, a, RADCLOCK_A_MAX, NULL) < 0)
		return NL_OK;
	io->status = nla_get_u32(a[RADCLOCK_A_STATUS]);
	io->counter = nla_get_u64(a[RADCLOCK_A_COUNTER]);
	io->reserved = !a[RADCLOCK_A_TIME_SEC];
	if (a[RADCLOCK_A_TIME_SEC]) {
		io->sec = nla_get_u64(a[RADCLOCK_A_TIME_SEC]);
		io->frac = nla_get_u64(a[RADCLOCK_A_TIME_FRAC]);
		io->maxerror_ns = nla_get_u64(a[RADCLOCK_A_MAXERROR]);
		io->esterror_ns = nla_get_u64(a[RADCLOCK_A_ESTERROR]);
	}
	return NL_OK;
}

/* @io->reserved: there is no time */
static int netlink_read(uint32_t clock, uint64_t counter,
			struct radclock_ioc_reading *io)
{
	struct nl_msg *msg = nlmsg_alloc();
	int err;

	memset(io, 0, sizeof(*io));
	genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, 0,
		    RADCLOCK_CMD_READ_CLOCK, 1);
	nla_put_u32(msg, RADCLOCK_A_CLOCK, clock);
	nla_put_u64(msg, RADCLOCK_A_COUNTER, counter);
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, take, io);
	err = nl_send_auto(sk, msg);
	nlmsg_free(msg);
	if (err < 0)
		return err;
	err = nl_recvmsgs_default(sk);
	if (!err)
		err = nl_wait_for_ack(sk);
	return err;
}

/* ---------------------------------------------------------------- agreement */

static struct {
	long values, differences;
	int64_t worst;
} agree;

static void differ(const char *what, uint64_t counter, int64_t a, int64_t b)
{
	if (llabs(a - b) > agree.worst)
		agree.worst = llabs(a - b);
	if (llabs(a - b) <= 1)
		return;
	if (agree.differences++ < 5)
		ktap_say("%s at %llu: %lld and %lld", what, (unsigned long long)counter,
			 (long long)a, (long long)b);
}

/* page, ioctl and netlink at one counter value; return: what they say, ns */
static int64_t all_at(uint32_t clock, uint64_t counter)
{
	struct radclock_ioc_reading io = {
		.clock = clock, .flags = RADCLOCK_READ_AT, .counter = counter,
	}, nl;
	struct radclock_reading r;
	int64_t ns;
	int err;

	err = radclock_read_at(rc, clock, counter, &r);
	ns = rt_time_ns(r.time);
	agree.values++;
	if (ioctl(fds[0], RADCLOCK_IOC_READ, &io) ||
	    netlink_read(clock, counter, &nl)) {
		differ("a call failed", counter, 0, 1000);
		return -1;
	}
	differ("status of page and ioctl", counter, r.status * 1000, io.status * 1000);
	differ("status of page and netlink", counter, r.status * 1000, nl.status * 1000);
	differ("having a time", counter, !err * 1000, !nl.reserved * 1000);
	if (err)
		return -1;
	differ("page and ioctl", counter, ns, rt_ioc_ns(&io));
	differ("page and netlink", counter, ns, rt_ioc_ns(&nl));
	differ("bound of page and ioctl", counter, r.maxerror_ns, io.maxerror_ns);
	differ("bound of page and netlink", counter, r.maxerror_ns, nl.maxerror_ns);
	differ("sigma of page and netlink", counter, r.esterror_ns, nl.esterror_ns);
	return ns;
}

static void agreed(const char *name)
{
	ktap_okf(agree.values && !agree.differences,
		 "%s (%ld values, worst difference %lld ns)", name, agree.values,
		 (long long)agree.worst);
	memset(&agree, 0, sizeof(agree));
}

/* --------------------------------------------------------------- the tests */

static void devices(void)
{
	struct stat st;
	int i, good = 1;

	for (i = 0; i < 3; i++) {
		fds[i] = open(rt_devices[i], O_RDONLY);
		if (fds[i] < 0 || fstat(fds[i], &st) || !S_ISCHR(st.st_mode) ||
		    (st.st_mode & 07777) != 0444)
			good = 0;
	}
	ktap_ok(good, "three devices are there, readable by all and writable by none");
}

static int nobody_reads(void *want)
{
	int expected = *(int *)want, i, err, fd;
	struct radclock *mine;
	struct timespec ts;

	if (setgid(65534) || setuid(65534))
		return 100;
	for (i = 0; i < 3; i++) {
		fd = open(rt_devices[i], O_RDONLY);
		if (fd < 0)
			return 10 + i;
		err = clock_gettime(FD_TO_CLOCKID(fd), &ts) ? errno : 0;
		if (err != (i == RADCLOCK_CLOCK_DIFF ? 0 : expected))
			return 20 + i;
		close(fd);
	}
	if (radclock_open(&mine, NULL, 0))
		return 30;
	err = -radclock_gettime(mine, RADCLOCK_CLOCK_ABSOLUTE, &ts);
	return err == expected ? 0 : 40;
}

static void without_estimate(void)
{
	struct radclock_ioc_reading io = { .clock = RADCLOCK_CLOCK_ABSOLUTE };
	int expected = ENODATA, ret;
	struct timespec ts;
	char buf[64];

	errno = 0;
	ktap_ok(clock_gettime(FD_TO_CLOCKID(fds[0]), &ts) && errno == ENODATA,
		"without an estimate the absolute clock says ENODATA");
	errno = 0;
	ktap_ok(clock_gettime(FD_TO_CLOCKID(fds[1]), &ts) && errno == ENODATA,
		"so does the monotonic one");
	ktap_ok(!clock_gettime(FD_TO_CLOCKID(fds[2]), &ts), "the difference clock goes");
	ret = rt_child(nobody_reads, &expected);
	ktap_okf(!ret, "any user is told the same (%d)", ret);
	ktap_ok(!ioctl(fds[0], RADCLOCK_IOC_READ, &io) &&
		io.status == RADCLOCK_STATUS_UNSYNCHRONIZED && io.counter &&
		io.maxerror_ns == UINT64_MAX, "the ioctl gives the counter and no bound");
	ktap_ok(rt_sys_read("time", buf, sizeof(buf)) == -ENODATA &&
		rt_sys_read("error_bound_ns", buf, sizeof(buf)) == -ENODATA &&
		rt_sys_is("status", "unsynchronized") && rt_sys_is("updates", "0"),
		"sysfs shows the same");
	ktap_ok(rt_page()->vmclock.counter_id == RADCLOCK_VMCLOCK_NO_COUNTER &&
		rt_page()->vmclock.clock_status == RADCLOCK_VMCLOCK_UNRELIABLE,
		"and the page's head offers no counter");
}

static void no_setting(void)
{
	int rw = open(rt_devices[0], O_RDWR), ro_wrong = 0, i, err, fd;
	struct timex tx = { .modes = ADJ_FREQUENCY, .freq = 65536 };
	struct timespec ts = { 1000, 0 };
	struct rt_state before;

	rt_state(rc, &before);
	for (i = 0; i < 2; i++) {
		fd = i ? rw : fds[0];
		if (fd < 0)
			continue;
		err = syscall(SYS_clock_settime, FD_TO_CLOCKID(fd), &ts) ? errno : 0;
		if (err != EACCES && err != EOPNOTSUPP)
			ro_wrong++;
		err = syscall(SYS_clock_adjtime, FD_TO_CLOCKID(fd), &tx) < 0 ? errno : 0;
		if (err != EACCES && err != EOPNOTSUPP)
			ro_wrong++;
		/* nor can it be looked at that way */
		tx.modes = 0;
		err = syscall(SYS_clock_adjtime, FD_TO_CLOCKID(fd), &tx) < 0 ? errno : 0;
		if (err != EOPNOTSUPP)
			ro_wrong++;
		tx.modes = ADJ_FREQUENCY;
	}
	ktap_ok(!ro_wrong && rt_unchanged(rc, &before),
		"clock_settime() and clock_adjtime() are refused, also to root");
	if (rw >= 0)
		close(rw);
}

static void resolution(void)
{
	struct timespec ts = { 9, 9 };
	int i, good = 1;

	for (i = 0; i < 3; i++)
		if (clock_getres(FD_TO_CLOCKID(fds[i]), &ts) || ts.tv_sec || ts.tv_nsec != 1)
			good = 0;
	ktap_ok(good, "clock_getres() of a GHz counter says a nanosecond");
}

static void agreement(void)
{
	uint64_t hz = rt_ticks(rc, 1), counter, start;
	struct radclock_ioc_reading io;
	struct timespec ts;
	uint32_t clock;
	int64_t ns;
	int i, known = 0;

	rt_sync(rc);
	rt_pin(0);
	for (i = 0; i < VALUES; i++) {
		clock = i % 3;
		if (clock_gettime(FD_TO_CLOCKID(fds[clock]), &ts)) {
			differ("clock_gettime failed", 0, 0, 1000);
			continue;
		}
		io = (struct radclock_ioc_reading){
			.clock = clock, .flags = RADCLOCK_READ_LAST,
		};
		if (ioctl(fds[clock], RADCLOCK_IOC_READ, &io))
			continue;	/* another reader on this CPU */
		known++;
		counter = io.counter;
		differ("clock_gettime and READ_LAST", counter, rt_ns(ts), rt_ioc_ns(&io));
		ns = all_at(clock, counter);
		differ("clock_gettime and page", counter, rt_ns(ts), ns);
	}
	ktap_okf(known > VALUES * 9 / 10, "the counter value of a clock_gettime() is known afterwards (%d of %d)",
		 known, VALUES);
	agreed("page, clock_gettime, ioctl and netlink agree to 1 ns");

	radclock_counter(rc, &start);
	for (i = 0; i < 1000; i++) {
		all_at(i % 3, start - hz / 100 * i);		/* 10 s back */
		all_at(i % 3, start - hz * 86400 / 100 * i);	/* 10 days */
		all_at(i % 3, start + hz * 3 * i);	/* beyond void */
	}
	for (i = 0; i < 64; i++)
		all_at(i % 3, start + (1ULL << i));
	agreed("at values past and future, too");

	/* the value of another counter is not given out */
	clock_gettime(FD_TO_CLOCKID(fds[2]), &ts);
	io = (struct radclock_ioc_reading){ .clock = 2, .flags = RADCLOCK_READ_LAST };
	known = !ioctl(fds[2], RADCLOCK_IOC_READ, &io);
	rt_sys_write("counter", "hpet", 4);
	rt_sync(rc);
	errno = 0;
	ktap_ok(known && ioctl(fds[2], RADCLOCK_IOC_READ, &io) && errno == EAGAIN,
		"the last counter value is forgotten when the counter changes");
	rt_sys_write("counter", "tsc", 3);
	rt_unpin();
}

static void against_truth(void)
{
	struct radclock_cross x;
	int64_t off, worst = 0;
	int i, good = 1;

	rt_sync(rc);
	for (i = 0; i < 1000; i++) {
		if (radclock_read_cross(rc, RADCLOCK_CLOCK_ABSOLUTE, &x)) {
			good = 0;
			break;
		}
		off = llabs(rt_time_ns(x.reading.time) - x.realtime_ns);
		if (off > worst)
			worst = off;
		if (off > (int64_t)x.reading.maxerror_ns)
			good = 0;
	}
	ktap_okf(good, "CLOCK_REALTIME at the same counter value is within the bound (worst %lld ns of %llu)",
		 (long long)worst, (unsigned long long)x.reading.maxerror_ns);
}

static void leap(int delta)
{
	uint64_t hz = rt_ticks(rc, 1), at;
	int64_t before, after, tick_ns;
	struct radclock_estimate e;
	struct timespec ts;
	int i, wrong = 0;
	int64_t m;

	rt_estimate(rc, &e);
	e.leap_delta = delta;
	e.leap_counter = at = e.counter + hz * 3 / 10;
	if (rt_set(rc, &e)) {
		ktap_ok(0, "a leap is announced");
		ktap_ok(0, "a leap is announced");
		ktap_ok(0, "a leap is announced");
		return;
	}
	tick_ns = 1000000000 / hz + 1;
	before = all_at(RADCLOCK_CLOCK_ABSOLUTE, at - 1);
	after = all_at(RADCLOCK_CLOCK_ABSOLUTE, at);
	ktap_okf(after - before >= -delta * 1000000000LL &&
		 after - before <= -delta * 1000000000LL + tick_ns + 1,
		 "a leap of %+d s steps UTC by %+d s at the very tick", delta, -delta);
	m = all_at(RADCLOCK_CLOCK_MONO, at) - all_at(RADCLOCK_CLOCK_MONO, at - 1);
	ktap_okf(m >= 0 && m <= tick_ns + 1, "and the monotonic clock not at all");
	for (i = -500; i < 500; i++)
		all_at(RADCLOCK_CLOCK_ABSOLUTE, at + i);
	/* and live, past it */
	for (i = 0; i < 10000; i++) {
		struct radclock_ioc_reading io = { .flags = RADCLOCK_READ_LAST };
		int64_t want;

		clock_gettime(FD_TO_CLOCKID(fds[0]), &ts);
		if (ioctl(fds[0], RADCLOCK_IOC_READ, &io))
			continue;
		want = after + (int64_t)((double)(int64_t)(io.counter - at) * 1e9 / hz);
		if ((int64_t)(io.counter - at) < 0)
			want += delta * 1000000000LL;
		if (llabs(rt_ns(ts) - want) > 1000)
			wrong++;
		if ((int64_t)(io.counter - at) > (int64_t)hz / 10)
			break;
		if (i % 10 == 0)
			all_at(RADCLOCK_CLOCK_ABSOLUTE, io.counter);
		usleep(100);
	}
	ktap_okf(!wrong, "clock_gettime() leaps at that moment as well");
}

static void ages(void)
{
	uint64_t hz = rt_ticks(rc, 1);
	struct radclock_estimate e;
	struct radclock_reading r;
	uint64_t last = 0;
	int64_t expect;
	int i, grows = 1, right = 1;

	rt_estimate(rc, &e);
	e.maxerror_ns = 1000;
	e.esterror_ns = 100;
	e.maxerror_rate = e.period / 10000;	/* 100 us a second */
	rt_set(rc, &e);
	for (i = 0; i < 1000; i++) {
		radclock_read_at(rc, RADCLOCK_CLOCK_ABSOLUTE, e.counter + i * (hz / 10), &r);
		expect = 1000 + i * 10000LL;
		if (r.maxerror_ns <= last)
			grows = 0;
		if (llabs((int64_t)r.maxerror_ns - expect) > 10)
			right = 0;
		last = r.maxerror_ns;
	}
	ktap_ok(grows && right, "the bound grows with age at the rate that was given");
	radclock_read_at(rc, RADCLOCK_CLOCK_ABSOLUTE, e.counter - hz * 10, &r);
	ktap_ok(llabs((int64_t)r.maxerror_ns - 1001000) < 10, "and towards the past");
}

static uint32_t status_at(uint64_t counter)
{
	struct radclock_reading r;

	all_at(RADCLOCK_CLOCK_ABSOLUTE, counter);
	all_at(RADCLOCK_CLOCK_MONO, counter);
	radclock_read_at(rc, RADCLOCK_CLOCK_ABSOLUTE, counter, &r);
	return r.status;
}

/* wait for the page's head; the module looks twice a second */
static int head_is(int status)
{
	int i;

	for (i = 0; i < 300; i++) {
		if (rt_page()->vmclock.clock_status == status)
			return 1;
		usleep(10000);
	}
	return 0;
}

static void until(uint64_t counter)
{
	uint64_t now;

	do {
		usleep(1000);
		radclock_counter(rc, &now);
	} while ((int64_t)(now - counter) <= 0);
}

static void statuses(void)
{
	uint64_t hz = rt_ticks(rc, 1);
	struct radclock_estimate e;
	struct timespec ts;
	char buf[64];

	rt_estimate(rc, &e);
	e.status = RADCLOCK_STATUS_WARMING;
	e.holdover_counter = e.counter + hz * 3 / 2;
	e.void_counter = e.counter + hz * 3;
	rt_set(rc, &e);
	ktap_ok(status_at(e.counter) == RADCLOCK_STATUS_WARMING && rt_sys_is("status", "warming") &&
		head_is(RADCLOCK_VMCLOCK_INITIALIZING), "a clock is warming when its estimate says so");
	e.status = RADCLOCK_STATUS_SYNCHRONIZED;
	rt_set(rc, &e);
	ktap_ok(status_at(e.holdover_counter - 1) == RADCLOCK_STATUS_SYNCHRONIZED &&
		status_at(e.holdover_counter) == RADCLOCK_STATUS_HOLDOVER,
		"it is in holdover from the very counter value on");
	ktap_ok(status_at(e.void_counter - 1) == RADCLOCK_STATUS_HOLDOVER &&
		status_at(e.void_counter) == RADCLOCK_STATUS_UNSYNCHRONIZED,
		"and unsynchronized from the very counter value on");
	agreed("page, ioctl and netlink agree about leaps and status");
	ktap_ok(rt_sys_is("status", "synchronized") &&
		rt_page()->vmclock.clock_status == RADCLOCK_VMCLOCK_SYNCHRONIZED,
		"sysfs and the page's head say synchronized");
	until(e.holdover_counter);
	ktap_ok(rt_sys_is("status", "holdover") && rt_sys_is("reason", "no estimate for too long") &&
		!clock_gettime(FD_TO_CLOCKID(fds[0]), &ts), "sysfs says holdover, there is a time");
	ktap_ok(head_is(RADCLOCK_VMCLOCK_FREERUNNING), "the page's head says freerunning");
	until(e.void_counter);
	errno = 0;
	ktap_ok(rt_sys_is("status", "unsynchronized") &&
		rt_sys_read("time", buf, sizeof(buf)) == -ENODATA &&
		clock_gettime(FD_TO_CLOCKID(fds[0]), &ts) && errno == ENODATA &&
		radclock_gettime(rc, RADCLOCK_CLOCK_ABSOLUTE, &ts) == -ENODATA,
		"then there is none, anywhere");
	ktap_ok(head_is(RADCLOCK_VMCLOCK_UNRELIABLE), "the page's head says unreliable");
	rt_sync(rc);
	rt_estimate(rc, &e);
	e.status = RADCLOCK_STATUS_UNSYNCHRONIZED;
	errno = 0;
	ktap_ok(!rt_set(rc, &e) && clock_gettime(FD_TO_CLOCKID(fds[0]), &ts) &&
		errno == ENODATA && rt_sys_is("status", "unsynchronized") &&
		rt_page()->vmclock.counter_id == RADCLOCK_VMCLOCK_NO_COUNTER,
		"an estimate can be withdrawn");
}

static void sysfs(void)
{
	struct radclock_params p;
	struct radclock_reading before, r;
	char buf[64];
	long long sec = 0, ns = 0, bound, age;
	double period;
	int good;

	rt_sync(rc);
	radclock_get_params(rc, &p);
	radclock_read(rc, RADCLOCK_CLOCK_ABSOLUTE, &before);
	good = !rt_sys_read("time", buf, sizeof(buf)) &&
	       sscanf(buf, "%lld.%9lld", &sec, &ns) == 2;
	radclock_read(rc, RADCLOCK_CLOCK_ABSOLUTE, &r);
	ns += sec * 1000000000;
	ktap_okf(good && ns >= rt_time_ns(before.time) && ns <= rt_time_ns(r.time),
		 "sysfs shows the time: %s", buf);
	rt_sys_read("period", buf, sizeof(buf));
	period = (double)p.diff.period / 18446744073709551616.0 / (double)(1ULL << p.period_shift);
	ktap_okf(strlen(buf) >= 22 && llabs((long long)((atof(buf) / period - 1) * 1e15)) < 1000000,
		 "the period: %s", buf);
	rt_sys_read("error_bound_ns", buf, sizeof(buf));
	bound = atoll(buf);
	rt_sys_read("last_update_age_ns", buf, sizeof(buf));
	age = atoll(buf);
	/* 1 ms, and 200 ppm since an age that was less before */
	ktap_okf(bound >= 1000000 && bound <= 1000001 + age / 5000 && age > 0 &&
		 age < 100000000000, "bound and age (%lld, %lld ns)", bound, age);
	snprintf(buf, sizeof(buf), "%llu", (unsigned long long)p.updates);
	ktap_ok(rt_sys_is("updates", buf) && rt_sys_is("source", "the truth") &&
		rt_sys_is("abi_version", "1") && rt_sys_is("disruptions", "2"),
		"updates, source, version and disruptions");
}

static void mapping(void)
{
	int rw = open(rt_devices[0], O_RDWR), i, good = 1;
	struct rt_state before;
	void *p, *q;

	rt_state(rc, &before);
	errno = 0;
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, rw, 0);
	ktap_ok(p == MAP_FAILED && errno == EPERM, "a writable mapping is refused (EPERM), also to root");
	errno = 0;
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fds[0], 0);
	ktap_ok(p == MAP_FAILED && errno == EPERM, "a private one as well");
	p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, rw, 0);
	errno = 0;
	ktap_ok(p != MAP_FAILED && mprotect(p, 4096, PROT_READ | PROT_WRITE) && errno == EACCES,
		"and mprotect() does not make one (EACCES)");
	errno = 0;
	q = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fds[0], 0);
	ktap_ok(q == MAP_FAILED && errno == EINVAL, "two pages are refused");
	errno = 0;
	q = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fds[0], 4096);
	ktap_ok(q == MAP_FAILED && errno == EINVAL, "an offset is refused");
	for (i = 0; i < 3; i++) {
		q = mmap(NULL, 4096, PROT_READ, i ? MAP_SHARED : MAP_PRIVATE, fds[i], 0);
		if (q == MAP_FAILED || memcmp(q, before.page, 4096))
			good = 0;
		else
			munmap(q, 4096);
	}
	ktap_ok(good, "every device shows the same page, privately mapped, too");
	if (p != MAP_FAILED)
		munmap(p, 4096);
	close(rw);
	ktap_ok(rt_unchanged(rc, &before), "and nothing of this changed it");
}

static void vmclock_head(void)
{
	const struct radclock_vmclock *v = &rt_page()->vmclock;
	const uint64_t errors = RADCLOCK_VMCLOCK_PERIOD_ESTERROR_VALID |
		RADCLOCK_VMCLOCK_PERIOD_MAXERROR_VALID |
		RADCLOCK_VMCLOCK_TIME_ESTERROR_VALID |
		RADCLOCK_VMCLOCK_TIME_MAXERROR_VALID;
	struct radclock_estimate e;
	struct radclock_reading r;
	struct rad_time t;
	uint64_t counter;
	int i, off = 0;

	rt_estimate(rc, &e);
	e.tai_offset = 37;
	e.params_flags = RADCLOCK_PARAMS_FLAG_TAI_VALID;
	e.leap_delta = 1;
	e.leap_counter = e.void_counter;
	rt_set(rc, &e);
	ktap_ok(v->magic == RADCLOCK_VMCLOCK_MAGIC && v->version == 1 &&
		v->size == RADCLOCK_PAGE_SIZE && v->time_type == RADCLOCK_VMCLOCK_UTC &&
		!(v->seq_count & 1), "the page begins like a vmclock page");
	ktap_ok(v->counter_id == RADCLOCK_VMCLOCK_X86_TSC &&
		v->disruption_marker == e.disruption_marker &&
		v->counter_value == e.counter && v->counter_period_shift == e.period_shift &&
		v->counter_period_frac_sec == e.period &&
		v->time_maxerror_nanosec == e.maxerror_ns &&
		v->time_esterror_nanosec == e.esterror_ns &&
		v->counter_period_maxerror_rate_frac_sec == e.maxerror_rate &&
		v->counter_period_esterror_rate_frac_sec == e.esterror_rate &&
		(v->flags & errors) == errors, "it has the estimate");
	ktap_ok((v->flags & RADCLOCK_VMCLOCK_TAI_VALID) && v->tai_offset_sec == 37 &&
		v->leap_indicator == RADCLOCK_VMCLOCK_LEAP_PRE_POS, "TAI and the leap to come");
	for (i = 0; i < 1000; i++) {
		radclock_counter(rc, &counter);
		/* as a vmclock reader does it */
		t.sec = v->time_sec;
		t.frac = v->time_frac_sec;
		t = rad_time_add(t, rad_time_from_raw(((rad_s128)(counter - v->counter_value) *
						       v->counter_period_frac_sec) >>
						      v->counter_period_shift));
		radclock_read_at(rc, RADCLOCK_CLOCK_ABSOLUTE, counter, &r);
		off += llabs(rad_time_to_ns(t) - rt_time_ns(r.time)) > 1;
	}
	ktap_ok(!off, "the time by vmclock's fields alone is ours to 1 ns");

	rt_sys_write("counter", "hpet", 4);
	rt_sync(rc);
	ktap_ok(v->counter_id == RADCLOCK_VMCLOCK_NO_COUNTER && v->disruption_marker != e.disruption_marker &&
		v->clock_status == RADCLOCK_VMCLOCK_UNRELIABLE,
		"a counter that vmclock does not know is none, to old readers too");
	rt_sys_write("counter", "tsc", 3);

	rt_estimate(rc, &e);
	e.params_flags = RADCLOCK_PARAMS_FLAG_SMEARED;
	rt_set(rc, &e);
	ktap_ok(v->clock_status == RADCLOCK_VMCLOCK_UNRELIABLE, "vmclock's UTC is never smeared");
	rt_estimate(rc, &e);
	e.leap_delta = 1;
	e.leap_counter = e.counter + rt_ticks(rc, 1);
	rt_set(rc, &e);
	ktap_ok(v->clock_status == RADCLOCK_VMCLOCK_SYNCHRONIZED &&
		head_is(RADCLOCK_VMCLOCK_UNRELIABLE) && rt_sys_is("status", "synchronized"),
		"a leap second that is over is left to other readers");
}

static int bad_read(uint32_t clock, uint32_t flags, uint32_t reserved)
{
	struct radclock_ioc_reading io = {
		.clock = clock, .flags = flags, .reserved = reserved,
	};

	return ioctl(fds[0], RADCLOCK_IOC_READ, &io) ? errno : 0;
}

static void ioctls(void)
{
	struct rt_state before;
	int i, wrong = 0;

	rt_state(rc, &before);
	wrong += bad_read(3, 0, 0) != EINVAL;
	wrong += bad_read(0xffffffff, 0, 0) != EINVAL;
	for (i = 3; i < 32; i++)
		wrong += bad_read(0, 1u << i, 0) != EINVAL;
	wrong += bad_read(0, RADCLOCK_READ_AT | RADCLOCK_READ_LAST, 0) != EINVAL;
	wrong += bad_read(0, RADCLOCK_READ_AT | RADCLOCK_READ_CROSS, 0) != EINVAL;
	wrong += bad_read(0, 7, 0) != EINVAL;
	wrong += bad_read(0, 0, 1) != EINVAL;
	ktap_ok(!wrong, "an ioctl of an unknown clock or with unknown flags is EINVAL");
	wrong = 0;
	wrong += ioctl(fds[0], RADCLOCK_IOC_READ, NULL) != -1 || errno != EFAULT;
	wrong += ioctl(fds[0], RADCLOCK_IOC_READ, (void *)-4096L) != -1 || errno != EFAULT;
	wrong += ioctl(fds[0], RADCLOCK_IOC_READ, rt_page()) != -1 ||
		 (errno != EFAULT && errno != EINVAL);
	wrong += ioctl(fds[0], RADCLOCK_IOC_COUNTER, NULL) != -1 || errno != EFAULT;
	wrong += ioctl(fds[0], RADCLOCK_IOC_COUNTER, rt_page()) != -1 || errno != EFAULT;
	ktap_ok(!wrong, "a bad pointer is EFAULT");
	wrong = 0;
	for (i = 0; i < 256; i++) {
		errno = 0;
		if (i != 0xc0)
			wrong += ioctl(fds[0], _IOWR('R', i, struct radclock_ioc_reading),
				       NULL) != -1 || errno != ENOTTY;
		errno = 0;
		wrong += ioctl(fds[0], _IO('R', i), 0) != -1 || errno != ENOTTY;
	}
	ktap_ok(!wrong, "an unknown ioctl is ENOTTY");
	wrong = 0;
	wrong += read(fds[0], &before.info, 8) != -1;
	wrong += write(fds[0], "0", 1) != -1;
	ktap_ok(!wrong && rt_unchanged(rc, &before), "and nothing of this changed anything");
}

/* ------------------------------------------------------------- many readers */

struct shared {
	int go, stop;
	long reads, wrong, refused;
};

static int crowd(void *arg)
{
	struct shared *s = arg;
	struct radclock *mine;
	struct radclock_reading r;
	struct timespec a, b, ts;
	int64_t low, high, t;
	long n = 0;
	int err, id;

	if (radclock_open(&mine, NULL, 0) ||
	    radclock_clockid(mine, RADCLOCK_CLOCK_ABSOLUTE, &id))
		return 1;
	while (!__atomic_load_n(&s->go, __ATOMIC_ACQUIRE))
		usleep(1000);
	while (!__atomic_load_n(&s->stop, __ATOMIC_ACQUIRE)) {
		memset(&r, 0, sizeof(r));
		clock_gettime(CLOCK_REALTIME, &a);
		if (n & 1) {
			err = radclock_read(mine, RADCLOCK_CLOCK_ABSOLUTE, &r);
			t = rt_time_ns(r.time);
		} else {
			err = clock_gettime(id, &ts);
			t = rt_ns(ts);
			r.maxerror_ns = 1100000;
		}
		clock_gettime(CLOCK_REALTIME, &b);
		low = rt_ns(a) - r.maxerror_ns;
		high = rt_ns(b) + r.maxerror_ns;
		if (err)
			__atomic_add_fetch(&s->refused, 1, __ATOMIC_RELAXED);
		else if (t < low || t > high)
			__atomic_add_fetch(&s->wrong, 1, __ATOMIC_RELAXED);
		/* two CPUs for all of them, and the writer */
		if (++n % 16 == 0)
			usleep(100000);
	}
	__atomic_add_fetch(&s->reads, n, __ATOMIC_RELAXED);
	return 0;
}

static void processes(void)
{
	struct shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct sched_param fifo = { .sched_priority = 1 }, normal = { };
	pid_t pids[PROCESSES];
	uint64_t seed = 7;
	int i, status, bad = 0, updates = 0;
	int64_t end;

	rt_sync(rc);
	fflush(stdout);
	for (i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(crowd(s));
	}
	ktap_say("%d processes are there", PROCESSES);
	/* it sleeps most of the time, but when it wakes it should run */
	sched_setscheduler(0, SCHED_FIFO, &fifo);
	__atomic_store_n(&s->go, 1, __ATOMIC_RELEASE);
	end = rt_gettime(CLOCK_MONOTONIC) + 4000000000LL;
	while (rt_gettime(CLOCK_MONOTONIC) < end) {
		struct radclock_estimate e;
		int64_t shift = (int64_t)(rt_random(&seed) % 1800000) - 900000;

		rt_estimate(rc, &e);
		e.time = rt_from_ns(rt_time_ns(e.time) + shift);
		bad += !!rt_set(rc, &e);
		updates++;
	}
	sched_setscheduler(0, SCHED_OTHER, &normal);
	__atomic_store_n(&s->stop, 1, __ATOMIC_RELEASE);
	ktap_say("%d estimates", updates);
	for (i = 0; i < PROCESSES; i++)
		if (waitpid(pids[i], &status, 0) != pids[i] || status)
			bad++;
	ktap_okf(!bad && s->reads > PROCESSES && updates > 20,
		 "%d processes read (%ld times) while %d estimates come", PROCESSES,
		 s->reads, updates);
	ktap_okf(!s->wrong && !s->refused,
		 "none is refused, and each reading is within its bound of the truth (%ld, %ld)",
		 s->refused, s->wrong);
	munmap(s, sizeof(*s));
}

int main(void)
{
	int expected = 0;

	ktap_plan(59);
	rt_load("counter=tsc");
	rc = rt_open();
	sk = nl_socket_alloc();
	if (genl_connect(sk))
		ktap_die("no generic netlink");
	family = genl_ctrl_resolve(sk, RADCLOCK_FAMILY_NAME);
	nl_socket_enable_auto_ack(sk);
	rt_log_mark();

	devices();
	without_estimate();
	no_setting();
	resolution();
	agreement();
	rt_sync(rc);
	ktap_ok(!rt_child(nobody_reads, &expected), "any user reads the time");
	against_truth();
	leap(1);
	leap(-1);
	ages();
	statuses();
	sysfs();
	mapping();
	vmclock_head();
	ioctls();
	processes();
	ktap_ok(!rt_log_lines(), "nothing of this shows in the kernel log");
	return ktap_end();
}
