// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ACPI power management timer: 24 bits at 3.579545 MHz. Old chipsets can
 * be caught in mid-change, so three ordered readings make one.
 */
#include <linux/acpi.h>
#include <linux/acpi_pmtmr.h>
#include <linux/io.h>

#include "counter.h"

static u32 port;

static u32 read_port(void)
{
	return inl(port) & ACPI_PM_MASK;
}

static u64 acpi_pm_read(void)
{
	u32 a, b, c;
	int tries = 10;

	do {
		a = read_port();
		b = read_port();
		c = read_port();
		/* in order, or once around */
	} while (--tries && ((b - a) & ACPI_PM_MASK) + ((c - b) & ACPI_PM_MASK) >
		 ACPI_PM_MASK / 2);
	return b;
}

static int acpi_pm_probe(struct rad_counter *c)
{
	if (!(acpi_gbl_FADT.xpm_timer_block.address || acpi_gbl_FADT.pm_timer_block) ||
	    acpi_gbl_FADT.flags & ACPI_FADT_HW_REDUCED)
		return -ENODEV;
	if (acpi_gbl_FADT.xpm_timer_block.address) {
		if (acpi_gbl_FADT.xpm_timer_block.space_id != ACPI_ADR_SPACE_SYSTEM_IO)
			return -ENODEV;
		port = acpi_gbl_FADT.xpm_timer_block.address;
	} else {
		port = acpi_gbl_FADT.pm_timer_block;
	}
	/* all ones: nothing decodes the port */
	if (inl(port) == ~0U)
		return -ENODEV;
	c->hz = PMTMR_TICKS_PER_SEC;
	return 0;
}

struct rad_counter rad_counter_acpi_pm = {
	.name = "acpi_pm",
	.id = RADCLOCK_COUNTER_ID_ACPI_PM,
	.width = 24,
	.flags = RADCLOCK_COUNTER_FLAG_NMI,
	.probe = acpi_pm_probe,
	.read = acpi_pm_read,
};
