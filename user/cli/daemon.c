// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ask the daemon by its socket.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon.h"

#define MAX_ANSWER	(1 << 20)
#define TIMEOUT_S	5

static int connect_to(const char *path)
{
	const struct timeval timeout = { .tv_sec = TIMEOUT_S };
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(sa.sun_path))
		return -ENAMETOOLONG;
	strcpy(sa.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa))) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

static int ask(int fd, const char *question, char *answer, size_t max)
{
	size_t n = 0;
	ssize_t got;

	if (dprintf(fd, "%s\n", question) < 0)
		return -errno;
	while (n < max - 1) {
		got = read(fd, answer + n, max - 1 - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		if (!got)
			break;
		n += (size_t)got;
	}
	answer[n] = '\0';
	return 0;
}

struct json_object *daemon_ask(const char *path, const char *question)
{
	struct json_object *o = NULL;
	char *answer;
	int fd, err;

	fd = connect_to(path);
	if (fd < 0) {
		if (fd == -ENOENT || fd == -ECONNREFUSED)
			fprintf(stderr, "radclock: radclockd does not run (%s: %s)\n",
				path, strerror(-fd));
		else
			fprintf(stderr, "radclock: %s: %s\n", path, strerror(-fd));
		return NULL;
	}
	answer = malloc(MAX_ANSWER);
	err = answer ? ask(fd, question, answer, MAX_ANSWER) : -ENOMEM;
	close(fd);
	if (!err) {
		o = json_tokener_parse(answer);
		if (!o)
			fprintf(stderr, "radclock: radclockd gave no answer to '%s'\n",
				question);
	} else {
		fprintf(stderr, "radclock: asking radclockd: %s\n", strerror(-err));
	}
	free(answer);
	return o;
}
