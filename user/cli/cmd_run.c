// SPDX-License-Identifier: GPL-2.0-only
/*
 * radclock run: a program on radclock's time, by LD_PRELOAD.
 */
#define _GNU_SOURCE	/* asprintf() */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define PRELOAD		"libradclock-preload.so"

static const char usage[] =
	"usage: radclock run [OPTION]... -- COMMAND [ARGUMENT]...\n\n"
	"Runs a program whose clock_gettime(CLOCK_REALTIME), gettimeofday() and time()\n"
	"read radclock. While radclock has no time to give, they read the system clock.\n"
	"Programs that are static, set-uid or make system calls of their own keep the\n"
	"system clock.\n\n"
	"  -d, --device PATH  the clock to read: a radclock device or a page file\n"
	"  -h, --help         print this\n";

/* beside this program when built, in the library's folder when installed */
static int find_preload(char *path, size_t len)
{
	static const char *const places[] = {
		"%s/" PRELOAD, "%s/../lib/" PRELOAD,
		"%s/../lib/x86_64-linux-gnu/" PRELOAD,
	};
	char self[PATH_MAX], found[PATH_MAX + 64];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *dir;
	size_t i;

	if (n < 0)
		return -errno;
	self[n] = '\0';
	dir = dirname(self);
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(found, sizeof(found), places[i], dir);
		if (!access(found, R_OK) && strlen(found) < len) {
			strcpy(path, found);
			return 0;
		}
	}
	return -ENOENT;
}

static int put_preload(const char *path)
{
	const char *old = getenv("LD_PRELOAD");
	char *both;
	int err;

	if (!old || !*old)
		return setenv("LD_PRELOAD", path, 1);
	if (asprintf(&both, "%s:%s", path, old) < 0)
		return -1;
	err = setenv("LD_PRELOAD", both, 1);
	free(both);
	return err;
}

int cmd_run(int argc, char **argv)
{
	struct cli cli = { .usage = usage };
	char path[PATH_MAX];
	struct radclock *rc;
	int err;

	cli_getopt(&cli, argc, argv, NULL);
	if (optind >= argc)
		return cli_usage_error(&cli, "which command?");
	/* better to say so here than to run on the system clock unnoticed */
	err = cli_open(&cli, &rc);
	if (err)
		return err;
	radclock_close(rc);
	if (find_preload(path, sizeof(path))) {
		fprintf(stderr, "radclock: " PRELOAD " is not installed\n");
		return EXIT_NO;
	}
	if (put_preload(path) ||
	    (cli.device && setenv("RADCLOCK_DEVICE", cli.device, 1))) {
		fprintf(stderr, "radclock: %s\n", strerror(errno));
		return EXIT_NO;
	}
	execvp(argv[optind], argv + optind);
	fprintf(stderr, "radclock: %s: %s\n", argv[optind], strerror(errno));
	return EXIT_NO;
}
