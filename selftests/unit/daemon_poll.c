// SPDX-License-Identifier: GPL-2.0-only
/*
 * Poll control: bursts, reachability, intervals.
 */
#include "../ktap.h"
#include "../../user/daemon/poll_control.c"

#define S	1000000000LL

static struct poll_control pc;

static void replies(int n, bool stable)
{
	while (n--)
		poll_replied(&pc, stable);
}

static int misses(int n)
{
	int lost = 0;

	while (n--)
		lost += poll_missed(&pc);
	return lost;
}

static void test_burst(void)
{
	poll_init(&pc, 4, 6, true);
	ktap_ok(poll_interval(&pc) == 2 * S, "iburst starts with requests 2 s apart");
	replies(POLL_BURST - 1, false);
	ktap_ok(poll_interval(&pc) == 2 * S, "until the last of the burst");
	replies(1, false);
	ktap_ok(poll_interval(&pc) == 16 * S, "then polls at minpoll");

	poll_init(&pc, 4, 6, false);
	ktap_ok(poll_interval(&pc) == 16 * S, "without iburst at once");
	poll_init(&pc, -3, 6, true);
	ktap_ok(poll_interval(&pc) == S / 8, "minpoll -3 needs no burst");

	poll_init(&pc, 4, 6, true);
	misses(1);
	replies(1, false);
	ktap_ok(pc.burst == POLL_BURST - 2, "a lost packet does not end the burst");
	misses(POLL_BURST);
	ktap_ok(!pc.burst && poll_interval(&pc) == 16 * S, "silence does");
}

static void test_interval(void)
{
	poll_init(&pc, 4, 6, false);
	replies(1, true);
	replies(POLL_RAISE_AFTER, true);
	ktap_ok(pc.poll == 5, "a stable clock is polled less");
	replies(10 * POLL_RAISE_AFTER, true);
	ktap_ok(pc.poll == 6, "down to maxpoll");
	replies(1, false);
	ktap_ok(pc.poll == 4, "an unstable one at minpoll");
	poll_init(&pc, -3, 10, false);
	replies(1000, true);
	ktap_ok(poll_interval(&pc) == 1024 * S, "1024 s at most");
	poll_set_limits(&pc, 2, 3, false);
	ktap_ok(pc.poll == 3, "new limits take effect");
	poll_restart(&pc);
	ktap_ok(pc.poll == 2, "a restart polls quickly");
}

static void test_reach(void)
{
	poll_init(&pc, 4, 6, true);
	ktap_ok(!misses(20), "a server that never answered does not get lost");
	ktap_ok(pc.poll == 6, "it is asked less and less");
	poll_replied(&pc, false);
	ktap_ok(pc.burst == POLL_BURST && pc.poll == 4, "its first reply starts a burst");
	replies(20, true);
	ktap_ok(pc.reach == 0xff, "reach is full after eight");
	ktap_ok(!misses(7) && pc.reach, "seven misses");
	ktap_ok(misses(1) == 1 && !pc.reach, "with the eighth it is lost");
	ktap_ok(!misses(1), "once");
}

static void test_rate(void)
{
	poll_init(&pc, 4, 6, true);
	poll_slow_down(&pc, 0);
	ktap_ok(!pc.burst && pc.poll == 5, "RATE ends the burst and doubles the interval");
	replies(1, false);
	ktap_ok(pc.poll == 5, "for good");
	poll_slow_down(&pc, 8);
	ktap_ok(pc.poll == 8, "the server's own wish counts, beyond maxpoll");
	poll_slow_down(&pc, 127);
	ktap_ok(pc.poll == POLL_MAX, "within reason");
	poll_slow_down(&pc, -128);
	ktap_ok(pc.poll == POLL_MAX, "either way");
	poll_restart(&pc);
	ktap_ok(!pc.burst && pc.poll == POLL_MAX, "a restart heeds it");
	poll_init(&pc, -3, 0, true);
	poll_slow_down(&pc, -3);
	ktap_ok(pc.poll == 2, "it slows down a burst at least to 4 s");
}

int main(void)
{
	ktap_plan(7 + 6 + 7 + 7);
	test_burst();
	test_interval();
	test_reach();
	test_rate();
	return ktap_end();
}
