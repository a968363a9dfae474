// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "log.h"
#include "state.h"

static int write_file(const char *path, const char *text, size_t len)
{
	int err = 0, fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, len);
	if (n < 0 || fsync(fd))
		err = -errno;
	else if ((size_t)n != len)
		err = -ENOSPC;
	if (close(fd) && !err)
		err = -errno;
	return err;
}

/* a whole file or the old one, whatever happens */
void state_save(const char *path, const char *counter, const struct rad_saved *saved)
{
	char text[RAD_SAVED_TEXT_MAX + 64], new_path[CONFIG_PATH_MAX + 8];
	static int told;
	int n, err;

	n = snprintf(text, sizeof(text), "counter %s\n", counter);
	n += rad_saved_format(saved, text + n, sizeof(text) - n);
	snprintf(new_path, sizeof(new_path), "%s.new", path);
	err = write_file(new_path, text, n);
	if (!err && rename(new_path, path))
		err = -errno;
	if (err && err != told)
		log_warn("cannot write %s: %s", path, strerror(-err));
	told = err;
}

bool state_load(const char *path, const char *counter, struct rad_saved *saved)
{
	char text[RAD_SAVED_TEXT_MAX + 64], head[64];
	FILE *f = fopen(path, "re");
	size_t n, skip;

	if (!f) {
		if (errno != ENOENT)
			log_warn("cannot read %s: %s", path, strerror(errno));
		return false;
	}
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = 0;
	skip = snprintf(head, sizeof(head), "counter %s\n", counter);
	if (strncmp(text, head, skip)) {
		if (strncmp(text, "counter ", 8))
			log_warn("%s is not a drift file: ignored", path);
		return false;	/* about another counter */
	}
	if (!rad_saved_parse(saved, text + skip)) {
		log_warn("%s is not a drift file: ignored", path);
		return false;
	}
	return true;
}
