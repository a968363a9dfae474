// SPDX-License-Identifier: GPL-2.0-only
/*
 * wander PPM [SEED [SECONDS]]: lets the rate of CLOCK_REALTIME wander against
 * the counter within +-PPM, as a real oscillator's would. Every SECONDS (0.5)
 * the rate takes a small random step that is drawn back towards zero. The same
 * seed gives the same walk. Runs until killed, then sets the rate back.
 */
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timex.h>
#include <time.h>

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

/* splitmix64: the same everywhere */
static double uniform(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return ((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static int set_ppm(double ppm)
{
	struct timex tx = {
		.modes = ADJ_FREQUENCY,
		.freq = lrint(ppm * 65536),
	};

	if (adjtimex(&tx) < 0) {
		perror("wander: adjtimex");
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	double limit = argc > 1 ? atof(argv[1]) : 0, ppm = 0, step;
	uint64_t state = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	double seconds = argc > 3 ? atof(argv[3]) : 0.5;
	struct sigaction sa = { .sa_handler = on_signal };

	if (limit <= 0 || limit > 400 || seconds <= 0) {
		fprintf(stderr, "usage: wander PPM [SEED [SECONDS]]\n");
		return 2;
	}
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	/* Sigma of the walk's rest state is limit / 3, its memory 1000 s. */
	step = limit / 3 * sqrt(2 * seconds / 1000);
	while (!stop) {
		struct timespec ts = {
			.tv_sec = seconds,
			.tv_nsec = fmod(seconds, 1) * 1e9,
		};
		double gauss = sqrt(-2 * log(1 - uniform(&state))) *
			       cos(2 * M_PI * uniform(&state));

		ppm += -ppm * seconds / 1000 + step * gauss;
		ppm = fmax(-limit, fmin(limit, ppm));
		if (set_ppm(ppm))
			return 1;
		nanosleep(&ts, NULL);
	}
	return set_ppm(0);
}
