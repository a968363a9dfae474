// SPDX-License-Identifier: GPL-2.0-only
/*
 * What all parts of an examination know.
 */
#include <math.h>

#include "examine.h"

const char *examine_way_name(enum examine_way way)
{
	static const char *const names[WAYS] = {
		[WAY_KERNEL] = "kernel",
		[WAY_INSTRUCTION] = "instruction",
		[WAY_PAGE] = "page",
		[WAY_IOCTL] = "ioctl",
	};

	return names[way];
}

bool examine_backward(const struct examine *e)
{
	size_t i;

	for (i = 0; i < e->n; i++) {
		const struct subject *s = &e->subjects[i];

		if (s->steps.back || s->order.own || s->order.across)
			return true;
	}
	return false;
}

/* the module extends a narrow counter: the bits above are the wraps */
uint64_t examine_wraps(const struct subject *s)
{
	uint32_t width = s->info.width;

	if (width >= 64)
		return 0;
	return (s->steps.last >> width) - (s->steps.first >> width);
}

double examine_wrap_s(const struct radclock_counter_info *c)
{
	return c->width >= 64 ? INFINITY : ldexp(1, (int)c->width) / (double)c->hz;
}
