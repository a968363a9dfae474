// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "loop.h"
#include "notify.h"

static int fd = -1;
static s64 watchdog;
static struct loop_timer watchdog_timer;
static char last_status[256];

static void notify(const char *text)
{
	if (fd >= 0)
		(void)!send(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void watchdog_expired(struct loop_timer *t)
{
	notify("WATCHDOG=1");
	loop_timer_after(t, watchdog / 2);
}

void notify_init(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	size_t len;

	if (!path || (path[0] != '/' && path[0] != '@'))
		return;
	len = strlen(path);
	if (len >= sizeof(sun.sun_path))
		return;
	memcpy(sun.sun_path, path, len + 1);
	if (path[0] == '@')
		sun.sun_path[0] = 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (connect(fd, (struct sockaddr *)&sun, offsetof(struct sockaddr_un, sun_path) + len)) {
		close(fd);
		fd = -1;
		return;
	}
	/* set for another process? then it is not ours to feed */
	if (usec && (!pid || atoll(pid) == getpid()))
		watchdog = atoll(usec) * 1000;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	if (watchdog > 0) {
		watchdog_timer.expired = watchdog_expired;
		loop_timer_after(&watchdog_timer, 0);
	}
}

void notify_ready(void)
{
	notify("READY=1");
}

void notify_reloading(void)
{
	char text[80];

	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
		 (long long)(loop_now() / 1000));
	notify(text);
}

void notify_stopping(void)
{
	notify("STOPPING=1");
}

void notify_status(const char *fmt, ...)
{
	char text[sizeof(last_status) + 8];
	va_list ap;
	int n;

	n = snprintf(text, sizeof(text), "STATUS=");
	va_start(ap, fmt);
	vsnprintf(text + n, sizeof(text) - n, fmt, ap);
	va_end(ap);
	if (!strcmp(text + n, last_status))
		return;
	snprintf(last_status, sizeof(last_status), "%s", text + n);
	notify(text);
}
