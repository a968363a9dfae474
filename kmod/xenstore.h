/* SPDX-License-Identifier: GPL-2.0-only */
/* The host's clock, by XenStore. */
#ifndef RADCLOCK_XENSTORE_H
#define RADCLOCK_XENSTORE_H

#include <linux/errno.h>
#include <linux/radclock.h>
#include <linux/types.h>

#include "xennode.h"

/**
 * struct rad_xenstore_host - of what the estimate in force was made
 * @id: names the present start of the host
 * @generation: of the host's parameters
 * @written: counter value when the host wrote them
 * @marker: disruption marker that they came under
 */
struct rad_xenstore_host {
	char id[RAD_XENNODE_HOST_LEN];
	u64 generation;
	u64 written;
	u64 marker;
};

#ifdef CONFIG_XEN

int rad_xenstore_init(void);
void rad_xenstore_exit(void);
int rad_xenstore_possible(u32 from, const char **why);
int rad_xenstore_start(const char **why);
void rad_xenstore_stop(void);
void rad_xenstore_poll(void);
bool rad_xenstore_host(struct rad_xenstore_host *h);

#else

static inline int rad_xenstore_init(void)
{
	return 0;
}

static inline void rad_xenstore_exit(void)
{
}

static inline int rad_xenstore_possible(u32 from, const char **why)
{
	*why = "this kernel knows no Xen";
	return from == RADCLOCK_PARAMETER_SOURCE_XENSTORE ? -EOPNOTSUPP : 0;
}

static inline int rad_xenstore_start(const char **why)
{
	return -EOPNOTSUPP;
}

static inline void rad_xenstore_stop(void)
{
}

static inline void rad_xenstore_poll(void)
{
}

static inline bool rad_xenstore_host(struct rad_xenstore_host *h)
{
	return false;
}

#endif

#endif /* RADCLOCK_XENSTORE_H */
