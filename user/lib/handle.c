// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Opening and closing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

static int map_page(struct radclock *rc, const struct stat *st)
{
	void *page;
	int err;

	/* reading on would be SIGBUS; an empty one is being made */
	if (!rc->module && st->st_size < (off_t)sizeof(*rc->page))
		return st->st_size ? -EPROTO : -EAGAIN;

	page = mmap(NULL, RADCLOCK_PAGE_SIZE, PROT_READ, MAP_SHARED, rc->fd[0], 0);
	if (page == MAP_FAILED)
		return -errno;
	err = rad_page_check(page);
	if (err) {
		munmap(page, RADCLOCK_PAGE_SIZE);
		return err;
	}
	rc->page = page;
	return 0;
}

/* the other clocks are devices beside the first; fine without */
static void open_others(struct radclock *rc, const char *path)
{
	unsigned int clock;
	char name[256];

	for (clock = 1; clock < RAD_CLOCKS; clock++) {
		int n = snprintf(name, sizeof(name), "%s-%s", path,
				 radclock_clock_name(clock));

		if (n < (int)sizeof(name))
			rc->fd[clock] = open(name, O_RDONLY | O_CLOEXEC);
	}
}

static int open_path(struct radclock *rc, const char *path)
{
	struct stat st;
	int err;

	rc->fd[0] = open(path, O_RDONLY | O_CLOEXEC);
	if (rc->fd[0] < 0)
		return -errno;
	if (fstat(rc->fd[0], &st))
		err = -errno;
	else if (!S_ISCHR(st.st_mode) && !S_ISREG(st.st_mode))
		err = -EPROTO;
	else {
		rc->module = S_ISCHR(st.st_mode);
		err = map_page(rc, &st);
	}
	if (err) {
		close(rc->fd[0]);
		rc->fd[0] = -1;
		return err;
	}
	if (rc->module)
		open_others(rc, path);
	return 0;
}

int radclock_open(struct radclock **rcp, const char *path, unsigned int flags)
{
	struct radclock *rc;
	unsigned int i;
	int err;
	KEEP_ERRNO();

	*rcp = NULL;
	if (flags & ~RADCLOCK_OPEN_SYSCALL)
		return -EINVAL;
	rc = calloc(1, sizeof(*rc));
	if (!rc)
		return -ENOMEM;
	for (i = 0; i < RAD_CLOCKS; i++)
		rc->fd[i] = -1;
	pthread_mutex_init(&rc->nl_lock, NULL);
	rc->by_page = !(flags & RADCLOCK_OPEN_SYSCALL);

	if (path) {
		err = open_path(rc, path);
	} else {
		err = open_path(rc, RADCLOCK_DEVICE);
		if (err == -ENOENT || err == -ENXIO || err == -ENODEV)
			err = open_path(rc, RADCLOCK_PAGE_FILE);
	}
	if (!err && !rc->module && !rc->by_page)
		err = -EOPNOTSUPP;
	if (err) {
		radclock_close(rc);
		return err;
	}
	*rcp = rc;
	return 0;
}

void radclock_close(struct radclock *rc)
{
	unsigned int i;
	KEEP_ERRNO();

	if (!rc)
		return;
	rad_nl_close(rc->nl);
	if (rc->page)
		munmap((void *)rc->page, RADCLOCK_PAGE_SIZE);
	for (i = 0; i < RAD_CLOCKS; i++)
		if (rc->fd[i] >= 0)
			close(rc->fd[i]);
	pthread_mutex_destroy(&rc->nl_lock);
	free(rc);
}

int radclock_has_module(const struct radclock *rc)
{
	return rc->module;
}

int radclock_fd(const struct radclock *rc)
{
	return rc->fd[0];
}
