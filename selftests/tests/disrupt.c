// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab: timeout=120 alone
 *
 * What readers see while estimates cease to hold. Four of them read the clock
 * a thousand times a second each: by the page, by clock_gettime(), by sysfs and
 * by netlink. The truth is CLOCK_REALTIME right before and right after.
 *
 * "confident" is a reading that gives a time; "wrong" one whose promise does
 * not meet the truth. Late: a confident one that began when the event was over.
 *
 * disrupt unstable: the kernel gives up the TSC (disrupt_unstable.sh).
 */
#include <poll.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "kern.h"

#define RECORDS		200000
/* what those promise who tell no bound: that of rt_estimate(), and some age */
#define SILENT_BOUND	2000000

enum way { PAGE, CLOCKID, SYSFS, NETLINK, WAYS };

static const char *const way_names[] = { "page", "clockid", "sysfs", "netlink" };

struct record {
	uint64_t tsc;
	uint64_t marker;
	int err;
	uint32_t status;
	int64_t off_ns;
	bool confident, wrong;
};

struct reading {
	int err;
	int64_t ns;
	uint64_t bound, marker;
	uint32_t status;
};

static struct record *records[WAYS];
static int n_records[WAYS];	/* written by its reader alone */
static int first_record[WAYS];	/* of the event in hand */
static int stop;

static struct radclock *rc;

static struct {
	uint64_t tsc;
	struct radclock_info info;
} told[10000];
static int n_told;

/* ----------------------------------------------------------------- readers */

static void read_page(struct radclock *r, struct reading *out)
{
	struct radclock_reading x;

	out->err = radclock_read(r, RADCLOCK_CLOCK_ABSOLUTE, &x);
	if (out->err && out->err != -ENODATA)
		return;
	out->status = x.status;
	out->marker = x.disruption_marker;
	out->bound = x.maxerror_ns;
	if (!out->err)
		out->ns = rt_time_ns(x.time);
}

static void read_clockid(int fd, struct reading *out)
{
	struct timespec ts;

	out->err = clock_gettime(FD_TO_CLOCKID(fd), &ts) ? -errno : 0;
	out->ns = rt_ns(ts);
	out->bound = SILENT_BOUND;
}

static void read_sysfs(struct reading *out)
{
	char buf[64];
	long long sec = 0;
	long ns = 0;

	out->err = rt_sys_read("time", buf, sizeof(buf));
	if (!out->err && sscanf(buf, "%lld.%9ld", &sec, &ns) != 2)
		out->err = -EPROTO;
	out->ns = sec * NSEC + ns;
	out->bound = SILENT_BOUND;
}

struct nl {
	struct nl_sock *sock;
	int family;
	struct reading *out;
};

static int on_reply(struct nl_msg *msg, void *arg)
{
	struct nlattr *a[RADCLOCK_A_MAX + 1];
	struct reading *out = ((struct nl *)arg)->out;
	struct radclock_time t;

	if (genlmsg_parse(nlmsg_hdr(msg), 0, a, RADCLOCK_A_MAX, NULL) ||
	    !a[RADCLOCK_A_STATUS])
		return NL_SKIP;
	out->status = nla_get_u32(a[RADCLOCK_A_STATUS]);
	out->err = -ENODATA;
	if (a[RADCLOCK_A_TIME_SEC]) {
		t.sec = nla_get_s64(a[RADCLOCK_A_TIME_SEC]);
		t.frac = nla_get_u64(a[RADCLOCK_A_TIME_FRAC]);
		out->ns = rt_time_ns(t);
		out->bound = nla_get_u64(a[RADCLOCK_A_MAXERROR]);
		out->err = 0;
	}
	return NL_OK;
}

static void open_netlink(struct nl *nl)
{
	nl->sock = nl_socket_alloc();
	if (!nl->sock || genl_connect(nl->sock))
		ktap_die("no netlink");
	nl->family = genl_ctrl_resolve(nl->sock, RADCLOCK_FAMILY_NAME);
	if (nl->family < 0)
		ktap_die("no radclock family");
	nl_socket_disable_auto_ack(nl->sock);
	nl_socket_modify_cb(nl->sock, NL_CB_VALID, NL_CB_CUSTOM, on_reply, nl);
}

static void read_netlink(struct nl *nl, struct reading *out)
{
	struct nl_msg *msg = nlmsg_alloc();

	nl->out = out;
	out->err = -EIO;
	genlmsg_put(msg, 0, 0, nl->family, 0, 0, RADCLOCK_CMD_READ_CLOCK,
		    RADCLOCK_FAMILY_VERSION);
	if (nl_send_auto(nl->sock, msg) >= 0)
		nl_recvmsgs_default(nl->sock);
	nlmsg_free(msg);
}

static void *reader(void *arg)
{
	enum way way = (long)arg;
	struct radclock *mine = rt_open();
	struct nl nl;

	if (way == NETLINK)
		open_netlink(&nl);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		struct reading r = {};
		struct record *rec;
		int64_t before, after;
		int n = n_records[way];

		if (n == RECORDS)
			break;
		rec = &records[way][n];
		rec->tsc = rdtsc();
		before = rt_gettime(CLOCK_REALTIME);
		switch (way) {
		case PAGE:
			read_page(mine, &r);
			break;
		case CLOCKID:
			read_clockid(radclock_fd(mine), &r);
			break;
		case SYSFS:
			read_sysfs(&r);
			break;
		default:
			read_netlink(&nl, &r);
		}
		after = rt_gettime(CLOCK_REALTIME);
		rec->err = r.err;
		rec->status = r.status;
		rec->marker = r.marker;
		rec->confident = !r.err;
		rec->off_ns = r.ns - (before + (after - before) / 2);
		rec->wrong = !r.err && (r.ns - (int64_t)r.bound > after ||
					r.ns + (int64_t)r.bound < before);
		__atomic_store_n(&n_records[way], n + 1, __ATOMIC_RELEASE);
		sleep_us(1000);
	}
	radclock_close(mine);
	return NULL;
}

static void *subscriber(void *arg)
{
	struct radclock_updates *up = arg;
	struct pollfd p = { radclock_updates_fd(up), POLLIN, 0 };
	struct radclock_info info;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		if (poll(&p, 1, 100) < 1)
			continue;
		while (radclock_updates_next(up, &info) == 1 && n_told < 10000) {
			told[n_told].tsc = rdtsc();
			told[n_told].info = info;
			__atomic_fetch_add(&n_told, 1, __ATOMIC_RELEASE);
		}
	}
	return NULL;
}

/* ------------------------------------------------------------------ events */

struct event {
	const char *what;
	int (*act)(void);
	int max_late_ms;	/* for readers that ask the kernel */
	int max_page_ms;	/* for those who only have the page */
	bool marker;		/* does it change? */
	bool may_be_wrong;	/* until it is found out */
	const char *reason;
};

static double ticks_per_ms;
static uint64_t expiry;		/* 0: the event is over when act() returns */

static double ms(uint64_t from, uint64_t to)
{
	return (double)(int64_t)(to - from) / ticks_per_ms;
}

static void describe(const struct record *r, char *buf, size_t size)
{
	if (r->err == -ENODATA)
		snprintf(buf, size, "ENODATA");
	else if (r->err)
		snprintf(buf, size, "%s", strerror(-r->err));
	else
		snprintf(buf, size, "%s", radclock_status_name(r->status));
	/* who asks for the time alone is told no more */
	if (!r->err && !r->status)
		snprintf(buf, size, "a time");
}

struct verdict {
	int late, wrong, late_wrong, total;
	uint64_t first_wrong, last_wrong;
	double late_ms[WAYS], told_ms;
	double stall_ms;	/* each reader stood still that long: so did the guest */
	bool marker_changed, reason;
};

static void look_at(const struct event *e, uint64_t from, uint64_t to,
		    uint64_t end, int first_told, struct verdict *v)
{
	char before[32], after[32];
	int way, i;

	ktap_say("%s", e->what);
	ktap_say("  %-8s %-15s %-15s %9s %9s %6s %s", "way", "before", "after",
		 "readings", "confident", "wrong", "last confident one");
	for (way = 0; way < WAYS; way++) {
		const struct record *b = NULL, *a = NULL, *r;
		int n = __atomic_load_n(&n_records[way], __ATOMIC_ACQUIRE);
		int total = 0, confident = 0, wrong = 0;
		double last = 0, gap = 0;

		for (i = first_record[way]; i < n; i++) {
			r = &records[way][i];
			if (r->tsc > end)
				break;
			v->wrong += r->wrong;
			if (r->wrong && (!v->first_wrong ||
					 r->tsc < v->first_wrong))
				v->first_wrong = r->tsc;
			if (r->wrong && r->tsc > v->last_wrong)
				v->last_wrong = r->tsc;
			if (r->tsc < from) {
				/* never right: say more */
				if (r->wrong && (!b || !b->wrong))
					ktap_say("  %-8s off by %lld us, %.1f ms before",
						 way_names[way], (long long)r->off_ns / 1000,
						 ms(r->tsc, from));
				b = r;
				continue;
			}
			if (a && ms(a->tsc, r->tsc) > gap)
				gap = ms(a->tsc, r->tsc);
			a = r;
			total++;
			wrong += r->wrong;
			if (r->confident && r->tsc > to) {
				confident++;
				last = ms(to, r->tsc);
			}
		}
		v->late += confident;
		v->late_wrong += wrong;
		v->total += total;
		v->late_ms[way] = last;
		if (!way || gap < v->stall_ms)
			v->stall_ms = gap;
		if (!a || !b)
			continue;
		if (way == PAGE)
			v->marker_changed = a->marker != b->marker;
		describe(b, before, sizeof(before));
		describe(a, after, sizeof(after));
		ktap_say("  %-8s %-15s %-15s %9d %9d %6d %s%.1f ms after", way_names[way],
			 before, after, total, confident, wrong,
			 confident ? "" : "none, ", last);
	}
	v->told_ms = -1;
	for (i = first_told; i < n_told; i++) {
		if (told[i].info.status != RADCLOCK_STATUS_UNSYNCHRONIZED)
			continue;
		v->told_ms = ms(to, told[i].tsc);
		v->reason = !e->reason || !strcmp(told[i].info.reason, e->reason);
		ktap_say("  subscribers were told %.1f ms after: %s, %s",
			 v->told_ms, radclock_status_name(told[i].info.status),
			 told[i].info.reason);
		break;
	}
}

static bool all_know(void)
{
	int way;

	for (way = 0; way < WAYS; way++) {
		int n = __atomic_load_n(&n_records[way], __ATOMIC_ACQUIRE);

		if (n == first_record[way] || records[way][n - 1].confident)
			return false;
	}
	return true;
}

static void run_event(const struct event *e)
{
	struct verdict v = {};
	uint64_t from, to, deadline;
	int first_told, err, way;
	bool in_time = true;
	double patience;

	/* in force, and renewed as a daemon would */
	rt_sync(rc);
	sleep_us(200000);
	rt_sync(rc);
	sleep_us(300000);
	for (way = 0; way < WAYS; way++)
		first_record[way] = __atomic_load_n(&n_records[way], __ATOMIC_ACQUIRE);
	sleep_us(200000);
	first_told = __atomic_load_n(&n_told, __ATOMIC_ACQUIRE);
	expiry = 0;
	from = rdtsc();
	err = e->act();
	to = rdtsc();
	if (expiry)
		from = to = expiry;
	deadline = to + (uint64_t)(6000 * ticks_per_ms);
	while (rdtsc() < to || (!all_know() && rdtsc() < deadline))
		sleep_us(10000);
	sleep_us(700000);
	look_at(e, from, to, rdtsc(), first_told, &v);

	/* the module's work waits for a guest that its host does not run */
	patience = 2 * v.stall_ms;
	if (patience > 100)
		ktap_say("  the guest stood still for %.0f ms", v.stall_ms);
	for (way = 0; way < WAYS; way++) {
		int limit = way == PAGE ? e->max_page_ms : e->max_late_ms;

		if (v.late_ms[way] > limit + (limit ? patience : 0))
			in_time = false;
	}
	if (err)
		ktap_say("the event failed: %s", strerror(-err));
	ktap_okf(!err && v.total && in_time && all_know(),
		 "%s: every reader learns it in time", e->what);
	if (e->may_be_wrong)
		ktap_okf(v.wrong == v.late_wrong &&
			 ms(v.first_wrong, v.last_wrong) < 1000 + patience,
			 "%s: %d wrong readings within %.0f ms until it is found out, none before",
			 e->what, v.wrong, ms(v.first_wrong, v.last_wrong));
	else
		ktap_okf(!v.wrong, "%s: no confident wrong reading (%d of %d)",
			 e->what, v.wrong, v.total);
	ktap_okf(v.marker_changed == e->marker, "%s: the marker %s", e->what,
		 e->marker ? "changes" : "stays");
	ktap_okf(v.told_ms != -1 && v.told_ms < 1500 + patience && v.reason,
		 "%s: subscribers are told", e->what);
}

static int select_sysfs(const char *name)
{
	return rt_sys_write("counter", name, strlen(name));
}

static int to_hpet(void) { return select_sysfs("hpet"); }
static int to_acpi_pm(void) { return radclock_select_counter(rc, "acpi_pm", NULL, 0); }
static int to_clocksource(void) { return select_sysfs("clocksource"); }
static int to_tsc(void) { return select_sysfs("tsc"); }

static int kernel_to_acpi_pm(void)
{
	return spit(CLOCKSOURCE "current_clocksource", "acpi_pm");
}

static int kernel_to_tsc(void)
{
	return spit(CLOCKSOURCE "current_clocksource", "tsc");
}

static int runs_out(void)
{
	struct radclock_estimate e;

	rt_estimate(rc, &e);
	e.holdover_counter = e.counter + rt_ticks(rc, 0.5);
	e.void_counter = e.counter + rt_ticks(rc, 1.0);
	expiry = e.void_counter;
	return rt_set(rc, &e);
}

static int hpet_jumps(void)
{
	return sh("insmod /lab/mod/rad_test.ko hpet_jump=5 && rmmod rad_test") ? -EIO : 0;
}

static int hpet_jumps_back(void)
{
	return sh("insmod /lab/mod/rad_test.ko hpet_jump=-5 && rmmod rad_test") ? -EIO : 0;
}

static int tsc_unstable(void)
{
	return sh("insmod /lab/mod/rad_test.ko tsc_unstable=1") ? -EIO : 0;
}

#define OTHER "another counter was selected"

static const struct event events[] = {
	{ "tsc to hpet", to_hpet, 0, 0, true, false, OTHER },
	{ "the hpet jumps 5 s ahead", hpet_jumps, 1000, 1000, true, true,
	  "the counter jumped" },
	{ "the hpet jumps 5 s back", hpet_jumps_back, 1000, 1000, true, true,
	  "the counter jumped" },
	{ "hpet to acpi_pm", to_acpi_pm, 0, 0, true, false, OTHER },
	{ "acpi_pm to clocksource", to_clocksource, 0, 0, true, false, OTHER },
	{ "the kernel's clocksource changes", kernel_to_acpi_pm, 10, 10, true,
	  false, "the kernel's clocksource changed" },
	{ "it changes back", kernel_to_tsc, 10, 10, true, false,
	  "the kernel's clocksource changed" },
	{ "clocksource to tsc", to_tsc, 0, 0, true, false, OTHER },
	{ "the estimate runs out", runs_out, 0, 0, false, false, NULL },
};

static const struct event unstable = {
	"the TSC is marked unstable", tsc_unstable, 0, 1000, true, false,
	"the kernel declared the counter unstable"
};

int main(int argc, char **argv)
{
	const struct event *list = events;
	int n = sizeof(events) / sizeof(*events), i;
	struct radclock_updates *up;
	pthread_t threads[WAYS], sub;

	if (argc > 1 && !strcmp(argv[1], "unstable")) {
		list = &unstable;
		n = 1;
	}
	ktap_plan(4 * n + 2 + (n == 1));
	sh("kmsg_mark disrupt-log");
	rt_load("");
	rc = rt_open();
	if (!rt_sys_is("counter", "tsc"))
		ktap_die("the counter is not the TSC");
	ticks_per_ms = rt_ticks(rc, 1.0) / 1e3;
	for (i = 0; i < WAYS; i++)
		records[i] = calloc(RECORDS, sizeof(struct record));
	if (radclock_updates_open(rc, &up))
		ktap_die("cannot subscribe");
	rt_sync(rc);
	pthread_create(&sub, NULL, subscriber, up);
	for (i = 0; i < WAYS; i++)
		pthread_create(&threads[i], NULL, reader, (void *)(long)i);

	for (i = 0; i < n; i++)
		run_event(&list[i]);
	if (n == 1) {
		struct radclock_info info;

		radclock_get_info(rc, &info);
		ktap_okf(info.counter_id != RADCLOCK_COUNTER_ID_TSC,
			 "the clock is on %s now", info.counter_name);
	}
	rt_sync(rc);
	sleep_us(300000);
	for (i = 0; i < WAYS; i++)
		if (!records[i][n_records[i] - 1].confident)
			break;
	ktap_okf(i == WAYS, "a new estimate, and all read the clock again");

	stop = 1;
	for (i = 0; i < WAYS; i++)
		pthread_join(threads[i], NULL);
	pthread_join(sub, NULL);
	radclock_updates_close(up);
	radclock_close(rc);
	ktap_okf(!sh("! kmsg_since disrupt-log | grep -vE '%s'",
		     "lab: begin|radclock: |clocksource: |tsc: |rad_test: |sched_clock: |"
		     "TSC found unstable|tsc=unstable|hrtimer: |hpet: Lost "),
		 "the kernel log has our warnings, and no more");
	return ktap_end();
}
