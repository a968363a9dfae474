// SPDX-License-Identifier: GPL-2.0-only
/*
 * clockid [DEVICE]: reads a dynamic POSIX clock as any program would, with
 * nothing of libradclock.
 */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define FD_TO_CLOCKID(fd)	((~(clockid_t)(fd) << 3) | 3)

int main(int argc, char **argv)
{
	const char *device = argc > 1 ? argv[1] : "/dev/radclock";
	int fd = open(device, O_RDONLY);
	struct timespec ts;
	struct tm tm;
	char text[32];

	if (fd < 0 || clock_gettime(FD_TO_CLOCKID(fd), &ts)) {
		perror(device);
		return 1;
	}
	gmtime_r(&ts.tv_sec, &tm);
	strftime(text, sizeof(text), "%F %T", &tm);
	printf("clock_gettime(FD_TO_CLOCKID(%s)) = %lld.%09ld (%s.%09ld UTC)\n", device,
	       (long long)ts.tv_sec, ts.tv_nsec, text, ts.tv_nsec);
	close(fd);
	return 0;
}
