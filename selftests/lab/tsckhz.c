// SPDX-License-Identifier: GPL-2.0-only
/*
 * tsckhz: the host's TSC rate in kHz. TCG's guest TSC runs at it; told by
 * tsc_early_khz=, the guest need not measure it, which goes wrong on a busy
 * host.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

static void both(uint64_t *tsc, double *ns)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < 100; i++) {
		struct timespec ts;
		uint64_t before, after;

		_mm_lfence();
		before = __rdtsc();
		clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
		_mm_lfence();
		after = __rdtsc();
		if (after - before < best) {
			best = after - before;
			*tsc = before + best / 2;
			*ns = ts.tv_sec * 1e9 + ts.tv_nsec;
		}
	}
}

int main(void)
{
	struct timespec wait = { .tv_nsec = 300000000 };
	uint64_t tsc0, tsc1;
	double ns0, ns1;

	both(&tsc0, &ns0);
	nanosleep(&wait, NULL);
	both(&tsc1, &ns1);
	printf("%.0f\n", (tsc1 - tsc0) * 1e6 / (ns1 - ns0));
	return 0;
}
