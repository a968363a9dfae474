// SPDX-License-Identifier: GPL-2.0-only
/*
 * Xen system time: ns since the hypervisor started, the same for every domain of
 * a machine. The kernel's own vcpu_time_info cannot be reached by a module, but
 * Xen keeps a second copy for each virtual CPU wherever it is told to.
 *
 * The kernel uses the second area of CPU 0 itself, for user space, when Xen
 * calls the TSC stable: that one is left alone and read.
 */
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <xen/interface/xen.h>
#include <xen/interface/vcpu.h>
#include <xen/xen.h>
#include <xen/xen-ops.h>
#include <asm/cpufeature.h>
#include <asm/xen/cpuid.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>

#include "counter.h"
#include "counter_pvclock.h"
#include "wobble.h"
#include "xen_domain.h"

#define TSC_EMULATED	(1 << 0)	/* leaf 3, EAX */

/* a cache line each: Xen writes them from the CPUs they are about */
struct xen_area {
	struct rad_pvclock ti;
	bool registered;	/* Xen may write to it */
} ____cacheline_aligned;

static struct xen_area *xen_areas;
/* by CPU; of a CPU that Xen keeps none for, that of another one */
static const struct rad_pvclock **xen_by_cpu;
static u64 xen_last;
static int xen_hotplug;
static bool xen_broken;
static struct rad_wobble *xen_wobbles;	/* of each CPU's page */
static u64 xen_error;

static size_t xen_areas_size(void)
{
	return nr_cpu_ids * sizeof(struct xen_area);
}

/* @area NULL: Xen is to forget the one it had */
static int xen_register(unsigned int cpu, struct rad_pvclock *area)
{
	struct vcpu_register_time_memory_area arg = {
		.addr.v = (struct pvclock_vcpu_time_info *)area,
	};

	return HYPERVISOR_vcpu_op(VCPUOP_register_vcpu_time_memory_area,
				  xen_vcpu_nr(cpu), &arg);
}

/* what is still registered then, Xen did not let go of: it is never freed */
static void xen_stop_cpu(unsigned int cpu)
{
	if (xen_areas[cpu].registered && !xen_register(cpu, NULL))
		xen_areas[cpu].registered = false;
}

static int xen_give_area(unsigned int cpu)
{
	struct xen_area *area = &xen_areas[cpu];
	int err;

	/* what an earlier Xen wrote is no answer of this one */
	WRITE_ONCE(area->ti.version, 0);
	err = xen_register(cpu, &area->ti);
	if (err)
		return err;
	area->registered = true;
	/* Xen has filled it by now */
	if (READ_ONCE(area->ti.version))
		return 0;
	xen_stop_cpu(cpu);
	return -EIO;
}

/*
 * Xen writes by the address we gave, in the page tables that are in use: those of
 * user space lack it when the kernel isolates them (Meltdown). An area that is to
 * change is then as old as the CPU was last seen in the kernel. PV domains do not.
 */
static bool xen_is_late(const struct rad_pvclock *ti)
{
	return !xen_pv_domain() && boot_cpu_has(X86_FEATURE_PTI) &&
	       !(READ_ONCE(ti->flags) & RAD_PVCLOCK_TSC_STABLE);
}

static int xen_start_cpu(unsigned int cpu)
{
	const struct rad_pvclock *ti = &xen_areas[cpu].ti;
	const struct rad_pvclock *kernels = NULL;
	int err = 0;

	if (!cpu)
		kernels = rad_pvclock_kernels_area();
	if (kernels) {
		/* there is one a CPU: ours, if there was one, was replaced */
		xen_areas[cpu].registered = false;
		ti = kernels;
	} else {
		err = xen_give_area(cpu);
	}
	if (!err && xen_is_late(ti)) {
		pr_warn_once("radclock: page-table isolation keeps Xen from writing the time\n");
		xen_stop_cpu(cpu);
		err = -EOPNOTSUPP;
	}
	WRITE_ONCE(xen_by_cpu[cpu],
		   err ? xen_by_cpu[cpumask_first(cpu_online_mask)] : ti);
	return err;
}

/* an error of the first CPU only: the others can read its area */
static int xen_cpu_up(unsigned int cpu)
{
	int err = xen_start_cpu(cpu);

	if (!err)
		return 0;
	/* not worth a CPU */
	pr_warn_once("radclock: Xen keeps no time for CPU %u (error %d)\n", cpu,
		     err);
	return cpumask_first(cpu_online_mask) == cpu ? err : 0;
}

static int xen_cpu_down(unsigned int cpu)
{
	xen_stop_cpu(cpu);
	return 0;
}

static u64 xen_read(void)
{
	u64 ns;

	preempt_disable_notrace();
	ns = rad_pvclock_now(READ_ONCE(xen_by_cpu[raw_smp_processor_id()]),
			     &xen_last);
	preempt_enable_notrace();
	return ns;
}

static bool xen_is_unstable(void)
{
	return READ_ONCE(xen_broken);
}

/* each CPU of the machine is calibrated by itself; readers run on any */
static void xen_watch(void)
{
	struct rad_pvclock ti;
	unsigned int cpu;
	u64 error = 0;

	for_each_online_cpu(cpu) {
		rad_pvclock_copy(READ_ONCE(xen_by_cpu[cpu]), &ti);
		rad_wobble_look(&xen_wobbles[cpu], &ti);
		if (!(ti.flags & RAD_PVCLOCK_TSC_STABLE))
			error = max(error, rad_wobble_error_ns(&xen_wobbles[cpu]));
	}
	WRITE_ONCE(xen_error, error);
}

static u64 xen_error_ns(void)
{
	return READ_ONCE(xen_error);
}

/*
 * Another domain to Xen, perhaps on another machine: it has no areas yet, and
 * its time may lie before the old one's. All other CPUs are held.
 */
static void xen_resume(void)
{
	unsigned int cpu;
	int err = 0;

	for_each_online_cpu(cpu)
		err = xen_cpu_up(cpu) ?: err;
	WRITE_ONCE(xen_last, 0);
	WRITE_ONCE(xen_broken, err);
	if (err)
		pr_err("radclock: Xen keeps our time no longer (error %d)\n", err);
}

static void xen_free(void)
{
	unsigned int cpu;

	kfree(xen_by_cpu);
	kfree(xen_wobbles);
	if (!xen_areas)
		return;
	for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
		if (xen_areas[cpu].registered) {
			pr_err("radclock: Xen still writes the time of CPU %u; its memory is lost\n",
			       cpu);
			return;
		}
	}
	free_pages_exact(xen_areas, xen_areas_size());
}

static int xen_probe(struct rad_counter *c)
{
	unsigned int cpu, first = cpumask_first(cpu_online_mask);
	int err;

	if (!xen_domain())
		return -ENODEV;
	/* in pages of the linear map: Xen writes there whatever runs */
	xen_areas = alloc_pages_exact(xen_areas_size(), GFP_KERNEL | __GFP_ZERO);
	xen_by_cpu = kcalloc(nr_cpu_ids, sizeof(*xen_by_cpu), GFP_KERNEL);
	xen_wobbles = kcalloc(nr_cpu_ids, sizeof(*xen_wobbles), GFP_KERNEL);
	err = -ENOMEM;
	if (!xen_areas || !xen_by_cpu || !xen_wobbles)
		goto err_free;
	for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
		xen_by_cpu[cpu] = &xen_areas[first].ti;
		rad_wobble_init(&xen_wobbles[cpu]);
	}

	/* before a CPU comes up, after the kernel has told Xen about it */
	err = cpuhp_setup_state(CPUHP_BP_PREPARE_DYN, "clock/radclock:prepare",
				xen_cpu_up, xen_cpu_down);
	if (err < 0)
		goto err_free;
	xen_hotplug = err;
	c->hz = RADCLOCK_NSEC;
	c->restarts = rad_xen_moves();
	xen_watch();
	return 0;

err_free:
	pr_info("radclock: no counter xen: error %d\n", err);
	xen_free();
	return err;
}

/* Xen lets go of the areas before they are freed */
static void xen_remove(struct rad_counter *c)
{
	cpuhp_remove_state(xen_hotplug);
	xen_free();
}

static const char *xen_origin(void)
{
	return "xen-system-time";
}

/**
 * rad_xen_tsc_is_machines() - is our TSC the one of the machine?
 *
 * A PV domain reads it as it is, unless Xen emulates it. Of others Xen does not
 * say what it adds.
 */
bool rad_xen_tsc_is_machines(void)
{
	u32 eax, ebx, ecx, edx;

	if (!xen_pv_domain())
		return false;
	cpuid_count(xen_cpuid_base() + 3, 0, &eax, &ebx, &ecx, &edx);
	return !(eax & TSC_EMULATED);
}

struct rad_counter rad_counter_xen = {
	.name = "xen",
	.id = RADCLOCK_COUNTER_ID_XEN,
	.width = 64,
	.flags = RADCLOCK_COUNTER_FLAG_NMI,
	.probe = xen_probe,
	.remove = xen_remove,
	.resume = xen_resume,
	.read = xen_read,
	.is_unstable = xen_is_unstable,
	.watch = xen_watch,
	.error_ns = xen_error_ns,
	.origin = xen_origin,
};
