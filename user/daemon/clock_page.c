// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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
#include "writer.h"

#define BOOT_ID_LEN	40
/* readers that saw old parameters read the counter before new lines start */
#define START_AHEAD_NS	NSEC_PER_MSEC
#define SETTLE_TRIES	5

/*
 * Readers know the first part; the end says which boot the counter belongs to,
 * and how long it had stood still in sleep when the parameters were made.
 */
struct page_file {
	struct radclock_page page;
	u8 unused[RADCLOCK_PAGE_SIZE - sizeof(struct radclock_page) - BOOT_ID_LEN - 8];
	s64 slept_ns;
	char boot_id[BOOT_ID_LEN];
};

_Static_assert(sizeof(struct page_file) == RADCLOCK_PAGE_SIZE, "one page");

static int fd = -1;
static struct page_file *file;
static struct rad_time mono_floor = { .sec = INT64_MIN };

static u64 raw_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return (u64)ts.tv_sec * RADCLOCK_NSEC + ts.tv_nsec;
}

static void write_page(struct radclock_params *p)
{
	struct radclock_page *page = &file->page;
	u32 seq = page->vmclock.seq_count | 1;

	p->generation++;
	__atomic_store_n(&page->vmclock.seq_count, seq, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	page->params = *p;
	rad_fill_vmclock(&page->vmclock, p, RADCLOCK_PAGE_SIZE, p->absolute.counter, p->status);
	page->magic = RADCLOCK_PAGE_MAGIC;
	__atomic_store_n(&page->vmclock.seq_count, seq + 1, __ATOMIC_RELEASE);
}

void page_publish(const struct rad_estimate *est)
{
	struct radclock_params o, n;
	u64 now, start;
	int tries = 0;

	if (!file)
		return;
	o = file->page.params;
	for (;;) {
		now = raw_now();
		start = now + START_AHEAD_NS;
		if (rad_is_settled(&o, now, start) || ++tries > SETTLE_TRIES)
			break;
		poll(NULL, 0, 1);
	}
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
	rad_join(&n, &o, start, est->period_diff ? est->period_diff : est->period, &mono_floor);
	write_page(&n);
}

u64 page_disrupted(s64 slept_ns)
{
	struct radclock_params p;
	struct rad_time t;

	if (!file)
		return 0;
	p = file->page.params;
	if (p.flags & RADCLOCK_PARAMS_FLAG_ABS_VALID) {
		t = rad_mono_at(&p, raw_now() + START_AHEAD_NS);
		if (rad_time_raw(t) > rad_time_raw(mono_floor))
			mono_floor = t;
	}
	rad_withdraw(&p, RADCLOCK_STATUS_DISRUPTED);
	p.disruption_marker++;
	write_page(&p);
	file->slept_ns = slept_ns;
	return p.disruption_marker;
}

bool page_in_force(u64 counter, struct rad_reading *r)
{
	return file && rad_read(&file->page.params, RADCLOCK_CLOCK_ABSOLUTE, counter, r);
}

/* the difference clock counts from now on, at the nominal rate */
static void first_page(u64 now, u64 marker)
{
	struct radclock_params p = {
		.size = sizeof(p), .abi_version = RADCLOCK_ABI_VERSION,
		.counter_id = RADCLOCK_COUNTER_ID_MONOTONIC_RAW,
		.counter_flags = RADCLOCK_COUNTER_FLAG_USER,
		.disruption_marker = marker, .diff.counter = now,
	};

	rad_begin(&p, RADCLOCK_NSEC);
	rad_withdraw(&p, RADCLOCK_STATUS_UNSYNCHRONIZED);
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

int page_open(const char *path, u64 now, s64 slept_ns, u64 *marker)
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
		if (slept_ns - file->slept_ns > CLOCK_SLEEP_MIN_NS)
			page_disrupted(slept_ns);
	} else {
		first_page(now, file->page.params.disruption_marker + 1);
		file->slept_ns = slept_ns;
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
