// SPDX-License-Identifier: GPL-2.0-only
/*
 * The HPET's main counter, found by its ACPI table. The kernel has started it
 * for its own use; a stopped one is left alone and not offered.
 */
#include <linux/acpi.h>
#include <linux/io.h>
#include <linux/module.h>
#include <asm/hpet.h>

#include "counter.h"
#include "fixed.h"

#define HPET_LEN	1024
#define FEMTO		1000000000000000ULL

static bool hpet_32bit;
module_param(hpet_32bit, bool, 0444);
MODULE_PARM_DESC(hpet_32bit, "use only the low 32 bits of the HPET");

static void __iomem *regs;

static u64 hpet_read32(void)
{
	return readl(regs + HPET_COUNTER);
}

static u64 hpet_read64(void)
{
	return readq(regs + HPET_COUNTER);
}

static int hpet_probe(struct rad_counter *c)
{
	struct acpi_table_header *header;
	u64 address, period_fs, id;

	if (ACPI_FAILURE(acpi_get_table(ACPI_SIG_HPET, 0, &header)))
		return -ENODEV;
	address = ((struct acpi_table_hpet *)header)->address.address;
	acpi_put_table(header);
	if (!address)
		return -ENODEV;

	regs = ioremap(address, HPET_LEN);
	if (!regs)
		return -ENOMEM;
	id = readq(regs + HPET_ID);
	period_fs = id >> 32;
	/* the specification allows 100 ns at most; all ones is no device */
	if (!period_fs || period_fs > 100000000 || !(u32)id ||
	    !(readl(regs + HPET_CFG) & HPET_CFG_ENABLE)) {
		iounmap(regs);
		regs = NULL;
		return -ENODEV;
	}
	c->hz = (FEMTO + period_fs / 2) / period_fs;
	if (!hpet_32bit && (id & HPET_ID_64BIT)) {
		c->width = 64;
		c->read = hpet_read64;
	} else {
		c->width = 32;
		c->read = hpet_read32;
	}
	return 0;
}

static void hpet_remove(struct rad_counter *c)
{
	iounmap(regs);
	regs = NULL;
}

struct rad_counter rad_counter_hpet = {
	.name = "hpet",
	.id = RADCLOCK_COUNTER_ID_HPET,
	.flags = RADCLOCK_COUNTER_FLAG_NMI,
	.probe = hpet_probe,
	.remove = hpet_remove,
};
