// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "stamp_log.h"

static FILE *file;
static char told_counter[32];
static u64 told_marker;

int stamp_log_open(const char *path)
{
	FILE *f = NULL;

	if (path[0]) {
		f = fopen(path, "ae");
		if (!f)
			return -errno;
		setvbuf(f, NULL, _IOLBF, 0);
		fprintf(f, "# Ta Tb Te Tf stamps result server\n");
	}
	if (file)
		fclose(file);
	file = f;
	told_counter[0] = 0;
	return 0;
}

static void print_time(struct rad_time t)
{
	u64 ps = (u64)(((rad_u128)t.frac * 1000000000000ULL) >> 64);

	fprintf(file, " %lld.%012llu", (long long)t.sec, (unsigned long long)ps);
}

void stamp_log_write(const struct rad_stamp *s, const char *server, const char *fed,
		     const char *counter, double hz, u64 marker)
{
	if (!file)
		return;
	if (marker != told_marker || strcmp(counter, told_counter)) {
		fprintf(file, "# counter %s, nominal rate %.0f Hz, disruption marker %llu\n",
			counter, hz, (unsigned long long)marker);
		snprintf(told_counter, sizeof(told_counter), "%s", counter);
		told_marker = marker;
	}
	fprintf(file, "%llu", (unsigned long long)s->ta);
	print_time(s->tb);
	print_time(s->te);
	fprintf(file, " %llu %s %s %s\n", (unsigned long long)s->tf,
		s->flags & RAD_STAMP_KERNEL_TX ? "kernel" : "user", fed, server);
	if (ferror(file)) {
		log_error("cannot write the stamp log any more");
		fclose(file);
		file = NULL;
	}
}
