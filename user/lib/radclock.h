/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libradclock: read the radclock, and drive it.
 *
 * Every function returns 0 (or a count) on success and a negative errno value
 * on failure; errno itself is left alone. radclock_strerror() tells people
 * what a value means here and what to do about it.
 *
 * Reading is thread-safe and lock-free: any number of threads may share one
 * handle. The calls that talk to the module by netlink may be made from any
 * thread too, they take turns.
 *
 * An answer that would not be trustworthy is refused with -ENODATA: there is
 * no estimate yet, it has run out, or the counter changed under it.
 */
#ifndef RADCLOCK_H
#define RADCLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <linux/radclock.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

#define RADCLOCK_DEVICE		"/dev/radclock"
#define RADCLOCK_PAGE_FILE	"/run/radclock/page"
#define RADCLOCK_DAEMON_SOCKET	"/run/radclock/radclockd.sock"

#define RADCLOCK_NAME_LEN	32	/* of names, with the closing 0 */
#define RADCLOCK_UNBOUNDED	UINT64_MAX	/* an error nobody knows */

struct radclock;

/* ------------------------------------------------------------------ handle */

#define RADCLOCK_OPEN_SYSCALL	(1 << 0)	/* never by the page */

/**
 * radclock_open() - open the clock
 * @rcp: where the handle goes
 * @path: a radclock device, or the page file of a daemon that runs without
 *	the module; NULL: RADCLOCK_DEVICE and, without the module,
 *	RADCLOCK_PAGE_FILE
 * @flags: RADCLOCK_OPEN_*
 *
 * In a page file the counter is CLOCK_MONOTONIC_RAW in ns
 * (RADCLOCK_COUNTER_ID_MONOTONIC_RAW); calls that need the module then return
 * -EOPNOTSUPP. A writer keeps the file and changes it in place: a reader has
 * it mapped. A file that has been unlinked reads as -ENODEV once its estimate
 * has run out.
 *
 * Return: 0; -ENOENT: neither module nor page; -EAGAIN: the page is just being
 * made; -EPROTO: not a radclock page;
 * -EPROTONOSUPPORT: a page of another version; other errors of open(2).
 */
int radclock_open(struct radclock **rcp, const char *path, unsigned int flags);
void radclock_close(struct radclock *rc);

/* does the handle stand on the module (1), or on a page file (0) */
int radclock_has_module(const struct radclock *rc);

/* the file descriptor of the device (or of the page file), for ioctl or poll */
int radclock_fd(const struct radclock *rc);

/* a clockid for clock_gettime(); valid until radclock_close() */
int radclock_clockid(const struct radclock *rc, enum radclock_clock clock, int *id);

const char *radclock_strerror(int err);
const char *radclock_version(void);

/* ------------------------------------------------------------------- names */

/* the names of sysfs, configuration and JSON; NULL or -EINVAL when unknown */
const char *radclock_status_name(uint32_t status);
const char *radclock_clock_name(uint32_t clock);
int radclock_clock_from_name(const char *name);
const char *radclock_counter_name(uint32_t counter_id);
int radclock_counter_from_name(const char *name);

/* ----------------------------------------------------------------- reading */

/**
 * struct radclock_time - seconds in 64.64 fixed point
 * @sec: whole seconds, rounded down (-0.25 s is -1 and 3/4)
 * @frac: the rest, 2^-64 s
 */
struct radclock_time {
	int64_t sec;
	uint64_t frac;
};

/**
 * struct radclock_reading - a clock at one counter value
 * @counter: that value
 * @disruption_marker: the era it belongs to: values and readings of another
 *	marker cannot be compared with it
 * @time: since 1970 UTC (absolute, mono), or since some start (diff)
 * @maxerror_ns: the true time is within this of @time; RADCLOCK_UNBOUNDED
 *	when nothing is known
 * @esterror_ns: one sigma
 * @status: enum radclock_status at @counter
 * @counter_id: enum radclock_counter_id
 */
struct radclock_reading {
	uint64_t counter;
	uint64_t disruption_marker;
	struct radclock_time time;
	uint64_t maxerror_ns;
	uint64_t esterror_ns;
	uint32_t status;
	uint32_t counter_id;
};

/**
 * radclock_gettime() - what time is it
 *
 * Like clock_gettime(), at the price of the vDSO. Without a page, or when the
 * counter cannot be read from user space, a system call.
 */
int radclock_gettime(struct radclock *rc, enum radclock_clock clock,
		     struct timespec *ts);

/**
 * radclock_read() - read a clock, with all that is known about it
 *
 * With -ENODATA @r->counter, @r->status and @r->counter_id are good, @r->time
 * is not. The difference clock can always be read; its @r->maxerror_ns is that
 * of the absolute clock: ask radclock_difference() for the error of a span.
 */
int radclock_read(struct radclock *rc, enum radclock_clock clock,
		  struct radclock_reading *r);

/* the same at a counter value, past or present */
int radclock_read_at(struct radclock *rc, enum radclock_clock clock,
		     uint64_t counter, struct radclock_reading *r);

/* the counter that drives the clock */
int radclock_counter(struct radclock *rc, uint64_t *counter);

/**
 * struct radclock_duration - the time between two counter values
 * @time: length; negative when the second value is the earlier one
 * @maxerror_ns: its bound, RADCLOCK_UNBOUNDED when nothing is known
 * @disruption_marker: the era of the parameters used
 * @status: enum radclock_status at the later value
 */
struct radclock_duration {
	struct radclock_time time;
	uint64_t maxerror_ns;
	uint64_t disruption_marker;
	uint32_t status;
	uint32_t reserved;
};

/**
 * radclock_difference() - from @from to @to by the difference clock
 *
 * The caller makes sure that both values are of the present counter: the
 * disruption marker has not changed since they were taken. Always an answer;
 * before the first estimate by the nominal rate, with an unknown bound.
 */
int radclock_difference(struct radclock *rc, uint64_t from, uint64_t to,
			struct radclock_duration *d);

/**
 * struct radclock_interval - true time (UTC) lies in here
 */
struct radclock_interval {
	struct timespec earliest;
	struct timespec latest;
	uint32_t status;
	uint32_t reserved;
};

/* with -ENODATA @iv->status says why, the rest is zero */
int radclock_now(struct radclock *rc, struct radclock_interval *iv);
int radclock_interval_at(struct radclock *rc, uint64_t counter,
			 struct radclock_interval *iv);

/* has @ts surely passed: 1 or 0 */
int radclock_after(struct radclock *rc, const struct timespec *ts);
/* has @ts surely not yet come: 1 or 0 */
int radclock_before(struct radclock *rc, const struct timespec *ts);

/**
 * struct radclock_cross - radclock and the kernel's clocks at one counter value
 * @reading: radclock
 * @realtime_ns: CLOCK_REALTIME
 * @raw_ns: CLOCK_MONOTONIC_RAW
 * @uncertainty: ticks between @reading.counter and the counter value that the
 *	other two belong to; 0 when all are of one
 */
struct radclock_cross {
	struct radclock_reading reading;
	int64_t realtime_ns;
	int64_t raw_ns;
	uint64_t uncertainty;
};

/* needs the module; with -ENODATA all but the time in @x->reading is good */
int radclock_read_cross(struct radclock *rc, enum radclock_clock clock,
			struct radclock_cross *x);

/* counter value used by this thread's latest clock_gettime() on the device */
int radclock_last_counter(struct radclock *rc, enum radclock_clock clock,
			  uint64_t *counter);

/* a consistent copy of every parameter */
int radclock_get_params(struct radclock *rc, struct radclock_params *params);

/* rounded down, so that a later reading never gives an earlier timespec */
static inline struct timespec radclock_timespec(struct radclock_time t)
{
	struct timespec ts;

	/* (2^64 frac * 1e9) >> 64 in two halves: no 128-bit type needed */
	ts.tv_sec = (time_t)t.sec;
	ts.tv_nsec = (long)(((t.frac >> 32) * 1000000000ULL +
			     (((t.frac & 0xffffffffULL) * 1000000000ULL) >> 32)) >> 32);
	return ts;
}

/* --------------------------------------------------- the module's counters */

/**
 * struct radclock_counter_info - one counter of this machine
 * @id: enum radclock_counter_id
 * @flags: enum radclock_counter_flag
 * @width: bits of the hardware
 * @selected: it drives the clock
 * @hz: nominal rate
 * @counter: its present value
 */
struct radclock_counter_info {
	uint32_t id;
	uint32_t flags;
	uint32_t width;
	uint32_t selected;
	uint64_t hz;
	uint64_t counter;
	char name[RADCLOCK_NAME_LEN];
};

/* return: how many there are, which may be more than @max */
int radclock_list_counters(struct radclock *rc,
			   struct radclock_counter_info *list, size_t max);

/**
 * radclock_select_counter() - let another counter drive the clock
 * @name: its name
 * @why: why not, in the kernel's words (empty if it gave none); may be NULL
 *
 * Needs CAP_SYS_TIME. Disrupts the clock.
 */
int radclock_select_counter(struct radclock *rc, const char *name,
			    char *why, size_t why_len);

struct radclock_counter_reading {
	uint32_t counter_id;
	uint32_t reserved;
	uint64_t counter;
};

/**
 * radclock_read_counters() - read counters back to back in the kernel
 * @rounds: how often, 1 .. 64
 * @counter_id: only this one; RADCLOCK_COUNTER_ID_NONE: all, in turn
 *
 * Return: number of readings, in the order they were taken; it may be more
 * than @max, which are stored.
 */
int radclock_read_counters(struct radclock *rc, unsigned int rounds,
			   uint32_t counter_id,
			   struct radclock_counter_reading *list, size_t max);

/**
 * radclock_bracket_counters() - the same, each between two readings of another
 * @bracket_id: the counter that is read right before and right after each;
 *	-ENODEV when this machine has none such
 *
 * Three readings where radclock_read_counters() has one.
 */
int radclock_bracket_counters(struct radclock *rc, unsigned int rounds,
			      uint32_t counter_id, uint32_t bracket_id,
			      struct radclock_counter_reading *list, size_t max);

/**
 * radclock_read_counter() - one counter of this machine, selected or not
 * @c: as radclock_list_counters() gave it
 *
 * By an instruction where user space can read it, else by the device.
 */
int radclock_read_counter(struct radclock *rc,
			  const struct radclock_counter_info *c,
			  uint64_t *counter);

/* ---------------------------------------------------- state and estimates */

/**
 * struct radclock_info - the state of the clock
 *
 * Without the module what the page knows; the strings may be empty.
 * Fields: see get-info in docs/netlink/radclock.yaml.
 */
struct radclock_info {
	char module_version[RADCLOCK_NAME_LEN];
	char counter_name[RADCLOCK_NAME_LEN];
	char source[RADCLOCK_NAME_LEN];
	char reason[128];
	uint32_t abi_version;
	uint32_t counter_id;
	uint32_t counter_flags;
	uint32_t status;
	uint64_t counter_hz;
	uint64_t counter;
	uint64_t generation;
	uint64_t updates;
	uint64_t disruption_marker;
	uint64_t disruptions;
};

int radclock_get_info(struct radclock *rc, struct radclock_info *info);

/**
 * struct radclock_host - where the module takes estimates from
 * @parameter_source: enum radclock_parameter_source
 * @id: of the present start of the host whose parameters are in force; empty
 *	when there are none
 * @generation: of the host's parameters
 * @counter: counter value when the host wrote them
 * @disruption_marker: of the same moment as @counter_now
 * @counter_now: the counter
 */
struct radclock_host {
	uint32_t parameter_source;
	uint32_t reserved;
	char id[40];
	uint64_t generation;
	uint64_t counter;
	uint64_t disruption_marker;
	uint64_t counter_now;
};

/* -ENODEV: without the module */
int radclock_get_host(struct radclock *rc, struct radclock_host *host);

/**
 * radclock_select_source() - take estimates from there only
 * @source: enum radclock_parameter_source
 * @why: why not, in the kernel's words (empty if it gave none); may be NULL
 *
 * Needs CAP_SYS_TIME. Another source than before disrupts the clock.
 */
int radclock_select_source(struct radclock *rc, uint32_t source,
			   char *why, size_t why_len);

/**
 * struct radclock_estimate - the clock as a straight line over the counter
 * @counter_id: the counter this is about (enum radclock_counter_id)
 * @status: enum radclock_status
 * @disruption_marker: under which it was made; refused (-ESTALE) under another
 * @counter: the counter value that the line is anchored to
 * @time: UTC there
 * @period: absolute clock's s per tick, 2^-(64 + period_shift) s
 * @period_diff: difference clock's, same unit; 0: the same as @period
 * @maxerror_ns: bound at @counter
 * @esterror_ns: one sigma at @counter
 * @maxerror_rate: growth of the bound, 2^-(64 + period_shift) s per tick
 * @esterror_rate: growth of the one-sigma error, same unit
 * @holdover_counter: from here on it is in holdover; @void_counter: never
 * @void_counter: from here on nothing is promised
 * @leap_counter: where the leap takes place
 * @leap_delta: 1 a second is inserted there, -1 one is deleted, 0 no leap
 * @tai_offset: TAI - UTC in s; known with RADCLOCK_PARAMS_FLAG_TAI_VALID
 * @params_flags: enum radclock_params_flag; TAI_VALID and SMEARED are for the
 *	caller to say, ABS_VALID for the kernel
 * @period_shift: 0 .. 63, scales every period and rate here
 * @source: who made it, for people; may be empty
 * @generation: by the kernel
 * @updates: by the kernel
 */
struct radclock_estimate {
	uint32_t counter_id;
	uint32_t status;
	uint64_t disruption_marker;
	uint64_t counter;
	struct radclock_time time;
	uint64_t period;
	uint64_t period_diff;
	uint64_t maxerror_ns;
	uint64_t esterror_ns;
	uint64_t maxerror_rate;
	uint64_t esterror_rate;
	uint64_t holdover_counter;
	uint64_t void_counter;
	uint64_t leap_counter;
	int32_t leap_delta;
	int32_t tai_offset;
	uint32_t params_flags;
	uint8_t period_shift;
	uint8_t reserved[3];
	char source[RADCLOCK_NAME_LEN];
	uint64_t generation;
	uint64_t updates;
};

/* -ENODATA: there is none */
int radclock_get_estimate(struct radclock *rc, struct radclock_estimate *e);

/**
 * radclock_set_estimate() - give the module a new estimate
 * @why: why not, in the kernel's words (empty if it gave none); may be NULL
 *
 * Needs CAP_SYS_TIME. A refused estimate changes nothing.
 */
int radclock_set_estimate(struct radclock *rc,
			  const struct radclock_estimate *e,
			  char *why, size_t why_len);

/* ----------------------------------------------------------- subscriptions */

/*
 * Each is a socket of its own, in the network namespace of the opening thread:
 * wait for its descriptor (POLLIN) in a loop of your own, then take what has
 * come until there is no more. The *_next functions never wait: they return 1
 * with an item, 0 when there is none, -ENOBUFS when items were lost because
 * they were not taken in time (the subscription goes on).
 */

struct radclock_updates;

/* the parameters changed: new estimate, disruption, status */
int radclock_updates_open(struct radclock *rc, struct radclock_updates **up);
void radclock_updates_close(struct radclock_updates *up);
int radclock_updates_fd(const struct radclock_updates *up);
int radclock_updates_next(struct radclock_updates *up,
			  struct radclock_info *info);
/* call @cb with each that has come; return: how many, or an error */
int radclock_updates_dispatch(struct radclock_updates *up,
			      void (*cb)(const struct radclock_info *info,
					 void *arg),
			      void *arg);

struct radclock_stamps;

/**
 * struct radclock_stamp - an NTP packet came or went at this counter value
 * @direction: enum radclock_direction
 * @counter_id: enum radclock_counter_id
 * @disruption_marker: era of @counter
 * @counter: counter value as near to the driver as can be
 * @lost: stamps lost before this one, by the module
 * @ifindex: interface
 * @family: AF_INET or AF_INET6
 * @src: source address, 4 or 16 bytes in network order
 * @dst: destination address
 * @src_port: source port, host order
 * @dst_port: destination port, host order
 * @ntp: the packet up to and with its transmit timestamp
 */
struct radclock_stamp {
	uint32_t direction;
	uint32_t counter_id;
	uint64_t disruption_marker;
	uint64_t counter;
	uint64_t lost;
	uint32_t ifindex;
	int32_t family;
	uint8_t src[16];
	uint8_t dst[16];
	uint16_t src_port;
	uint16_t dst_port;
	uint8_t ntp[48];
	uint8_t reserved[4];
};

/**
 * radclock_stamps_open() - have NTP packets stamped in the kernel
 * @port: server port whose packets are stamped; 0: 123
 *
 * Needs CAP_NET_ADMIN in the network namespace of the calling thread.
 */
int radclock_stamps_open(struct radclock *rc, uint16_t port,
			 struct radclock_stamps **st, char *why, size_t why_len);
void radclock_stamps_close(struct radclock_stamps *st);
int radclock_stamps_fd(const struct radclock_stamps *st);
int radclock_stamps_next(struct radclock_stamps *st,
			 struct radclock_stamp *stamp);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* RADCLOCK_H */
