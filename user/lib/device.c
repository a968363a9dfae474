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

/* system calls report by errno, which is the caller's: keep it */
#define KEEP_ERRNO(call) ({ \
	int saved = errno; \
	int ret_ = (call) < 0 ? -errno : 0; \
	errno = saved; \
	ret_; \
})

int rad_device_read(struct radclock *rc, struct radclock_ioc_reading *io)
{
	/* only the device a clock_gettime() was made on knows its counter */
	int fd = rc->fd[io->flags & RADCLOCK_READ_LAST ? io->clock : 0];

	if (!rc->module)
		return -EOPNOTSUPP;
	if (fd < 0)
		return -ENODEV;
	return KEEP_ERRNO(ioctl(fd, RADCLOCK_IOC_READ, io));
}

int rad_device_counter(struct radclock *rc, uint64_t *counter)
{
	__u64 value;
	int err;

	if (!rc->module)
		return -EOPNOTSUPP;
	err = KEEP_ERRNO(ioctl(rc->fd[0], RADCLOCK_IOC_COUNTER, &value));
	if (!err)
		*counter = value;
	return err;
}

int rad_device_counter_of(struct radclock *rc, uint32_t id, uint64_t *counter)
{
	struct radclock_ioc_counter io = { .id = id };
	int err;

	if (!rc->module)
		return -EOPNOTSUPP;
	err = KEEP_ERRNO(ioctl(rc->fd[0], RADCLOCK_IOC_COUNTER_OF, &io));
	if (!err)
		*counter = io.counter;
	return err;
}

int rad_device_gettime(struct radclock *rc, unsigned int clock,
		       struct timespec *ts)
{
	int id, err;

	err = radclock_clockid(rc, clock, &id);
	if (err)
		return err;
	return KEEP_ERRNO(clock_gettime(id, ts));
}

/* why there is no time: did the module, or the page file, go away? */
int rad_gone(struct radclock *rc)
{
	struct stat st;
	uint64_t counter;

	if (rc->module)
		return rad_device_counter(rc, &counter) == -ENODEV ?
			-ENODEV : -ENODATA;
	if (!KEEP_ERRNO(fstat(rc->fd[0], &st)) && !st.st_nlink)
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
