// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab: timeout=120
 * Bad requests to every command: each is refused with the right error and, where
 * the kernel has one, a message, and changes nothing.
 */
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include "radtest.h"

#define FUZZ_ROUNDS	20000
#define FUZZ_SEED	20240917

static int family;
static struct radclock *rc;

/* ---------------------------------------------------- messages by the byte */

struct message {
	char data[4096];
	size_t len;
};

static int open_socket(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	int one = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	return fd;
}

static void start(struct message *m, int cmd)
{
	struct nlmsghdr *nlh = (void *)m->data;
	struct genlmsghdr *g = (void *)(nlh + 1);

	memset(m, 0, sizeof(*m));
	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	g->cmd = cmd;
	g->version = RADCLOCK_FAMILY_VERSION;
	m->len = NLMSG_HDRLEN + GENL_HDRLEN;
}

static void put(struct message *m, int type, const void *data, size_t len)
{
	struct nlattr *a = (void *)(m->data + m->len);

	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + len;
	memcpy(a + 1, data, len);
	m->len += NLA_ALIGN(a->nla_len);
}

static void put_u64(struct message *m, int type, uint64_t v)
{
	put(m, type, &v, sizeof(v));
}

static void put_u32(struct message *m, int type, uint32_t v)
{
	put(m, type, &v, sizeof(v));
}

static void put_u8(struct message *m, int type, uint8_t v)
{
	put(m, type, &v, sizeof(v));
}

static struct nlattr *find(struct message *m, int type)
{
	size_t at = NLMSG_HDRLEN + GENL_HDRLEN;

	while (at < m->len) {
		struct nlattr *a = (void *)(m->data + at);

		if (a->nla_type == type)
			return a;
		at += NLA_ALIGN(a->nla_len);
	}
	ktap_die("no attribute %d", type);
}

static void drop(struct message *m, int type)
{
	struct nlattr *a = find(m, type);
	size_t at = (char *)a - m->data, len = NLA_ALIGN(a->nla_len);

	memmove(m->data + at, m->data + at + len, m->len - at - len);
	m->len -= len;
}

static void take_extack(const struct nlmsghdr *nlh, const struct nlmsgerr *e,
			char *why, size_t len)
{
	size_t at = NLMSG_HDRLEN + sizeof(*e);

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		at += NLMSG_ALIGN(e->msg.nlmsg_len) - sizeof(e->msg);
	while (at + NLA_HDRLEN <= nlh->nlmsg_len) {
		const struct nlattr *a = (void *)((char *)nlh + at);

		if (a->nla_len < NLA_HDRLEN)
			return;
		if ((a->nla_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_MSG)
			snprintf(why, len, "%s", (char *)(a + 1));
		at += NLA_ALIGN(a->nla_len);
	}
}

/*
 * Netlink answers while it is asked, so all answers are there when sendto()
 * returns. Return: 0, a negative errno, 1: there was none.
 */
static int talk(int fd, struct message *m, char *why, size_t why_len)
{
	static uint32_t seq;
	struct nlmsghdr *nlh = (void *)m->data;
	char buf[32768];
	int ret = 1;
	ssize_t n;

	why[0] = '\0';
	nlh->nlmsg_seq = ++seq;
	nlh->nlmsg_len = m->len;
	if (send(fd, m->data, m->len, 0) < 0)
		return -errno;
	while ((n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
		for (nlh = (void *)buf; NLMSG_OK(nlh, n); nlh = NLMSG_NEXT(nlh, n)) {
			struct nlmsgerr *e = NLMSG_DATA(nlh);

			if (nlh->nlmsg_seq != seq)
				continue;
			if (nlh->nlmsg_type == NLMSG_DONE)
				ret = 0;
			if (nlh->nlmsg_type == NLMSG_ERROR) {
				ret = e->error;
				take_extack(nlh, e, why, why_len);
			}
		}
	}
	return ret;
}

/* -------------------------------------------------------- good messages */

static struct radclock_estimate good;

static void good_estimate(struct message *m)
{
	const struct radclock_estimate *e = &good;
	uint32_t status = e->status;

	start(m, RADCLOCK_CMD_SET_ESTIMATE);
	put_u32(m, RADCLOCK_A_COUNTER_ID, e->counter_id);
	put_u64(m, RADCLOCK_A_DISRUPTION_MARKER, e->disruption_marker);
	put_u64(m, RADCLOCK_A_COUNTER, e->counter);
	put_u64(m, RADCLOCK_A_TIME_SEC, e->time.sec);
	put_u64(m, RADCLOCK_A_TIME_FRAC, e->time.frac);
	put_u64(m, RADCLOCK_A_PERIOD, e->period);
	put_u64(m, RADCLOCK_A_PERIOD_DIFF, e->period_diff);
	put_u8(m, RADCLOCK_A_PERIOD_SHIFT, e->period_shift);
	put_u64(m, RADCLOCK_A_MAXERROR, e->maxerror_ns);
	put_u64(m, RADCLOCK_A_ESTERROR, e->esterror_ns);
	put_u64(m, RADCLOCK_A_MAXERROR_RATE, e->maxerror_rate);
	put_u64(m, RADCLOCK_A_ESTERROR_RATE, e->esterror_rate);
	put_u32(m, RADCLOCK_A_STATUS, status);
	put_u64(m, RADCLOCK_A_HOLDOVER_COUNTER, e->holdover_counter);
	put_u64(m, RADCLOCK_A_VOID_COUNTER, e->void_counter);
	put_u64(m, RADCLOCK_A_LEAP_COUNTER, e->leap_counter);
	put_u32(m, RADCLOCK_A_LEAP_DELTA, e->leap_delta);
	put_u32(m, RADCLOCK_A_TAI_OFFSET, 37);
	put_u32(m, RADCLOCK_A_PARAMS_FLAGS, 0);
	put(m, RADCLOCK_A_SOURCE, e->source, strlen(e->source) + 1);
}

/* --------------------------------------------------------------- refusals */

#define NO_MESSAGE	(1 << 0)	/* the core gives none */

struct tally {
	int asked, wrong;
};

static struct tally tally;

/* one request that must be refused with one of the two errors */
static void refused2(struct message *m, int err, int or_err, int flags,
		     const char *what)
{
	static int fd = -1;
	struct rt_state before;
	char why[256];
	int got;

	if (fd < 0)
		fd = open_socket();
	rt_state(rc, &before);
	got = talk(fd, m, why, sizeof(why));
	tally.asked++;
	if ((got != err && got != or_err) || (!why[0] && !(flags & NO_MESSAGE))) {
		ktap_say("%s: got %d (%s), message '%s', wanted %s", what, got,
			 got < 0 ? strerror(-got) : "", why, strerror(-err));
		tally.wrong++;
	}
	if (!rt_unchanged(rc, &before)) {
		ktap_say("%s: something changed", what);
		tally.wrong++;
	}
}

static void refused(struct message *m, int err, int flags, const char *what)
{
	refused2(m, err, err, flags, what);
}

static void told(const char *name)
{
	ktap_okf(tally.asked && !tally.wrong, "%s (%d requests)", name, tally.asked);
	tally = (struct tally){ };
}

/* ----------------------------------------------------------- the requests */

/* what set-estimate is made of */
static const struct {
	int type;
	size_t len;
	bool required;
	const char *name;
} parts[] = {
	{ RADCLOCK_A_COUNTER_ID, 4, true, "counter-id" },
	{ RADCLOCK_A_DISRUPTION_MARKER, 8, true, "disruption-marker" },
	{ RADCLOCK_A_COUNTER, 8, true, "counter" },
	{ RADCLOCK_A_TIME_SEC, 8, true, "time-sec" },
	{ RADCLOCK_A_TIME_FRAC, 8, true, "time-frac" },
	{ RADCLOCK_A_PERIOD, 8, true, "period" },
	{ RADCLOCK_A_PERIOD_DIFF, 8, false, "period-diff" },
	{ RADCLOCK_A_PERIOD_SHIFT, 1, true, "period-shift" },
	{ RADCLOCK_A_MAXERROR, 8, true, "maxerror" },
	{ RADCLOCK_A_ESTERROR, 8, false, "esterror" },
	{ RADCLOCK_A_MAXERROR_RATE, 8, true, "maxerror-rate" },
	{ RADCLOCK_A_ESTERROR_RATE, 8, false, "esterror-rate" },
	{ RADCLOCK_A_STATUS, 4, true, "status" },
	{ RADCLOCK_A_HOLDOVER_COUNTER, 8, false, "holdover-counter" },
	{ RADCLOCK_A_VOID_COUNTER, 8, true, "void-counter" },
	{ RADCLOCK_A_LEAP_COUNTER, 8, false, "leap-counter" },
	{ RADCLOCK_A_LEAP_DELTA, 4, false, "leap-delta" },
	{ RADCLOCK_A_TAI_OFFSET, 4, false, "tai-offset" },
	{ RADCLOCK_A_PARAMS_FLAGS, 4, false, "params-flags" },
	{ RADCLOCK_A_SOURCE, 0, false, "source" },
};
#define N_PARTS	(sizeof(parts) / sizeof(*parts))

static void missing(void)
{
	struct message m;
	size_t i;

	for (i = 0; i < N_PARTS; i++) {
		if (!parts[i].required)
			continue;
		good_estimate(&m);
		drop(&m, parts[i].type);
		refused(&m, -EINVAL, 0, parts[i].name);
	}
	start(&m, RADCLOCK_CMD_SET_ESTIMATE);
	refused(&m, -EINVAL, 0, "set-estimate without anything");
	good_estimate(&m);
	drop(&m, RADCLOCK_A_LEAP_COUNTER);
	drop(&m, RADCLOCK_A_LEAP_DELTA);
	put_u32(&m, RADCLOCK_A_LEAP_DELTA, 1);
	refused(&m, -EINVAL, 0, "leap-delta without leap-counter");
	start(&m, RADCLOCK_CMD_SET_COUNTER);
	refused(&m, -EINVAL, 0, "set-counter without anything");
	told("a required attribute is missing");
}

static void lengths(void)
{
	static const char zeros[64];
	struct message m;
	size_t i, len;

	for (i = 0; i < N_PARTS; i++) {
		if (!parts[i].len)
			continue;
		for (len = 0; len < 18; len++) {
			if (len == parts[i].len)
				continue;
			good_estimate(&m);
			drop(&m, parts[i].type);
			put(&m, parts[i].type, zeros, len);
			/* a range is looked at first where there are 4 bytes */
			refused2(&m, -EINVAL, -ERANGE, 0, parts[i].name);
		}
		/* says that it goes on behind the message */
		good_estimate(&m);
		find(&m, parts[i].type)->nla_len = 0x7fff;
		refused(&m, -EINVAL, 0, "an attribute longer than the message");
		good_estimate(&m);
		find(&m, parts[i].type)->nla_len = 3;
		refused(&m, -EINVAL, 0, "an attribute shorter than its head");
	}
	told("an attribute is too short or too long");
}

static void types(void)
{
	struct message m;
	size_t i;
	int t;

	/* attributes of replies, of nobody, and of the far end */
	for (t = 0; t < 80; t++) {
		static const int replies[] = {
			0, RADCLOCK_A_PAD, RADCLOCK_A_COUNTER_FLAGS,
			RADCLOCK_A_COUNTER_WIDTH, RADCLOCK_A_COUNTER_HZ,
			RADCLOCK_A_SELECTED, RADCLOCK_A_GENERATION,
			RADCLOCK_A_UPDATES, RADCLOCK_A_DISRUPTIONS,
			RADCLOCK_A_ABI_VERSION, RADCLOCK_A_MODULE_VERSION,
			RADCLOCK_A_READING, RADCLOCK_A_REALTIME, RADCLOCK_A_RAW,
			RADCLOCK_A_UNCERTAINTY, RADCLOCK_A_DIRECTION,
			RADCLOCK_A_IFINDEX, RADCLOCK_A_SOURCE_ADDR,
			RADCLOCK_A_DEST_ADDR, RADCLOCK_A_SOURCE_PORT,
			RADCLOCK_A_DEST_PORT, RADCLOCK_A_NTP_HEADER,
		};
		bool of_replies = t > RADCLOCK_A_PORT;

		for (i = 0; i < sizeof(replies) / sizeof(*replies); i++)
			of_replies |= t == replies[i];
		if (!of_replies)
			continue;
		good_estimate(&m);
		put_u64(&m, t, 0);
		refused(&m, -EINVAL, 0, "an attribute that is not for requests");
	}
	good_estimate(&m);
	put_u64(&m, 0x3fff, 0);
	refused(&m, -EINVAL, 0, "attribute 16383");

	for (i = 0; i < N_PARTS; i++) {
		good_estimate(&m);
		find(&m, parts[i].type)->nla_type |= NLA_F_NESTED;
		refused(&m, -EINVAL, 0, "nested where it is not");
	}
	told("an attribute is unknown, of a reply, or nested");
}

static void twice(void)
{
	struct message m;

	good_estimate(&m);
	put_u64(&m, RADCLOCK_A_PERIOD, 0);
	refused(&m, -ERANGE, 0, "the second period is 0");
	good_estimate(&m);
	put_u32(&m, RADCLOCK_A_COUNTER_ID, 10);
	refused(&m, -ERANGE, 0, "the second counter-id is 10");
	/* the first one is looked at as well */
	good_estimate(&m);
	*(uint32_t *)(find(&m, RADCLOCK_A_COUNTER_ID) + 1) = 10;
	put_u32(&m, RADCLOCK_A_COUNTER_ID, good.counter_id);
	refused(&m, -ERANGE, 0, "the first of two counter-ids is 10");
	told("an attribute is there twice, one of them bad");
}

static void forms(void)
{
	struct message m;
	static const int cmds[] = {
		RADCLOCK_CMD_GET_INFO, RADCLOCK_CMD_SET_COUNTER,
		RADCLOCK_CMD_READ_COUNTERS, RADCLOCK_CMD_READ_CLOCK,
		RADCLOCK_CMD_GET_ESTIMATE, RADCLOCK_CMD_SET_ESTIMATE,
		RADCLOCK_CMD_SUBSCRIBE_STAMPS,
	};
	static const int unknown[] = {
		0, RADCLOCK_CMD_UPDATE_NTF, RADCLOCK_CMD_STAMP_NTF,
		RADCLOCK_CMD_MAX + 1, 100, 255,
	};
	size_t i;
	int len;

	for (i = 0; i < sizeof(cmds) / sizeof(*cmds); i++) {
		for (len = 4; len <= 20; len += 8) {
			start(&m, cmds[i]);
			m.len += len;	/* zeros: an attribute of length 0 */
			refused(&m, -EINVAL, 0, "garbage behind the head");
		}
		start(&m, cmds[i]);
		put_u64(&m, 200, 0);
		refused(&m, -EINVAL, 0, "an unknown attribute");
	}
	good_estimate(&m);
	memset(m.data + m.len, 0xff, 8);
	m.len += 8;
	refused(&m, -EINVAL, 0, "garbage behind the last attribute");
	good_estimate(&m);
	m.len -= 4;
	refused(&m, -EINVAL, 0, "the last attribute is cut off");
	/* less than a generic netlink head */
	start(&m, RADCLOCK_CMD_SET_ESTIMATE);
	m.len = NLMSG_HDRLEN;
	refused(&m, -EINVAL, NO_MESSAGE, "an empty message");
	m.len = NLMSG_HDRLEN + 2;
	refused(&m, -EINVAL, NO_MESSAGE, "half a head");

	for (i = 0; i < sizeof(unknown) / sizeof(*unknown); i++) {
		start(&m, unknown[i]);
		refused(&m, -EOPNOTSUPP, NO_MESSAGE, "unknown command");
	}
	start(&m, RADCLOCK_CMD_GET_COUNTER);
	refused(&m, -EOPNOTSUPP, NO_MESSAGE, "get-counter without dump");
	start(&m, RADCLOCK_CMD_SET_COUNTER);
	((struct nlmsghdr *)m.data)->nlmsg_flags |= NLM_F_DUMP;
	refused(&m, -EOPNOTSUPP, NO_MESSAGE, "set-counter as a dump");
	good_estimate(&m);
	((struct nlmsghdr *)m.data)->nlmsg_flags |= NLM_F_DUMP;
	refused(&m, -EOPNOTSUPP, NO_MESSAGE, "set-estimate as a dump");
	told("a message is garbled, empty, or of no command");
}

/* the interface is versioned by attributes: the head's version says nothing */
static void versions(void)
{
	struct message m;
	char why[256];
	int fd = open_socket(), good_ones = 0, v, i;
	static const int version[] = { 0, 2, 255 };

	for (i = 0; i < 3; i++) {
		v = version[i];
		start(&m, RADCLOCK_CMD_GET_INFO);
		((struct genlmsghdr *)(m.data + NLMSG_HDRLEN))->version = v;
		good_ones += !talk(fd, &m, why, sizeof(why));
		good_estimate(&m);
		((struct genlmsghdr *)(m.data + NLMSG_HDRLEN))->version = v;
		*(uint64_t *)(find(&m, RADCLOCK_A_PERIOD) + 1) = 0;
		refused(&m, -ERANGE, 0, "a bad estimate of another version");
	}
	close(fd);
	tally.wrong += good_ones != 3;
	told("a request of an older or newer version is answered, and checked, alike");
}

static void strings(void)
{
	struct message m;
	char name[200];

	start(&m, RADCLOCK_CMD_SET_COUNTER);
	put(&m, RADCLOCK_A_COUNTER_NAME, "hpet", 4);
	refused(&m, -EINVAL, 0, "a name without its NUL");
	start(&m, RADCLOCK_CMD_SET_COUNTER);
	put(&m, RADCLOCK_A_COUNTER_NAME, "", 0);
	refused2(&m, -EINVAL, -ERANGE, 0, "a name of no bytes");
	start(&m, RADCLOCK_CMD_SET_COUNTER);
	put(&m, RADCLOCK_A_COUNTER_NAME, "", 1);
	refused(&m, -ENODEV, 0, "an empty name");
	memset(name, 'h', sizeof(name));
	start(&m, RADCLOCK_CMD_SET_COUNTER);
	put(&m, RADCLOCK_A_COUNTER_NAME, name, sizeof(name));
	refused2(&m, -EINVAL, -ERANGE, 0, "200 bytes without NUL");
	name[sizeof(name) - 1] = '\0';
	start(&m, RADCLOCK_CMD_SET_COUNTER);
	put(&m, RADCLOCK_A_COUNTER_NAME, name, sizeof(name));
	refused2(&m, -EINVAL, -ERANGE, 0, "a name of 200 bytes");
	start(&m, RADCLOCK_CMD_SET_COUNTER);
	put(&m, RADCLOCK_A_COUNTER_NAME, "HPET", 5);
	refused(&m, -ENODEV, 0, "a name in capitals");
	start(&m, RADCLOCK_CMD_SET_COUNTER);
	put(&m, RADCLOCK_A_COUNTER_NAME, "hpet\n", 6);
	refused(&m, -ENODEV, 0, "a name with a newline");
	good_estimate(&m);
	drop(&m, RADCLOCK_A_SOURCE);
	put(&m, RADCLOCK_A_SOURCE, "abcd", 4);
	refused(&m, -EINVAL, 0, "a source without its NUL");
	good_estimate(&m);
	drop(&m, RADCLOCK_A_SOURCE);
	put(&m, RADCLOCK_A_SOURCE, name, sizeof(name));
	refused2(&m, -EINVAL, -ERANGE, 0, "a source of 200 bytes");
	told("a string has no end or is too long");
}

static void choices(void)
{
	static const uint32_t ids[] = { 0, 10, 255, 0x80000000, 0xffffffff };
	static const uint32_t absent[] = {
		RADCLOCK_COUNTER_ID_XEN, RADCLOCK_COUNTER_ID_HYPERV,
		RADCLOCK_COUNTER_ID_ARCH, RADCLOCK_COUNTER_ID_MONOTONIC_RAW,
	};
	static const uint32_t rounds[] = { 0, 65, 0x80000000, 0xffffffff };
	static const uint32_t clocks[] = { 3, 255, 0xffffffff };
	struct message m;
	uint16_t zero = 0;
	size_t i;

	for (i = 0; i < 5; i++) {
		start(&m, RADCLOCK_CMD_SET_COUNTER);
		put_u32(&m, RADCLOCK_A_COUNTER_ID, ids[i]);
		refused(&m, -ERANGE, 0, "set-counter to no id");
		start(&m, RADCLOCK_CMD_READ_COUNTERS);
		put_u32(&m, RADCLOCK_A_COUNTER_ID, ids[i]);
		refused(&m, -ERANGE, 0, "read-counters of no id");
	}
	for (i = 0; i < 4; i++) {
		start(&m, RADCLOCK_CMD_SET_COUNTER);
		put_u32(&m, RADCLOCK_A_COUNTER_ID, absent[i]);
		refused(&m, -ENODEV, 0, "set-counter to a counter of other machines");
		start(&m, RADCLOCK_CMD_READ_COUNTERS);
		put_u32(&m, RADCLOCK_A_COUNTER_ID, absent[i]);
		refused(&m, -ENODEV, 0, "read-counters of a counter of other machines");
		start(&m, RADCLOCK_CMD_READ_COUNTERS);
		put_u32(&m, RADCLOCK_A_ROUNDS, rounds[i]);
		refused(&m, -ERANGE, 0, "rounds");
	}
	start(&m, RADCLOCK_CMD_SET_COUNTER);
	put_u32(&m, RADCLOCK_A_COUNTER_ID, RADCLOCK_COUNTER_ID_TSC);
	put(&m, RADCLOCK_A_COUNTER_NAME, "tsc", 4);
	refused(&m, -EINVAL, 0, "set-counter by id and by name");
	for (i = 0; i < 3; i++) {
		start(&m, RADCLOCK_CMD_READ_CLOCK);
		put_u32(&m, RADCLOCK_A_CLOCK, clocks[i]);
		refused(&m, -ERANGE, 0, "read-clock of no clock");
	}
	start(&m, RADCLOCK_CMD_SUBSCRIBE_STAMPS);
	put(&m, RADCLOCK_A_PORT, &zero, 2);
	refused(&m, -ERANGE, 0, "stamps of port 0");
	told("a choice is not one of those there are");
}

static void absurd(uint64_t value, int type, int err, const char *what)
{
	struct message m;
	struct nlattr *a;

	good_estimate(&m);
	a = find(&m, type);
	memcpy(a + 1, &value, a->nla_len - NLA_HDRLEN);
	if (type == RADCLOCK_A_LEAP_DELTA)
		*(uint64_t *)(find(&m, RADCLOCK_A_LEAP_COUNTER) + 1) = good.counter;
	refused(&m, err, 0, what);
}

static void values(void)
{
	uint64_t hz = rt_ticks(rc, 1), p = good.period;
	/* 62 bits and more: four times as much does not fit, a quarter does */
	uint64_t four = p > UINT64_MAX / 4 ? UINT64_MAX : p * 4;
	struct message m;

	absurd(0, RADCLOCK_A_PERIOD, -ERANGE, "period 0");
	absurd(1, RADCLOCK_A_PERIOD, -ERANGE, "period 1");
	absurd(UINT64_MAX, RADCLOCK_A_PERIOD, -ERANGE, "period all ones");
	absurd(four, RADCLOCK_A_PERIOD, -ERANGE, "period four times nominal");
	absurd(p / 4, RADCLOCK_A_PERIOD, -ERANGE, "period a quarter of nominal");
	absurd(p / 2 - p / 1000, RADCLOCK_A_PERIOD, -ERANGE, "period below half");
	absurd(1, RADCLOCK_A_PERIOD_DIFF, -ERANGE, "period-diff 1");
	absurd(UINT64_MAX, RADCLOCK_A_PERIOD_DIFF, -ERANGE, "period-diff all ones");
	absurd(p / 4, RADCLOCK_A_PERIOD_DIFF, -ERANGE, "period-diff a quarter");
	absurd(0, RADCLOCK_A_PERIOD_SHIFT, -ERANGE, "shift 0");
	absurd(good.period_shift + 2, RADCLOCK_A_PERIOD_SHIFT, -ERANGE, "shift 2 more");
	absurd(41, RADCLOCK_A_PERIOD_SHIFT, -ERANGE, "shift 41");
	absurd(63, RADCLOCK_A_PERIOD_SHIFT, -ERANGE, "shift 63");
	absurd(64, RADCLOCK_A_PERIOD_SHIFT, -ERANGE, "shift 64");
	absurd(255, RADCLOCK_A_PERIOD_SHIFT, -ERANGE, "shift 255");
	absurd(-1, RADCLOCK_A_TIME_SEC, -ERANGE, "time-sec -1");
	absurd(INT64_MIN, RADCLOCK_A_TIME_SEC, -ERANGE, "time-sec INT64_MIN");
	absurd(INT64_MAX, RADCLOCK_A_TIME_SEC, -ERANGE, "time-sec INT64_MAX");
	absurd(1ULL << 34, RADCLOCK_A_TIME_SEC, -ERANGE, "time-sec 2^34");
	absurd(good.counter + 100 * hz, RADCLOCK_A_COUNTER, -ERANGE, "counter in the future");
	absurd(good.counter - 40 * 86400 * hz, RADCLOCK_A_COUNTER, -ERANGE,
	       "counter 40 days old");
	absurd(good.counter + (1ULL << 63), RADCLOCK_A_COUNTER, -ERANGE,
	       "counter half around");
	absurd(0, RADCLOCK_A_MAXERROR, -ERANGE, "maxerror 0");
	absurd(good.maxerror_ns + 1, RADCLOCK_A_ESTERROR, -ERANGE, "esterror > maxerror");
	absurd(UINT64_MAX, RADCLOCK_A_ESTERROR, -ERANGE, "esterror all ones");
	absurd(0, RADCLOCK_A_MAXERROR_RATE, -ERANGE, "maxerror-rate 0");
	absurd(p + 1, RADCLOCK_A_MAXERROR_RATE, -ERANGE, "maxerror-rate > period");
	absurd(UINT64_MAX, RADCLOCK_A_MAXERROR_RATE, -ERANGE, "maxerror-rate all ones");
	absurd(good.maxerror_rate + 1, RADCLOCK_A_ESTERROR_RATE, -ERANGE,
	       "esterror-rate > maxerror-rate");
	absurd(good.counter, RADCLOCK_A_VOID_COUNTER, -ERANGE, "void has passed");
	absurd(good.counter - hz, RADCLOCK_A_VOID_COUNTER, -ERANGE, "void long ago");
	absurd(0, RADCLOCK_A_VOID_COUNTER, -ERANGE, "void 0");
	absurd(good.void_counter + 1, RADCLOCK_A_HOLDOVER_COUNTER, -ERANGE,
	       "holdover after void");
	absurd(good.counter - 1, RADCLOCK_A_HOLDOVER_COUNTER, -ERANGE,
	       "holdover before counter");
	absurd(2, RADCLOCK_A_LEAP_DELTA, -ERANGE, "leap-delta 2");
	absurd((uint32_t)-2, RADCLOCK_A_LEAP_DELTA, -ERANGE, "leap-delta -2");
	absurd(0x80000000, RADCLOCK_A_LEAP_DELTA, -ERANGE, "leap-delta -2^31");
	absurd(256, RADCLOCK_A_LEAP_DELTA, -ERANGE, "leap-delta 256");
	absurd(0x7fffffff, RADCLOCK_A_TAI_OFFSET, -ERANGE, "tai-offset 2^31 - 1");
	absurd(0x80000000, RADCLOCK_A_TAI_OFFSET, -ERANGE, "tai-offset -2^31");
	absurd(RADCLOCK_STATUS_DISRUPTED, RADCLOCK_A_STATUS, -EINVAL, "status disrupted");
	absurd(5, RADCLOCK_A_STATUS, -ERANGE, "status 5");
	absurd(0xffffffff, RADCLOCK_A_STATUS, -ERANGE, "status 2^32 - 1");
	absurd(8, RADCLOCK_A_PARAMS_FLAGS, -EINVAL, "params-flags 8");
	absurd(0xffffffff, RADCLOCK_A_PARAMS_FLAGS, -EINVAL, "params-flags all ones");
	absurd(RADCLOCK_COUNTER_ID_HPET, RADCLOCK_A_COUNTER_ID, -EINVAL,
	       "counter-id of another counter");
	absurd(RADCLOCK_COUNTER_ID_XEN, RADCLOCK_A_COUNTER_ID, -EINVAL,
	       "counter-id of a counter that is not here");
	absurd(RADCLOCK_COUNTER_ID_NONE, RADCLOCK_A_COUNTER_ID, -ERANGE, "counter-id 0");
	absurd(10, RADCLOCK_A_COUNTER_ID, -ERANGE, "counter-id 10");
	absurd(good.disruption_marker + 1, RADCLOCK_A_DISRUPTION_MARKER, -ESTALE,
	       "a later marker");
	absurd(0, RADCLOCK_A_DISRUPTION_MARKER, -ESTALE, "marker 0");

	/* everything at once */
	good_estimate(&m);
	memset(m.data + NLMSG_HDRLEN + GENL_HDRLEN, 0xff,
	       m.len - NLMSG_HDRLEN - GENL_HDRLEN);
	refused(&m, -EINVAL, 0, "all ones");
	told("a value is absurd");
}

/* an estimate under the marker of before a disruption */
static void stale(void)
{
	struct message m;

	good_estimate(&m);
	if (rt_sys_write("counter", "hpet", 4) || rt_sys_write("counter", "tsc", 3))
		ktap_die("no second counter");
	refused(&m, -ESTALE, 0, "a stale marker");
	rt_estimate(rc, &good);
	rt_sync(rc);
	told("an estimate was made before a disruption");
}

static void no_estimate(void)
{
	struct message m;

	start(&m, RADCLOCK_CMD_GET_ESTIMATE);
	refused(&m, -ENODATA, 0, "get-estimate");
	told("there is no estimate to get");
}

/* ------------------------------------------------------------ without rights */

static int try_setting(int fd)
{
	struct message m;
	char why[256];
	int wrong = 0, got;

	good_estimate(&m);
	got = talk(fd, &m, why, sizeof(why));
	if (got != -EPERM || !strstr(why, "CAP_SYS_TIME")) {
		ktap_say("set-estimate: %d '%s'", got, why);
		wrong++;
	}
	start(&m, RADCLOCK_CMD_SET_COUNTER);
	put(&m, RADCLOCK_A_COUNTER_NAME, "hpet", 5);
	got = talk(fd, &m, why, sizeof(why));
	if (got != -EPERM || !strstr(why, "CAP_SYS_TIME")) {
		ktap_say("set-counter: %d '%s'", got, why);
		wrong++;
	}
	/* reading needs nothing */
	start(&m, RADCLOCK_CMD_GET_INFO);
	wrong += talk(fd, &m, why, sizeof(why)) != 0;
	start(&m, RADCLOCK_CMD_READ_COUNTERS);
	wrong += talk(fd, &m, why, sizeof(why)) != 0;
	return wrong;
}

static int as_nobody(void *arg)
{
	int when = *(int *)arg, fd;

	if (!when && (setgid(65534) || setuid(65534)))
		return 100;
	fd = open_socket();
	if (when && (setgid(65534) || setuid(65534)))
		return 101;
	return try_setting(fd);
}

/* somebody else's socket does not get root's rights */
static int with_nobodys_socket(void *arg)
{
	int fd;

	if (seteuid(65534))
		return 100;
	fd = open_socket();
	if (seteuid(0))
		return 101;
	return try_setting(fd);
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), bad;

	if (fd < 0)
		return -1;
	bad = write(fd, text, strlen(text)) < 0;
	close(fd);
	return -bad;
}

static int as_container_root(void *arg)
{
	if (unshare(CLONE_NEWUSER) ||
	    write_file("/proc/self/uid_map", "0 0 1") || geteuid())
		return 100;
	return try_setting(open_socket());
}

static int as_container_root_net(void *arg)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) ||
	    write_file("/proc/self/uid_map", "0 0 1") || geteuid())
		return 100;
	return try_setting(open_socket());
}

static int without_the_capability(void *arg)
{
	/* CAP_SYS_TIME is 25 */
	if (prctl(PR_CAPBSET_DROP, 25, 0, 0, 0))
		return 100;
	fflush(stdout);
	/* the capability goes with the next exec */
	execl("/proc/self/exe", "netlink_bad", "--child", NULL);
	return 101;
}

static void rights(void)
{
	static const struct {
		int (*fn)(void *arg);
		int arg;
		const char *name;
	} who[] = {
		{ as_nobody, 0, "another user may not set anything" },
		{ as_nobody, 1, "nor with a socket that root opened" },
		{ with_nobodys_socket, 0, "nor root with a socket that another user opened" },
		{ as_container_root, 0, "nor root in a user namespace" },
		{ as_container_root_net, 0, "nor root in a user and network namespace" },
		{ without_the_capability, 0, "nor root without CAP_SYS_TIME" },
	};
	struct rt_state before;
	size_t i;
	int ret, arg;

	for (i = 0; i < sizeof(who) / sizeof(*who); i++) {
		rt_state(rc, &before);
		arg = who[i].arg;
		ret = rt_child(who[i].fn, &arg);
		if (ret)
			ktap_say("the child said %d", ret);
		ktap_ok(!ret && rt_unchanged(rc, &before), who[i].name);
	}
}

/* ------------------------------------------------------------------- fuzz */

static void mutate(struct message *m, uint64_t *seed)
{
	size_t head = NLMSG_HDRLEN, body = m->len - head, at;
	uint64_t r;
	int n;

	for (n = 1 + rt_random(seed) % 4; n; n--) {
		r = rt_random(seed);
		at = head + (r >> 8) % body;
		switch (r % 7) {
		case 0:		/* a bit */
			m->data[at] ^= 1 << (r >> 40) % 8;
			break;
		case 1:		/* a byte */
			m->data[at] = r >> 40;
			break;
		case 2:		/* an aligned word of an extreme */
			at &= ~3ull;
			memset(m->data + at, r & 0x100000000 ? 0xff : 0, 4);
			break;
		case 3:		/* an attribute's head, wherever that is */
			at &= ~3ull;
			m->data[at] = (r >> 40) % 64;
			break;
		case 4:		/* cut */
			if (body > 40)
				m->len -= (r >> 40) % 32 & ~3;
			body = m->len - head;
			break;
		case 5:		/* append */
			if (m->len < sizeof(m->data) - 64) {
				uint64_t x = rt_random(seed);

				memcpy(m->data + m->len, &x, 8);
				m->len += 8;
			}
			body = m->len - head;
			break;
		default:	/* swap two words */
			at &= ~3ull;
			{
				size_t b = head + ((r >> 40) % body & ~3ull);
				uint32_t x, y;

				memcpy(&x, m->data + at, 4);
				memcpy(&y, m->data + b, 4);
				memcpy(m->data + at, &y, 4);
				memcpy(m->data + b, &x, 4);
			}
		}
	}
}

static void fuzz(void)
{
	struct radclock_ioc_reading io = { .clock = RADCLOCK_CLOCK_DIFF };
	uint64_t seed = FUZZ_SEED;
	long accepted = 0, refusals = 0, silent = 0, back = 0;
	int64_t last = 0, now;
	struct message m;
	char why[256];
	int fd = open_socket(), i, got;

	ktap_say("seed %d, %d messages", FUZZ_SEED, FUZZ_ROUNDS);
	rt_log_mark();
	for (i = 0; i < FUZZ_ROUNDS; i++) {
		if (i % 200 == 0)
			rt_estimate(rc, &good);
		switch (i % 5) {
		case 0:
			start(&m, RADCLOCK_CMD_SET_COUNTER);
			put(&m, RADCLOCK_A_COUNTER_NAME, "tsc", 4);
			break;
		case 1:
			start(&m, RADCLOCK_CMD_READ_COUNTERS);
			put_u32(&m, RADCLOCK_A_ROUNDS, 4);
			put_u32(&m, RADCLOCK_A_COUNTER_ID, RADCLOCK_COUNTER_ID_TSC);
			break;
		default:
			good_estimate(&m);
		}
		mutate(&m, &seed);
		got = talk(fd, &m, why, sizeof(why));
		if (got < 0)
			refusals++;
		else if (got)
			silent++;
		else
			accepted++;
		if (i % 16)
			continue;
		ioctl(radclock_fd(rc), RADCLOCK_IOC_READ, &io);
		now = rt_ioc_ns(&io);
		back += now < last;
		last = now;
	}
	close(fd);
	ktap_say("%ld accepted, %ld refused, %ld without an answer", accepted,
		 refusals, silent);
	ktap_ok(accepted > 100 && refusals > 1000, "most mutated messages are refused, some are good");
	ktap_ok(!back, "the difference clock never goes back meanwhile");
	ktap_ok(!rt_log_lines(), "mutated messages leave no line in the kernel log");
}

static void still_sane(void)
{
	struct radclock_cross x;
	struct rt_truth a, b;
	struct radclock_duration d;
	int64_t off;

	rt_sys_write("counter", "tsc", 3);
	rt_estimate(rc, &good);
	ktap_ok(!rt_set(rc, &good), "a good estimate is accepted at the end");
	ktap_ok(!radclock_read_cross(rc, RADCLOCK_CLOCK_ABSOLUTE, &x) &&
		llabs(rt_time_ns(x.reading.time) - x.realtime_ns) <
		(int64_t)x.reading.maxerror_ns, "and the time is right by it");
	usleep(10000);
	rt_truth(rc, &a);
	usleep(500000);
	rt_truth(rc, &b);
	radclock_difference(rc, a.counter, b.counter, &d);
	off = rt_time_ns(d.time) - (b.raw_ns - a.raw_ns);
	ktap_okf(llabs(off) < 100000 + a.error_ns + b.error_ns, "and so is the difference clock (%lld ns in 0.5 s)",
		 (long long)off);
}

int main(int argc, char **argv)
{
	struct nl_sock *sk = nl_socket_alloc();

	if (genl_connect(sk))
		ktap_die("no generic netlink");
	if (argc > 1) {		/* without_the_capability() */
		family = genl_ctrl_resolve(sk, RADCLOCK_FAMILY_NAME);
		rc = rt_open();
		rt_estimate(rc, &good);
		return try_setting(open_socket());
	}
	ktap_plan(11 + 6 + 1 + 3 + 3);
	rt_load("counter=tsc");
	family = genl_ctrl_resolve(sk, RADCLOCK_FAMILY_NAME);
	nl_socket_free(sk);
	if (family <= 0)
		ktap_die("no family");
	rc = rt_open();
	rt_log_mark();

	no_estimate();
	rt_sync(rc);
	rt_estimate(rc, &good);

	missing();
	lengths();
	types();
	twice();
	forms();
	versions();
	strings();
	choices();
	values();
	stale();
	rights();
	ktap_ok(!rt_log_lines(), "bad requests leave no line in the kernel log");
	fuzz();
	still_sane();
	return ktap_end();
}
