// SPDX-License-Identifier: GPL-2.0-only
/*
 * reader -o OUT [-r REFERENCE] [-i MICROSECONDS] [-t SECONDS]
 *
 * Reads the clock a thousand times a second (-i), each time in four ways: the
 * library (page), clock_gettime() on the device (clockid), sysfs, and the
 * kernel's own clock with the bound that its NTP daemon claims (kernel). Goes
 * on through whatever happens to the machine; grade.py judges what it wrote.
 *
 * REFERENCE says what the true time is on each machine that this may run on, by
 * the raw TSC: lines "NAME TSC REALTIME_NS HZ". The TSC must not be emulated.
 *
 * OUT gets
 *	jump SEG MONO TSC TSC REAL REAL BOOT BOOT COUNTER COUNTER
 *		the TSC went on otherwise than CLOCK_MONOTONIC_RAW (which nobody
 *		steers): before and after;
 *		from here on it is segment SEG
 *	machine SEG NAME
 *		which one that is, by XenStore's /local/domain/0/lab
 *	state SEG TSC MONO WAY FROM TO MARKER
 *		what a way says of itself changed, or its disruption marker
 *	block SEG TSC WAY N OK STATUS0 .. STATUS4 BOUND_MIN BOUND_MAX, and for
 *	each machine of REFERENCE: NAME WRONG LOW HIGH MIN MAX
 *		a second of readings; of those with a time (OK): LOW is the largest
 *		start of a promised interval less the reference when the reading was
 *		over, HIGH the smallest end less the reference when it began (right:
 *		LOW <= 0 <= HIGH), MIN and MAX the errors, all in ns
 *	across SEG WAY OK TIME BOUND TSC_BEFORE TSC_AFTER
 *		a reading that lasted over a jump
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/timex.h>

#include "radtest.h"

#define MACHINES	4
#define NSEC		1000000000LL

enum way { PAGE, CLOCKID, SYSFS, KERNEL, WAYS };
static const char * const way_names[] = { "page", "clockid", "sysfs", "kernel" };

struct reading {
	int ok;			/* it gave a time */
	int64_t ns;
	uint64_t bound;
	uint32_t status;
	uint64_t marker;
};

struct reference {
	char name[32];
	uint64_t tsc;
	int64_t ns;
	double ns_per_tick;
};

struct tally {
	int wrong;
	int64_t low, high, min, max;
};

struct block {
	uint64_t tsc;
	int n, ok, status[5];
	uint64_t bound_min, bound_max;
	struct tally tally[MACHINES];
};

struct moment {
	uint64_t tsc;
	int64_t mono;
};

static struct reference refs[MACHINES];
static int n_refs;
static struct block blocks[WAYS];
static struct radclock *rc;
static FILE *out;
static pthread_mutex_t out_lock = PTHREAD_MUTEX_INITIALIZER;
static int segment;
static volatile sig_atomic_t stopped;
static double tsc_ns = 0.5;
static uint64_t last_bound = 1000000, last_counter;

static void on_signal(int sig)
{
	stopped = 1;
}

static uint64_t rdtsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence; rdtsc; lfence" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

/* both clocks at one moment */
static struct moment now(void)
{
	struct moment m;
	uint64_t after;

	do {
		m.tsc = rdtsc();
		m.mono = rt_gettime(CLOCK_MONOTONIC_RAW);
		after = rdtsc();
	} while ((int64_t)(after - m.tsc) < 0 || (double)(after - m.tsc) * tsc_ns > 2e6);
	return m;
}

static int64_t reference_ns(const struct reference *r, uint64_t tsc)
{
	return r->ns + (int64_t)((double)(int64_t)(tsc - r->tsc) * r->ns_per_tick);
}

/* ----------------------------------------------------------------- readers */

static void read_page(struct reading *r)
{
	struct radclock_reading x;
	int err = radclock_read(rc, RADCLOCK_CLOCK_ABSOLUTE, &x);

	r->ok = !err;
	if (err && err != -ENODATA)
		return;
	last_counter = x.counter;
	r->status = x.status;
	r->marker = x.disruption_marker;
	if (err)
		return;
	r->ns = rt_time_ns(x.time);
	r->bound = last_bound = x.maxerror_ns;
}

/* tells no bound: that of the page's reading just before */
static void read_clockid(struct reading *r)
{
	struct timespec ts;

	r->ok = !clock_gettime(FD_TO_CLOCKID(radclock_fd(rc)), &ts);
	r->ns = rt_ns(ts);
	r->bound = last_bound;
	r->status = r->ok ? RADCLOCK_STATUS_SYNCHRONIZED : RADCLOCK_STATUS_UNSYNCHRONIZED;
}

static int sysfs_get(int *fd, const char *name, char *buf, size_t len)
{
	ssize_t n;

	if (*fd < 0)
		*fd = open(name, O_RDONLY | O_CLOEXEC);
	n = *fd < 0 ? -1 : pread(*fd, buf, len - 1, 0);
	if (n < 0)
		return -1;
	buf[n] = 0;
	return 0;
}

static void read_sysfs(struct reading *r)
{
	static int fd_time = -1, fd_status = -1;
	char time[64], status[64] = "";
	long long sec;
	long ns;
	uint32_t i;

	r->ok = !sysfs_get(&fd_time, RT_SYS "time", time, sizeof(time)) &&
		sscanf(time, "%lld.%9ld", &sec, &ns) == 2;
	if (r->ok)
		r->ns = sec * NSEC + ns;
	r->bound = last_bound;
	sysfs_get(&fd_status, RT_SYS "status", status, sizeof(status));
	status[strcspn(status, "\n")] = 0;
	for (i = 0; i < 5; i++)
		if (!strcmp(status, radclock_status_name(i)))
			r->status = i;
}

static void read_kernel(struct reading *r)
{
	struct timex tx = { 0 };
	int state = ntp_adjtime(&tx);

	r->ok = state != TIME_ERROR && !(tx.status & STA_UNSYNC);
	r->ns = tx.time.tv_sec * NSEC + tx.time.tv_usec * (tx.status & STA_NANO ? 1 : 1000);
	r->bound = (uint64_t)tx.maxerror * 1000;
	r->status = r->ok ? RADCLOCK_STATUS_SYNCHRONIZED : RADCLOCK_STATUS_UNSYNCHRONIZED;
}

/* ------------------------------------------------------------------ writing */

static void block_write(enum way way)
{
	struct block *b = &blocks[way];
	int i;

	if (b->n) {
		fprintf(out, "block %d %llu %s %d %d %d %d %d %d %d %llu %llu", segment,
			(unsigned long long)b->tsc, way_names[way], b->n, b->ok, b->status[0],
			b->status[1], b->status[2], b->status[3], b->status[4],
			(unsigned long long)b->bound_min, (unsigned long long)b->bound_max);
		for (i = 0; i < n_refs; i++) {
			const struct tally *t = &b->tally[i];

			fprintf(out, " %s %d %lld %lld %lld %lld", refs[i].name, t->wrong,
				(long long)t->low, (long long)t->high, (long long)t->min,
				(long long)t->max);
		}
		fprintf(out, "\n");
	}
	memset(b, 0, sizeof(*b));
	b->bound_min = UINT64_MAX;
	for (i = 0; i < n_refs; i++) {
		b->tally[i].low = b->tally[i].max = INT64_MIN;
		b->tally[i].high = b->tally[i].min = INT64_MAX;
	}
}

static void block_add(enum way way, const struct reading *r, uint64_t before, uint64_t after)
{
	struct block *b = &blocks[way];
	int i;

	if (!b->n)
		b->tsc = before;
	b->n++;
	b->ok += r->ok;
	if (r->status < 5)
		b->status[r->status]++;
	/* the kernel's clock is always a time, but not always a promise */
	if (!r->ok && way != KERNEL)
		return;
	if (r->ok && r->bound < b->bound_min)
		b->bound_min = r->bound;
	if (r->ok && r->bound > b->bound_max)
		b->bound_max = r->bound;
	for (i = 0; i < n_refs; i++) {
		struct tally *t = &b->tally[i];
		int64_t first = reference_ns(&refs[i], before);
		int64_t last = reference_ns(&refs[i], after);
		int64_t error = r->ns - (first + last) / 2;

		/* a reading that was held up says little */
		if (last - first < 200000 && error < t->min)
			t->min = error;
		if (last - first < 200000 && error > t->max)
			t->max = error;
		if (!r->ok)
			continue;
		if (r->ns - (int64_t)r->bound - last > t->low)
			t->low = r->ns - (int64_t)r->bound - last;
		if (r->ns + (int64_t)r->bound - first < t->high)
			t->high = r->ns + (int64_t)r->bound - first;
		t->wrong += r->ns - (int64_t)r->bound > last || r->ns + (int64_t)r->bound < first;
	}
}

static void note_state(enum way way, const struct reading *r, const struct moment *m)
{
	static int last[WAYS] = { -1, -1, -1, -1 };
	static uint64_t marker[WAYS];
	int state = r->ok ? 10 + (int)r->status : (int)r->status;

	if (state == last[way] && r->marker == marker[way])
		return;
	marker[way] = r->marker;
	fprintf(out, "state %d %llu %lld %s %s%s %s%s %llu\n", segment,
		(unsigned long long)m->tsc, (long long)m->mono, way_names[way],
		last[way] < 0 ? "none" : radclock_status_name(last[way] % 10),
		last[way] >= 10 ? "+" : "", radclock_status_name(r->status), r->ok ? "+" : "",
		(unsigned long long)r->marker);
	last[way] = state;
}

/* -------------------------------------------------- which machine this is */

static int xenbus_read(int fd, const char *path, char *buf, size_t size)
{
	struct { uint32_t type, id, tx, len; } head = { 2 /* XS_READ */, 1, 0, strlen(path) + 1 };
	char msg[256];
	size_t got = 0;
	ssize_t n;

	memcpy(msg, &head, sizeof(head));
	memcpy(msg + sizeof(head), path, head.len);
	if (write(fd, msg, sizeof(head) + head.len) < 0)
		return -1;
	while (got < sizeof(head)) {
		n = read(fd, (char *)&head + got, sizeof(head) - got);
		if (n <= 0)
			return -1;
		got += n;
	}
	for (got = 0; got < head.len; got += n) {
		n = read(fd, got < size ? buf + got : msg, got < size ? size - got : sizeof(msg));
		if (n <= 0)
			return -1;
	}
	buf[head.len < size ? head.len : size - 1] = 0;
	return head.type == 2 ? 0 : -1;
}

static void *ask_machine(void *arg)
{
	int known = -1, fd = open("/dev/xen/xenbus", O_RDWR | O_CLOEXEC);
	char name[64];

	while (fd >= 0) {
		int seg = __atomic_load_n(&segment, __ATOMIC_ACQUIRE);

		usleep(100000);
		if (seg == known || xenbus_read(fd, "/local/domain/0/lab", name, sizeof(name)))
			continue;
		/* the answer may have been of the machine that we left meanwhile */
		usleep(100000);
		if (__atomic_load_n(&segment, __ATOMIC_ACQUIRE) != seg)
			continue;
		pthread_mutex_lock(&out_lock);
		fprintf(out, "machine %d %s\n", seg, name);
		fflush(out);
		pthread_mutex_unlock(&out_lock);
		known = seg;
	}
	return NULL;
}

/* ------------------------------------------------------------------- main */

struct clocks {
	struct moment m;
	int64_t real, boot;
	uint64_t counter;
};

static void note_jump(struct clocks *before, const struct moment *m)
{
	struct clocks after = { *m, rt_gettime(CLOCK_REALTIME), rt_gettime(CLOCK_BOOTTIME), 0 };
	int i;

	for (i = 0; i < WAYS; i++)
		block_write(i);
	ioctl(radclock_fd(rc), RADCLOCK_IOC_COUNTER, &after.counter);
	__atomic_store_n(&segment, segment + 1, __ATOMIC_RELEASE);
	fprintf(out, "jump %d %lld %llu %llu %lld %lld %lld %lld %llu %llu\n", segment,
		(long long)(m->mono - before->m.mono), (unsigned long long)before->m.tsc,
		(unsigned long long)m->tsc, (long long)before->real, (long long)after.real,
		(long long)before->boot, (long long)after.boot,
		(unsigned long long)before->counter, (unsigned long long)after.counter);
	*before = after;
}

static bool jumped(const struct moment *a, const struct moment *b)
{
	double d = (double)(int64_t)(b->tsc - a->tsc) * tsc_ns - (double)(b->mono - a->mono);

	return d > 2e7 || d < -2e7;
}

static void read_references(const char *path)
{
	FILE *f = fopen(path, "r");
	unsigned long long tsc;
	long long ns;
	double hz;

	if (!f)
		ktap_die("%s: %s", path, strerror(errno));
	while (n_refs < MACHINES &&
	       fscanf(f, "%31s %llu %lld %lf", refs[n_refs].name, &tsc, &ns, &hz) == 4) {
		refs[n_refs].tsc = tsc;
		refs[n_refs].ns = ns;
		refs[n_refs++].ns_per_tick = tsc_ns = 1e9 / hz;
	}
	fclose(f);
}

static void one_round(struct clocks *c)
{
	static void (* const read_way[])(struct reading *) = {
		read_page, read_clockid, read_sysfs, read_kernel,
	};
	struct moment before = now();
	int i;

	if (jumped(&c->m, &before))
		note_jump(c, &before);
	for (i = 0; i < WAYS; i++) {
		struct reading r = { 0 };
		struct moment after;
		uint64_t tsc;

		read_way[i](&r);
		tsc = rdtsc();
		after = now();
		note_state(i, &r, &after);
		if (jumped(&before, &after)) {
			uint64_t start = before.tsc;

			c->m = before;
			note_jump(c, &after);
			fprintf(out, "across %d %s %d %lld %llu %llu %llu\n", segment,
				way_names[i], r.ok, (long long)r.ns, (unsigned long long)r.bound,
				(unsigned long long)start, (unsigned long long)after.tsc);
		} else {
			block_add(i, &r, before.tsc, tsc);
		}
		before = after;
	}
	c->m = before;
	c->real = rt_gettime(CLOCK_REALTIME);
	c->boot = rt_gettime(CLOCK_BOOTTIME);
	c->counter = last_counter;
}

int main(int argc, char **argv)
{
	int64_t interval = 1000000, next, end = INT64_MAX, flush;
	struct clocks c;
	pthread_t asker;
	int opt, i;

	out = stdout;
	while ((opt = getopt(argc, argv, "o:r:i:t:")) != -1) {
		switch (opt) {
		case 'o':
			out = fopen(optarg, "w");
			if (!out)
				ktap_die("%s: %s", optarg, strerror(errno));
			break;
		case 'r':
			read_references(optarg);
			break;
		case 'i':
			interval = atoll(optarg) * 1000;
			break;
		case 't':
			end = rt_gettime(CLOCK_MONOTONIC) + atoll(optarg) * NSEC;
			break;
		default:
			return 2;
		}
	}
	if (radclock_open(&rc, RADCLOCK_DEVICE, 0))
		ktap_die("no radclock");
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	for (i = 0; i < WAYS; i++)
		block_write(i);
	c.m = now();
	c.real = c.boot = 0;
	c.counter = 0;
	pthread_create(&asker, NULL, ask_machine, NULL);
	next = rt_gettime(CLOCK_MONOTONIC);
	flush = c.m.mono;
	while (!stopped && next < end) {
		int64_t mono = rt_gettime(CLOCK_MONOTONIC);
		struct timespec ts;

		next += interval;
		if (next < mono)
			next = mono;	/* we cannot keep up, or slept */
		ts.tv_sec = next / NSEC;
		ts.tv_nsec = next % NSEC;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
		pthread_mutex_lock(&out_lock);
		one_round(&c);
		if (c.m.mono - flush >= NSEC) {
			for (i = 0; i < WAYS; i++)
				block_write(i);
			flush = c.m.mono;
			fflush(out);
		}
		pthread_mutex_unlock(&out_lock);
	}
	pthread_mutex_lock(&out_lock);
	for (i = 0; i < WAYS; i++)
		block_write(i);
	fclose(out);
	return 0;
}
