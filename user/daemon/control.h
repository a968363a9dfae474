/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control socket: a client connects, writes one line ("status" or
 * "sources"), reads one JSON document and the end of the file. Whoever can
 * connect may ask; nothing can be changed here.
 */
#ifndef RADCLOCKD_CONTROL_H
#define RADCLOCKD_CONTROL_H

/* return: 0 or a negative errno value */
int control_open(const char *path);
void control_close(void);

#endif
