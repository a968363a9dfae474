// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/radclock, /dev/radclock-mono and /dev/radclock-diff: dynamic POSIX
 * clocks, with the parameter page behind mmap().
 */
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/posix-clock.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include "clock.h"
#include "compat.h"
#include "cross.h"
#include "device.h"

struct rad_device {
	struct posix_clock clock;
	struct device dev;
	u32 id;
	bool registered;
};

static const char *const names[] = {
	[RADCLOCK_CLOCK_ABSOLUTE] = "radclock",
	[RADCLOCK_CLOCK_MONO] = "radclock-mono",
	[RADCLOCK_CLOCK_DIFF] = "radclock-diff",
};

/*
 * Who read which clock last on this CPU, and at what counter value. Since then
 * that task has not been anywhere else, if it has not been switched out.
 */
struct last_read {
	const struct task_struct *task;
	unsigned long switches;
	u32 clock;
	u64 counter;
	u64 marker;
};
static DEFINE_PER_CPU(struct last_read, last_read);

static struct rad_device devices[ARRAY_SIZE(names)];
static struct file_operations fops;
static struct class *class;
static dev_t first_devt;

static struct rad_device *to_rad(struct posix_clock *pc)
{
	return container_of(pc, struct rad_device, clock);
}

static unsigned long switches(void)
{
	return current->nvcsw + current->nivcsw;
}

static int clock_gettime(struct posix_clock *pc, struct timespec64 *ts)
{
	struct rad_device *d = to_rad(pc);
	struct rad_reading r;
	u64 counter, marker;

	/* before: a disruption in between makes the value unknown, not wrong */
	marker = rad_clock_marker();
	if (!rad_clock_read(d->id, &counter, &r))
		return -ENODATA;
	ts->tv_sec = r.time.sec;
	ts->tv_nsec = rad_frac_to_ns(r.time.frac);

	preempt_disable();
	*this_cpu_ptr(&last_read) = (struct last_read){
		current, switches(), d->id, counter, marker };
	preempt_enable();
	return 0;
}

/* ns, unless the counter is coarser */
static int clock_getres(struct posix_clock *pc, struct timespec64 *ts)
{
	u64 hz = rad_clock_counter()->hz;

	ts->tv_sec = 0;
	ts->tv_nsec = hz >= RADCLOCK_NSEC ? 1 : RADCLOCK_NSEC / (u32)hz;
	return 0;
}

static int last_counter(u32 clock, u64 *counter)
{
	struct last_read last;

	preempt_disable();
	last = *this_cpu_ptr(&last_read);
	preempt_enable();
	/* it means nothing to another counter */
	if (last.task != current || last.switches != switches() ||
	    last.clock != clock || last.marker != rad_clock_marker())
		return -EAGAIN;
	*counter = last.counter;
	return 0;
}

static long ioc_read(struct rad_device *d, void __user *arg)
{
	struct radclock_ioc_reading io;
	struct rad_cross x = {};
	struct rad_reading r;
	int err;

	if (copy_from_user(&io, arg, sizeof(io)))
		return -EFAULT;
	if (io.clock > RADCLOCK_CLOCK_DIFF || io.reserved ||
	    io.flags & ~(RADCLOCK_READ_AT | RADCLOCK_READ_LAST |
			 RADCLOCK_READ_CROSS) ||
	    hweight32(io.flags) > 1)
		return -EINVAL;

	if (io.flags & RADCLOCK_READ_LAST) {
		err = last_counter(d->id, &io.counter);
		if (err)
			return err;
	}
	if (io.flags & RADCLOCK_READ_CROSS) {
		rad_cross_read(io.clock, &x, &r);
		io.counter = x.counter;
	} else if (io.flags) {
		rad_clock_read_at(io.clock, io.counter, &r);
	} else {
		rad_clock_read(io.clock, &io.counter, &r);
	}

	io.sec = r.time.sec;
	io.frac = r.time.frac;
	io.maxerror_ns = r.maxerror_ns;
	io.esterror_ns = r.esterror_ns;
	io.status = r.status;
	io.realtime_ns = x.realtime_ns;
	io.raw_ns = x.raw_ns;
	io.uncertainty = x.uncertainty;
	return copy_to_user(arg, &io, sizeof(io)) ? -EFAULT : 0;
}

static long ioc_counter_of(void __user *arg)
{
	struct radclock_ioc_counter io;
	struct rad_counter *c;

	if (copy_from_user(&io, arg, sizeof(io)))
		return -EFAULT;
	if (io.reserved)
		return -EINVAL;
	c = rad_counter_by_id(io.id);
	if (!c)
		return -ENODEV;
	io.counter = rad_counter_read(c);
	return copy_to_user(arg, &io, sizeof(io)) ? -EFAULT : 0;
}

static long clock_ioctl(struct posix_clock_context *ctx, unsigned int cmd,
			unsigned long arg)
{
	struct rad_device *d = to_rad(ctx->clk);
	u64 counter;

	switch (cmd) {
	case RADCLOCK_IOC_READ:
		return ioc_read(d, (void __user *)arg);
	case RADCLOCK_IOC_COUNTER:
		counter = rad_counter_read(rad_clock_counter());
		return put_user(counter, (u64 __user *)arg);
	case RADCLOCK_IOC_COUNTER_OF:
		return ioc_counter_of((void __user *)arg);
	}
	return -ENOTTY;
}

static int clock_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_pgoff || vma->vm_end - vma->vm_start != PAGE_SIZE)
		return -EINVAL;
	if (vma->vm_flags & VM_WRITE)
		return -EPERM;
	rad_vm_forbid_write(vma);
	return vm_insert_page(vma, vma->vm_start, rad_clock_page());
}

static const struct posix_clock_operations clock_ops = {
	.owner = THIS_MODULE,
	.clock_gettime = clock_gettime,
	.clock_getres = clock_getres,
	.ioctl = clock_ioctl,
};

/* everybody may read the time; nothing here can be written */
static char *devnode(RAD_DEVNODE_ARG *dev, umode_t *mode)
{
	if (mode)
		*mode = 0444;
	return NULL;
}

/* static, and dead only with the module */
static void release(struct device *dev)
{
}

/*
 * posix_clock_operations knows no mmap. A copy of the file operations does; the
 * clock id check looks at .open only, which stays the same. They are found on a
 * clock without a device number, which nobody can open.
 */
static int find_operations(void)
{
	static struct rad_device pattern;
	int err;

	memset(&pattern, 0, sizeof(pattern));
	pattern.clock.ops = clock_ops;
	device_initialize(&pattern.dev);
	pattern.dev.release = release;
	err = dev_set_name(&pattern.dev, "radclock-pattern");
	if (!err)
		err = posix_clock_register(&pattern.clock, &pattern.dev);
	if (err) {
		put_device(&pattern.dev);
		return err;
	}
	fops = *pattern.clock.cdev.ops;
	fops.owner = THIS_MODULE;	/* they live in ours */
	fops.mmap = clock_mmap;
	posix_clock_unregister(&pattern.clock);
	return 0;
}

/*
 * As posix_clock_register() does, but complete before anybody can open it: an
 * owner that is set later is put without having been got.
 */
static int register_one(struct rad_device *d, u32 id)
{
	struct posix_clock *clock = &d->clock;
	int err;

	d->id = id;
	device_initialize(&d->dev);
	d->dev.devt = MKDEV(MAJOR(first_devt), MINOR(first_devt) + id);
	d->dev.class = class;
	d->dev.release = release;
	dev_set_drvdata(&d->dev, clock);

	clock->ops = clock_ops;
	clock->dev = &d->dev;
	init_rwsem(&clock->rwsem);
	cdev_init(&clock->cdev, &fops);
	clock->cdev.owner = THIS_MODULE;
	err = dev_set_name(&d->dev, "%s", names[id]);
	if (!err)
		err = cdev_device_add(&clock->cdev, &d->dev);
	if (err) {
		put_device(&d->dev);
		return err;
	}
	d->registered = true;
	return 0;
}

int rad_device_init(void)
{
	int err, i;

	err = alloc_chrdev_region(&first_devt, 0, ARRAY_SIZE(names), "radclock");
	if (err)
		return err;
	class = rad_class_create("radclock");
	if (IS_ERR(class)) {
		err = PTR_ERR(class);
		goto err_region;
	}
	class->devnode = devnode;
	err = find_operations();
	if (err)
		goto err_devices;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		err = register_one(&devices[i], i);
		if (err)
			goto err_devices;
	}
	return 0;

err_devices:
	rad_device_exit();
	return err;
err_region:
	unregister_chrdev_region(first_devt, ARRAY_SIZE(names));
	return err;
}

void rad_device_exit(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (devices[i].registered)	/* puts the device, too */
			posix_clock_unregister(&devices[i].clock);
	class_destroy(class);
	unregister_chrdev_region(first_devt, ARRAY_SIZE(names));
}
