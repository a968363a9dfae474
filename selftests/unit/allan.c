// SPDX-License-Identifier: GPL-2.0-only
/*
 * The arithmetic of `radclock examine`: Allan deviation of known noise and of
 * the test data of NIST SP 1065, rates, histograms, steps.
 */
#include <math.h>
#include <stdlib.h>

#include "../ktap.h"
#include "oracle.h"
#include "../../user/cli/allan.c"
#include "../../user/cli/phase.c"
#include "../../user/cli/spread.c"

#define N	20000

static double x[N];
static uint64_t seed = 1;

static double uniform(void)
{
	return ((double)(rnd(&seed) >> 11) + 0.5) * 0x1p-53;
}

static double gauss(void)
{
	return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

static double deviation(const double *phase, size_t n, double tau0, size_t m)
{
	struct allan_point p;

	return allan_at(phase, n, tau0, m, &p) ? p.deviation : NAN;
}

static bool near(double got, double want, double share)
{
	if (fabs(got - want) <= share * fabs(want))
		return true;
	ktap_say("got %.6e, wanted %.6e", got, want);
	return false;
}

/* the nine frequencies of NBS Monograph 140 */
static bool test_nbs14(void)
{
	static const double rate[] = {
		892, 809, 823, 798, 671, 644, 883, 903, 677,
	};
	double phase[10] = { 0 };
	int i;

	for (i = 0; i < 9; i++)
		phase[i + 1] = phase[i] + rate[i];
	return near(deviation(phase, 10, 1, 1), 91.22945, 1e-6) &&
	       near(deviation(phase, 10, 1, 2), 85.95287, 1e-6);
}

/* the thousand frequencies of SP 1065, by its congruential generator */
static bool test_thousand(void)
{
	static double phase[1001];
	uint64_t n = 1234567890;
	int i;

	for (i = 0; i < 1000; i++) {
		phase[i + 1] = phase[i] + (double)n / 2147483647;
		n = 16807 * n % 2147483647;
	}
	return near(deviation(phase, 1001, 1, 1), 2.922319e-01, 1e-6) &&
	       near(deviation(phase, 1001, 1, 10), 9.159953e-02, 1e-6) &&
	       near(deviation(phase, 1001, 1, 100), 3.241343e-02, 1e-6);
}

/* phase noise s: sqrt(3) s / tau */
static bool test_white_phase(void)
{
	const double s = 2e-8, tau0 = 0.25;
	bool good = true;
	size_t i, m;

	for (i = 0; i < N; i++)
		x[i] = s * gauss();
	for (m = 1; m <= 256; m *= 4)
		good &= near(deviation(x, N, tau0, m), sqrt(3) * s / ((double)m * tau0), 0.05);
	return good;
}

/* rate noise s in each step: s / sqrt(m) */
static bool test_white_rate(void)
{
	const double s = 3e-9, tau0 = 0.5;
	bool good = true;
	size_t i, m;

	for (x[0] = 0, i = 1; i < N; i++)
		x[i] = x[i - 1] + s * gauss() * tau0;
	for (m = 1; m <= 256; m *= 4)
		good &= near(deviation(x, N, tau0, m), s / sqrt((double)m),
			     0.03 + 3 * sqrt((double)m / N));
	return good;
}

/* rate d t: d tau / sqrt(2), exactly */
static bool test_drift(void)
{
	const double d = 1e-10, tau0 = 2;
	bool good = true;
	size_t i, m;

	for (i = 0; i < N; i++)
		x[i] = 1 + 1e-6 * (double)i * tau0 + d * pow((double)i * tau0, 2) / 2;
	for (m = 100; m < N / 2; m *= 5)
		good &= near(deviation(x, N, tau0, m), d * (double)m * tau0 / sqrt(2), 1e-3);
	return good;
}

static bool test_allan_edges(void)
{
	static const double line[] = { 5, 7, 9, 11, 13, 15, 17, 19 };
	struct allan_point list[8], p;

	if (allan_at(line, 2, 1, 1, &p) || allan_at(line, 8, 1, 0, &p) ||
	    allan_at(line, 8, 1, 4, &p) || allan_at(line, 0, 1, 1, &p) ||
	    allan_at(line, 8, 0, 1, &p))
		return false;
	if (allan_octaves(line, 8, 2, list, 8) != 2 || list[0].tau != 2 ||
	    list[1].tau != 4 || list[1].terms != 4)
		return false;
	return list[0].deviation == 0 && list[1].deviation == 0 &&
	       allan_octaves(line, 8, 2, list, 1) == 1 &&
	       allan_octaves(line, 0, 2, list, 8) == 0;
}

static bool test_rate(void)
{
	struct phase_rate r, s;
	struct phase p[100];
	int i;

	for (i = 0; i < 100; i++) {
		/* 12 ppm fast, read with an error that its bracket admits */
		p[i].half = i == 10 || i == 90 ? 1e-9 : 1e-3;
		p[i].at = i;
		p[i].x = 12e-6 * i + (i & 1 ? p[i].half : -p[i].half);
	}
	if (!phase_rate(p, 100, &r) || !near(r.error_ppm, 2e-9 / 80 * 1e6, 1e-9) ||
	    fabs(r.ppm - 12) > r.error_ppm)
		return false;
	s = phase_rate_between(r, (struct phase_rate){ -50, 0.5 });
	return near(s.ppm, (1.000012 / 0.99995 - 1) * 1e6, 1e-5) &&
	       near(s.error_ppm, 0.5, 1e-3) && !phase_rate(p, 3, &r);
}

/* late, missing and doubled samples of a line: a line of zero rate again */
static bool test_grid(void)
{
	static double grid[300];
	static struct phase p[300];
	size_t n = 0, count = 300, drawn, i;

	for (i = 0; i < 200; i++) {
		if (i > 50 && i < 60)
			continue;
		p[n].at = 0.1 * (double)i + (i % 7 == 3 ? 0.04 : 0);
		p[n].x = 3 + 40e-6 * p[n].at;
		n++;
	}
	drawn = phase_grid(p, n, 0.1, grid, &count);
	if (drawn != 9 || count != 200) {
		ktap_say("%zu drawn, %zu points", drawn, count);
		return false;
	}
	for (i = 0; i < count; i++)
		if (fabs(grid[i] - grid[0]) > 1e-12)
			return false;
	count = 10;
	phase_grid(p, n, 0.1, grid, &count);
	if (count != 10)
		return false;
	count = 10;
	return phase_grid(p, 0, 0.1, grid, &count) == 0 && count == 0;
}

static bool test_spread(void)
{
	static double ns[1000], own[3] = { 900, 10, 1 };
	struct spread s;
	size_t i, sum = 0;

	for (i = 0; i < 1000; i++)
		ns[i] = (double)((i * 7) % 1000);
	spread_of(ns, 1000, &s);
	for (i = 0; i < SPREAD_BINS; i++)
		sum += s.bins[i];
	if (s.min != 0 || s.median != 500 || s.p99 != 989 || s.max != 999 || sum != 1000)
		return false;
	/* 512 .. 999 is what lies in the octave from 512 ns */
	for (sum = 0, i = 0; i < SPREAD_PARTS; i++)
		sum += s.bins[9 * SPREAD_PARTS + i];
	if (sum != 488 || spread_bin_ns(9 * SPREAD_PARTS) != 512)
		return false;
	ns[0] = 1e300;
	ns[1] = -5;
	spread_of(ns, 2, &s);
	if (s.bins[0] != 1 || s.bins[SPREAD_BINS - 1] != 1 || s.min != -5)
		return false;
	ns[0] = 100;
	ns[1] = 9;
	ns[2] = 15;
	spread_without(ns, own, 3, &s);
	if (s.min != 0 || s.median != 5 || s.max != 90 || ns[2] != 90)
		return false;
	spread_of(ns, 0, &s);
	return s.n == 0 && s.max == 0;
}

static bool test_steps(void)
{
	static const uint64_t values[] = {
		UINT64_MAX - 600, UINT64_MAX - 600, UINT64_MAX - 360,
		UINT64_MAX - 390, UINT64_MAX,
	};
	struct steps s = { 0 };
	size_t i;

	for (i = 0; i < 5; i++)
		steps_take(&s, values[i]);
	return s.readings == 5 && s.back == 1 && s.worst == 30 &&
	       s.least == 30 && s.grain == 30 && s.first == values[0] &&
	       s.last == UINT64_MAX;
}

int main(void)
{
	ktap_plan(10);
	ktap_ok(test_nbs14(), "Allan deviation of the data of NBS 14");
	ktap_ok(test_thousand(), "and of the 1000 points of NIST SP 1065");
	ktap_ok(test_white_phase(), "white phase noise falls with tau");
	ktap_ok(test_white_rate(), "white rate noise falls with its root");
	ktap_ok(test_drift(), "drift grows with tau, a constant rate counts for nothing");
	ktap_ok(test_allan_edges(), "too few points are refused");
	ktap_ok(test_rate(), "rate and its error from the tightest brackets");
	ktap_ok(test_grid(), "late and missing samples on an even grid");
	ktap_ok(test_spread(), "quantiles and histogram");
	ktap_ok(test_steps(), "steps of a counter");
	return ktap_end();
}
