// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab: timeout=600 alone
 *
 * The module comes and goes while everybody uses it: readers of devices, pages,
 * sysfs and netlink, subscribers, packets to stamp, counters that are switched,
 * the kernel's clocksource. 10 times; 100 times on a kernel that looks for
 * errors (kmemleak), where the report of one is a failure.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "kern.h"

struct worker {
	const char *name;
	bool (*once)(uint64_t *seed);
	bool holds;	/* keeps the module while at work */
	uint64_t done, tried;
	pthread_t thread;
};

static int stop;
/* on a slow machine somebody would have a device open at any time */
static int yielding;
static int rest = 1;

static bool map_page(uint64_t *seed)
{
	int fd = open(rt_devices[rt_random(seed) % 3], O_RDONLY);
	struct radclock_page *page;
	bool good = false;

	if (fd < 0)
		return false;
	page = mmap(NULL, RADCLOCK_PAGE_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	if (page != MAP_FAILED) {
		good = page->magic == RADCLOCK_PAGE_MAGIC;
		munmap(page, RADCLOCK_PAGE_SIZE);
	}
	close(fd);
	return good;
}

static bool get_time(uint64_t *seed)
{
	int fd = open("/dev/radclock-diff", O_RDONLY), i;
	struct timespec ts;
	bool good = fd >= 0;

	for (i = 0; good && i < 20; i++)
		good = !clock_gettime(FD_TO_CLOCKID(fd), &ts);
	if (fd >= 0)
		close(fd);
	return good;
}

static bool ask_device(uint64_t *seed)
{
	struct radclock_ioc_reading io = { .flags = RADCLOCK_READ_CROSS };
	int fd = open("/dev/radclock", O_RDONLY);
	uint64_t counter;
	bool good = fd >= 0 && !ioctl(fd, RADCLOCK_IOC_READ, &io) &&
		    !ioctl(fd, RADCLOCK_IOC_COUNTER, &counter);

	if (fd >= 0)
		close(fd);
	return good;
}

static bool read_files(uint64_t *seed)
{
	DIR *dir = opendir(RT_SYS);
	struct dirent *d;
	char buf[256];
	int n = 0;

	while (dir && (d = readdir(dir)))
		if (d->d_name[0] != '.')
			n += !rt_sys_read(d->d_name, buf, sizeof(buf));
	if (dir)
		closedir(dir);
	return n > 0;
}

/* by netlink: a dump, an answer, a long one */
static bool ask_netlink(uint64_t *seed)
{
	struct radclock_counter_reading readings[64 * 4];
	struct radclock_counter_info list[8];
	struct radclock_info info;
	struct radclock *rc;
	bool good;

	if (radclock_open(&rc, RADCLOCK_DEVICE, 0))
		return false;
	good = radclock_list_counters(rc, list, 8) > 0 &&
	       !radclock_get_info(rc, &info) &&
	       radclock_read_counters(rc, 64, 0, readings, 64 * 4) > 0;
	radclock_close(rc);
	return good;
}

/* keeps its subscriptions when the module goes, at times */
static bool subscribe(uint64_t *seed)
{
	struct radclock_updates *up = NULL;
	struct radclock_stamps *st = NULL;
	struct radclock_stamp stamp;
	struct radclock_info info;
	struct radclock *rc;
	bool good;

	if (radclock_open(&rc, RADCLOCK_DEVICE, 0))
		return false;
	good = !radclock_updates_open(rc, &up) &&
	       !radclock_stamps_open(rc, 123, &st, NULL, 0);
	radclock_close(rc);
	sleep_us(rt_random(seed) % 100000);
	while (up && radclock_updates_next(up, &info) == 1)
		;
	while (st && radclock_stamps_next(st, &stamp) == 1)
		;
	if (up)
		radclock_updates_close(up);
	if (st)
		radclock_stamps_close(st);
	return good;
}

static bool set_things(uint64_t *seed)
{
	static const char *const counters[] = {
		"tsc", "hpet", "acpi_pm", "clocksource"
	};
	struct radclock_estimate e;
	struct radclock_params p;
	struct radclock *rc;
	bool good;

	if (radclock_open(&rc, RADCLOCK_DEVICE, 0))
		return false;
	if (!(rt_random(seed) % 4))
		radclock_select_counter(rc, counters[rt_random(seed) % 4], NULL, 0);
	good = !radclock_get_params(rc, &p);
	if (good) {
		rt_estimate(rc, &e);
		good = !radclock_set_estimate(rc, &e, NULL, 0);
	}
	radclock_close(rc);
	return good;
}

/* NTP requests over the loopback: both tracepoints see them */
static bool send_packets(uint64_t *seed)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(123),
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	int fd = socket(AF_INET, SOCK_DGRAM, 0), i;
	char packet[48] = { 0x23 };

	for (i = 0; i < 20; i++)
		sendto(fd, packet, sizeof(packet), 0, (void *)&to, sizeof(to));
	close(fd);
	return true;
}

static struct worker workers[] = {
	{ .name = "map the page", .once = map_page, .holds = true },
	{ .name = "get the time", .once = get_time, .holds = true },
	{ .name = "ask the device", .once = ask_device, .holds = true },
	{ .name = "read sysfs", .once = read_files },
	{ .name = "ask by netlink", .once = ask_netlink, .holds = true },
	{ .name = "subscribe", .once = subscribe, .holds = true },
	{ .name = "set estimates", .once = set_things, .holds = true },
	{ .name = "send packets", .once = send_packets },
};

#define WORKERS ((int)(sizeof(workers) / sizeof(*workers)))

static void *work(void *arg)
{
	struct worker *w = arg;
	uint64_t seed = w - workers + 1;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		if (w->holds && __atomic_load_n(&yielding, __ATOMIC_RELAXED)) {
			sleep_us(1000);
			continue;
		}
		w->tried++;
		w->done += w->once(&seed);
		/* so that nobody has a device open, at times */
		sleep_us((2000 + rt_random(&seed) % 20000) * rest);
	}
	return NULL;
}

/* as insmod does; a shell takes seconds on a kernel full of checks */
static int load(void)
{
	int fd = open(RT_KO, O_RDONLY), err;

	err = syscall(SYS_finit_module, fd, "", 0);
	close(fd);
	return err;
}

/* -1: it stays in use */
static int unload(void)
{
	int tries;

	for (tries = 1; tries < 20000; tries++) {
		int err = syscall(SYS_delete_module, "radclock", O_NONBLOCK) ?
			  errno : 0;

		if (err != EWOULDBLOCK) {
			yielding = 0;
			return err ? -1 : tries;
		}
		if (tries == 20)
			__atomic_store_n(&yielding, 1, __ATOMIC_RELAXED);
		sleep_us(1000);
	}
	yielding = 0;
	return -1;
}

int main(int argc, char **argv)
{
	bool leaks = !access("/sys/kernel/debug/kmemleak", W_OK);
	int n = argc > 1 ? atoi(argv[1]) : leaks ? 100 : 10;
	int i, k, tries = 0, current = 0, cycle;
	uint64_t seed = 99;

	ktap_plan(WORKERS + 2 + leaks);
	if (!access("/sys/module/radclock", F_OK) && unload() < 0)
		ktap_die("cannot unload the module");
	if (leaks) {
		rest = 10;
		sh("echo clear > /sys/kernel/debug/kmemleak");
	}
	for (i = 0; i < WORKERS; i++)
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	for (cycle = 0; cycle < n; cycle++) {
		if (load())
			break;
		sleep_us(100000 + rt_random(&seed) % 300000);
		/* as the kernel's clocksource, too: it needs a second to agree */
		if (cycle % 5 == 4) {
			sleep_us(1200000);
			spit(CLOCKSOURCE "current_clocksource", "radclock");
			current += current_clocksource_is("radclock");
			sleep_us(100000);
		}
		k = unload();
		if (cycle % 5 == 4)
			spit(CLOCKSOURCE "current_clocksource", "tsc");
		if (k < 0)
			break;
		tries += k;
		if (cycle % 10 == 9)
			ktap_say("%d times", cycle + 1);
	}
	stop = 1;
	for (i = 0; i < WORKERS; i++)
		pthread_join(workers[i].thread, NULL);
	ktap_okf(cycle == n, "loaded and unloaded %d times under load (%d tries, %d as the kernel's clocksource)",
		 cycle, tries, current);
	for (i = 0; i < WORKERS; i++)
		ktap_okf(workers[i].done, "%s: %llu times, %llu in vain", workers[i].name,
			 (unsigned long long)workers[i].done,
			 (unsigned long long)(workers[i].tried - workers[i].done));
	ktap_okf(access("/sys/module/radclock", F_OK), "nothing holds it at the end");
	if (leaks)
		ktap_okf(!sh("kmemleak_scan | (! grep .)"), "kmemleak finds nothing");
	return ktap_end();
}
