// SPDX-License-Identifier: GPL-2.0-only
/*
 * gens SECONDS: a line for each generation of parameters, as soon as it is told:
 *
 *	GENERATION COUNTER SENT {COUNTER SECONDS FRACTION} x 3
 *
 * GENERATION is the host's, in dom0 as in a guest; COUNTER the time that it was
 * noticed; SENT (guests) when the host wrote it, else 0; then the absolute clock
 * at counter values that any two domains of a machine choose alike (multiples of
 * 10 s of Xen time), the fraction in hex, 2^-64 s.
 */
#include <poll.h>

#include "radtest.h"

#define GRID 10000000000ULL

/* 0: there is no such number */
static uint64_t sysfs_number(const char *name)
{
	char buf[64];

	return rt_sys_read(name, buf, sizeof(buf)) ? 0 : strtoull(buf, NULL, 10);
}

static bool guest;

static uint64_t generation(struct radclock *rc)
{
	struct radclock_params p;

	if (guest)
		return sysfs_number("host_generation");
	return radclock_get_params(rc, &p) ? 0 : p.generation;
}

static void look(struct radclock *rc, uint64_t counter)
{
	struct radclock_reading r[3];
	uint64_t gen, age, sent = 0;
	int i, tries;

	for (tries = 0; tries < 10; tries++) {
		gen = generation(rc);
		for (i = 0; i < 3; i++)
			if (radclock_read_at(rc, RADCLOCK_CLOCK_ABSOLUTE,
					     (counter / GRID + i) * GRID, &r[i]))
				return;
		if (guest) {
			uint64_t now;

			age = sysfs_number("host_age_ns");
			if (!radclock_counter(rc, &now))
				sent = now - age;
		}
		if (gen && gen == generation(rc))
			break;
	}
	if (tries == 10)
		return;
	printf("%llu %llu %llu", (unsigned long long)gen, (unsigned long long)counter,
	       (unsigned long long)sent);
	for (i = 0; i < 3; i++)
		printf(" %llu %lld %016llx", (unsigned long long)(counter / GRID + i) * GRID,
		       (long long)r[i].time.sec, (unsigned long long)r[i].time.frac);
	printf("\n");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int64_t end = rt_gettime(CLOCK_MONOTONIC) + (argc > 1 ? atoi(argv[1]) : 10) * 1000000000LL;
	struct radclock_updates *up;
	struct radclock_info info;
	struct radclock *rc = rt_open();
	char source[64];

	guest = !rt_sys_read("source", source, sizeof(source)) && !strncmp(source, "xenstore", 8);
	if (radclock_updates_open(rc, &up))
		ktap_die("cannot subscribe");
	while (rt_gettime(CLOCK_MONOTONIC) < end) {
		struct pollfd p = { radclock_updates_fd(up), POLLIN, 0 };
		uint64_t counter;
		bool any = false;

		if (poll(&p, 1, 200) < 1)
			continue;
		if (radclock_counter(rc, &counter))
			continue;
		while (radclock_updates_next(up, &info) == 1)
			any = true;
		if (any)
			look(rc, counter);
	}
	radclock_updates_close(up);
	radclock_close(rc);
	return 0;
}
