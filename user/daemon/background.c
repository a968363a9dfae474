// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "background.h"
#include "log.h"

static int parent = -1;		/* waits for our start */

/* the parent goes when we are ready, so that its exit status tells how it went */
void background_enter(void)
{
	char byte = 1;
	int p[2], null;
	pid_t pid;

	if (pipe(p)) {
		log_error("pipe: %s", strerror(errno));
		exit(1);
	}
	pid = fork();
	if (pid < 0) {
		log_error("fork: %s", strerror(errno));
		exit(1);
	}
	if (pid) {
		close(p[1]);
		exit(read(p[0], &byte, 1) == 1 ? byte : 1);
	}
	close(p[0]);
	parent = p[1];
	fcntl(parent, F_SETFD, FD_CLOEXEC);
	setsid();
	if (chdir("/"))
		log_debug("chdir: %s", strerror(errno));
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
}

void background_leave_caller(void)
{
	if (parent < 0)
		return;
	if (dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
		log_warn("cannot close standard error: %s", strerror(errno));
	close(parent);
	parent = -1;
}

void background_ready(void)
{
	if (parent < 0)
		return;
	(void)!write(parent, "", 1);
	background_leave_caller();
}
