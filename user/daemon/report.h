/* SPDX-License-Identifier: GPL-2.0-only */
/* What the daemon tells about itself, as JSON. */
#ifndef RADCLOCKD_REPORT_H
#define RADCLOCKD_REPORT_H

/* answer to @question, to be freed; NULL when there is no memory */
char *report(const char *question);

#endif
