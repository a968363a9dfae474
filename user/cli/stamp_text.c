// SPDX-License-Identifier: GPL-2.0-only
/* Stamp files: lines, and what their columns say. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stamp_text.h"

#define DIGITS_SAFE	19	/* so many fit into 64 bits, whatever they are */
#define SECONDS_DIGITS	15
#define DECIMALS_MAX	18

void line_reader_init(struct line_reader *r, FILE *in)
{
	r->in = in;
	r->number = 0;
	r->at = 0;
	r->end = 0;
	r->eof = false;
	r->error = 0;
}

/* more text behind what is left; false when there is none or no room */
static bool fill(struct line_reader *r)
{
	size_t left = r->end - r->at, n;

	if (r->eof || left == STAMP_LINE_MAX)
		return false;
	memmove(r->buf, r->buf + r->at, left);
	r->at = 0;
	n = fread(r->buf + left, 1, STAMP_LINE_MAX - left, r->in);
	r->end = left + n;
	r->eof = n < STAMP_LINE_MAX - left;
	if (ferror(r->in))
		r->error = errno;
	return n > 0;
}

/**
 * line_reader_next() - the next line
 * @r: reader
 * @too_long: it was, and only its end is returned
 *
 * Return: the line without its end, valid until the next call; NULL at the end
 * of the stream or on an error.
 */
char *line_reader_next(struct line_reader *r, bool *too_long)
{
	size_t looked = 0;
	char *line, *nl;

	*too_long = false;
	for (;;) {
		line = r->buf + r->at;
		nl = memchr(line + looked, '\n', r->end - r->at - looked);
		if (nl)
			break;
		looked = r->end - r->at;
		if (fill(r))
			continue;
		/* the last line has no end, or the buffer holds no whole one */
		*too_long |= looked == STAMP_LINE_MAX;
		if (r->eof) {
			if (!looked && !*too_long)
				return NULL;
			line = r->buf + r->at;
			nl = r->buf + r->end;
			r->end++;
			break;
		}
		r->at = r->end;
		looked = 0;
	}
	*nl = '\0';
	r->at = (size_t)(nl + 1 - r->buf);
	if (r->at > r->end)
		r->at = r->end;
	r->number++;
	return line;
}

const char *stamp_skip_blanks(const char *s)
{
	while (*s == ' ' || *s == '\t' || *s == ',' || *s == ';')
		s++;
	return s;
}

static bool at_end_of_field(char c)
{
	return !c || c == ' ' || c == '\t' || c == ',' || c == ';' || c == '\r';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const u64 power_of_10[DECIMALS_MAX + 1] = {
	1ULL, 10ULL, 100ULL, 1000ULL, 10000ULL, 100000ULL, 1000000ULL,
	10000000ULL, 100000000ULL, 1000000000ULL, 10000000000ULL,
	100000000000ULL, 1000000000000ULL, 10000000000000ULL,
	100000000000000ULL, 1000000000000000ULL, 10000000000000000ULL,
	100000000000000000ULL, 1000000000000000000ULL,
};

#define EACH_BYTE	0x0101010101010101ULL

/*
 * Up to @most (1 to 8) digits at once, the first of which is the lowest byte.
 * A byte that is no digit has its high bit set by the sum, or had it already;
 * what the sum carries reaches later bytes only.
 */
static unsigned int take_eight(const char *p, unsigned int most, u64 *v)
{
	unsigned int n;
	u64 w, other;

	memcpy(&w, p, sizeof(w));
	w ^= '0' * EACH_BYTE;
	other = ((w + 0x76 * EACH_BYTE) | w) & 0x80 * EACH_BYTE;
	n = other ? (unsigned int)__builtin_ctzll(other) / 8 : 8;
	if (n > most)
		n = most;
	if (!n)
		return 0;
	/* zeros in front, then sums of neighbours: of 2, 4 and 8 digits */
	w <<= 64 - 8 * n;
	w = (w * 10 + (w >> 8)) & 0x00ff00ff00ff00ffULL;
	w = (w * 100 + (w >> 16)) & 0x0000ffff0000ffffULL;
	*v = (w * 10000 + (w >> 32)) & 0xffffffffULL;
	return n;
}

/* at most @most digits of @p into @v; returns the end of them */
static const char *take_digits(const char *p, unsigned int most, u64 *v)
{
	unsigned int n;
	u64 some;

	*v = 0;
	do {
		n = take_eight(p, most < 8 ? most : 8, &some);
		if (!n)
			break;
		*v = *v * power_of_10[n] + some;
		p += n;
		most -= n;
	} while (n == 8 && most);
	return p;
}

/* a counter value: all 64 bits of it, or something like 1.3e15 */
static const char *parse_counter(const char *s, u64 *v)
{
	long double f;
	const char *p = take_digits(s, DIGITS_SAFE, v);
	char *end;

	for (; is_digit(*p); p++) {
		u64 digit = (u64)(*p - '0');

		if (*v > (~0ULL - digit) / 10)
			return NULL;
		*v = *v * 10 + digit;
	}
	if (p != s && at_end_of_field(*p))
		return p;
	f = strtold(s, &end);
	if (end == s || !at_end_of_field(*end) || !(f >= 0) ||
	    !(f < 18446744073709551615.0L))
		return NULL;
	*v = (u64)f;
	return end;
}

/* seconds: exact as far as 2^-64 s goes, whatever the number of digits */
static const char *parse_time(const char *s, struct rad_time *t)
{
	long double f;
	u64 sec, frac = 0, scale = 1;
	const char *p = take_digits(s, SECONDS_DIGITS, &sec);
	char *end;

	if (p != s && *p == '.') {
		const char *begin = ++p;

		p = take_digits(begin, DECIMALS_MAX, &frac);
		scale = power_of_10[p - begin];
		while (is_digit(*p))
			p++;
	}
	if (p != s && at_end_of_field(*p)) {
		t->sec = (s64)sec;
		t->frac = (u64)(((rad_u128)frac << 64) / scale);
		return p;
	}
	f = strtold(s, &end);
	if (end == s || !at_end_of_field(*end) || !(fabsl(f) < 1e15L))
		return NULL;
	t->sec = (s64)floorl(f);
	t->frac = (u64)((f - floorl(f)) * 18446744073709551616.0L);
	return end;
}

/**
 * stamp_parse() - columns 1 to 4 of a line
 * @line: NUL-terminated; STAMP_TEXT_PAD bytes behind the NUL are readable
 * @s: written
 *
 * Return: NULL, or what is wrong with the line.
 */
const char *stamp_parse(const char *line, struct rad_stamp *s)
{
	const char *p = stamp_skip_blanks(line);

	memset(s, 0, sizeof(*s));
	p = parse_counter(p, &s->ta);
	if (!p)
		return "column 1 is not a counter value (ticks, 0 to 2^64 - 1)";
	p = stamp_skip_blanks(p);
	if (!*p || *p == '\r')
		return "column 2 is missing";
	p = parse_time(p, &s->tb);
	if (!p)
		return "column 2 is not a time (s of UTC)";
	p = stamp_skip_blanks(p);
	if (!*p || *p == '\r')
		return "column 3 is missing";
	p = parse_time(p, &s->te);
	if (!p)
		return "column 3 is not a time (s of UTC)";
	p = stamp_skip_blanks(p);
	if (!*p || *p == '\r')
		return "column 4 is missing";
	if (!parse_counter(p, &s->tf))
		return "column 4 is not a counter value (ticks, 0 to 2^64 - 1)";
	return NULL;
}
