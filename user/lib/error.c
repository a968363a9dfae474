// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What went wrong, and what to do about it.
 */
#define _GNU_SOURCE	/* strerrordesc_np() */
#include <errno.h>
#include <string.h>

#include "internal.h"

#ifndef RADCLOCK_VERSION
#define RADCLOCK_VERSION "0"
#endif

static const struct {
	int err;
	const char *text;
} texts[] = {
	{ ENOENT, "no radclock here: load the module (modprobe radclock) or start radclockd without it" },
	{ ENODATA, "the clock is not synchronized" },
	{ ENODEV, "the radclock module is gone: load it and open the clock again" },
	{ EPROTO, "not a radclock page" },
	{ EPROTONOSUPPORT, "the module and this library are of different versions" },
	{ ESTALE, "the clock was disrupted meanwhile" },
	{ EOPNOTSUPP, "this needs the radclock module (modprobe radclock)" },
	{ EAGAIN, "the page is not ready: it is being made, or its writer is stuck" },
	{ ENOBUFS, "messages were lost, they were not read in time" },
	{ EPERM, "not permitted: setting needs CAP_SYS_TIME, packet stamps need CAP_NET_ADMIN" },
};

const char *radclock_strerror(int err)
{
	size_t i;

	if (err < 0)
		err = -err;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].err == err)
			return texts[i].text;
	/* not strerror(): this may be called by several threads */
	return strerrordesc_np(err) ?: "unknown error";
}

const char *radclock_version(void)
{
	return RADCLOCK_VERSION;
}
