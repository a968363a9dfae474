// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab: timeout=150 cmdline=no_console_suspend
 *
 * The machine sleeps: the clock is void when it goes to sleep and when it wakes,
 * takes no estimate in between, and narrow counters go on upwards. First the
 * kernel's rehearsals (pm_test), then S3, from which the real-time clock wakes.
 *
 * Meanwhile somebody offers an estimate all the time, and somebody reads.
 */
#include <limits.h>

#include "kern.h"

#define POWER "/sys/power/"
#define MAX_COUNTERS 16

static struct radclock *rc;
static int stop;
static double tsc_hz;

#define OFFERERS 3

/*
 * What became of the offers: accepted before, refused for sleep, accepted under
 * another marker. One that is offered again after such an end is not between.
 */
static uint64_t first_marker;
static int accepted_before, busy, accepted_after, others, valid_while_busy;
static int asleep, accepted_asleep, busy_least = INT_MAX;

/* of the narrow counter in use */
static uint64_t reads, backward;

static void *offer(void *arg)
{
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		int err, before = __atomic_load_n(&asleep, __ATOMIC_SEQ_CST);
		struct radclock_estimate e;
		struct radclock_reading r;

		rt_estimate(rc, &e);
		err = radclock_set_estimate(rc, &e, NULL, 0);
		if (err == -EBUSY) {
			/* from the first refusal to the end of the sleep */
			__atomic_store_n(&asleep, 1, __ATOMIC_SEQ_CST);
			__atomic_fetch_add(&busy, 1, __ATOMIC_RELAXED);
			if (!radclock_read(rc, RADCLOCK_CLOCK_ABSOLUTE, &r))
				__atomic_fetch_add(&valid_while_busy, 1, __ATOMIC_RELAXED);
		} else if (err && err != -ESTALE) {
			others++;
		} else if (!err && e.disruption_marker == first_marker) {
			accepted_before++;
			accepted_asleep += before;
		} else if (!err) {
			accepted_after++;
		}
	}
	return NULL;
}

static void *reader(void *arg)
{
	struct radclock *mine = rt_open();
	uint64_t last = 0, now;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		if (radclock_counter(mine, &now))
			continue;
		backward += now < last;
		last = now;
		reads++;
	}
	radclock_close(mine);
	return NULL;
}

/* the difference clock, and how far it is ahead of the kernel's */
static double difference(double *ahead)
{
	struct timespec diff, mono;

	clock_gettime(CLOCK_MONOTONIC, &mono);
	if (radclock_gettime(rc, RADCLOCK_CLOCK_DIFF, &diff))
		ktap_die("no difference clock");
	*ahead = diff.tv_sec - mono.tv_sec + (diff.tv_nsec - mono.tv_nsec) * 1e-9;
	return diff.tv_sec + diff.tv_nsec * 1e-9;
}

static int go_to_sleep(const char *mode)
{
	int err;

	if (!strcmp(mode, "S3")) {
		if (sh("rtcwake -m no -s 4 > /dev/null"))
			return -ENODEV;
		return spit(POWER "state", "mem");
	}
	err = spit(POWER "pm_test", mode);
	if (!err)
		err = spit(POWER "state", "mem");
	spit(POWER "pm_test", "none");
	return err;
}

static void check(const char *mode, const char *counter)
{
	struct radclock_counter_info before[MAX_COUNTERS], after[MAX_COUNTERS];
	pthread_t offers[OFFERERS], reads_it;
	struct radclock_info a, b;
	int err, n, i, back = 0;
	double slept, diff, ahead, later, ahead_later;
	uint64_t tsc;

	if (radclock_select_counter(rc, counter, NULL, 0))
		ktap_die("cannot select %s", counter);
	rt_sync(rc);
	stop = accepted_before = busy = accepted_after = others = 0;
	valid_while_busy = asleep = accepted_asleep = 0;
	reads = backward = 0;
	radclock_get_info(rc, &a);
	first_marker = a.disruption_marker;
	for (i = 0; i < OFFERERS; i++)
		pthread_create(&offers[i], NULL, offer, NULL);
	pthread_create(&reads_it, NULL, reader, NULL);
	sleep_us(200000);
	n = radclock_list_counters(rc, before, MAX_COUNTERS);
	diff = difference(&ahead);
	tsc = rdtsc();
	err = go_to_sleep(mode);
	slept = (double)(rdtsc() - tsc) / tsc_hz;
	later = difference(&ahead_later);
	radclock_list_counters(rc, after, MAX_COUNTERS);
	sleep_us(500000);
	radclock_get_info(rc, &b);
	stop = 1;
	for (i = 0; i < OFFERERS; i++)
		pthread_join(offers[i], NULL);
	busy_least = busy < busy_least ? busy : busy_least;
	pthread_join(reads_it, NULL);

	for (i = 0; i < n; i++) {
		int64_t d = after[i].counter - before[i].counter;

		ktap_say("%s: counter %-11s %+.3f s%s", mode, after[i].name,
			 (double)d / after[i].hz,
			 after[i].flags & RADCLOCK_COUNTER_FLAG_NARROW ? ", narrow" : "");
		if (after[i].flags & RADCLOCK_COUNTER_FLAG_NARROW)
			back += d <= 0;
	}
	ktap_say("%s: estimates: %d taken, then %d refused (EBUSY), then %d taken",
		 mode, accepted_before, busy, accepted_after);
	/* a rehearsal ends at once when something wakes the machine meanwhile */
	ktap_okf(!err && slept > 0.01, "%s, counter %s: the machine slept (%.1f s%s%s)",
		 mode, counter, slept, err ? ", " : "", err ? strerror(-err) : "");
	ktap_okf(b.disruptions >= a.disruptions + 2 &&
		 b.disruption_marker != a.disruption_marker,
		 "%s, counter %s: %llu disruptions, another marker", mode, counter,
		 (unsigned long long)(b.disruptions - a.disruptions));
	/* a valid one right after EBUSY: the machine woke in between */
	ktap_okf(accepted_before && !accepted_asleep && !others &&
		 (!valid_while_busy || accepted_after),
		 "%s, counter %s: no time and no estimate taken until it is awake",
		 mode, counter);
	ktap_okf(accepted_after && b.status == RADCLOCK_STATUS_SYNCHRONIZED,
		 "%s, counter %s: then a new estimate is", mode, counter);
	ktap_okf(!back && !backward && reads,
		 "%s, counter %s: narrow counters go on upwards (%llu reads)",
		 mode, counter, (unsigned long long)reads);
	/* how long a narrow counter slept it cannot know: both leave that out */
	ktap_okf(later > diff && (!strcmp(counter, "tsc") || fabs(ahead_later - ahead) < 0.2),
		 "%s, counter %s: the difference clock goes on from where it was (%+.3f s)",
		 mode, counter, ahead_later - ahead);
}

/*
 * virtio-9p cannot suspend: what it has under way would hang for ever. The
 * folder that the guest shares with its host is put aside meanwhile.
 */
static void leave_share(void)
{
	if (sh("for p in $(pgrep -f '^cat /dev/kmsg'); do kill $p; done; sleep 0.2; umount /share && "
	       "cd /sys/bus/virtio/drivers/9pnet_virtio && "
	       "for d in virtio*; do echo $d > unbind && echo $d >> $RUN/9p; done"))
		ktap_die("cannot put /share aside");
}

static void return_share(void)
{
	if (sh("for d in $(cat $RUN/9p); do echo $d > /sys/bus/virtio/drivers/9pnet_virtio/bind; done; "
	       "mount -t 9p -o trans=virtio,version=9p2000.L,msize=131072,cache=none lab /share && "
	       "(cat /dev/kmsg > /share/kmsg 2> /dev/null &)"))
		ktap_say("cannot mount /share again");
}

int main(void)
{
	char buf[64];

	ktap_plan(6 * 4 + 2);
	if (access(POWER "pm_test", W_OK) || !file_has_word(POWER "state", "mem"))
		ktap_skip_all("this kernel has no suspend to rehearse");
	sh("kmsg_mark suspend-log");
	rt_load("hpet_32bit=1");
	rc = rt_open();
	tsc_hz = rt_ticks(rc, 1.0);
	/* the kernel waits 5 s before it wakes from a rehearsal */
	spit("/sys/module/suspend/parameters/pm_test_delay", "1");
	/*
	 * The edges of a sleep are short; nobody would meet them. An estimate by a
	 * narrow counter takes 100 ms to make.
	 */
	if (sh("insmod /lab/mod/rad_test.ko slow_sleep=400"))
		ktap_die("cannot make sleeps slow");
	leave_share();
	check("devices", "acpi_pm");
	check("core", "hpet");
	check("core", "tsc");
	slurp(POWER "mem_sleep", buf, sizeof(buf));
	if (strstr(buf, "deep") && !access("/dev/rtc0", R_OK) &&
	    !spit(POWER "mem_sleep", "deep")) {
		check("S3", "acpi_pm");
	} else {
		int i;

		for (i = 0; i < 6; i++)
			ktap_skip("S3", "not on this machine");
	}
	return_share();
	sh("rmmod rad_test");
	radclock_close(rc);
	ktap_okf(busy_least > 0, "estimates are refused (EBUSY) at the edges of each sleep (at least %d)",
		 busy_least);
	ktap_okf(!sh("! kmsg_bad suspend-log | grep ."), "nothing in the kernel log");
	return ktap_end();
}
