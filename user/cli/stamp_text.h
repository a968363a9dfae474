/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RADCLOCK_STAMP_TEXT_H
#define RADCLOCK_STAMP_TEXT_H

#include <stdio.h>

#include "estimator.h"

#define STAMP_LINE_MAX	65536	/* longer lines hold no stamp */
#define STAMP_TEXT_PAD	8	/* bytes behind a line that may be read */

/* lines of a stream, of any length, in bounded memory */
struct line_reader {
	FILE *in;
	unsigned long long number;	/* of the latest line, from 1 */
	size_t at;
	size_t end;
	bool eof;
	int error;			/* errno, when reading failed */
	char buf[STAMP_LINE_MAX + STAMP_TEXT_PAD];
};

void line_reader_init(struct line_reader *r, FILE *in);
char *line_reader_next(struct line_reader *r, bool *too_long);
const char *stamp_skip_blanks(const char *s);
const char *stamp_parse(const char *line, struct rad_stamp *s);

#endif /* RADCLOCK_STAMP_TEXT_H */
