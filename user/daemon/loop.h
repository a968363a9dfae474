/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The event loop: one thread, waits only in poll(2), knows time only from
 * CLOCK_MONOTONIC. No descriptor of its own is in the set, so that it runs
 * under simulators which take an unknown descriptor for a ready one.
 */
#ifndef RADCLOCKD_LOOP_H
#define RADCLOCKD_LOOP_H

#include <poll.h>
#include <stddef.h>

#include "fixed.h"

#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define NSEC_PER_SEC	1000000000LL
#define NSEC_PER_MSEC	1000000LL

/* a descriptor to wait for; the owner keeps the memory and closes it */
struct loop_fd {
	int fd;
	short events;
	void (*ready)(struct loop_fd *f, short revents);
};

struct loop_timer {
	s64 due;
	bool armed;
	void (*expired)(struct loop_timer *t);
	struct loop_timer *next;
};

enum loop_signal { LOOP_SIGNAL_STOP = 1, LOOP_SIGNAL_RELOAD = 2 };

/* CLOCK_MONOTONIC, ns */
s64 loop_now(void);

/* return: 0 or -ENOSPC */
int loop_add(struct loop_fd *f);
void loop_remove(struct loop_fd *f);

/* may be called on an armed timer, which it moves */
void loop_timer_set(struct loop_timer *t, s64 due);
void loop_timer_after(struct loop_timer *t, s64 ns);
void loop_timer_stop(struct loop_timer *t);

void loop_catch_signals(void);
/* runs until @signalled says 0; it is called with LOOP_SIGNAL_* that came */
void loop_run(bool (*signalled)(unsigned int signals));
/* as if a signal had come to stop */
void loop_stop(void);

#endif
