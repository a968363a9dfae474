/* SPDX-License-Identifier: GPL-2.0-only */
/* Questions about Xen that other files have; the answers without it. */
#ifndef RADCLOCK_XEN_DOMAIN_H
#define RADCLOCK_XEN_DOMAIN_H

#include <xen/xen.h>

/* may be moved to another machine: counters begin anew there */
static inline bool rad_xen_moves(void)
{
	return xen_domain() && !xen_initial_domain();
}

#if defined(CONFIG_X86) && defined(CONFIG_XEN)
bool rad_xen_tsc_is_machines(void);
#else
static inline bool rad_xen_tsc_is_machines(void)
{
	return false;
}
#endif

#endif /* RADCLOCK_XEN_DOMAIN_H */
