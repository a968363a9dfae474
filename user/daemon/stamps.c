// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "loop.h"
#include "ntp_client.h"
#include "stamps.h"

/* one for each server port that is configured; nearly always 123 alone */
struct subscription {
	struct loop_fd socket;
	struct radclock_stamps *stamps;
	unsigned int port;
};

static struct subscription subscriptions[RAD_SERVERS_MAX];
static unsigned int count;

static void stop(struct subscription *s)
{
	if (!s->stamps)
		return;
	loop_remove(&s->socket);
	radclock_stamps_close(s->stamps);
	s->stamps = NULL;
}

static void stamped(const struct radclock_stamp *st)
{
	bool out = st->direction == RADCLOCK_DIRECTION_OUT;
	struct clock_value v = {
		.counter = st->counter,
		.era = { .counter_id = st->counter_id, .marker = st->disruption_marker },
	};

	if (st->lost)
		log_debug("the module lost %llu stamps", (unsigned long long)st->lost);
	ntp_client_stamped(ntp_get_timestamp(st->ntp + (out ? NTP_TRANSMIT_OFFSET :
							NTP_ORIGIN_OFFSET)), out, &v);
}

static void stamps_ready(struct loop_fd *f, short revents)
{
	struct subscription *s = container_of(f, struct subscription, socket);
	struct radclock_stamp st;
	int r;

	while ((r = radclock_stamps_next(s->stamps, &st)) > 0) {
		stamped(&st);
		/* what came of it may have shown that the module is gone */
		if (!s->stamps)
			return;
	}
	if (!r || r == -EAGAIN || r == -EINTR)
		return;
	if (r == -ENOBUFS) {
		log_debug("stamps were lost: they came faster than they were read");
		return;
	}
	log_warn("no stamps of the kernel any more: %s", radclock_strerror(r));
	stop(s);
}

void stamps_subscribe(struct radclock *rc, unsigned int port)
{
	struct subscription *s;
	unsigned int i;
	char why[128];
	int r;

	for (i = 0; i < count; i++)
		if (subscriptions[i].port == port)
			return;
	if (count == RAD_SERVERS_MAX)
		return;
	s = &subscriptions[count++];
	*s = (struct subscription){ .port = port };
	r = radclock_stamps_open(rc, port, &s->stamps, why, sizeof(why));
	if (r) {
		/* told once: it is tried again when the module is opened again */
		log_warn("no stamps of the kernel for port %u: %s", port,
			 why[0] ? why : radclock_strerror(r));
		s->stamps = NULL;
		return;
	}
	s->socket = (struct loop_fd){ .fd = radclock_stamps_fd(s->stamps), .events = POLLIN,
				      .ready = stamps_ready };
	loop_add(&s->socket);
}

void stamps_close(void)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		stop(&subscriptions[i]);
	count = 0;
}
