// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab: timeout=90
 *
 * Unloading the module under its users: who has a device open or mapped keeps
 * it, and is not disturbed; who has subscribed, or has a file of sysfs open,
 * does not, and comes to no harm.
 */
#include <poll.h>

#include "kern.h"

static int stop;
static uint64_t reads, failed;

static void *reader(void *arg)
{
	struct radclock *rc = arg;
	int64_t last = 0;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		struct radclock_reading r;
		struct timespec ts;

		if (radclock_read(rc, RADCLOCK_CLOCK_MONO, &r) ||
		    rt_time_ns(r.time) < last ||
		    clock_gettime(FD_TO_CLOCKID(radclock_fd(rc)), &ts))
			failed++;
		last = rt_time_ns(r.time);
		reads++;
	}
	return NULL;
}

static int unload(void)
{
	return syscall(SYS_delete_module, "radclock", O_NONBLOCK) ? errno : 0;
}

static int loaded(void)
{
	return !access("/sys/module/radclock", F_OK);
}

static void in_use(void)
{
	struct radclock *rc = rt_open();
	pthread_t thread;
	void *page;
	int i, fd, err = EWOULDBLOCK;

	rt_sync(rc);
	pthread_create(&thread, NULL, reader, rc);
	for (i = 0; i < 200 && err == EWOULDBLOCK; i++) {
		err = unload();
		sleep_us(5000);
	}
	stop = 1;
	pthread_join(thread, NULL);
	ktap_okf(err == EWOULDBLOCK && loaded(),
		 "a device that is open and mapped keeps the module (%s)",
		 strerror(err));
	ktap_okf(reads && !failed,
		 "its reader is not disturbed (%llu readings, %llu failed)",
		 (unsigned long long)reads, (unsigned long long)failed);
	ktap_okf(!sh("rmmod radclock 2>&1 | grep -q 'in use'"), "rmmod says so");
	radclock_close(rc);

	fd = open("/dev/radclock-mono", O_RDONLY);
	err = unload();
	ktap_okf(fd >= 0 && err == EWOULDBLOCK, "an open device keeps it (%s)",
		 strerror(err));
	page = mmap(NULL, RADCLOCK_PAGE_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	err = unload();
	ktap_okf(page != MAP_FAILED && err == EWOULDBLOCK,
		 "a mapping alone keeps it (%s)", strerror(err));
	if (page != MAP_FAILED)
		munmap(page, RADCLOCK_PAGE_SIZE);
}

static int quiet(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };

	return poll(&p, 1, 0) >= 0 && !(p.revents & (POLLERR | POLLHUP | POLLNVAL));
}

static void subscribed(void)
{
	struct radclock *rc = rt_open();
	struct radclock_updates *up;
	struct radclock_stamps *st;
	struct radclock_stamp stamp;
	struct radclock_info info;
	char buf[64], why[128];
	int fd, err, n = 0, end_up, end_st;

	if (radclock_updates_open(rc, &up) ||
	    radclock_stamps_open(rc, 123, &st, why, sizeof(why)))
		ktap_die("cannot subscribe");
	rt_sync(rc);
	while (radclock_updates_next(up, &info) == 1)
		n++;
	ktap_okf(n > 0, "subscribers hear of an estimate (%d)", n);
	fd = open(RT_SYS "status", O_RDONLY);
	radclock_close(rc);

	err = unload();
	ktap_okf(!err && !loaded(), "subscribers and an open file of sysfs do not keep it (%s)",
		 strerror(err));
	end_up = radclock_updates_next(up, &info);
	end_st = radclock_stamps_next(st, &stamp);
	ktap_okf(quiet(radclock_updates_fd(up)) && end_up == -ENODEV,
		 "who subscribed to updates is told of the end (%d)", end_up);
	ktap_okf(quiet(radclock_stamps_fd(st)) && end_st == -ENODEV,
		 "and who subscribed to stamps (%d)", end_st);
	err = read(fd, buf, sizeof(buf)) < 0 ? errno : 0;
	ktap_okf(err == ENODEV, "the file cannot be read any more (%s)", strerror(err));
	close(fd);

	/* a life of the module that these sockets know nothing of */
	rt_load("");
	rc = rt_open();
	rt_sync(rc);
	end_up = radclock_updates_next(up, &info);
	end_st = radclock_stamps_next(st, &stamp);
	ktap_okf(end_up == 0 && end_st == 0,
		 "of the next module they hear nothing (%d, %d)", end_up, end_st);
	radclock_updates_close(up);
	radclock_stamps_close(st);
	radclock_close(rc);
	err = unload();
	ktap_okf(!err && !loaded(), "closed, the module unloads (%s)", strerror(err));
}

static void cycles(int n)
{
	uint64_t marker = 0;
	int i, err = 0, same = 0;

	for (i = 0; i < n; i++) {
		struct radclock_info info;
		struct radclock *rc;

		rt_load(i % 2 ? "counter=hpet" : "");
		rc = rt_open();
		rt_sync(rc);
		radclock_get_info(rc, &info);
		same += info.disruption_marker == marker;
		marker = info.disruption_marker;
		radclock_close(rc);
		err = unload();
		if (err)
			break;
	}
	ktap_okf(!err && i == n, "loaded and unloaded %d times (%s)", n, strerror(err));
	ktap_okf(!same, "no two lives have one disruption marker");
}

int main(void)
{
	ktap_plan(15);
	rt_load("");
	in_use();
	subscribed();
	cycles(5);
	ktap_okf(!sh("! ls -d /dev/radclock* /sys/kernel/radclock /sys/module/radclock 2>/dev/null"),
		 "nothing is left behind");
	return ktap_end();
}
