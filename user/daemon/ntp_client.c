// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <unistd.h>

#include "log.h"
#include "loop.h"
#include "ntp_client.h"
#include "ntp_socket.h"
#include "reading.h"

/* a reply that takes longer says nothing about time */
#define REPLY_TIMEOUT		(4 * NSEC_PER_SEC)
#define REPLY_TIMEOUT_MIN	(50 * NSEC_PER_MSEC)
/* the kernel's stamps come by another socket, a little later */
#define STAMP_TIMEOUT		(20 * NSEC_PER_MSEC)
#define CLOCK_RETRY		NSEC_PER_SEC
#define STAGGER			(200 * NSEC_PER_MSEC)
#define LOOKUP_RETRY		(4 * NSEC_PER_SEC)
#define LOOKUP_RETRY_DOUBLINGS	8
/* a name is looked up anew when its server has been silent for so many polls */
#define LOOKUP_AFTER_MISSES	8

struct ntp_source ntp_sources[RAD_SERVERS_MAX];

static const struct config *config;
static const struct clock_ops *clock_ops;

static unsigned int index_of(const struct ntp_source *s)
{
	return s - ntp_sources;
}

static void set_text(struct ntp_source *s)
{
	char address[ADDRESS_TEXT_MAX];

	if (s->literal || s->state == SOURCE_UNRESOLVED)
		snprintf(s->text, sizeof(s->text), "%s", s->config.name);
	else
		snprintf(s->text, sizeof(s->text), "%s (%s)", s->config.name,
			 address_text(&s->address, address, sizeof(address)));
}

/* ---------------------------------------------------------- one exchange */

static void close_exchange(struct ntp_source *s)
{
	loop_timer_stop(&s->wait);
	if (s->socket.fd >= 0) {
		loop_remove(&s->socket);
		close(s->socket.fd);
		s->socket.fd = -1;
	}
	s->exchange.nonce = 0;
}

/* 2 % earlier, so that the requests of many machines do not keep in step */
static s64 jittered(s64 ns)
{
	u32 r = 0;

	(void)!getrandom(&r, sizeof(r), GRND_NONBLOCK);
	return ns - (s64)(((rad_u128)(ns / 50) * r) >> 32);
}

/* the interval counts from the start of the last exchange */
static void schedule(struct ntp_source *s, s64 started)
{
	s64 due = started + jittered(poll_interval(&s->poll)), now = loop_now();

	loop_timer_set(&s->next, due < now ? now : due);
}

static void ask_name(struct ntp_source *s);

static void missed(struct ntp_source *s, const char *why)
{
	s->counts.missed++;
	log_debug("%s: %s", s->text, why);
	if (poll_missed(&s->poll)) {
		log_warn("%s does not answer any more (%s)", s->text, why);
		engine_unreachable(index_of(s));
		s->failures = 0;
	} else if (!s->poll.reach) {
		s->failures++;
		if (s->failures == LOOKUP_AFTER_MISSES) {
			s->failures = 0;
			if (!s->last_good && s->literal)
				log_warn("%s has not answered yet (%s)", s->text, why);
			if (!s->literal)
				ask_name(s);
		}
	}
}

/* both stamps by the kernel, in this order between ours, or none of them */
static bool kernel_stamps_fit(const struct ntp_exchange *x)
{
	const struct clock_era *era = &x->tx_user.era;

	if (!x->have_tx || !x->have_rx || !clock_same_era(era, &x->tx_kernel.era) ||
	    !clock_same_era(era, &x->rx_kernel.era))
		return false;
	return !rad_counter_before(x->tx_kernel.counter, x->tx_user.counter) &&
	       !rad_counter_before(x->rx_kernel.counter, x->tx_kernel.counter) &&
	       !rad_counter_before(x->rx_user.counter, x->rx_kernel.counter);
}

static void complete(struct ntp_source *s)
{
	struct ntp_exchange x = s->exchange;
	bool was_lost = !s->poll.reach, by_kernel = kernel_stamps_fit(&x), stable;

	close_exchange(s);
	if (!clock_same_era(&x.tx_user.era, &x.rx_user.era)) {
		missed(s, "the clock was disrupted meanwhile");
		return;
	}
	if (!by_kernel && config->stamps == STAMPS_KERNEL) {
		missed(s, "the kernel did not stamp the packets");
		return;
	}
	s->counts.good++;
	s->counts.kernel_stamped += by_kernel;
	s->last = x.reply;
	s->last_good = loop_now();
	s->last_kind = by_kernel ? STAMP_BY_KERNEL : STAMP_BY_USER;
	s->failures = 0;
	if (was_lost)
		log_info("%s answers (stratum %u)", s->text, x.reply.stratum);
	stable = engine_exchange(s, by_kernel ? x.tx_kernel.counter : x.tx_user.counter,
				 by_kernel ? x.rx_kernel.counter : x.rx_user.counter,
				 &x.tx_user.era);
	poll_replied(&s->poll, stable);
	if (was_lost && s->poll.burst)
		schedule(s, s->last_good);	/* sooner than was planned */
}

static bool wants_kernel_stamps(void)
{
	return config->stamps != STAMPS_USER &&
	       (clock_ops->at_realtime || clock_ops->stamps_port);
}

static void complete_or_wait(struct ntp_source *s)
{
	const struct ntp_exchange *x = &s->exchange;

	if (!x->replied)
		return;
	if (!wants_kernel_stamps() || (x->have_tx && x->have_rx))
		complete(s);
	else if (!s->wait.armed || s->wait.due > loop_now() + STAMP_TIMEOUT)
		loop_timer_after(&s->wait, STAMP_TIMEOUT);
}

static void waited(struct loop_timer *t)
{
	struct ntp_source *s = container_of(t, struct ntp_source, wait);

	if (s->exchange.replied) {
		complete(s);
		return;
	}
	close_exchange(s);
	missed(s, "no reply");
}

static void denied(struct ntp_source *s)
{
	engine_unreachable(index_of(s));
	s->state = SOURCE_DENIED;
	loop_timer_stop(&s->next);
	log_warn("%s refuses to serve us: it is not asked any more", s->text);
}

static void kissed(struct ntp_source *s, enum ntp_verdict v, const struct ntp_packet *p)
{
	char code[16];

	switch (v) {
	case NTP_KISS_DENY:
		denied(s);
		break;
	case NTP_KISS_RATE:
		poll_slow_down(&s->poll, p->poll);
		schedule(s, loop_now());
		log_warn("%s asks for fewer requests: polling every %lld s", s->text,
			 (long long)(poll_interval(&s->poll) / NSEC_PER_SEC));
		break;
	default:
		missed(s, ntp_refid_text(p->refid, 0, code, sizeof(code)));
	}
}

static void reply_arrived(struct ntp_source *s, const u8 *data, size_t len,
			  const struct clock_value *now, const struct timespec *ts)
{
	struct ntp_exchange *x = &s->exchange;
	enum ntp_verdict v;
	struct ntp_packet p;

	v = ntp_check_reply(data, len, x->replied ? 0 : x->nonce, &p);
	s->counts.dropped[v]++;
	if (!ntp_verdict_is_ours(v)) {
		log_debug("%s: dropped a packet: %s", s->text, ntp_verdict_text(v));
		return;		/* the true reply may still come */
	}
	if (v == NTP_GOOD && p.root_delay / 2 + p.root_dispersion > config->max_distance) {
		v = NTP_BAD_ROOT;
		s->counts.dropped[v]++;
	}
	if (v != NTP_GOOD) {
		close_exchange(s);
		if (v <= NTP_KISS_OTHER)
			kissed(s, v, &p);
		else
			missed(s, ntp_verdict_text(v));
		return;
	}
	x->replied = true;
	x->reply = p;
	x->rx_user = *now;
	if (clock_ops->at_realtime && (ts->tv_sec || ts->tv_nsec) && wants_kernel_stamps())
		x->have_rx = clock_ops->at_realtime(ts, &x->rx_kernel);
	complete_or_wait(s);
}

static void socket_ready(struct loop_fd *f, short revents)
{
	struct ntp_source *s = container_of(f, struct ntp_source, socket);
	struct ntp_exchange *x = &s->exchange;
	struct clock_value now;
	u8 data[NTP_PACKET_MAX];
	struct timespec ts;
	int n;

	/* before the packet, which may end it all */
	if (revents & (POLLERR | POLLPRI) && clock_ops->at_realtime &&
	    ntp_socket_sent(f->fd, &ts)) {
		x->have_tx = clock_ops->at_realtime(&ts, &x->tx_kernel);
		if (!(revents & POLLIN)) {
			complete_or_wait(s);
			return;
		}
	}
	n = ntp_socket_receive(f->fd, data, sizeof(data), &s->address, &ts);
	if (n == -EAGAIN || n == -EINTR || n == -EXDEV)
		return;
	if (n < 0) {
		close_exchange(s);
		missed(s, strerror(-n));
		return;
	}
	if (clock_ops->read(&now)) {
		close_exchange(s);
		missed(s, "the clock is gone");
		return;
	}
	reply_arrived(s, data, n, &now, &ts);
}

static u64 new_nonce(void)
{
	u64 nonce = 0;

	while (!nonce)
		if (getrandom(&nonce, sizeof(nonce), 0) != sizeof(nonce))
			nonce = 0;
	return nonce;
}

static int send_request(struct ntp_source *s)
{
	u8 packet[NTP_HEADER_LEN];
	int r, fd;

	fd = ntp_socket_open(config, &s->address, clock_ops->at_realtime && wants_kernel_stamps());
	if (fd < 0)
		return fd;
	s->socket = (struct loop_fd){ .fd = fd, .events = POLLIN | POLLPRI,
				      .ready = socket_ready };
	r = loop_add(&s->socket);
	if (r) {
		close(fd);
		s->socket.fd = -1;
		return r;
	}
	s->exchange = (struct ntp_exchange){ .nonce = new_nonce() };
	ntp_build_request(packet, s->exchange.nonce);
	r = clock_ops->read(&s->exchange.tx_user);
	if (!r)
		r = ntp_socket_send(fd, packet, sizeof(packet));
	if (r) {
		close_exchange(s);
		return r;
	}
	s->counts.sent++;
	return 0;
}

static void ask(struct ntp_source *s)
{
	s64 started = loop_now(), limit;
	struct clock_value v;
	int r;

	close_exchange(s);
	if (clock_ops->read(&v)) {
		/* nothing to stamp with: the server need not know */
		loop_timer_after(&s->next, CLOCK_RETRY);
		return;
	}
	engine_check_era();
	if (clock_ops->stamps_port && wants_kernel_stamps())
		clock_ops->stamps_port(s->config.port);
	r = send_request(s);
	if (r) {
		if (r != s->last_error)
			log_warn("cannot ask %s: %s", s->text, strerror(-r));
		missed(s, strerror(-r));
	} else {
		limit = poll_interval(&s->poll) * 7 / 8;
		if (limit > REPLY_TIMEOUT)
			limit = REPLY_TIMEOUT;
		if (limit < REPLY_TIMEOUT_MIN)
			limit = REPLY_TIMEOUT_MIN;
		loop_timer_set(&s->wait, started + limit);
	}
	s->last_error = r;
	schedule(s, started);
}

/* ------------------------------------------------------- names and sources */

static void next_due(struct loop_timer *t)
{
	struct ntp_source *s = container_of(t, struct ntp_source, next);

	if (s->state == SOURCE_ACTIVE)
		ask(s);
	else if (s->state == SOURCE_UNRESOLVED)
		ask_name(s);
}

static void activate(struct ntp_source *s, const union address *a)
{
	bool moved = s->state == SOURCE_ACTIVE;

	close_exchange(s);
	engine_forget(index_of(s));
	s->address = *a;
	address_set_port(&s->address, s->config.port);
	s->state = SOURCE_ACTIVE;
	set_text(s);
	s->failures = 0;
	s->last_good = 0;
	s->counts = (struct source_counts){ 0 };
	poll_init(&s->poll, s->config.minpoll, s->config.maxpoll, s->config.iburst);
	if (moved)
		log_info("trying another address: %s", s->text);
	loop_timer_after(&s->next, STAGGER * index_of(s));
}

static bool address_in_use(const union address *a, unsigned int port)
{
	union address with_port = *a;
	unsigned int i;

	address_set_port(&with_port, port);
	for (i = 0; i < RAD_SERVERS_MAX; i++) {
		const struct ntp_source *s = &ntp_sources[i];

		if ((s->state == SOURCE_ACTIVE || s->state == SOURCE_DENIED) &&
		    address_equal(&s->address, &with_port))
			return true;
	}
	return false;
}

static void lookup_failed(struct ntp_source *s, const char *err)
{
	unsigned int doublings = s->failures < LOOKUP_RETRY_DOUBLINGS ?
				 s->failures : LOOKUP_RETRY_DOUBLINGS;

	if (!err)	/* a pool may have fewer addresses than we would take */
		log_debug("%s: no further address", s->config.name);
	else if (!s->failures)
		log_warn("cannot look up %s: %s; trying again", s->config.name, err);
	s->failures++;
	loop_timer_after(&s->next, LOOKUP_RETRY << doublings);
}

/*
 * The first free address behind the present one, so that each has its turn; a
 * present one that is not in the list any more comes before the first.
 */
static const union address *next_address(const struct ntp_source *s, const union address *list,
					 unsigned int n)
{
	unsigned int i, behind = 0;

	for (i = 0; i < n; i++) {
		union address a = list[i];

		address_set_port(&a, s->config.port);
		if (address_equal(&s->address, &a)) {
			behind = i + 1;
			break;
		}
	}
	for (i = 0; i < n; i++) {
		const union address *a = &list[(behind + i) % n];

		if (!address_in_use(a, s->config.port))
			return a;
	}
	return NULL;
}

/* each source of that name which needs an address takes a free one */
static void name_known(const char *name, const char *err, const union address *list,
		       unsigned int n)
{
	const union address *a;
	unsigned int i;

	for (i = 0; i < RAD_SERVERS_MAX; i++) {
		struct ntp_source *s = &ntp_sources[i];

		if (s->state == SOURCE_FREE || !s->asked || strcasecmp(s->config.name, name))
			continue;
		s->asked = false;
		a = next_address(s, list, n);
		if (a)
			activate(s, a);
		else if (s->state == SOURCE_UNRESOLVED)
			lookup_failed(s, err);
		/* else its old address is all there is: stay with it */
	}
}

static void ask_name(struct ntp_source *s)
{
	unsigned int i;
	int r;

	for (i = 0; i < RAD_SERVERS_MAX; i++) {
		const struct ntp_source *o = &ntp_sources[i];

		if (o->state != SOURCE_FREE && o->asked &&
		    !strcasecmp(o->config.name, s->config.name)) {
			s->asked = true;	/* one question for all of a pool */
			return;
		}
	}
	r = resolve_ask(s->config.name, name_known);
	if (!r)
		s->asked = true;
	else if (s->state == SOURCE_UNRESOLVED)
		lookup_failed(s, strerror(-r));
}

static void add_source(const struct config_server *cs)
{
	struct ntp_source *s = NULL;
	union address a;
	unsigned int i;

	for (i = 0; i < RAD_SERVERS_MAX && !s; i++)
		if (ntp_sources[i].state == SOURCE_FREE)
			s = &ntp_sources[i];
	if (!s) {
		log_warn("no room for another address of %s: %d are in use", cs->name,
			 RAD_SERVERS_MAX);
		return;
	}
	*s = (struct ntp_source){
		.state = SOURCE_UNRESOLVED, .config = *cs, .socket.fd = -1,
		.next.expired = next_due, .wait.expired = waited,
	};
	s->literal = resolve_literal(cs->name, &a);
	set_text(s);
	if (s->literal)
		activate(s, &a);
	else
		loop_timer_after(&s->next, 0);
}

static void remove_source(struct ntp_source *s)
{
	log_info("%s is not used any more", s->text);
	close_exchange(s);
	loop_timer_stop(&s->next);
	engine_remove(index_of(s));
	s->state = SOURCE_FREE;
}

static unsigned int wanted_sources(const struct config_server *cs)
{
	return cs->pool ? cs->maxsources : 1;
}

static bool belongs(const struct ntp_source *s, const struct config_server *cs)
{
	return s->state != SOURCE_FREE && s->config.pool == cs->pool &&
	       s->config.port == cs->port && !strcasecmp(s->config.name, cs->name);
}

static void keep_source(struct ntp_source *s, const struct config_server *cs)
{
	union address a;

	s->config = *cs;
	if (s->state == SOURCE_DENIED) {
		a = s->address;		/* it may have changed its mind */
		activate(s, &a);
		return;
	}
	poll_set_limits(&s->poll, cs->minpoll, cs->maxpoll, cs->iburst);
}

void ntp_client_reconfigure(const struct config *c)
{
	unsigned int i, j;

	config = c;
	for (i = 0; i < RAD_SERVERS_MAX; i++) {
		for (j = 0; j < c->nservers; j++)
			if (belongs(&ntp_sources[i], &c->servers[j]))
				break;
		if (ntp_sources[i].state != SOURCE_FREE && j == c->nservers)
			remove_source(&ntp_sources[i]);
	}
	for (j = 0; j < c->nservers; j++) {
		unsigned int have = 0, want = wanted_sources(&c->servers[j]);

		for (i = 0; i < RAD_SERVERS_MAX; i++) {
			if (!belongs(&ntp_sources[i], &c->servers[j]))
				continue;
			if (have++ < want)
				keep_source(&ntp_sources[i], &c->servers[j]);
			else
				remove_source(&ntp_sources[i]);
		}
		for (; have < want; have++)
			add_source(&c->servers[j]);
	}
	ntp_socket_keep_timestamping(clock_ops->at_realtime && wants_kernel_stamps());
}

void ntp_client_start(const struct config *c, const struct clock_ops *clock)
{
	clock_ops = clock;
	ntp_client_reconfigure(c);
}

void ntp_client_restart(void)
{
	unsigned int i;

	for (i = 0; i < RAD_SERVERS_MAX; i++) {
		struct ntp_source *s = &ntp_sources[i];

		if (s->state != SOURCE_ACTIVE)
			continue;
		close_exchange(s);
		poll_restart(&s->poll);
		loop_timer_after(&s->next, STAGGER * index_of(s));
	}
}

void ntp_client_stop(void)
{
	unsigned int i;

	for (i = 0; i < RAD_SERVERS_MAX; i++) {
		if (ntp_sources[i].state == SOURCE_FREE)
			continue;
		close_exchange(&ntp_sources[i]);
		loop_timer_stop(&ntp_sources[i].next);
	}
	resolve_stop();
	ntp_socket_keep_timestamping(false);
}

void ntp_client_stamped(u64 nonce, bool out, const struct clock_value *v)
{
	unsigned int i;

	for (i = 0; i < RAD_SERVERS_MAX; i++) {
		struct ntp_source *s = &ntp_sources[i];
		struct ntp_exchange *x = &s->exchange;

		if (s->state != SOURCE_ACTIVE || !x->nonce || x->nonce != nonce)
			continue;
		/* several interfaces: the last before the wire, the first behind it */
		if (out) {
			x->tx_kernel = *v;
			x->have_tx = true;
		} else if (!x->have_rx) {
			x->rx_kernel = *v;
			x->have_rx = true;
		}
		complete_or_wait(s);
		return;
	}
}
