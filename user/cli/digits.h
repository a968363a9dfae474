/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers as text, to all digits that are wanted and fast: replay writes seven
 * a row. Each function writes at @p, without a NUL, and returns the end.
 */
#ifndef RADCLOCK_DIGITS_H
#define RADCLOCK_DIGITS_H

#include "fixed.h"

#define FIGURE_MAX	9000	/* s; larger ones are written as %.6g */

char *put_u64(char *p, u64 v);
char *put_time(char *p, struct rad_time t);
char *put_period(char *p, u64 period, u8 shift);
char *put_figure(char *p, double v);

#endif /* RADCLOCK_DIGITS_H */
