/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock that the daemon keeps: where its counter values come from and
 * where its estimates go. With the module (clock_kernel.c) or without it
 * (clock_raw.c: CLOCK_MONOTONIC_RAW, page file, steering).
 */
#ifndef RADCLOCKD_CLOCK_H
#define RADCLOCKD_CLOCK_H

#include <time.h>

#include "config.h"
#include "reading.h"

/* counter values of different eras have nothing to do with each other */
struct clock_era {
	u32 counter_id;
	u64 marker;
};

struct clock_value {
	u64 counter;
	struct clock_era era;
};

static inline bool clock_same_era(const struct clock_era *a, const struct clock_era *b)
{
	return a->counter_id == b->counter_id && a->marker == b->marker;
}

/**
 * struct clock_ops - one kind of clock
 * @open: start; the clock may come later, or go and come back.
 *	Return: 0 or a negative errno value that is not going to heal
 * @close: leave what was published as it is
 * @read: the counter now; -ENODEV: there is no clock at present
 * @hz: nominal rate of the counter, 0 when not known
 * @stamps_port: packets to and from this server port are to be stamped; may be
 *	called again and again
 * @at_realtime: the counter at a time of CLOCK_REALTIME just past; false when
 *	nobody knows. NULL: packets are stamped in another way
 * @in_force: what the clock reads at a counter value of the present era, by an
 *	estimate of an earlier run; false when it promises nothing
 * @publish: a new estimate. Return: 0, -ESTALE: it is of a past era, or
 *	another error, which has been logged
 */
struct clock_ops {
	int (*open)(const struct config *c);
	void (*close)(void);
	int (*read)(struct clock_value *v);
	double (*hz)(void);
	void (*stamps_port)(unsigned int port);
	bool (*at_realtime)(const struct timespec *ts, struct clock_value *v);
	bool (*in_force)(u64 counter, struct rad_reading *r);
	int (*publish)(const struct rad_estimate *est, const struct clock_era *era,
		       const char *source);
	void (*reconfigure)(const struct config *c);
};

extern const struct clock_ops clock_kernel;
extern const struct clock_ops clock_raw;

/* told by the clocks: see whether the era is still the same (engine.c) */
void engine_check_era(void);

#endif
