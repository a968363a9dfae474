/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RADCLOCKD_XENSTORE_WRITE_H
#define RADCLOCKD_XENSTORE_WRITE_H

#include <stddef.h>

/**
 * xenstore_write() - one value that every domain may read
 * @path: of the node, made when it is not there
 *
 * Stays connected, and connects anew after an error. May wait for XenStore.
 * Return: 0 or a negative errno value.
 */
int xenstore_write(const char *path, const char *text, size_t len);

#endif
