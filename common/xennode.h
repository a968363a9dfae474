/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * The host's clock as one text in XenStore: radclockd in dom0 writes it, the
 * module in a guest reads it. docs/xen.md describes each line.
 *
 * Strict, so that both mean the same: every line is there once, in this order,
 * a number has one spelling. What is new gets a new version and another node.
 */
#ifndef RADCLOCK_XENNODE_H
#define RADCLOCK_XENNODE_H

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#else
#include <errno.h>
#include <stdio.h>
#include <string.h>
#endif

#include <linux/radclock.h>

#include "fixed.h"

/* every guest may read it, dom0 alone may write it: permissions "r0" */
#define RAD_XENNODE_PATH	"/local/domain/0/radclock/v1"
#define RAD_XENNODE_VERSION	1
/* what is longer is not read; the longest valid text has about 600 bytes */
#define RAD_XENNODE_MAX		2048

#define RAD_XENNODE_HOST_LEN	37	/* a UUID */
#define RAD_XENNODE_NAME_LEN	16

/**
 * struct rad_xennode - what the text says
 * @host: names this start of this hypervisor
 * @counter: name of the counter that the numbers are about
 * @origin: whose counter it is, as sysfs counter_origin
 * @hz: its nominal rate
 * @generation: of the host's parameters
 * @updates: estimates that the host's module has accepted
 * @written: the counter when this was written
 * @running: the writer is there, and follows the clock
 * @status: enum radclock_status of the host, when it was written
 * @line: the absolute clock, as in struct radclock_params; it and all below are
 *	zero when the host has no time
 */
struct rad_xennode {
	char host[RAD_XENNODE_HOST_LEN];
	char counter[RAD_XENNODE_NAME_LEN];
	char origin[RAD_XENNODE_NAME_LEN];
	u64 hz;
	u64 generation;
	u64 updates;
	u64 written;
	bool running;
	u8 status;
	u8 period_shift;
	bool tai_valid;
	bool smeared;
	signed char leap_delta;
	s32 tai_offset;
	struct radclock_line line;
	u64 period_diff;
	u64 maxerror_ns;
	u64 esterror_ns;
	u64 maxerror_rate;
	u64 esterror_rate;
	u64 holdover_counter;
	u64 void_counter;
	u64 leap_counter;
};

static const char *const rad_xennode_status[] = {
	[RADCLOCK_STATUS_UNSYNCHRONIZED] = "unsynchronized",
	[RADCLOCK_STATUS_WARMING] = "warming",
	[RADCLOCK_STATUS_SYNCHRONIZED] = "synchronized",
	[RADCLOCK_STATUS_HOLDOVER] = "holdover",
	[RADCLOCK_STATUS_DISRUPTED] = "disrupted",
};

#define RAD_XENNODE_STATUSES	\
	(sizeof(rad_xennode_status) / sizeof(rad_xennode_status[0]))

static const char *const rad_xennode_writer[] = { "stopped", "running" };
static const char *const rad_xennode_bool[] = { "no", "yes" };

/**
 * rad_xennode_format() - the text of @n
 * @n: names are words, numbers in range
 * @buf: RAD_XENNODE_MAX bytes
 *
 * Return: length without the final NUL, or -EINVAL when rad_xennode_parse()
 * would not take it.
 */
static inline int rad_xennode_format(const struct rad_xennode *n, char *buf);

/* the rest of the text, and the line that was wrong */
struct rad_xennode_reader {
	const char *at;
	const char *end;
	const char *bad;
};

/* @text must come next */
static inline bool rad_xennode_literal(struct rad_xennode_reader *r, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(r->end - r->at) < len || memcmp(r->at, text, len))
		return false;
	r->at += len;
	return true;
}

/* a line that begins with @key; its end is looked for by rad_xennode_eol() */
static inline bool rad_xennode_key(struct rad_xennode_reader *r, const char *key)
{
	if (r->bad)
		return false;
	r->bad = key;
	return rad_xennode_literal(r, key) && rad_xennode_literal(r, " ");
}

static inline bool rad_xennode_eol(struct rad_xennode_reader *r)
{
	if (!rad_xennode_literal(r, "\n"))
		return false;
	r->bad = NULL;
	return true;
}

/* decimal, without leading zeros or signs */
static inline bool rad_xennode_decimal(struct rad_xennode_reader *r, u64 max, u64 *value)
{
	const char *start = r->at;
	u64 v = 0;

	while (r->at < r->end && *r->at >= '0' && *r->at <= '9') {
		u64 digit = *r->at - '0';

		if (digit > max || v > (max - digit) / 10)
			return false;
		if (*start == '0' && r->at > start)
			return false;
		v = v * 10 + digit;
		r->at++;
	}
	*value = v;
	return r->at > start;
}

static inline bool rad_xennode_signed(struct rad_xennode_reader *r, u32 max, s32 *value)
{
	bool minus = rad_xennode_literal(r, "-");
	u64 v;

	if (!rad_xennode_decimal(r, max, &v) || (minus && !v))
		return false;
	*value = minus ? -(s32)v : (s32)v;
	return true;
}

/* 16 digits, small letters */
static inline bool rad_xennode_hex(struct rad_xennode_reader *r, u64 *value)
{
	int i;

	*value = 0;
	if (r->end - r->at < 16)
		return false;
	for (i = 0; i < 16; i++) {
		char c = *r->at++;

		if (c >= '0' && c <= '9')
			*value = *value << 4 | (u64)(c - '0');
		else if (c >= 'a' && c <= 'f')
			*value = *value << 4 | (u64)(c - 'a' + 10);
		else
			return false;
	}
	return true;
}

/* small letters, digits, '-' and '_' */
static inline bool rad_xennode_word(struct rad_xennode_reader *r, char *to, size_t size)
{
	size_t n = 0;

	while (r->at < r->end && n + 1 < size &&
	       ((*r->at >= 'a' && *r->at <= 'z') || (*r->at >= '0' && *r->at <= '9') ||
		*r->at == '-' || *r->at == '_'))
		to[n++] = *r->at++;
	to[n] = 0;
	return n > 0;
}

static inline bool rad_xennode_choice(struct rad_xennode_reader *r, const char *const *names,
				      unsigned int count, unsigned int *value)
{
	char word[RAD_XENNODE_NAME_LEN];
	unsigned int i;

	if (!rad_xennode_word(r, word, sizeof(word)))
		return false;
	for (i = 0; i < count; i++) {
		if (!strcmp(word, names[i])) {
			*value = i;
			return true;
		}
	}
	return false;
}

/* whole lines; false from the first bad one on */
static inline bool rad_xennode_line_u64(struct rad_xennode_reader *r, const char *key, u64 *v)
{
	return rad_xennode_key(r, key) && rad_xennode_decimal(r, ~0ULL, v) &&
	       rad_xennode_eol(r);
}

static inline bool rad_xennode_line_hex(struct rad_xennode_reader *r, const char *key, u64 *v)
{
	return rad_xennode_key(r, key) && rad_xennode_hex(r, v) && rad_xennode_eol(r);
}

static inline bool rad_xennode_line_word(struct rad_xennode_reader *r, const char *key,
					 char *to, size_t size)
{
	return rad_xennode_key(r, key) && rad_xennode_word(r, to, size) && rad_xennode_eol(r);
}

static inline bool rad_xennode_line_choice(struct rad_xennode_reader *r, const char *key,
					   const char *const *names, unsigned int count,
					   unsigned int *v)
{
	return rad_xennode_key(r, key) && rad_xennode_choice(r, names, count, v) &&
	       rad_xennode_eol(r);
}

/* who wrote it and about what */
static inline bool rad_xennode_head(struct rad_xennode_reader *r, struct rad_xennode *n)
{
	unsigned int running = 0, status = 0;

	if (!rad_xennode_line_word(r, "host", n->host, sizeof(n->host)) ||
	    !rad_xennode_line_word(r, "counter", n->counter, sizeof(n->counter)) ||
	    !rad_xennode_line_word(r, "origin", n->origin, sizeof(n->origin)) ||
	    !rad_xennode_line_u64(r, "hz", &n->hz) ||
	    !rad_xennode_line_u64(r, "generation", &n->generation) ||
	    !rad_xennode_line_u64(r, "updates", &n->updates) ||
	    !rad_xennode_line_u64(r, "written", &n->written) ||
	    !rad_xennode_line_choice(r, "writer", rad_xennode_writer, 2, &running) ||
	    !rad_xennode_line_choice(r, "status", rad_xennode_status, RAD_XENNODE_STATUSES,
				     &status))
		return false;
	n->running = running;
	n->status = status;
	return true;
}

static inline bool rad_xennode_line_time(struct rad_xennode_reader *r, struct rad_xennode *n)
{
	u64 sec;

	if (!rad_xennode_key(r, "time") || !rad_xennode_hex(r, &sec) ||
	    !rad_xennode_literal(r, ".") || !rad_xennode_hex(r, &n->line.frac) ||
	    !rad_xennode_eol(r))
		return false;
	n->line.sec = (s64)sec;
	return true;
}

static inline bool rad_xennode_line_period(struct rad_xennode_reader *r, struct rad_xennode *n)
{
	u64 shift;

	if (!rad_xennode_key(r, "period") || !rad_xennode_hex(r, &n->line.period) ||
	    !rad_xennode_literal(r, " ") || !rad_xennode_decimal(r, 63, &shift) ||
	    !rad_xennode_eol(r))
		return false;
	n->period_shift = (u8)shift;
	return true;
}

static inline bool rad_xennode_line_leap(struct rad_xennode_reader *r, struct rad_xennode *n)
{
	s32 delta;

	if (!rad_xennode_key(r, "leap") || !rad_xennode_signed(r, 1, &delta) ||
	    !rad_xennode_literal(r, " ") ||
	    !rad_xennode_decimal(r, ~0ULL, &n->leap_counter) || !rad_xennode_eol(r))
		return false;
	n->leap_delta = (signed char)delta;
	return true;
}

static inline bool rad_xennode_line_tai(struct rad_xennode_reader *r, struct rad_xennode *n)
{
	if (!rad_xennode_key(r, "tai"))
		return false;
	n->tai_valid = !rad_xennode_literal(r, "none");
	return (!n->tai_valid || rad_xennode_signed(r, 1000, &n->tai_offset)) &&
	       rad_xennode_eol(r);
}

static inline bool rad_xennode_body(struct rad_xennode_reader *r, struct rad_xennode *n)
{
	unsigned int smeared = 0;

	if (!rad_xennode_line_u64(r, "anchor", &n->line.counter) ||
	    !rad_xennode_line_time(r, n) ||
	    !rad_xennode_line_period(r, n) ||
	    !rad_xennode_line_hex(r, "diff_period", &n->period_diff) ||
	    !rad_xennode_line_u64(r, "bound_ns", &n->maxerror_ns) ||
	    !rad_xennode_line_u64(r, "sigma_ns", &n->esterror_ns) ||
	    !rad_xennode_line_hex(r, "bound_rate", &n->maxerror_rate) ||
	    !rad_xennode_line_hex(r, "sigma_rate", &n->esterror_rate) ||
	    !rad_xennode_line_u64(r, "holdover", &n->holdover_counter) ||
	    !rad_xennode_line_u64(r, "void", &n->void_counter) ||
	    !rad_xennode_line_leap(r, n) ||
	    !rad_xennode_line_tai(r, n) ||
	    !rad_xennode_line_choice(r, "smeared", rad_xennode_bool, 2, &smeared))
		return false;
	n->smeared = smeared;
	return true;
}

/**
 * rad_xennode_parse() - what does the text say?
 * @text: from anybody
 * @len: its bytes; a NUL may be among them
 * @n: out: complete only on success
 * @bad: out: the name of the line that is wrong, a constant
 *
 * Whether the numbers make sense is for rad_estimate_check() to say.
 *
 * Return: 0; -EMSGSIZE: too long; -EPROTONOSUPPORT: another version; -EINVAL.
 */
static inline int rad_xennode_parse(const char *text, size_t len, struct rad_xennode *n,
				    const char **bad)
{
	struct rad_xennode_reader r = { .at = text, .end = text + len };
	u64 version;

	memset(n, 0, sizeof(*n));
	*bad = "length";
	if (len > RAD_XENNODE_MAX)
		return -EMSGSIZE;
	*bad = "radclock";
	if (!rad_xennode_line_u64(&r, "radclock", &version))
		return -EINVAL;
	if (version != RAD_XENNODE_VERSION)
		return -EPROTONOSUPPORT;
	if (rad_xennode_head(&r, n) && rad_xennode_body(&r, n)) {
		r.bad = "end";
		if (rad_xennode_literal(&r, "end\n") && r.at == r.end)
			return 0;
	}
	*bad = r.bad;
	return -EINVAL;
}

static inline int rad_xennode_format(const struct rad_xennode *n, char *buf)
{
	struct rad_xennode back;
	const char *bad;
	char tai[16] = "none";
	int len;

	if (n->status >= RAD_XENNODE_STATUSES)
		return -EINVAL;
	if (n->tai_valid)
		snprintf(tai, sizeof(tai), "%d", n->tai_offset);
	len = snprintf(buf, RAD_XENNODE_MAX,
		       "radclock %d\nhost %s\ncounter %s\norigin %s\nhz %llu\n"
		       "generation %llu\nupdates %llu\nwritten %llu\nwriter %s\nstatus %s\n"
		       "anchor %llu\ntime %016llx.%016llx\nperiod %016llx %u\n"
		       "diff_period %016llx\nbound_ns %llu\nsigma_ns %llu\n"
		       "bound_rate %016llx\nsigma_rate %016llx\nholdover %llu\nvoid %llu\n"
		       "leap %d %llu\ntai %s\nsmeared %s\nend\n",
		       RAD_XENNODE_VERSION, n->host, n->counter, n->origin, n->hz,
		       n->generation, n->updates, n->written, rad_xennode_writer[n->running],
		       rad_xennode_status[n->status], n->line.counter, (u64)n->line.sec,
		       n->line.frac, n->line.period, n->period_shift, n->period_diff,
		       n->maxerror_ns, n->esterror_ns, n->maxerror_rate, n->esterror_rate,
		       n->holdover_counter, n->void_counter, n->leap_delta, n->leap_counter,
		       tai, rad_xennode_bool[n->smeared]);
	if (len < 0 || len >= RAD_XENNODE_MAX)
		return -EINVAL;
	/* what we would not take from others we do not give out */
	return rad_xennode_parse(buf, len, &back, &bad) ? -EINVAL : len;
}

#endif /* RADCLOCK_XENNODE_H */
