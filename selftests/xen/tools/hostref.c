// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostref LOG PAGE...: on the build machine. LOG gets a line
 * "TSC REALTIME_NS WIDTH" every 100 ms: both clocks at one moment, within WIDTH
 * ticks. Answers tscoffset of the guests that have a PAGE, until it is killed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../hostref.h"

#define MAX_PAGES 8

static int64_t realtime(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* the narrowest of some tries */
static void log_pair(FILE *log)
{
	uint64_t tsc = 0, width = UINT64_MAX;
	int64_t ns = 0;
	int i;

	for (i = 0; i < 5; i++) {
		uint64_t a = hostref_tsc(), b;
		int64_t t = realtime();

		b = hostref_tsc();
		if (b - a < width) {
			width = b - a;
			tsc = a + width / 2;
			ns = t;
		}
	}
	fprintf(log, "%llu %lld %llu\n", (unsigned long long)tsc, (long long)ns,
		(unsigned long long)width);
	fflush(log);
}

static void serve(volatile struct hostref_page *p)
{
	int64_t upper = INT64_MAX;
	uint64_t last = 0;

	p->upper = upper;
	while (p->wanted) {
		uint64_t guest;

		p->host = hostref_tsc();
		guest = p->guest;
		if (guest && guest != last) {
			int64_t d = (int64_t)(hostref_tsc() - guest);

			last = guest;
			if (d < upper)
				p->upper = upper = d;
		}
	}
}

int main(int argc, char **argv)
{
	volatile struct hostref_page *page[MAX_PAGES];
	int i, n = argc - 2, ticks = 0;
	FILE *log;

	if (n < 0 || n > MAX_PAGES)
		return 2;
	log = fopen(argv[1], "w");
	if (!log) {
		perror(argv[1]);
		return 1;
	}
	for (i = 0; i < n; i++) {
		int fd = open(argv[i + 2], O_RDWR | O_CREAT, 0600);

		if (fd < 0 || ftruncate(fd, HOSTREF_SIZE)) {
			perror(argv[i + 2]);
			return 1;
		}
		page[i] = mmap(NULL, HOSTREF_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (page[i] == MAP_FAILED)
			return 1;
		page[i]->wanted = 0;
		close(fd);
	}
	for (;;) {
		struct timespec ts = { 0, 5000000 };

		if (!(ticks++ % 20))
			log_pair(log);
		for (i = 0; i < n; i++)
			if (page[i]->wanted)
				serve(page[i]);
		nanosleep(&ts, NULL);
	}
}
