// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "background.h"
#include "log.h"
#include "loop.h"
#include "publish.h"
#include "radclock.h"
#include "xennode.h"
#include "xenstore_write.h"

#define ORIGIN_FILE	"/sys/kernel/radclock/counter_origin"
#define BOOT_ID_FILE	"/proc/sys/kernel/random/boot_id"
#define RETRY_MS	5000
/* XenStore answers in milliseconds, or it is not there */
#define WRITE_LIMIT_MS	10000
/* of the helper about a write that was stopped for that */
#define HUNG		(-ETIMEDOUT)

static int helper = -1;
static struct loop_fd helper_fd;
static char host[RAD_XENNODE_HOST_LEN];
static char state[80] = "not yet written";
static bool wanted, failed;
static u64 written_generation;
static bool have_written;
static u32 told_own;

/* ------------------------------------------------------------- the helper */

/* the process that talks to XenStore, however the library waits */
static struct {
	int fd;
	pid_t pid;
} writer = { .fd = -1 };
static int daemon_fd;

static void run_writer(int fd)
{
	char text[RAD_XENNODE_MAX];
	ssize_t n;
	int r;

	/* of the helper's death nothing else may tell, while XenStore hangs */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(daemon_fd);
	for (;;) {
		n = recv(fd, text, sizeof(text), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(0);
		r = xenstore_write(RAD_XENNODE_PATH, text, n);
		if (send(fd, &r, sizeof(r), MSG_NOSIGNAL) < 0)
			_exit(1);
	}
}

static int start_writer(void)
{
	int pair[2], err;

	if (writer.fd >= 0)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	writer.pid = fork();
	if (writer.pid <= 0) {
		err = -errno;
		close(pair[0]);
		if (!writer.pid)
			run_writer(pair[1]);
		close(pair[1]);
		return err;
	}
	close(pair[1]);
	writer.fd = pair[0];
	return 0;
}

static void end_writer(void)
{
	close(writer.fd);
	writer.fd = -1;
	kill(writer.pid, SIGKILL);
	while (waitpid(writer.pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void leave(void)
{
	if (writer.fd >= 0)
		end_writer();
	_exit(0);
}

/* a writer that failed or hangs is replaced the next time */
static int write_node(const char *text, size_t len)
{
	struct pollfd p = { .events = POLLIN };
	int r = start_writer(), result;

	if (r)
		return r;
	p.fd = writer.fd;
	result = -EPIPE;
	if (send(writer.fd, text, len, MSG_NOSIGNAL) == (ssize_t)len) {
		do
			r = poll(&p, 1, WRITE_LIMIT_MS);
		while (r < 0 && errno == EINTR);
		if (!r)
			result = HUNG;
		else if (recv(writer.fd, &r, sizeof(r), 0) == sizeof(r))
			result = r;
	}
	if (result)
		end_writer();
	return result;
}

/* the newest text that is there; negative: none; 0: the daemon is gone */
static ssize_t newest(int fd, char *text)
{
	char next[RAD_XENNODE_MAX];
	ssize_t n = recv(fd, text, RAD_XENNODE_MAX, MSG_DONTWAIT), more;

	if (n <= 0)
		return n < 0 && (errno == EINTR || errno == EAGAIN) ? -errno : 0;
	for (;;) {
		more = recv(fd, next, sizeof(next), MSG_DONTWAIT);
		if (more <= 0)
			return n;
		memcpy(text, next, more);
		n = more;
	}
}

/* tells the daemon each result that differs from the one before */
static void run_helper(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char text[RAD_XENNODE_MAX];
	cap_t none = cap_init();
	int result, told = 1;
	bool due = false;
	ssize_t n, len = 0;

	prctl(PR_SET_NAME, "radclockd-xen");
	background_leave_caller();
	signal(SIGINT, SIG_IGN);	/* the daemon says when it is over */
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	/* XenStore wants root, but no privileges of root's */
	if (!none || cap_set_proc(none))
		_exit(1);
	daemon_fd = fd;
	for (;;) {
		int r = poll(&p, 1, due ? RETRY_MS : -1);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			_exit(1);
		if (r) {
			n = newest(fd, text);
			if (!n)
				leave();
			if (n < 0)
				continue;
			len = n;
		}
		if (!len)
			continue;
		result = write_node(text, len);
		due = result;
		if (result != told && send(fd, &result, sizeof(result), MSG_NOSIGNAL) > 0)
			told = result;
	}
}

/* ------------------------------------------------------------- the daemon */

static void stop_helper(void)
{
	if (helper < 0)
		return;
	loop_remove(&helper_fd);
	close(helper);
	helper = -1;
}

static void helper_told(struct loop_fd *f, short revents)
{
	int result;
	ssize_t n = recv(helper, &result, sizeof(result), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n != sizeof(result)) {
		snprintf(state, sizeof(state), "the process that writes has died");
		/* none can be made from within the sandbox */
		log_error("XenStore: %s: to be started again", state);
		stop_helper();
		failed = true;
		loop_stop();
	} else if (!result) {
		snprintf(state, sizeof(state), "written");
		log_info("XenStore: the clock is in %s", RAD_XENNODE_PATH);
	} else {
		snprintf(state, sizeof(state), "%s",
			 result == HUNG ? "XenStore does not answer" : strerror(-result));
		log_warn("XenStore: cannot write %s: %s; trying again and again",
			 RAD_XENNODE_PATH, state);
	}
}

/* a line of a file in /proc or /sys; false when it is not there */
static bool read_line(const char *path, char *to, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, to, size - 1);
	close(fd);
	if (n <= 0)
		return false;
	to[n] = 0;
	to[strcspn(to, "\n")] = 0;
	return true;
}

static int start_helper(void)
{
	int pair[2], err;
	pid_t pid;

	if (!read_line(BOOT_ID_FILE, host, sizeof(host)))
		return -ENOENT;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	pid = fork();
	if (pid <= 0) {
		err = -errno;
		close(pair[0]);
		if (!pid)
			run_helper(pair[1]);
		close(pair[1]);
		return err;
	}
	close(pair[1]);
	helper = pair[0];
	fcntl(helper, F_SETFL, O_NONBLOCK);
	helper_fd = (struct loop_fd){ .fd = helper, .events = POLLIN, .ready = helper_told };
	err = loop_add(&helper_fd);
	if (err)
		stop_helper();
	return err;
}

int publish_start(const struct config *c)
{
	int err;

	wanted = c->publish_xenstore;
	if (!wanted)
		return 0;
	err = start_helper();
	if (err)
		snprintf(state, sizeof(state), "cannot be started: %s", strerror(-err));
	return err;
}

static void tell_own(const struct rad_xennode *n, u32 counter_id)
{
	if (!strcmp(n->origin, "own") && told_own != counter_id) {
		log_warn("XenStore: counter %s is not one that guests have, they will not take it; "
			 "\"counter xen\" is", n->counter);
		told_own = counter_id;
	}
}

/* a node of what is in force now; false: it changes right now, we are called again */
static bool make_node(struct radclock *rc, struct rad_xennode *n)
{
	struct radclock_reading now;
	struct radclock_params p;
	const char *name;

	if (radclock_get_params(rc, &p) || radclock_read(rc, RADCLOCK_CLOCK_DIFF, &now) ||
	    now.disruption_marker != p.disruption_marker)
		return false;
	name = radclock_counter_name(p.counter_id);
	*n = (struct rad_xennode){
		.hz = p.counter_hz, .generation = p.generation, .updates = p.updates,
		.written = now.counter, .running = true, .status = p.status,
	};
	snprintf(n->host, sizeof(n->host), "%s", host);
	snprintf(n->counter, sizeof(n->counter), "%s", name ? name : "");
	if (!read_line(ORIGIN_FILE, n->origin, sizeof(n->origin)))
		snprintf(n->origin, sizeof(n->origin), "own");
	tell_own(n, p.counter_id);
	if (!(p.flags & RADCLOCK_PARAMS_FLAG_ABS_VALID)) {
		n->status = RADCLOCK_STATUS_UNSYNCHRONIZED;
		return true;
	}
	n->line = p.absolute;
	n->period_shift = p.period_shift;
	n->period_diff = p.diff.period;
	n->maxerror_ns = p.maxerror_ns;
	n->esterror_ns = p.esterror_ns;
	n->maxerror_rate = p.maxerror_rate;
	n->esterror_rate = p.esterror_rate;
	n->holdover_counter = p.holdover_counter;
	n->void_counter = p.void_counter;
	n->leap_counter = p.leap_counter;
	n->leap_delta = p.leap_delta;
	n->tai_valid = p.flags & RADCLOCK_PARAMS_FLAG_TAI_VALID;
	n->tai_offset = n->tai_valid ? p.tai_offset : 0;
	n->smeared = p.flags & RADCLOCK_PARAMS_FLAG_SMEARED;
	return true;
}

static void send_node(const struct rad_xennode *n)
{
	char text[RAD_XENNODE_MAX];
	int len = rad_xennode_format(n, text);

	if (len < 0) {
		log_error("XenStore: the module's parameters cannot be told");
		return;
	}
	/* it has not taken the ones before? it will get the next ones */
	if (send(helper, text, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		log_debug("XenStore: %s", strerror(errno));
		return;
	}
	written_generation = n->generation;
	have_written = true;
}

void publish_clock(struct radclock *rc)
{
	struct rad_xennode n;

	if (helper < 0 || !make_node(rc, &n))
		return;
	if (!have_written || n.generation != written_generation)
		send_node(&n);
}

void publish_stop(struct radclock *rc)
{
	struct rad_xennode n;

	if (helper < 0)
		return;
	if (rc && make_node(rc, &n)) {
		n.running = false;
		send_node(&n);
	}
	/* what it was given it still writes */
	stop_helper();
}

const char *publish_state(void)
{
	return wanted ? state : NULL;
}

bool publish_failed(void)
{
	return failed;
}
