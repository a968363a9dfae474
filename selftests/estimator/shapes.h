/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RADCLOCK_SELFTESTS_SHAPES_H
#define RADCLOCK_SELFTESTS_SHAPES_H

#include "world.h"

#define SHAPES	36

/**
 * struct shape - a world by name
 * @name: for people
 * @make: changes the default world
 * @symmetric: the truth is in the middle of the path
 */
struct shape {
	const char *name;
	void (*make)(struct world *w);
	bool symmetric;
};

extern const struct shape shapes[SHAPES];

#endif /* RADCLOCK_SELFTESTS_SHAPES_H */
