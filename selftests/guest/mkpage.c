// SPDX-License-Identifier: GPL-2.0-only
/*
 * mkpage FILE [disrupted|past]: a page file that reads as CLOCK_REALTIME, as one
 * of a disrupted clock, or as one of 2001.
 */
#include "unit/page_make.h"

static void set_time(struct radclock_page *page)
{
	struct radclock_params *p = &page->params;
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	p->absolute.sec = ts.tv_sec;
	p->absolute.frac = rad_ns_to_frac((u32)ts.tv_nsec);
	p->mono = p->absolute;
	p->mono_prev = p->absolute;
}

int main(int argc, char **argv)
{
	struct radclock_page *page;
	int fd;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: mkpage FILE [disrupted|past]\n");
		return 2;
	}
	fd = open(argv[1], O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || ftruncate(fd, RADCLOCK_PAGE_SIZE)) {
		perror(argv[1]);
		return 1;
	}
	page = page_map(fd);
	page_fill(page, raw_now());
	if (argc < 3)
		set_time(page);
	else if (!strcmp(argv[2], "disrupted"))
		page->params.status = RADCLOCK_STATUS_DISRUPTED;
	return 0;
}
