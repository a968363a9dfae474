/* SPDX-License-Identifier: GPL-2.0-only */
/* Raw counters: what they are, and which one drives the clock. */
#ifndef RADCLOCK_COUNTER_H
#define RADCLOCK_COUNTER_H

#include <linux/radclock.h>
#include <linux/seqlock.h>

/* where a narrow counter was at a known time: enough to extend it */
struct rad_anchor {
	u64 value;
	u64 ns;
};

/**
 * struct rad_counter - a raw counter
 * @name: as users know it
 * @id: enum radclock_counter_id
 * @width: bits of the hardware
 * @flags: enum radclock_counter_flag
 * @hz: nominal rate; known after @probe
 * @probe: find the hardware; -ENODEV when there is none
 * @remove: undo @probe
 * @resume: after a sleep, interrupts off, before anybody reads it. May be NULL
 * @read: @width bits of raw value, from any context
 * @is_unstable: has the kernel given up on it? May be NULL
 * @watch: twice a second, may sleep. May be NULL
 * @error_ns: how far its values may be off a straight line, beyond what an
 *	oscillator does; any context. NULL: not at all
 * @origin: whose counter it is, as hosts and guests tell each other; NULL: our
 *	own, nobody else's
 * @available: @probe succeeded
 * @restarts: after a sleep its values have nothing to do with those of before
 * @seq: protects @anchor
 * @anchor: of a narrow counter, two copies
 * @ticks_per_ns: of a narrow counter, 32.32
 */
struct rad_counter {
	const char *name;
	u32 id;
	u32 width;
	u32 flags;
	u64 hz;
	int (*probe)(struct rad_counter *c);
	void (*remove)(struct rad_counter *c);
	void (*resume)(void);
	u64 (*read)(void);
	bool (*is_unstable)(void);
	void (*watch)(void);
	u64 (*error_ns)(void);
	const char *(*origin)(void);
	bool available;
	bool restarts;
	seqcount_latch_t seq;
	struct rad_anchor anchor[2];
	u64 ticks_per_ns;
};

extern struct rad_counter rad_counter_tsc;
extern struct rad_counter rad_counter_hpet;
extern struct rad_counter rad_counter_acpi_pm;
extern struct rad_counter rad_counter_clocksource;
extern struct rad_counter rad_counter_xen;
extern struct rad_counter rad_counter_kvm;

int rad_counters_probe(void);
void rad_counters_remove(void);
struct rad_counter *rad_counter_by_id(u32 id);
struct rad_counter *rad_counter_by_name(const char *name);
struct rad_counter *rad_counter_next(struct rad_counter *c);
struct rad_counter *rad_counter_best(void);
u32 rad_counter_flags(const struct rad_counter *c);
const char *rad_counter_origin(const struct rad_counter *c);

u64 rad_counter_read_narrow(const struct rad_counter *c);
void rad_counters_renew(void);
void rad_counters_resume(void);
void rad_counters_watch(void);

static inline u64 rad_counter_error_ns(const struct rad_counter *c)
{
	return c->error_ns ? c->error_ns() : 0;
}

static inline bool rad_counter_is_unstable(const struct rad_counter *c)
{
	return c->is_unstable && c->is_unstable();
}

/**
 * rad_counter_read() - the counter as 64 bits that never wrap
 *
 * Context: any, NMI included. No lock; no shared write, but for a hypervisor's
 * clock that differs between CPUs.
 */
static inline u64 rad_counter_read(const struct rad_counter *c)
{
	return c->width < 64 ? rad_counter_read_narrow(c) : c->read();
}

#endif /* RADCLOCK_COUNTER_H */
