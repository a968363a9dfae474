// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Looking at the page where it is not quick: is it one that we understand, and
 * waiting for its writer.
 */
#include <errno.h>
#include <sched.h>

#include "page.h"

/* a kernel writer is done long before; the writer of a file may be preempted */
#define SPINS	256
#define TRIES	4096

static void pause_a_bit(unsigned int tries)
{
	if (tries > SPINS) {
		sched_yield();
		return;
	}
#if defined(__x86_64__)
	__builtin_ia32_pause();
#endif
}

enum rad_page_result rad_page_insist(const struct radclock_page *page,
				     struct radclock_params *p, u64 *counter)
{
	enum rad_page_result res = RAD_PAGE_BUSY;
	unsigned int tries;

	for (tries = 0; res == RAD_PAGE_BUSY && tries < TRIES; tries++) {
		if (tries)
			pause_a_bit(tries);
		res = rad_page_try(page, RAD_CLOCKS, p, counter);
	}
	return res;
}

int rad_page_check(const struct radclock_page *page)
{
	struct radclock_params p;

	/* its writer has got no further */
	if (!page->vmclock.magic && !page->magic)
		return -EAGAIN;
	if (page->vmclock.magic != RADCLOCK_VMCLOCK_MAGIC ||
	    page->magic != RADCLOCK_PAGE_MAGIC)
		return -EPROTO;
	if (page->vmclock.version != 1)
		return -EPROTONOSUPPORT;

	switch (rad_page_insist(page, &p, NULL)) {
	case RAD_PAGE_BUSY:
		return -EAGAIN;
	case RAD_PAGE_BAD:
		return -EPROTO;
	default:
		break;
	}
	/* later versions append: a larger structure is as good */
	if (p.abi_version != RADCLOCK_ABI_VERSION || p.size < sizeof(p))
		return -EPROTONOSUPPORT;
	return 0;
}
