// SPDX-License-Identifier: GPL-2.0-only
/* The timekeeper's clocksource, as the notifier of its updates shows it. */
#include <linux/clocksource.h>
#include <linux/kernel.h>
#include <linux/notifier.h>
#include <linux/pvclock_gtod.h>
#include <linux/string.h>
#include <linux/timekeeper_internal.h>

#include "counter.h"
#include "disrupt.h"
#include "timekeeper.h"

/* clocksources that read one of our counters */
static const struct {
	const char *name;
	u32 id;
	u32 width;
} known[] = {
	{ "tsc", RADCLOCK_COUNTER_ID_TSC, 64 },
	{ "hpet", RADCLOCK_COUNTER_ID_HPET, 32 },
	{ "acpi_pm", RADCLOCK_COUNTER_ID_ACPI_PM, 24 },
	{ "xen", RADCLOCK_COUNTER_ID_XEN, 64 },
	{ "kvm-clock", RADCLOCK_COUNTER_ID_KVM, 64 },
};

static const struct clocksource *current_cs;
/* the kernel's timekeeper, and the shadow that it works on */
static const struct timekeeper *keepers[2];

static int on_update(struct notifier_block *nb, unsigned long was_set,
		     void *data)
{
	const struct timekeeper *tk = data;
	const struct clocksource *was = current_cs;

	if (!keepers[0])
		keepers[0] = tk;
	else if (keepers[0] != tk)
		keepers[1] = tk;
	if (tk->tkr_mono.clock != was) {
		WRITE_ONCE(current_cs, tk->tkr_mono.clock);
		if (was)
			rad_disrupt_timekeeper();
	}
	return NOTIFY_OK;
}

static struct notifier_block update_nb = { .notifier_call = on_update };

/**
 * rad_timekeeper_counter() - which of our counters does the timekeeper read?
 * @width: out: how many of its bits
 *
 * Return: enum radclock_counter_id; NONE for a clocksource that is not ours.
 */
u32 rad_timekeeper_counter(u32 *width)
{
	const struct clocksource *cs = READ_ONCE(current_cs);
	int i;

	for (i = 0; cs && i < ARRAY_SIZE(known); i++) {
		if (!strcmp(cs->name, known[i].name)) {
			*width = known[i].width;
			return known[i].id;
		}
	}
	return RADCLOCK_COUNTER_ID_NONE;
}

/*
 * The last reading of the old clocksource, while the timekeeper takes up @cs:
 * it names the new one already, but has not read it yet.
 */
bool rad_timekeeper_last(const struct clocksource *cs, u64 *cycles)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(keepers); i++) {
		if (keepers[i] && keepers[i]->tkr_mono.clock == cs) {
			*cycles = keepers[i]->tkr_mono.cycle_last;
			return true;
		}
	}
	return false;
}

int rad_timekeeper_init(void)
{
	return pvclock_gtod_register_notifier(&update_nb);
}

void rad_timekeeper_exit(void)
{
	pvclock_gtod_unregister_notifier(&update_nb);
}
