/* SPDX-License-Identifier: GPL-2.0-only */
/* The parameters in force, and readings by them. */
#ifndef RADCLOCK_CLOCK_H
#define RADCLOCK_CLOCK_H

#include <linux/radclock.h>

#include "counter.h"
#include "reading.h"

#define RAD_SOURCE_LEN	32
#define RAD_REASON_LEN	128

/**
 * struct rad_estimate - what a synchronization daemon or the host says
 * @from: enum radclock_parameter_source
 *
 * The fields have the names and units of the netlink attributes. @period_diff
 * is 0 when it is that of the absolute clock, @leap_counter counts with
 * @leap_delta only.
 */
struct rad_estimate {
	u32 from;
	u32 counter_id;
	u64 disruption_marker;
	struct radclock_line line;	/* absolute */
	u64 period_diff;
	u8 period_shift;
	u8 status;
	s8 leap_delta;
	u8 flags;
	s32 tai_offset;
	u64 maxerror_ns;
	u64 esterror_ns;
	u64 maxerror_rate;
	u64 esterror_rate;
	u64 holdover_counter;
	u64 void_counter;
	u64 leap_counter;
	char source[RAD_SOURCE_LEN];
};

/**
 * struct rad_state - parameters and what stands beside them
 * @counter_now: value of the counter when the state was copied
 * @status: of the clock at @counter_now
 * @disruptions: how often estimates ceased to hold
 * @parameter_source: enum radclock_parameter_source: where estimates come from
 * @source: who provides them
 * @reason: of the latest disruption, or why there is no new estimate
 */
struct rad_state {
	struct radclock_params params;
	u64 counter_now;
	u8 status;
	u64 disruptions;
	u32 parameter_source;
	char source[RAD_SOURCE_LEN];
	char reason[RAD_REASON_LEN];
};

int rad_clock_init(struct rad_counter *counter);
void rad_clock_exit(void);

struct rad_counter *rad_clock_counter(void);
bool rad_clock_read(u32 clock, u64 *counter, struct rad_reading *r);
bool rad_clock_read_at(u32 clock, u64 counter, struct rad_reading *r);
void rad_clock_stamp(u64 *counter, u32 *id, u64 *marker);
u64 rad_clock_marker(void);
u64 rad_clock_diff_ns(void);
u64 rad_clock_diff_ns_at(u64 counter);
void rad_clock_state(struct rad_state *s);

int rad_estimate_check(const struct rad_estimate *e,
		       const struct radclock_params *p, u64 now,
		       const char **why);
int rad_clock_set_estimate(const struct rad_estimate *e, const char **why);
int rad_clock_select(struct rad_counter *c, const char *reason,
		     const char **why);
void rad_clock_disrupt(const char *reason);
void rad_clock_wake(const char *reason);
void rad_clock_set_source(u32 from, const char *reason);
int rad_clock_withdraw(u32 from, u64 marker);
void rad_clock_explain(u32 from, const char *reason);
void rad_clock_suspend(bool on);
void rad_clock_expire(void);
bool rad_clock_has_time(void);
bool rad_clock_hold_counter(bool hold);

struct page;
struct page *rad_clock_page(void);

const char *rad_status_name(u8 status);

/* netlink.c: tells subscribers; process context */
void rad_notify_update(void);

#endif /* RADCLOCK_CLOCK_H */
