// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE	/* accept4 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"
#include "log.h"
#include "loop.h"
#include "report.h"

#define MAX_CLIENTS	8
#define MAX_QUESTION	64
#define CLIENT_TIMEOUT	(5 * NSEC_PER_SEC)

struct client {
	struct loop_fd socket;
	struct loop_timer timeout;
	bool open;
	char question[MAX_QUESTION];
	size_t got;
	char *answer;		/* NULL: still asking */
	size_t length;
	size_t sent;
};

static struct loop_fd listener = { .fd = -1 };
static struct client clients[MAX_CLIENTS];
static char *socket_path;

static void hang_up(struct client *c)
{
	loop_timer_stop(&c->timeout);
	loop_remove(&c->socket);
	close(c->socket.fd);
	free(c->answer);
	c->answer = NULL;
	c->open = false;
}

static void timed_out(struct loop_timer *t)
{
	hang_up(container_of(t, struct client, timeout));
}

static void send_answer(struct client *c)
{
	ssize_t n = send(c->socket.fd, c->answer + c->sent, c->length - c->sent, MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		c->sent += n;
	if (n <= 0 || c->sent == c->length)
		hang_up(c);
}

static void read_question(struct client *c)
{
	ssize_t n = recv(c->socket.fd, c->question + c->got, MAX_QUESTION - 1 - c->got, 0);
	char *end;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		hang_up(c);
		return;
	}
	c->got += n;
	c->question[c->got] = 0;
	end = strpbrk(c->question, "\r\n");
	if (!end && c->got < MAX_QUESTION - 1)
		return;
	if (end)
		*end = 0;
	c->answer = report(c->question);
	if (!c->answer) {
		hang_up(c);
		return;
	}
	c->length = strlen(c->answer);
	c->socket.events = POLLOUT;
	send_answer(c);
}

static void client_ready(struct loop_fd *f, short revents)
{
	struct client *c = container_of(f, struct client, socket);

	if (c->answer)
		send_answer(c);
	else
		read_question(c);
}

static void connected(struct loop_fd *f, short revents)
{
	struct client *c = NULL;
	int i, fd = accept4(f->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	for (i = 0; i < MAX_CLIENTS && !c; i++)
		if (!clients[i].open)
			c = &clients[i];
	if (!c) {
		close(fd);
		return;
	}
	*c = (struct client){
		.open = true, .timeout.expired = timed_out,
		.socket = { .fd = fd, .events = POLLIN, .ready = client_ready },
	};
	loop_add(&c->socket);
	loop_timer_after(&c->timeout, CLIENT_TIMEOUT);
}

int control_open(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int err, fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0)
		return -errno;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	strncpy(sun.sun_path, path, sizeof(sun.sun_path) - 1);
	/* ours: the pid lock is held, so nobody listens there */
	unlink(path);
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) || chmod(path, 0666) ||
	    listen(fd, MAX_CLIENTS)) {
		err = -errno;
		close(fd);
		return err;
	}
	socket_path = strdup(path);
	listener = (struct loop_fd){ .fd = fd, .events = POLLIN, .ready = connected };
	return loop_add(&listener);
}

void control_close(void)
{
	int i;

	for (i = 0; i < MAX_CLIENTS; i++)
		if (clients[i].open)
			hang_up(&clients[i]);
	if (listener.fd < 0)
		return;
	loop_remove(&listener);
	close(listener.fd);
	listener.fd = -1;
	unlink(socket_path);
	free(socket_path);
}
