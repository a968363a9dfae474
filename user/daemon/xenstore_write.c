// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <xenstore.h>

#include "xenstore_write.h"

#define TRIES	10

static struct xs_handle *xs;

/* dom0's own, readable by all; it inherits less from the folder it is in */
static struct xs_permissions wanted = { .id = 0, .perms = XS_PERM_READ };

static bool may_be_read(const char *path)
{
	unsigned int n = 0;
	struct xs_permissions *p = xs_get_permissions(xs, XBT_NULL, path, &n);
	bool good = p && n == 1 && p->id == wanted.id && p->perms == wanted.perms;

	free(p);
	return good;
}

/* at once: nobody sees it without its permissions, or before it is written */
static int create(const char *path, const char *text, size_t len)
{
	int tries, err = EAGAIN;

	for (tries = 0; tries < TRIES && err == EAGAIN; tries++) {
		xs_transaction_t t = xs_transaction_start(xs);

		if (t == XBT_NULL)
			return -errno;
		if (!xs_write(xs, t, path, text, len) ||
		    !xs_set_permissions(xs, t, path, &wanted, 1)) {
			err = errno;
			xs_transaction_end(xs, t, true);
			return -err;
		}
		if (xs_transaction_end(xs, t, false))
			return 0;
		err = errno;
	}
	return -err;
}

static int write_once(const char *path, const char *text, size_t len)
{
	int r = 0;

	errno = 0;
	if (!xs)
		xs = xs_open(0);
	if (!xs)
		return errno ? -errno : -ENOENT;
	/* each time: somebody may have removed it, and it would be made unreadable */
	if (!may_be_read(path))
		r = create(path, text, len);
	else if (!xs_write(xs, XBT_NULL, path, text, len))
		r = -errno;
	if (r) {
		xs_close(xs);
		xs = NULL;
	}
	return r;
}

int xenstore_write(const char *path, const char *text, size_t len)
{
	bool old = xs;
	int r = write_once(path, text, len);

	/* XenStore may have been restarted since */
	return r && old ? write_once(path, text, len) : r;
}
