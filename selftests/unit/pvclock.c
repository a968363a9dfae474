// SPDX-License-Identifier: GPL-2.0-only
/*
 * common/pvclock.h against made pages: the arithmetic beside that of exact
 * integers, a page that is rewritten while it is read, values that would go back.
 */
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ktap.h"
#include "random.h"
#include "pvclock.h"

#define ROUNDS	200000

/* the mul and shift that a hypervisor gives for a TSC rate */
static struct rad_pvclock page_of(double hz, u64 tsc, u64 ns)
{
	struct rad_pvclock ti = { .version = 2, .tsc_timestamp = tsc, .system_time = ns };
	double per_tick = 1e9 / hz;

	while (per_tick >= 1) {
		per_tick /= 2;
		ti.tsc_shift++;
	}
	while (per_tick < 0.5) {
		per_tick *= 2;
		ti.tsc_shift--;
	}
	ti.tsc_to_system_mul = (u32)(per_tick * 4294967296.0);
	return ti;
}

static void test_layout(void)
{
	ktap_ok(sizeof(struct rad_pvclock) == 32 &&
		offsetof(struct rad_pvclock, tsc_timestamp) == 8 &&
		offsetof(struct rad_pvclock, system_time) == 16 &&
		offsetof(struct rad_pvclock, tsc_to_system_mul) == 24 &&
		offsetof(struct rad_pvclock, tsc_shift) == 28 &&
		offsetof(struct rad_pvclock, flags) == 29, "the layout is the hypervisors'");
}

/* an independent product: 32 x 64 bits in two halves */
static u64 by_halves(u64 ticks, u32 mul)
{
	return (ticks >> 32) * mul + (((ticks & 0xffffffff) * mul) >> 32);
}

static void test_arithmetic(void)
{
	/* the reading of a real guest at 2.3 GHz, worked out by hand */
	struct rad_pvclock ti = { .version = 6, .tsc_timestamp = 1000, .system_time = 5000,
				  .tsc_to_system_mul = 3735552000U, .tsc_shift = -1 };
	unsigned int bad = 0, i;

	/* (2300 >> 1) * 3735552000 / 2^32 = 1000.21...; the next tick adds nothing */
	ktap_ok(rad_pvclock_at(&ti, 1000) == 5000 && rad_pvclock_at(&ti, 3300) == 6000 &&
		rad_pvclock_at(&ti, 3301) == 6000, "a reading worked out by hand");
	for (i = 0; i < ROUNDS; i++) {
		signed char shift = (signed char)(rnd() % 40) - 20;
		u64 ticks = rnd() >> (rnd() % 40 + (shift > 0 ? shift : 0));
		u32 mul = (u32)rnd();
		u64 shifted = shift < 0 ? ticks >> -shift : ticks << shift;

		if (rad_pvclock_scale(ticks, mul, shift) != by_halves(shifted, mul))
			bad++;
	}
	ktap_okf(!bad, "%u of %u products differ from those by halves", bad, ROUNDS);
	ktap_ok(!rad_pvclock_scale(~0ULL, ~0U, -64) && !rad_pvclock_scale(~0ULL, ~0U, -128) &&
		!rad_pvclock_scale(~0ULL, ~0U, 127), "absurd shifts are no undefined ones");
	ktap_ok(rad_pvclock_scale(~0ULL, ~0U, 0) == ~0ULL - (1ULL << 32),
		"the product has 128 bits");
}

static void test_rates(void)
{
	static const double hz[] = { 1e6, 44.6e6, 999999999, 1e9, 1000000001, 2.3e9, 5e9, 1e10 };
	unsigned int i, j, bad = 0;

	for (i = 0; i < sizeof(hz) / sizeof(hz[0]); i++) {
		struct rad_pvclock ti = page_of(hz[i], 1ULL << 40, 7);
		u64 before = 0;

		for (j = 0; j < 1000; j++) {
			u64 ticks = (u64)(hz[i] * j / 100) + rnd() % 100;
			u64 ns = rad_pvclock_at(&ti, ti.tsc_timestamp + ticks);
			double exact = ticks / hz[i] * 1e9 + 7;
			/* mul rounds down by 2^-31 of itself, the shift drops bits */
			double slack = exact * 5e-10 + 20 / (hz[i] / 1e9) + 2;

			if (ns < before || ns > exact + 1 || ns < exact - slack)
				bad++;
			before = ns;
		}
	}
	ktap_okf(!bad, "%u readings are not what the rate says", bad);
}

static void test_earlier_tsc(void)
{
	struct rad_pvclock ti = page_of(2.3e9, 1000000, 42);

	/* the kernel's own arithmetic would give an absurd time here */
	ktap_ok(rad_pvclock_at(&ti, 999999) == 42 && rad_pvclock_at(&ti, 0) == 42,
		"a TSC before the page's has the page's time");
}

/*
 * Two descriptions of the same line, at different rates and places; a mixture
 * of them is far off. One thread writes them in turn as a hypervisor does, the
 * other reads.
 */
static struct rad_pvclock shared;
static u64 fake_tsc;
static int stop;

static u64 read_fake_tsc(void)
{
	return __atomic_load_n(&fake_tsc, __ATOMIC_RELAXED);
}

static void write_page(struct rad_pvclock *to, const struct rad_pvclock *from)
{
	__atomic_store_n(&to->version, to->version | 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	to->tsc_timestamp = from->tsc_timestamp;
	to->system_time = from->system_time;
	to->tsc_to_system_mul = from->tsc_to_system_mul;
	to->tsc_shift = from->tsc_shift;
	to->flags = from->flags;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	__atomic_store_n(&to->version, to->version + 1, __ATOMIC_RELAXED);
}

static void *writer(void *arg)
{
	u64 n = 0;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		/* one tick is one ns in both */
		struct rad_pvclock ti = { .tsc_timestamp = ++n << 20, .system_time = n << 20,
			.tsc_to_system_mul = 1U << 31, .tsc_shift = 1 };

		if (n & 1) {
			ti.tsc_to_system_mul = 1U << 30;
			ti.tsc_shift = 2;
		}
		write_page(&shared, &ti);
		__atomic_store_n(&fake_tsc, (n << 20) + 5, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void test_torn(void)
{
	unsigned int i, bad = 0, torn = 0, changes = 0;
	struct rad_pvclock copy;
	u64 before = 0;
	pthread_t t;
	u8 flags;

	shared.tsc_to_system_mul = 1U << 31;
	shared.tsc_shift = 1;
	shared.version = 2;
	if (pthread_create(&t, NULL, writer, NULL))
		ktap_die("no thread");
	/* the writer may have to wait for a CPU */
	for (i = 0; changes < 200 && i < 1000 * ROUNDS; i++) {
		u64 ns = rad_pvclock_read(&shared, read_fake_tsc, &flags);

		/* time and TSC are the same number, whichever page it is */
		bad += ns < before || (ns & 0xfffff) > 5;
		changes += ns != before;
		before = ns;
		rad_pvclock_copy(&shared, &copy);
		torn += copy.version & 1 || copy.system_time != copy.tsc_timestamp ||
			copy.tsc_to_system_mul != 1U << (copy.system_time >> 20 & 1 ? 30 : 31);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(t, NULL);
	ktap_okf(!bad, "%u of %u readings of a page that changes are wrong (%u changes seen)",
		 bad, i, changes);
	ktap_okf(!torn, "%u copies of it are", torn);
}

static void test_flags(void)
{
	struct rad_pvclock ti = { .version = 8, .flags = RAD_PVCLOCK_TSC_STABLE };
	u8 flags = 0;

	rad_pvclock_read(&ti, read_fake_tsc, &flags);
	ktap_ok(flags == RAD_PVCLOCK_TSC_STABLE, "the flags are those of the page");
	ktap_ok(!rad_pvclock_retry(&ti, rad_pvclock_begin(&ti)), "an even version holds");
	ti.version = 9;
	ktap_ok(rad_pvclock_retry(&ti, rad_pvclock_begin(&ti)), "an odd one does not");
}

/* CPUs whose clocks differ: what anybody got, nobody goes back behind */
static u64 last, given;

static void *skewed(void *arg)
{
	u64 skew = *(u64 *)arg, before = 0, i, bad = 0;

	for (i = 0; i < ROUNDS; i++) {
		u64 now = __atomic_add_fetch(&given, 1, __ATOMIC_RELAXED);
		u64 seen = __atomic_load_n(&last, __ATOMIC_RELAXED);
		u64 v = rad_pvclock_latest(&last, now + skew);

		bad += v < before || v < seen || v < now + skew;
		before = v;
	}
	return (void *)(uintptr_t)bad;
}

static void test_latest(void)
{
	u64 skews[] = { 0, 100, 3000 };
	pthread_t t[3];
	u64 bad = 0;
	void *r;
	int i;

	for (i = 0; i < 3; i++)
		if (pthread_create(&t[i], NULL, skewed, &skews[i]))
			ktap_die("no thread");
	for (i = 0; i < 3; i++) {
		pthread_join(t[i], &r);
		bad += (uintptr_t)r;
	}
	ktap_okf(!bad, "%llu of %d readings of three skewed CPUs went back",
		 (unsigned long long)bad, 3 * ROUNDS);
	last = 10;
	ktap_ok(rad_pvclock_latest(&last, 9) == 10 && rad_pvclock_latest(&last, 10) == 10 &&
		rad_pvclock_latest(&last, 11) == 11 && last == 11, "the largest one is kept");
}

int main(void)
{
	ktap_plan(14);
	test_layout();
	test_arithmetic();
	test_rates();
	test_earlier_tsc();
	test_torn();
	test_flags();
	test_latest();
	return ktap_end();
}
