// SPDX-License-Identifier: GPL-2.0-only
/*
 * tscoffset [MILLISECONDS]: in dom0. Prints "LOWER UPPER": the build machine's
 * TSC less this machine's lies between these, in ticks. See hostref.h.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../hostref.h"

#define PCI "/sys/bus/pci/devices/"
#define IVSHMEM "0x1af4 0x1110"

static int read_word(const char *dev, const char *name, char *buf, size_t len)
{
	char path[512];
	FILE *f;
	int ok;

	snprintf(path, sizeof(path), PCI "%s/%s", dev, name);
	f = fopen(path, "r");
	if (!f)
		return -1;
	ok = fgets(buf, (int)len, f) ? 0 : -1;
	fclose(f);
	buf[strcspn(buf, "\n")] = 0;
	return ok;
}

static volatile struct hostref_page *map_page(void)
{
	char vendor[16], device[16], both[40], path[512];
	struct dirent *e;
	DIR *d = opendir(PCI);
	FILE *enable;
	void *p;
	int fd;

	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.' || read_word(e->d_name, "vendor", vendor, sizeof(vendor)) ||
		    read_word(e->d_name, "device", device, sizeof(device)))
			continue;
		snprintf(both, sizeof(both), "%s %s", vendor, device);
		if (strcmp(both, IVSHMEM))
			continue;
		snprintf(path, sizeof(path), PCI "%s/enable", e->d_name);
		enable = fopen(path, "w");
		if (enable) {
			fputs("1", enable);
			fclose(enable);
		}
		snprintf(path, sizeof(path), PCI "%s/resource2", e->d_name);
		fd = open(path, O_RDWR);
		if (fd < 0)
			break;
		p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		return p == MAP_FAILED ? NULL : p;
	}
	return NULL;
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

int main(int argc, char **argv)
{
	double end = seconds() + (argc > 1 ? atoi(argv[1]) : 300) / 1e3;
	volatile struct hostref_page *p = map_page();
	int64_t lower = INT64_MIN, upper;
	uint64_t last = 0;

	if (!p) {
		fprintf(stderr, "tscoffset: no page is shared with the build machine\n");
		return 1;
	}
	p->host = 0;
	p->guest = 0;
	p->upper = INT64_MAX;
	p->wanted = 1;
	while (seconds() < end) {
		int i;

		for (i = 0; i < 100; i++) {
			uint64_t host = p->host, now = hostref_tsc();

			if (host && host != last) {
				last = host;
				if ((int64_t)(host - now) > lower)
					lower = (int64_t)(host - now);
			}
			p->guest = hostref_tsc();
		}
	}
	p->wanted = 0;
	upper = p->upper;
	if (lower == INT64_MIN || upper == INT64_MAX) {
		fprintf(stderr, "tscoffset: the build machine does not answer\n");
		return 1;
	}
	printf("%lld %lld\n", (long long)lower, (long long)upper);
	return lower > upper;
}
