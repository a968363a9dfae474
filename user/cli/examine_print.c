// SPDX-License-Identifier: GPL-2.0-only
/*
 * An examination as text.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "examine.h"

static void print_counters(const struct examine *e)
{
	char hz[32], wrap[32], flags[48];
	size_t i;

	printf("%-14s %5s %18s %14s %12s %10s %6s  %s\n", "counter", "bits",
	       "nominal", "resolution", "least step", "wraps in", "wraps", "flags");
	for (i = 0; i < e->n; i++) {
		const struct subject *s = &e->subjects[i];
		const struct radclock_counter_info *c = &s->info;

		snprintf(wrap, sizeof(wrap), "never");
		if (c->width < 64)
			fmt_span(wrap, sizeof(wrap), examine_wrap_s(c));
		printf("%-14s %5u %18s %11.3f ns %9.0f ns %10s %6" PRIu64 "  %s\n",
		       c->name, c->width, fmt_hz(hz, sizeof(hz), (double)c->hz),
		       examine_ns(c, (double)s->steps.grain),
		       examine_ns(c, (double)s->steps.least), wrap, examine_wraps(s),
		       fmt_flags(flags, sizeof(flags), c->flags));
	}
}

static void print_latency(const struct examine *e)
{
	size_t i;
	int w;

	printf("\n%-14s %-12s %10s %10s %10s %12s %10s\n", "latency, ns", "by", "min",
	       "median", "99 %", "max", "readings");
	for (i = 0; i < e->n; i++)
		for (w = 0; w < WAYS; w++) {
			const struct latency *l = &e->subjects[i].latency[w];

			if (l->ns)
				printf("%-14s %-12s %10.0f %10.0f %10.0f %12.0f %10zu\n",
				       e->subjects[i].info.name,
				       examine_way_name((enum examine_way)w),
				       l->spread.min, l->spread.median,
				       l->spread.p99, l->spread.max, l->spread.n);
		}
}

/* an octave's share of the readings in the kernel, % */
static double share(const struct subject *s, int octave)
{
	const struct spread *p = &s->latency[WAY_KERNEL].spread;
	uint64_t sum = 0;
	int i;

	for (i = 0; i < SPREAD_PARTS; i++)
		sum += p->bins[octave * SPREAD_PARTS + i];
	return p->n ? (double)sum / (double)p->n * 100 : 0;
}

static void print_histogram(const struct examine *e)
{
	bool any;
	size_t i;
	int o;

	printf("\n%-27s", "in the kernel, % of them");
	for (i = 0; i < e->n; i++)
		printf(" %12s", e->subjects[i].info.name);
	puts("");
	for (o = 0; o < SPREAD_OCTAVES; o++) {
		for (any = false, i = 0; i < e->n; i++)
			any |= share(&e->subjects[i], o) > 0;
		if (!any)
			continue;
		printf("%11.0f .. %9.0f ns", o ? exp2(o) : 0, exp2(o + 1));
		for (i = 0; i < e->n; i++)
			if (share(&e->subjects[i], o) > 0)
				printf(" %12.3f", share(&e->subjects[i], o));
			else
				printf(" %12s", "-");
		puts("");
	}
}

static void print_back(uint64_t readings, uint64_t back, uint64_t worst,
		       const struct radclock_counter_info *c)
{
	char text[64];

	if (back)
		snprintf(text, sizeof(text), "%" PRIu64 ", by %.0f ns", back,
			 examine_ns(c, (double)worst));
	else
		snprintf(text, sizeof(text), "0");
	printf(" %24s", text);
	if (readings)
		printf(" %10" PRIu64, readings);
}

static void print_backward(const struct examine *e)
{
	size_t i;

	printf("\n%-14s %24s %10s %24s %24s %10s\n", "backward", "in the kernel",
	       "of", "on one CPU", "across CPUs", "of");
	for (i = 0; i < e->n; i++) {
		const struct subject *s = &e->subjects[i];

		printf("%-14s", s->info.name);
		print_back(s->steps.readings, s->steps.back, s->steps.worst, &s->info);
		print_back(0, s->order.own, s->order.own_worst, &s->info);
		if (s->order.cpus > 1)
			print_back(s->order.readings, s->order.across,
				   s->order.across_worst, &s->info);
		else
			printf(" %24s %10" PRIu64, "(one CPU)", s->order.readings);
		puts("");
	}
}

/* against the reference; the reference against itself is 0 */
static bool rate_of(const struct examine *e, const struct subject *s,
		    struct phase_rate *r)
{
	*r = s->rate;
	return s->has_rate || s->info.id == e->reference.id;
}

static void print_rates(const struct examine *e)
{
	struct phase_rate a, b, r;
	char text[64];
	size_t i, k;

	printf("\n%-14s", "rate, ppm of");
	for (k = 0; k < e->n; k++)
		printf(" %22s", e->subjects[k].info.name);
	puts("");
	for (i = 0; i < e->n; i++) {
		printf("%-14s", e->subjects[i].info.name);
		for (k = 0; k < e->n; k++) {
			if (i == k || !rate_of(e, &e->subjects[i], &a) ||
			    !rate_of(e, &e->subjects[k], &b)) {
				printf(" %22s", "-");
				continue;
			}
			r = phase_rate_between(a, b);
			snprintf(text, sizeof(text), "%+.5f +-%.5f", r.ppm, r.error_ppm);
			printf(" %22s", text);
		}
		puts("");
	}
}

static void print_allan(const struct examine *e)
{
	const struct subject *longest = NULL;
	size_t i, t;

	for (i = 0; i < e->n; i++)
		if (!longest || e->subjects[i].allans > longest->allans)
			longest = &e->subjects[i];
	if (!longest || !longest->allans)
		return;
	printf("\nAllan deviation against %s\n%12s", e->reference.name, "tau, s");
	for (i = 0; i < e->n; i++)
		if (e->subjects[i].allans)
			printf(" %12s", e->subjects[i].info.name);
	puts("");
	for (t = 0; t < longest->allans; t++) {
		printf("%12.4g", longest->allan[t].tau);
		for (i = 0; i < e->n; i++)
			if (t < e->subjects[i].allans)
				printf(" %12.3e", e->subjects[i].allan[t].deviation);
		puts("");
	}
}

void examine_print(const struct examine *e)
{
	char span[32];

	printf("Linux %s, clocksource %s, reference %s, %s of phases, one each %g s\n\n",
	       e->kernel, e->clocksource, e->reference.name,
	       fmt_span(span, sizeof(span), e->duration), e->interval);
	print_counters(e);
	print_latency(e);
	print_histogram(e);
	print_backward(e);
	print_rates(e);
	print_allan(e);
}
