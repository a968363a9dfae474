// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The clock by system call: ioctl and clock_gettime on the devices.
 */
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "internal.h"

#define CLOCKFD			3
#define FD_TO_CLOCKID(fd)	((int)(~(unsigned int)(fd) << 3 | CLOCKFD))

int rad_device_read(struct radclock *rc, struct radclock_ioc_reading *io)
{
	/* only the device a clock_gettime() was made on knows its counter */
	int fd = rc->fd[io->flags & RADCLOCK_READ_LAST ? io->clock : 0];
	KEEP_ERRNO();

	if (!rc->module)
		return -EOPNOTSUPP;
	if (fd < 0)
		return -ENODEV;
	return ioctl(fd, RADCLOCK_IOC_READ, io) < 0 ? -errno : 0;
}

int rad_device_counter(struct radclock *rc, uint64_t *counter)
{
	__u64 value;
	KEEP_ERRNO();

	if (!rc->module)
		return -EOPNOTSUPP;
	if (ioctl(rc->fd[0], RADCLOCK_IOC_COUNTER, &value) < 0)
		return -errno;
	*counter = value;
	return 0;
}

int rad_device_counter_of(struct radclock *rc, uint32_t id, uint64_t *counter)
{
	struct radclock_ioc_counter io = { .id = id };
	KEEP_ERRNO();

	if (!rc->module)
		return -EOPNOTSUPP;
	if (ioctl(rc->fd[0], RADCLOCK_IOC_COUNTER_OF, &io) < 0)
		return -errno;
	*counter = io.counter;
	return 0;
}

int rad_device_gettime(struct radclock *rc, unsigned int clock,
		       struct timespec *ts)
{
	int id, err;
	KEEP_ERRNO();

	err = radclock_clockid(rc, clock, &id);
	if (err)
		return err;
	return clock_gettime(id, ts) < 0 ? -errno : 0;
}

/* why there is no time: did the module, or the page file, go away? */
int rad_gone(struct radclock *rc)
{
	struct stat st;
	uint64_t counter;
	KEEP_ERRNO();

	if (rc->module)
		return rad_device_counter(rc, &counter) == -ENODEV ?
			-ENODEV : -ENODATA;
	if (!fstat(rc->fd[0], &st) && !st.st_nlink)
		return -ENODEV;
	return -ENODATA;
}

int radclock_clockid(const struct radclock *rc, enum radclock_clock clock,
		     int *id)
{
	if ((unsigned int)clock >= RAD_CLOCKS)
		return -EINVAL;
	if (!rc->module)
		return -EOPNOTSUPP;
	if (rc->fd[clock] < 0)
		return -ENODEV;
	*id = FD_TO_CLOCKID(rc->fd[clock]);
	return 0;
}
