/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page that the build machine and a dom0 share (ivshmem), by which the
 * offset between their TSCs is enclosed: QEMU's guest counts the machine's own
 * TSC, from another start. Each side writes its TSC and reads the other's; a
 * value that is seen was written before, whatever the two are doing meanwhile.
 */
#ifndef XEN_HOSTREF_H
#define XEN_HOSTREF_H

#include <stdint.h>

#define HOSTREF_SIZE	(1 << 20)	/* the least that ivshmem takes */

/**
 * struct hostref_page
 * @wanted: by the guest: the other side please spin
 * @host: the build machine's TSC
 * @guest: the guest's TSC
 * @upper: by the build machine: its TSC - the guest's is at most this
 */
struct hostref_page {
	uint64_t wanted;
	uint64_t host;
	uint64_t guest;
	int64_t upper;
};

static inline uint64_t hostref_tsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence; rdtsc; lfence" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

#endif
