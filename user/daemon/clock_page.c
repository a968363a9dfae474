// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock_page.h"
#include "log.h"
#include "loop.h"
#include "reading.h"

#define BOOT_ID_LEN	40
/* readers that saw old parameters read the counter before new lines start */
#define START_AHEAD_NS	NSEC_PER_MSEC
/* the monotonic clock meets the absolute one at 5000 ppm at most */
#define SLEW_FRACTION	200

/* readers know the first part; the end says which boot the counter belongs to */
struct page_file {
	struct radclock_page page;
	u8 unused[RADCLOCK_PAGE_SIZE - sizeof(struct radclock_page) - BOOT_ID_LEN];
	char boot_id[BOOT_ID_LEN];
};

_Static_assert(sizeof(struct page_file) == RADCLOCK_PAGE_SIZE, "one page");

static int fd = -1;
static struct page_file *file;
static struct rad_time mono_floor;

static u64 raw_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return (u64)ts.tv_sec * RADCLOCK_NSEC + ts.tv_nsec;
}

static u8 vmclock_status(u8 status)
{
	switch (status) {
	case RADCLOCK_STATUS_WARMING:
		return RADCLOCK_VMCLOCK_INITIALIZING;
	case RADCLOCK_STATUS_SYNCHRONIZED:
		return RADCLOCK_VMCLOCK_SYNCHRONIZED;
	case RADCLOCK_STATUS_HOLDOVER:
		return RADCLOCK_VMCLOCK_FREERUNNING;
	}
	return RADCLOCK_VMCLOCK_UNRELIABLE;
}

/* vmclock has no name for our counter, so it says "none" beside good parameters */
static void fill_vmclock(struct radclock_vmclock *v, const struct radclock_params *p)
{
	bool valid = p->flags & RADCLOCK_PARAMS_FLAG_ABS_VALID;

	v->magic = RADCLOCK_VMCLOCK_MAGIC;
	v->size = sizeof(*v);
	v->version = 1;
	v->counter_id = RADCLOCK_VMCLOCK_NO_COUNTER;
	v->time_type = RADCLOCK_VMCLOCK_UTC;
	v->disruption_marker = p->disruption_marker;
	v->flags = 0;
	if (valid)
		v->flags = RADCLOCK_VMCLOCK_PERIOD_ESTERROR_VALID |
			   RADCLOCK_VMCLOCK_PERIOD_MAXERROR_VALID |
			   RADCLOCK_VMCLOCK_TIME_ESTERROR_VALID |
			   RADCLOCK_VMCLOCK_TIME_MAXERROR_VALID;
	if (valid && (p->flags & RADCLOCK_PARAMS_FLAG_TAI_VALID))
		v->flags |= RADCLOCK_VMCLOCK_TAI_VALID;
	v->clock_status = vmclock_status(p->status);
	v->tai_offset_sec = p->tai_offset;
	v->leap_indicator = p->leap_delta > 0 ? RADCLOCK_VMCLOCK_LEAP_PRE_POS :
			    p->leap_delta < 0 ? RADCLOCK_VMCLOCK_LEAP_PRE_NEG :
			    RADCLOCK_VMCLOCK_LEAP_NONE;
	v->counter_period_shift = p->period_shift;
	v->counter_value = p->absolute.counter;
	v->counter_period_frac_sec = p->absolute.period;
	v->counter_period_esterror_rate_frac_sec = p->esterror_rate;
	v->counter_period_maxerror_rate_frac_sec = p->maxerror_rate;
	v->time_sec = p->absolute.sec;
	v->time_frac_sec = p->absolute.frac;
	v->time_esterror_nanosec = p->esterror_ns;
	v->time_maxerror_nanosec = p->maxerror_ns;
}

static void write_page(struct radclock_params *p)
{
	struct radclock_page *page = &file->page;
	u32 seq = page->vmclock.seq_count | 1;

	p->generation++;
	__atomic_store_n(&page->vmclock.seq_count, seq, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	page->params = *p;
	fill_vmclock(&page->vmclock, p);
	page->magic = RADCLOCK_PAGE_MAGIC;
	__atomic_store_n(&page->vmclock.seq_count, seq + 1, __ATOMIC_RELEASE);
}

static void move_line(struct radclock_line *l, u8 shift, u64 to)
{
	struct rad_time t = rad_line_at(l, shift, to);

	l->counter = to;
	l->sec = t.sec;
	l->frac = t.frac;
}

static u64 rescale(u64 v, u8 from, u8 to)
{
	return from >= to ? v >> (from - to) : v << (to - from);
}

/* the line that a clock follows at @start, which it leaves there */
static struct radclock_line left_behind(const struct radclock_line *l,
					const struct radclock_params *o, u8 shift, u64 start)
{
	struct radclock_line prev = *l;

	move_line(&prev, o->period_shift, start);
	prev.period = rescale(prev.period, o->period_shift, shift);
	return prev;
}

static void join_diff(struct radclock_params *n, const struct radclock_params *o, u64 start,
		      u64 period)
{
	n->diff_prev = left_behind(rad_counter_before(start, o->diff.counter) ?
				   &o->diff_prev : &o->diff, o, n->period_shift, start);
	n->diff = n->diff_prev;
	n->diff.period = period;
}

static const struct radclock_line *mono_line(const struct radclock_params *p, u64 at)
{
	if (rad_counter_before(at, p->mono.counter))
		return &p->mono_prev;
	return rad_counter_before(at, p->mono_join_counter) ? &p->mono : &p->absolute;
}

/* goes on from where it was, and meets the absolute clock within a second or more */
static void join_mono(struct radclock_params *n, const struct radclock_params *o, u64 start)
{
	struct rad_time target = rad_line_at(&n->absolute, n->period_shift, start);
	u64 most = n->absolute.period / SLEW_FRACTION, change;
	rad_u128 size;
	rad_s128 gap;

	if (o->flags & RADCLOCK_PARAMS_FLAG_ABS_VALID) {
		n->mono_prev = left_behind(mono_line(o, start), o, n->period_shift, start);
	} else {
		n->mono_prev = n->absolute;
		move_line(&n->mono_prev, n->period_shift, start);
		if (rad_time_raw(mono_floor) > rad_time_raw(target)) {
			n->mono_prev.sec = mono_floor.sec;
			n->mono_prev.frac = mono_floor.frac;
		}
	}
	n->mono = n->mono_prev;
	n->mono.period = n->absolute.period;
	n->mono_join_counter = start;
	gap = rad_time_raw(rad_time_sub(target, (struct rad_time){ n->mono.sec, n->mono.frac }));
	if (gap >= (rad_s128)1 << 64) {
		/* behind by more than a second: forward is allowed to a clock */
		n->mono.sec = target.sec;
		n->mono.frac = target.frac;
		return;
	}
	if (!gap)
		return;
	size = gap < 0 ? -(rad_u128)gap : (rad_u128)gap;
	change = size >> 64 ? most : (u64)((n->absolute.period * (rad_u128)(u64)size) >> 64);
	if (change > most)
		change = most;
	if (!change)
		change = 1;
	n->mono.period += gap < 0 ? -change : change;
	/* years ahead: join never, the shift must fit */
	if (size >> 84)
		size = (rad_u128)1 << 84;
	size = (size << n->period_shift) / change + (gap < 0);
	n->mono_join_counter = start + (size > INT64_MAX ? INT64_MAX : (u64)size);
}

void page_publish(const struct rad_estimate *est)
{
	struct radclock_params o, n;
	u64 start = raw_now() + START_AHEAD_NS;

	if (!file)
		return;
	o = file->page.params;
	n = o;
	n.updates++;
	n.status = est->status;
	n.period_shift = est->period_shift;
	n.leap_delta = est->leap_delta;
	n.flags = est->flags | RADCLOCK_PARAMS_FLAG_ABS_VALID;
	n.tai_offset = est->tai_offset;
	n.holdover_counter = est->holdover_counter;
	n.void_counter = est->void_counter;
	n.leap_counter = est->leap_counter;
	n.maxerror_ns = est->maxerror_ns;
	n.esterror_ns = est->esterror_ns;
	n.maxerror_rate = est->maxerror_rate;
	n.esterror_rate = est->esterror_rate;
	n.absolute = (struct radclock_line){ est->counter, est->time.sec, est->time.frac,
					     est->period };
	join_diff(&n, &o, start, est->period_diff ? est->period_diff : est->period);
	join_mono(&n, &o, start);
	write_page(&n);
}

u64 page_disrupted(void)
{
	struct radclock_params p;

	if (!file)
		return 0;
	p = file->page.params;
	if (p.flags & RADCLOCK_PARAMS_FLAG_ABS_VALID)
		mono_floor = rad_mono_at(&p, raw_now() + START_AHEAD_NS);
	p.status = RADCLOCK_STATUS_DISRUPTED;
	p.flags = 0;
	p.leap_delta = 0;
	p.maxerror_ns = ~0ULL;
	p.esterror_ns = ~0ULL;
	p.disruption_marker++;
	write_page(&p);
	return p.disruption_marker;
}

/* the difference clock counts from now on, at the nominal rate */
static void first_page(u64 now, u64 marker)
{
	struct radclock_params p = {
		.size = sizeof(p), .abi_version = RADCLOCK_ABI_VERSION,
		.counter_id = RADCLOCK_COUNTER_ID_MONOTONIC_RAW,
		.counter_flags = RADCLOCK_COUNTER_FLAG_USER,
		.counter_hz = RADCLOCK_NSEC, .disruption_marker = marker,
		.status = RADCLOCK_STATUS_UNSYNCHRONIZED, .period_shift = 29,
		.maxerror_ns = ~0ULL, .esterror_ns = ~0ULL,
		.holdover_counter = now, .void_counter = now,
	};

	p.diff.counter = now;
	p.diff.period = (u64)(((rad_u128)1 << (64 + p.period_shift)) / RADCLOCK_NSEC);
	p.diff_prev = p.diff;
	p.absolute = p.diff;
	p.mono = p.diff;
	p.mono_prev = p.diff;
	write_page(&p);
}

static void read_boot_id(char id[BOOT_ID_LEN])
{
	int f = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	memset(id, 0, BOOT_ID_LEN);
	if (f < 0)
		return;
	if (read(f, id, BOOT_ID_LEN - 1) < 0)
		id[0] = 0;
	close(f);
}

/* written by us in this boot, completely, and not after now */
static bool is_ours(const char *boot_id, u64 now)
{
	const struct radclock_page *page = &file->page;
	const struct radclock_params *p = &page->params;

	return page->magic == RADCLOCK_PAGE_MAGIC && p->size == sizeof(*p) &&
	       p->abi_version == RADCLOCK_ABI_VERSION &&
	       p->counter_id == RADCLOCK_COUNTER_ID_MONOTONIC_RAW &&
	       p->period_shift < 64 && !(page->vmclock.seq_count & 1) &&
	       boot_id[0] && !memcmp(file->boot_id, boot_id, BOOT_ID_LEN) &&
	       !rad_counter_before(now, p->absolute.counter);
}

int page_open(const char *path, u64 now, u64 *marker)
{
	char boot_id[BOOT_ID_LEN];
	struct stat st;
	int err;

	/* one that somebody else may write is not to be trusted, nor followed */
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) || fstat(fd, &st) || fchmod(fd, 0644))
		goto fail;
	if (!S_ISREG(st.st_mode) || (st.st_size && st.st_size != RADCLOCK_PAGE_SIZE)) {
		close(fd);
		return -EEXIST;	/* some other file: leave it alone */
	}
	if (ftruncate(fd, RADCLOCK_PAGE_SIZE))
		goto fail;
	file = mmap(NULL, RADCLOCK_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (file == MAP_FAILED)
		goto fail;
	read_boot_id(boot_id);
	if (is_ours(boot_id, now)) {
		log_debug("going on with the page of the last run");
	} else {
		first_page(now, file->page.params.disruption_marker + 1);
		memcpy(file->boot_id, boot_id, BOOT_ID_LEN);
	}
	*marker = file->page.params.disruption_marker;
	return 0;
fail:
	err = -errno;
	close(fd);
	file = NULL;
	fd = -1;
	return err;
}

void page_close(void)
{
	if (!file)
		return;
	munmap(file, RADCLOCK_PAGE_SIZE);
	close(fd);
	file = NULL;
	fd = -1;
}
