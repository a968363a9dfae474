// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab: timeout=120
 * Every counter of this machine: it never goes back on any CPU, has the rate it
 * says, and can be selected, without a step of the difference clock and with an
 * end to all estimates.
 */
#include <poll.h>

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include "radtest.h"

#define MAX_COUNTERS	9
#define SWITCHES	40

static struct radclock *rc;
static struct radclock_counter_info list[MAX_COUNTERS];
static int n_counters;

/* ---------------------------------------------------------- never back */

static uint64_t latest;
static int stop;

struct exchange {
	pthread_t thread;
	int cpu;
	long reads, back;
	uint64_t worst;
};

/* what one has read and shown, no other may read less than */
static void *exchange(void *arg)
{
	struct exchange *x = arg;
	uint64_t before, value, old;
	__u64 v;

	rt_pin(x->cpu);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		before = __atomic_load_n(&latest, __ATOMIC_SEQ_CST);
		if (ioctl(radclock_fd(rc), RADCLOCK_IOC_COUNTER, &v))
			break;
		value = v;
		x->reads++;
		if (value < before) {
			x->back++;
			if (before - value > x->worst)
				x->worst = before - value;
		}
		old = __atomic_load_n(&latest, __ATOMIC_SEQ_CST);
		while (value > old &&
		       !__atomic_compare_exchange_n(&latest, &old, value, 0,
						    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			;
	}
	return NULL;
}

static void never_back(const struct radclock_counter_info *c)
{
	struct exchange x[2] = { { .cpu = 0 }, { .cpu = 1 } };
	double limit_ppm = 200, ppm, err_ppm;
	struct rt_truth a, b;
	uint64_t first, worst;
	double wraps, seconds = 2;
	int i;

	/* three wraps of a 24-bit counter, and a bit */
	if (c->width < 32)
		seconds = 3.2 * (1ULL << c->width) / c->hz;
	latest = 0;
	stop = 0;
	usleep(2000);
	rt_truth(rc, &a);
	radclock_counter(rc, &first);
	for (i = 0; i < 2; i++)
		pthread_create(&x[i].thread, NULL, exchange, &x[i]);
	usleep(seconds * 1e6);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < 2; i++)
		pthread_join(x[i].thread, NULL);
	rt_truth(rc, &b);
	worst = x[0].worst > x[1].worst ? x[0].worst : x[1].worst;
	ktap_okf(x[0].reads > 1000 && x[1].reads > 1000 && !x[0].back && !x[1].back,
		 "%s never goes back on 2 CPUs that exchange it (%ld + %ld readings, worst %llu)",
		 c->name, x[0].reads, x[1].reads, (unsigned long long)worst);
	wraps = c->width < 64 ? (double)(latest - first) / (1ULL << c->width) : 0;
	if (c->width < 32)
		ktap_okf(wraps >= 3, "%s is carried over %.1f wraps", c->name, wraps);
	ppm = ((double)(b.counter - a.counter) / c->hz /
	       ((b.raw_ns - a.raw_ns) * 1e-9) - 1) * 1e6;
	err_ppm = (double)(a.error_ns + b.error_ns) / (b.raw_ns - a.raw_ns) * 1e6;
	ktap_okf(ppm > -limit_ppm - err_ppm && ppm < limit_ppm + err_ppm && err_ppm < 200,
		 "%s has its nominal rate by CLOCK_MONOTONIC_RAW (%+.3f ppm, +-%.3f)",
		 c->name, ppm, err_ppm);
}

/* ------------------------------------------------------------ back to back */

static void back_to_back(void)
{
	struct radclock_counter_reading r[64 * MAX_COUNTERS];
	uint64_t last[16] = { };
	int i, n, ordered = 1, forward = 1, only = 1;

	n = radclock_read_counters(rc, 64, RADCLOCK_COUNTER_ID_NONE, r, 64 * MAX_COUNTERS);
	for (i = 0; i < n; i++) {
		if (r[i].counter_id != list[i % n_counters].id)
			ordered = 0;
		if (r[i].counter < last[r[i].counter_id])
			forward = 0;
		last[r[i].counter_id] = r[i].counter;
	}
	ktap_okf(n == 64 * n_counters && ordered, "64 rounds of read-counters are %d readings, in turn", n);
	ktap_ok(forward, "and none goes back");
	for (i = 0; i < n_counters; i++) {
		n = radclock_read_counters(rc, 3, list[i].id, r, 64);
		if (n != 3 || r[0].counter_id != list[i].id || r[2].counter_id != list[i].id ||
		    r[0].counter < last[list[i].id] || r[1].counter < r[0].counter ||
		    r[2].counter < r[1].counter)
			only = 0;
	}
	ktap_ok(only, "each can be read alone");
}

/* -------------------------------------------------------------- selecting */

static int family;
static struct nl_sock *sk;

static int by_id(const struct radclock_counter_info *c)
{
	struct nl_msg *msg = nlmsg_alloc();
	int err;

	genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, 0, RADCLOCK_CMD_SET_COUNTER, 1);
	nla_put_u32(msg, RADCLOCK_A_COUNTER_ID, c->id);
	err = nl_send_auto(sk, msg);
	nlmsg_free(msg);
	return err < 0 ? err : nl_wait_for_ack(sk);
}

static int by_name(const struct radclock_counter_info *c)
{
	return radclock_select_counter(rc, c->name, NULL, 0);
}

static int by_sysfs(const struct radclock_counter_info *c)
{
	char line[40];

	return rt_sys_write("counter", line, snprintf(line, sizeof(line), "%s\n", c->name));
}

static int (* const ways[])(const struct radclock_counter_info *c) = { by_id, by_name, by_sysfs };
static const char * const way_names[] = { "id", "name", "sysfs" };

static int selected(const struct radclock_counter_info *c)
{
	struct radclock_counter_info now[MAX_COUNTERS];
	struct radclock_info info;
	int i, n = radclock_list_counters(rc, now, MAX_COUNTERS);

	for (i = 0; i < n; i++)
		if (now[i].selected != (now[i].id == c->id))
			return 0;
	return n == n_counters && !radclock_get_info(rc, &info) &&
	       info.counter_id == c->id && !strcmp(info.counter_name, c->name) &&
	       info.counter_hz == c->hz && rt_page()->params.counter_id == c->id &&
	       rt_page()->params.counter_hz == c->hz && rt_sys_is("counter", c->name);
}

/* the next notification within a second */
static int notified(struct radclock_updates *up, struct radclock_info *info)
{
	struct pollfd pfd = { .fd = radclock_updates_fd(up), .events = POLLIN };
	int n = 0;

	memset(info, 0, sizeof(*info));
	if (poll(&pfd, 1, 1000) != 1)
		return 0;
	while (radclock_updates_next(up, info) == 1)
		n++;
	return n;
}

static void selecting(const struct radclock_counter_info *c, int way)
{
	struct radclock_info before, after, note;
	struct radclock_estimate old, e;
	struct radclock_updates *up;
	struct timespec ts;
	char why[128];
	int err;

	rt_estimate(rc, &old);
	if (rt_set(rc, &old))
		ktap_die("no estimate on %s", rt_sys_is("counter", "") ? "" : "a counter");
	if (radclock_updates_open(rc, &up))
		ktap_die("no updates");
	radclock_get_info(rc, &before);
	err = ways[way](c);
	radclock_get_info(rc, &after);
	ktap_okf(!err && selected(c), "%s is selected by %s", c->name, way_names[way]);
	ktap_okf(after.disruption_marker != before.disruption_marker &&
		 after.disruptions == before.disruptions + 1 &&
		 after.generation > before.generation &&
		 after.status == RADCLOCK_STATUS_UNSYNCHRONIZED,
		 "%s: that is a disruption, and the clock unsynchronized", c->name);
	ktap_okf(radclock_gettime(rc, RADCLOCK_CLOCK_ABSOLUTE, &ts) == -ENODATA &&
		 radclock_gettime(rc, RADCLOCK_CLOCK_MONO, &ts) == -ENODATA &&
		 !radclock_gettime(rc, RADCLOCK_CLOCK_DIFF, &ts),
		 "%s: there is no time until the next estimate", c->name);
	ktap_okf(notified(up, &note) && note.counter_id == c->id &&
		 note.disruption_marker == after.disruption_marker &&
		 note.status == RADCLOCK_STATUS_UNSYNCHRONIZED,
		 "%s: subscribers are told", c->name);

	err = radclock_set_estimate(rc, &old, why, sizeof(why));
	e = old;
	e.counter_id = c->id;
	ktap_okf(err == -EINVAL && strstr(why, "another counter") &&
		 radclock_set_estimate(rc, &e, why, sizeof(why)) == -ESTALE,
		 "%s: the old counter's estimate is refused", c->name);
	rt_estimate(rc, &e);
	e.disruption_marker = before.disruption_marker;
	err = radclock_set_estimate(rc, &e, why, sizeof(why));
	ktap_okf(err == -ESTALE && strstr(why, "marker"),
		 "%s: and so is a new one under the old marker", c->name);
	rt_estimate(rc, &e);
	err = rt_set(rc, &e);
	ktap_okf(!err && !radclock_gettime(rc, RADCLOCK_CLOCK_ABSOLUTE, &ts) &&
		 notified(up, &note) && note.status == RADCLOCK_STATUS_SYNCHRONIZED,
		 "%s: an estimate of its own gives the time again, and is told", c->name);
	radclock_updates_close(up);
}

/* the same one again: nothing to do, nothing done */
static void selecting_again(void)
{
	struct rt_state before;
	struct radclock_counter_info c = { };

	rt_sync(rc);
	rt_state(rc, &before);
	c.id = before.info.counter_id;
	strcpy(c.name, before.info.counter_name);
	ktap_ok(!by_id(&c) && !by_name(&c) && !by_sysfs(&c) && rt_unchanged(rc, &before),
		"selecting the counter in use changes nothing");
}

/* ------------------------------------------------------------- continuity */

static void *watch(void *arg)
{
	struct radclock_ioc_reading io = { .clock = RADCLOCK_CLOCK_DIFF };
	struct exchange *x = arg;
	int64_t last = INT64_MIN, now;

	rt_pin(x->cpu);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		if (ioctl(radclock_fd(rc), RADCLOCK_IOC_READ, &io))
			break;
		now = rt_ioc_ns(&io);
		x->reads++;
		if (now < last) {
			x->back++;
			if ((uint64_t)(last - now) > x->worst)
				x->worst = last - now;
		}
		last = now;
	}
	return NULL;
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* how far the difference clock gains on CLOCK_MONOTONIC_RAW over a switch */
static int64_t gain(const struct radclock_counter_info *to, int64_t *error)
{
	struct radclock_cross a, b;
	uint64_t hz_a, hz_b;
	int64_t spent;

	hz_a = rt_page()->params.counter_hz;
	radclock_read_cross(rc, RADCLOCK_CLOCK_DIFF, &a);
	if (by_name(to))
		ktap_die("cannot select %s", to->name);
	hz_b = rt_page()->params.counter_hz;
	radclock_read_cross(rc, RADCLOCK_CLOCK_DIFF, &b);
	spent = b.raw_ns - a.raw_ns;
	/* nominal rates may be off by as much as the test of rates allows */
	*error = (a.uncertainty + 1) * 1e9 / hz_a + (b.uncertainty + 1) * 1e9 / hz_b +
		 spent / 5000 + 1;
	return rt_time_ns(b.reading.time) - rt_time_ns(a.reading.time) - spent;
}

static void continuity(void)
{
	struct exchange x = { .cpu = 1 };
	int64_t gains[SWITCHES], error, lost = 0, most = 0;
	int i, k = 0;

	stop = 0;
	rt_pin(0);
	pthread_create(&x.thread, NULL, watch, &x);
	for (i = 0; i < SWITCHES; i++) {
		k = (k + 1 + (i / n_counters) % (n_counters - 1)) % n_counters;
		gains[i] = gain(&list[k], &error);
		if (gains[i] < -error && lost < -gains[i] - error)
			lost = -gains[i] - error;
		/* what the reading itself leaves open is not the switch's */
		gains[i] -= error;
		if (gains[i] > most)
			most = gains[i];
		usleep(5000);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(x.thread, NULL);
	qsort(gains, SWITCHES, sizeof(*gains), compare);
	ktap_okf(x.reads > 1000 && !x.back,
		 "the difference clock never goes back over %d switches (%ld readings, worst %llu ns)",
		 SWITCHES, x.reads, (unsigned long long)x.worst);
	ktap_okf(!lost, "it loses nothing to CLOCK_MONOTONIC_RAW (%lld ns)", (long long)lost);
	/* the rest is the host's: a virtual CPU may be away between two reads */
	ktap_okf(gains[SWITCHES / 2] < 20000,
		 "and gains less than 20 us in one of 2 switches (median %lld ns, most %lld)",
		 (long long)gains[SWITCHES / 2], (long long)most);
}

int main(void)
{
	struct radclock_counter_info *c;
	char names[128] = "", line[128];
	int i, narrow = 0, good = 1;

	rt_load("");
	rc = rt_open();
	n_counters = radclock_list_counters(rc, list, MAX_COUNTERS);
	for (i = 0; i < n_counters; i++)
		narrow += list[i].width < 32;
	ktap_plan(2 + 2 * n_counters + narrow + 3 + 7 * n_counters + 1 + 3 + 1);
	rt_log_mark();
	sk = nl_socket_alloc();
	if (genl_connect(sk))
		ktap_die("no generic netlink");
	family = genl_ctrl_resolve(sk, RADCLOCK_FAMILY_NAME);

	for (i = 0; i < n_counters; i++) {
		c = &list[i];
		ktap_say("%s: id %u, %u bits, %llu Hz, flags %x", c->name, c->id, c->width,
			 (unsigned long long)c->hz, c->flags);
		snprintf(line, sizeof(line), "%s%s%s", names, i ? " " : "", c->name);
		strcpy(names, line);
		if (c->hz < 1000000 || !c->counter ||
		    !(c->flags & RADCLOCK_COUNTER_FLAG_NARROW) != (c->width == 64) ||
		    !(c->flags & RADCLOCK_COUNTER_FLAG_USER) != (c->id != RADCLOCK_COUNTER_ID_TSC))
			good = 0;
	}
	ktap_okf(n_counters >= 3 && good, "there are %d counters, with rates, widths and flags", n_counters);
	ktap_ok(rt_sys_is("available_counters", names), "sysfs has the same list");

	for (i = 0; i < n_counters; i++) {
		if (by_name(&list[i]))
			ktap_die("cannot select %s", list[i].name);
		never_back(&list[i]);
	}
	back_to_back();
	for (i = 0; i < n_counters; i++)
		selecting(&list[i], i % 3);
	selecting_again();
	continuity();
	ktap_ok(!rt_log_lines(), "nothing of this shows in the kernel log");
	return ktap_end();
}
