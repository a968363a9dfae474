// SPDX-License-Identifier: GPL-2.0-only
/*
 * libradclock while a writer never rests: no reader sees half an update.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>

#include "oracle.h"
#include "page_make.h"

#define READERS		2
#define SECONDS		1

static struct radclock_page *page;
static struct radclock *rc;
static volatile bool stop;

struct tally {
	u64 reads;
	u64 torn;
	u64 busy;
	u64 other;
};

static void begin(void)
{
	__atomic_store_n(&page->vmclock.seq_count, page->vmclock.seq_count + 1,
			 __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

static void end(void)
{
	__atomic_store_n(&page->vmclock.seq_count, page->vmclock.seq_count + 1,
			 __ATOMIC_RELEASE);
}

/* some hundred ns, so that a reader comes in between at any place */
static void dawdle(void)
{
	static uint64_t seed = 1;
	volatile int n = (int)(rnd(&seed) & 255);

	while (n--)
		;
}

/* the same second @n everywhere: a mix shows */
static void publish(u64 counter, s64 n)
{
	struct radclock_params *p = &page->params;

	begin();
	p->generation = (u64)n;
	p->disruption_marker = (u64)n;
	p->absolute.counter = counter;
	p->absolute.sec = n;
	dawdle();
	p->mono.sec = n;
	p->mono_join_counter = counter + 3600 * RADCLOCK_NSEC;
	p->diff.sec = n;
	p->maxerror_ns = (u64)n * RADCLOCK_NSEC;
	end();
	dawdle();
}

static void *write_on(void *arg)
{
	u64 counter = page->params.absolute.counter;
	s64 n = 1;

	while (!stop) {
		/* far apart: a reading is less than a minute from its second */
		n = n % 100000 + 100;
		publish(counter, n);
	}
	return NULL;
}

static void check(struct tally *t, int err, bool good)
{
	t->reads++;
	if (err == -EAGAIN)
		t->busy++;
	else if (err)
		t->other++;
	else if (!good)
		t->torn++;
}

static void *read_on(void *arg)
{
	struct tally *t = arg;

	while (!stop) {
		struct radclock_params p;
		struct radclock_reading r;
		int err;

		err = radclock_read(rc, RADCLOCK_CLOCK_ABSOLUTE, &r);
		/* the lines start less than a minute ago */
		check(t, err, r.time.sec - (s64)r.disruption_marker < 60 &&
		      r.time.sec >= (s64)r.disruption_marker &&
		      r.maxerror_ns / RADCLOCK_NSEC == r.disruption_marker);
		err = radclock_read(rc, RADCLOCK_CLOCK_MONO, &r);
		check(t, err, r.time.sec - (s64)r.disruption_marker < 60 &&
		      r.time.sec >= (s64)r.disruption_marker);
		err = radclock_get_params(rc, &p);
		check(t, err, p.absolute.sec == (s64)p.generation &&
		      p.diff.sec == (s64)p.generation &&
		      p.mono.sec == (s64)p.generation);
	}
	return NULL;
}

int main(void)
{
	struct tally t[READERS] = { 0 }, sum = { 0 };
	pthread_t writer, reader[READERS];
	char path[64];
	int fd, i;

	ktap_plan(4);
	fd = page_file(path, sizeof(path));
	page = page_map(fd);
	page_fill(page, raw_now());
	publish(page->params.absolute.counter, 1);
	ktap_ok(!radclock_open(&rc, path, 0), "open");
	unlink(path);

	pthread_create(&writer, NULL, write_on, NULL);
	for (i = 0; i < READERS; i++)
		pthread_create(&reader[i], NULL, read_on, &t[i]);
	sleep(SECONDS);
	stop = true;
	pthread_join(writer, NULL);
	for (i = 0; i < READERS; i++) {
		pthread_join(reader[i], NULL);
		sum.reads += t[i].reads;
		sum.torn += t[i].torn;
		sum.busy += t[i].busy;
		sum.other += t[i].other;
	}
	ktap_say("%" PRIu64 " reads, %" PRIu64 " gave up", (uint64_t)sum.reads,
		 (uint64_t)sum.busy);
	ktap_ok(sum.reads > 1000, "many reads");
	ktap_okf(!sum.torn, "%" PRIu64 " mixed two updates", (uint64_t)sum.torn);
	ktap_ok(!sum.other, "none failed");
	radclock_close(rc);
	munmap(page, RADCLOCK_PAGE_SIZE);
	close(fd);
	return ktap_end();
}
