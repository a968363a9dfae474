// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Is this a page that we understand?
 */
#include <errno.h>

#include "page.h"

int rad_page_check(const struct radclock_page *page)
{
	struct radclock_params p;

	if (page->vmclock.magic != RADCLOCK_VMCLOCK_MAGIC ||
	    page->magic != RADCLOCK_PAGE_MAGIC)
		return -EPROTO;
	if (page->vmclock.version != 1)
		return -EPROTONOSUPPORT;

	switch (rad_page_snapshot(page, RAD_CLOCKS, &p, NULL)) {
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
