/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * radclock: the parameter page and the ioctls of /dev/radclock*.
 *
 * The netlink interface is in radclock_netlink.h, made from
 * docs/netlink/radclock.yaml.
 */
#ifndef _UAPI_LINUX_RADCLOCK_H
#define _UAPI_LINUX_RADCLOCK_H

#include <linux/ioctl.h>
#include <linux/types.h>
#include <linux/radclock_netlink.h>

#define RADCLOCK_ABI_VERSION	1

/**
 * struct radclock_line - a clock as a straight line over the counter
 * @counter: the counter value that the line is anchored to
 * @sec: seconds at @counter; whole part, rounded down
 * @frac: the rest, in 2^-64 s
 * @period: seconds per tick, in 2^-(64 + period_shift) s
 */
struct radclock_line {
	__u64 counter;
	__s64 sec;
	__u64 frac;
	__u64 period;
};

/**
 * struct radclock_params - everything a reader needs to turn a counter value
 * into time
 * @size: bytes of this structure that the writer knows; later versions append
 * @abi_version: RADCLOCK_ABI_VERSION
 * @counter_id: enum radclock_counter_id; a value of another counter means
 *	nothing here
 * @counter_flags: enum radclock_counter_flag
 * @counter_hz: nominal rate of the counter
 * @generation: grows by one with every change of this structure
 * @updates: estimates accepted since load
 * @disruption_marker: changes whenever earlier estimates ceased to hold
 * @status: enum radclock_status at publication. A reader takes
 *	@holdover_counter and @void_counter into account
 * @period_shift: scales every period and rate here
 * @leap_delta: seconds that UTC is set back by at @leap_counter: 1 (inserted
 *	second), -1 (deleted), 0 (none announced)
 * @flags: enum radclock_params_flag
 * @tai_offset: TAI - UTC in s, valid with RADCLOCK_PARAMS_FLAG_TAI_VALID
 * @holdover_counter: from this value on a synchronized clock is in holdover
 * @void_counter: from this value on it is unsynchronized
 * @leap_counter: counter value of the leap
 * @maxerror_ns: bound of the absolute clock at @absolute.counter
 * @esterror_ns: one sigma of the same
 * @maxerror_rate: growth of the bound, 2^-(64 + period_shift) s per tick
 * @esterror_rate: growth of the one-sigma error, same unit
 * @absolute: the absolute clock (UTC)
 * @diff_prev: the difference clock for counter < @diff.counter
 * @diff: the difference clock (seconds since an arbitrary start)
 * @mono_prev: the monotonic clock for counter < @mono.counter
 * @mono: the monotonic clock from @mono.counter to @mono_join_counter
 * @mono_join_counter: from here on it is the absolute clock without leap
 *
 * Native byte order (radclock builds for little-endian machines only).
 */
struct radclock_params {
	__u32 size;
	__u32 abi_version;
	__u32 counter_id;
	__u32 counter_flags;
	__u64 counter_hz;
	__u64 generation;
	__u64 updates;
	__u64 disruption_marker;
	__u8 status;
	__u8 period_shift;
	__s8 leap_delta;
	__u8 flags;
	__s32 tai_offset;
	__u64 holdover_counter;
	__u64 void_counter;
	__u64 leap_counter;
	__u64 maxerror_ns;
	__u64 esterror_ns;
	__u64 maxerror_rate;
	__u64 esterror_rate;
	struct radclock_line absolute;
	struct radclock_line diff_prev;
	struct radclock_line diff;
	struct radclock_line mono_prev;
	struct radclock_line mono;
	__u64 mono_join_counter;
};

/**
 * struct radclock_vmclock - the head of the page
 *
 * Field by field the vmclock ABI, version 1, of Linux
 * include/uapi/linux/vmclock-abi.h, which names the values. Only what
 * radclock itself writes is named here.
 */
struct radclock_vmclock {
	__u32 magic;
#define RADCLOCK_VMCLOCK_MAGIC		0x4b4c4356	/* "VCLK" */
	__u32 size;
	__u16 version;
	__u8 counter_id;
#define RADCLOCK_VMCLOCK_X86_TSC	1
#define RADCLOCK_VMCLOCK_NO_COUNTER	0xff
	__u8 time_type;
#define RADCLOCK_VMCLOCK_UTC		0
	__u32 seq_count;	/* odd while the page is being written */
	__u64 disruption_marker;
	__u64 flags;
#define RADCLOCK_VMCLOCK_TAI_VALID		(1 << 0)
#define RADCLOCK_VMCLOCK_PERIOD_ESTERROR_VALID	(1 << 3)
#define RADCLOCK_VMCLOCK_PERIOD_MAXERROR_VALID	(1 << 4)
#define RADCLOCK_VMCLOCK_TIME_ESTERROR_VALID	(1 << 5)
#define RADCLOCK_VMCLOCK_TIME_MAXERROR_VALID	(1 << 6)
	__u8 pad[2];
	__u8 clock_status;
#define RADCLOCK_VMCLOCK_UNKNOWN	0
#define RADCLOCK_VMCLOCK_INITIALIZING	1
#define RADCLOCK_VMCLOCK_SYNCHRONIZED	2
#define RADCLOCK_VMCLOCK_FREERUNNING	3
#define RADCLOCK_VMCLOCK_UNRELIABLE	4
	__u8 leap_second_smearing_hint;
	__s16 tai_offset_sec;
	__u8 leap_indicator;
#define RADCLOCK_VMCLOCK_LEAP_NONE	0
#define RADCLOCK_VMCLOCK_LEAP_PRE_POS	1
#define RADCLOCK_VMCLOCK_LEAP_PRE_NEG	2
	__u8 counter_period_shift;
	__u64 counter_value;
	__u64 counter_period_frac_sec;
	__u64 counter_period_esterror_rate_frac_sec;
	__u64 counter_period_maxerror_rate_frac_sec;
	__u64 time_sec;
	__u64 time_frac_sec;
	__u64 time_esterror_nanosec;
	__u64 time_maxerror_nanosec;
	__u64 vm_generation_counter;
};

/**
 * struct radclock_page - what mmap() of /dev/radclock* shows
 * @vmclock: for programs that know vmclock
 * @magic: RADCLOCK_PAGE_MAGIC: our extension follows
 * @params: protected by @vmclock.seq_count
 */
struct radclock_page {
	struct radclock_vmclock vmclock;
	__u8 reserved[12];
	__u32 magic;
#define RADCLOCK_PAGE_MAGIC		0x44415246	/* "FRAD" */
	struct radclock_params params;
};

#define RADCLOCK_PAGE_SIZE		4096

/**
 * struct radclock_ioc_reading - one clock at one counter value
 * @clock: enum radclock_clock
 * @flags: RADCLOCK_READ_*
 * @counter: in with RADCLOCK_READ_AT, else out: the counter value
 * @sec: out: seconds, rounded down
 * @frac: out: 2^-64 s
 * @maxerror_ns: out: the true time is within this of @sec + @frac
 * @esterror_ns: out: one sigma
 * @status: out: enum radclock_status at @counter
 * @reserved: zero
 * @realtime_ns: out: CLOCK_REALTIME at @counter, with RADCLOCK_READ_CROSS
 * @raw_ns: out: CLOCK_MONOTONIC_RAW at @counter, with RADCLOCK_READ_CROSS
 * @uncertainty: out: ticks that @counter may differ from the one which
 *	@realtime_ns and @raw_ns belong to; 0 when both are one reading
 *
 * RADCLOCK_READ_LAST gives the counter value that the calling thread's latest
 * clock_gettime() on this device used; EAGAIN when it is not known any more.
 */
struct radclock_ioc_reading {
	__u32 clock;
	__u32 flags;
#define RADCLOCK_READ_AT	(1 << 0)
#define RADCLOCK_READ_LAST	(1 << 1)
#define RADCLOCK_READ_CROSS	(1 << 2)
	__u64 counter;
	__s64 sec;
	__u64 frac;
	__u64 maxerror_ns;
	__u64 esterror_ns;
	__u32 status;
	__u32 reserved;
	__s64 realtime_ns;
	__s64 raw_ns;
	__u64 uncertainty;
};

/**
 * struct radclock_ioc_counter - any counter of the machine
 * @id: in: enum radclock_counter_id; ENODEV when there is none such
 * @reserved: zero
 * @counter: out: its value
 */
struct radclock_ioc_counter {
	__u32 id;
	__u32 reserved;
	__u64 counter;
};

#define RADCLOCK_IOC_READ	_IOWR('R', 0xc0, struct radclock_ioc_reading)
#define RADCLOCK_IOC_COUNTER	_IOR('R', 0xc1, __u64)
#define RADCLOCK_IOC_COUNTER_OF	_IOWR('R', 0xc2, struct radclock_ioc_counter)

#endif /* _UAPI_LINUX_RADCLOCK_H */
