// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "background.h"
#include "config.h"
#include "log.h"
#include "loop.h"
#include "resolve.h"
#include "sandbox.h"

#define RESOLVE_TIMEOUT_S	30
#define RESOLVE_MAX_OPEN	RAD_SERVERS_MAX

/*
 * Each message is one read or write: send and recv are for the network where a
 * simulator looks after that.
 */
struct question {
	char name[CONFIG_NAME_MAX];
};

struct answer {
	char name[CONFIG_NAME_MAX];
	int error;			/* of getaddrinfo() */
	unsigned int n;
	union address list[RESOLVE_MAX_ADDRESSES];
};

struct open_question {
	char name[CONFIG_NAME_MAX];
	resolve_done done;
	s64 since;
};

static int helper = -1;
static struct loop_fd helper_fd;
static bool listening;
static bool failed;
static struct open_question open_questions[RESOLVE_MAX_OPEN];
static unsigned int nopen;
static struct loop_timer timeout;

bool resolve_literal(const char *text, union address *a)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_DGRAM }, *ai;

	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, text, &a->in.sin_addr) == 1) {
		a->in.sin_family = AF_INET;
		return true;
	}
	if (inet_pton(AF_INET6, text, &a->in6.sin6_addr) == 1) {
		a->in6.sin6_family = AF_INET6;
		return true;
	}
	/* fe80::1%eth0 */
	if (!strchr(text, '%') || getaddrinfo(text, NULL, &hints, &ai))
		return false;
	memcpy(a, ai->ai_addr, ai->ai_addrlen < sizeof(*a) ? ai->ai_addrlen : sizeof(*a));
	freeaddrinfo(ai);
	return true;
}

void address_set_port(union address *a, unsigned int port)
{
	if (a->sa.sa_family == AF_INET)
		a->in.sin_port = htons(port);
	else
		a->in6.sin6_port = htons(port);
}

unsigned int address_port(const union address *a)
{
	return ntohs(a->sa.sa_family == AF_INET ? a->in.sin_port : a->in6.sin6_port);
}

size_t address_len(const union address *a)
{
	return a->sa.sa_family == AF_INET ? sizeof(a->in) : sizeof(a->in6);
}

bool address_equal(const union address *a, const union address *b)
{
	if (a->sa.sa_family != b->sa.sa_family || address_port(a) != address_port(b))
		return false;
	if (a->sa.sa_family == AF_INET)
		return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	return !memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, sizeof(a->in6.sin6_addr));
}

const char *address_text(const union address *a, char *buf, size_t len)
{
	const void *at = a->sa.sa_family == AF_INET ?
		(const void *)&a->in.sin_addr : (const void *)&a->in6.sin6_addr;

	if ((a->sa.sa_family != AF_INET && a->sa.sa_family != AF_INET6) ||
	    !inet_ntop(a->sa.sa_family, at, buf, len))
		snprintf(buf, len, "-");
	return buf;
}

/* ------------------------------------------------------------ the helper */

static void look_up(int fd, const struct question *q)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_flags = AI_ADDRCONFIG };
	struct addrinfo *list = NULL, *ai;
	struct answer a = { 0 };

	memcpy(a.name, q->name, sizeof(a.name));
	a.error = getaddrinfo(a.name, NULL, &hints, &list);
	for (ai = list; ai && a.n < RESOLVE_MAX_ADDRESSES; ai = ai->ai_next)
		if (ai->ai_addrlen <= sizeof(a.list[0]))
			memcpy(&a.list[a.n++], ai->ai_addr, ai->ai_addrlen);
	(void)!write(fd, &a, sizeof(a));
}

/*
 * Answers until the daemon closes its end. A name service that hangs or
 * crashes takes only the child with it.
 */
static void run_helper(int fd, const char *user)
{
	struct question q;
	cap_t none = cap_init();
	ssize_t n;

	prctl(PR_SET_NAME, "radclockd-dns");
	background_leave_caller();
	signal(SIGCHLD, SIG_IGN);
	/* of a terminal or to all of a service: the daemon decides */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGALRM, SIG_DFL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (sandbox_become(user))
		_exit(1);
	if (none)
		cap_set_proc(none);
	for (;;) {
		n = read(fd, &q, sizeof(q));
		if (n < 0 && errno == EINTR)
			continue;
		if (n != sizeof(q))
			_exit(0);
		if (fork())
			continue;
		signal(SIGTERM, SIG_DFL);
		alarm(RESOLVE_TIMEOUT_S);
		look_up(fd, &q);
		_exit(0);
	}
}

int resolve_start(const char *user)
{
	int pair[2];
	pid_t pid;

	if (helper >= 0)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	pid = fork();
	if (pid < 0) {
		int err = -errno;

		close(pair[0]);
		close(pair[1]);
		return err;
	}
	if (!pid) {
		close(pair[0]);
		run_helper(pair[1], user);
	}
	close(pair[1]);
	helper = pair[0];
	fcntl(helper, F_SETFL, O_NONBLOCK);
	return 0;
}

/* ------------------------------------------------------------ the daemon */

static void set_timeout(void)
{
	if (nopen)
		loop_timer_set(&timeout, open_questions[0].since +
			       (RESOLVE_TIMEOUT_S + 5) * NSEC_PER_SEC);
	else
		loop_timer_stop(&timeout);
	/* only while an answer is due: simulators call it always readable */
	if (listening && !nopen)
		loop_remove(&helper_fd);
	else if (!listening && nopen)
		loop_add(&helper_fd);
	listening = nopen;
}

static void close_question(unsigned int i, const char *err,
			   const union address *list, unsigned int n)
{
	struct open_question q = open_questions[i];

	nopen--;
	memmove(&open_questions[i], &open_questions[i + 1],
		(nopen - i) * sizeof(open_questions[0]));
	set_timeout();
	q.done(q.name, err, list, n);
}

static void timed_out(struct loop_timer *t)
{
	if (nopen)
		close_question(0, "no answer from the name service", NULL, 0);
}

/*
 * Another one, or the end: the sandbox lets us fork none. The open questions are
 * asked again by those who asked.
 */
static int replace_helper(void)
{
	int r;

	while (nopen)
		close_question(0, "the resolver process has died", NULL, 0);
	close(helper);
	helper = -1;
	r = resolve_start("");
	if (!r) {
		log_warn("the resolver process has died: another one was started");
	} else if (r == -ENOSYS) {
		log_error("the resolver process has died, none can be forked in the sandbox: "
			  "to be started again");
		failed = true;
		loop_stop();
	} else {
		log_error("the resolver process has died, and no other can be started yet: %s",
			  strerror(-r));
	}
	return r;
}

static void answered(struct loop_fd *f, short revents)
{
	struct answer a;
	unsigned int i;
	ssize_t n = read(helper, &a, sizeof(a));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n != sizeof(a)) {
		replace_helper();
		return;
	}
	a.name[sizeof(a.name) - 1] = 0;
	if (a.n > RESOLVE_MAX_ADDRESSES)
		a.n = 0;
	for (i = 0; i < nopen; i++) {
		if (strcmp(open_questions[i].name, a.name))
			continue;
		close_question(i, a.error ? gai_strerror(a.error) :
			       a.n ? NULL : "no address", a.list, a.n);
		return;
	}
}

static int send_question(const struct question *q)
{
	return write(helper, q, sizeof(*q)) < 0 ? -errno : 0;
}

int resolve_ask(const char *name, resolve_done done)
{
	struct question q = { 0 };
	int r = resolve_start("");

	if (r)
		return r;
	if (nopen == RESOLVE_MAX_OPEN)
		return -EBUSY;
	snprintf(q.name, sizeof(q.name), "%s", name);
	r = send_question(&q);
	/* with questions open the loop is just about to find out */
	if ((r == -EPIPE || r == -ECONNRESET) && !nopen) {
		r = replace_helper();
		if (!r)
			r = send_question(&q);
	}
	if (r)
		return r;
	memcpy(open_questions[nopen].name, q.name, sizeof(q.name));
	open_questions[nopen].done = done;
	open_questions[nopen].since = loop_now();
	nopen++;
	helper_fd = (struct loop_fd){ .fd = helper, .events = POLLIN, .ready = answered };
	timeout.expired = timed_out;
	set_timeout();
	return 0;
}

bool resolve_failed(void)
{
	return failed;
}

void resolve_stop(void)
{
	nopen = 0;
	if (helper >= 0)
		set_timeout();
}
