// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "loop.h"

#define LOOP_MAX_FDS	256
/* timers are always there; this only bounds what a lost wake-up can cost */
#define LOOP_MAX_WAIT	(60 * NSEC_PER_SEC)

static struct loop_fd *fds[LOOP_MAX_FDS];
static unsigned int nfds;
static struct loop_timer *timers;
static volatile sig_atomic_t pending;

s64 loop_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

int loop_add(struct loop_fd *f)
{
	if (nfds == LOOP_MAX_FDS)
		return -ENOSPC;
	fds[nfds++] = f;
	return 0;
}

/* leaves a hole, which the next round closes: rounds stay valid meanwhile */
void loop_remove(struct loop_fd *f)
{
	unsigned int i;

	for (i = 0; i < nfds; i++)
		if (fds[i] == f)
			fds[i] = NULL;
}

void loop_timer_stop(struct loop_timer *t)
{
	struct loop_timer **p;

	for (p = &timers; *p; p = &(*p)->next) {
		if (*p == t) {
			*p = t->next;
			break;
		}
	}
	t->armed = false;
}

void loop_timer_set(struct loop_timer *t, s64 due)
{
	struct loop_timer **p;

	loop_timer_stop(t);
	for (p = &timers; *p && (*p)->due <= due; p = &(*p)->next)
		;
	t->due = due;
	t->next = *p;
	t->armed = true;
	*p = t;
}

void loop_timer_after(struct loop_timer *t, s64 ns)
{
	loop_timer_set(t, loop_now() + ns);
}

static void handler(int sig)
{
	if (sig == SIGHUP)
		pending |= LOOP_SIGNAL_RELOAD;
	else if (sig != SIGALRM)
		pending |= LOOP_SIGNAL_STOP;
	/* came just before poll()? then this ends the wait */
	if (sig != SIGALRM)
		alarm(1);
}

void loop_catch_signals(void)
{
	struct sigaction sa = { .sa_handler = handler };

	sigfillset(&sa.sa_mask);	/* handlers change one word */
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	sigaction(SIGALRM, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
}

void loop_stop(void)
{
	pending |= LOOP_SIGNAL_STOP;
}

static unsigned int take_signals(void)
{
	sigset_t all, old;
	unsigned int got;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	got = pending;
	pending = 0;
	sigprocmask(SIG_SETMASK, &old, NULL);
	return got;
}

static void run_timers(void)
{
	s64 now = loop_now();

	while (timers && timers->due <= now) {
		struct loop_timer *t = timers;

		loop_timer_stop(t);
		t->expired(t);
	}
}

static unsigned int fill(struct pollfd *p)
{
	unsigned int i, n = 0;

	for (i = 0; i < nfds; i++)
		if (fds[i])
			fds[n++] = fds[i];
	nfds = n;
	for (i = 0; i < n; i++)
		p[i] = (struct pollfd){ .fd = fds[i]->fd, .events = fds[i]->events };
	return n;
}

void loop_run(bool (*signalled)(unsigned int signals))
{
	struct pollfd p[LOOP_MAX_FDS];
	unsigned int i, n;
	s64 wait;
	int r;

	for (;;) {
		unsigned int got = pending ? take_signals() : 0;

		if (got) {
			alarm(0);
			if (!signalled(got))
				return;
		}
		run_timers();
		n = fill(p);
		wait = timers ? timers->due - loop_now() : LOOP_MAX_WAIT;
		if (wait > LOOP_MAX_WAIT)
			wait = LOOP_MAX_WAIT;
		if (wait < 0)
			wait = 0;
		/* up: a timer that is not yet due would be polled for */
		r = poll(p, n, (int)((wait + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC));
		if (r < 0 && errno != EINTR && errno != EAGAIN) {
			log_error("poll: %s", strerror(errno));
			exit(1);
		}
		for (i = 0; r > 0 && i < n; i++)
			if (p[i].revents && fds[i])
				fds[i]->ready(fds[i], p[i].revents);
	}
}
