// SPDX-License-Identifier: GPL-2.0-only
/*
 * radclock replay: a stamp file through the estimator that the daemon runs.
 *
 * Stands alone, so that tests can link it without the rest of the command.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "estimator.h"
#include "replay.h"

#define EXIT_NO		1
#define EXIT_USAGE	2
#define PERIOD_DECIMALS	36	/* 25 significant digits at 10 GHz */
#define OUT_BUFFER	(1 << 16)

static const char usage[] =
"usage: radclock replay [options] STAMPS\n"
"\n"
"Feed columns 1 to 4 (counter sent, server received, server sent, counter\n"
"received; ticks and UTC seconds) of each line of STAMPS to the estimator and\n"
"write the clock after each stamp as CSV. Lines that start with # or % and\n"
"further columns are passed over. - is standard input.\n"
"\n"
"  -p, --poll S          expected spacing of the stamps (default: learnt)\n"
"  -a, --algorithm NAME  default or classic\n"
"  -z, --hz HZ           nominal rate of the counter (default: learnt from the\n"
"                        first two stamps, so the first row has no clock)\n"
"  -o, --out FILE        write there; - is standard output (default)\n"
"  -h, --help            print this\n"
"\n"
"Columns: counter (arrival of the reply), time (absolute clock then, UTC s),\n"
"period (s per tick), bound (s), status, esterror (one sigma, s),\n"
"bound_growth and esterror_growth (s per s), result (what became of the stamp).\n";

static const struct option options[] = {
	{ "poll", required_argument, NULL, 'p' },
	{ "algorithm", required_argument, NULL, 'a' },
	{ "hz", required_argument, NULL, 'z' },
	{ "out", required_argument, NULL, 'o' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 }
};

static const char *skip_blanks(const char *s)
{
	while (*s == ' ' || *s == '\t' || *s == ',' || *s == ';')
		s++;
	return s;
}

static bool at_end_of_field(char c)
{
	return !c || c == ' ' || c == '\t' || c == ',' || c == ';' ||
	       c == '\n' || c == '\r';
}

/* a counter value: all 64 bits of it, or something like 1.3e15 */
static const char *parse_counter(const char *s, u64 *v)
{
	const char *p = s;
	long double f;
	char *end;

	*v = 0;
	while (*p >= '0' && *p <= '9') {
		unsigned int digit = (unsigned int)(*p - '0');

		if (*v > (~0ULL - digit) / 10)
			return NULL;
		*v = *v * 10 + digit;
		p++;
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
	const char *p = s;
	u64 sec = 0, frac = 0, scale = 1;
	long double f;
	char *end;

	while (*p >= '0' && *p <= '9' && sec < 100000000000000ULL)
		sec = sec * 10 + (unsigned int)(*p++ - '0');
	if (p != s && *p == '.') {
		for (p++; *p >= '0' && *p <= '9'; p++) {
			if (scale >= 1000000000000000000ULL)
				continue;
			frac = frac * 10 + (unsigned int)(*p - '0');
			scale *= 10;
		}
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

static bool parse_stamp(const char *line, struct rad_stamp *s)
{
	const char *p = skip_blanks(line);

	memset(s, 0, sizeof(*s));
	p = parse_counter(p, &s->ta);
	if (!p)
		return false;
	p = parse_time(skip_blanks(p), &s->tb);
	if (!p)
		return false;
	p = parse_time(skip_blanks(p), &s->te);
	if (!p)
		return false;
	return parse_counter(skip_blanks(p), &s->tf);
}

static char *put_text(char *p, const char *text)
{
	while (*text)
		*p++ = *text++;
	return p;
}

static char *put_digits(char *p, u64 v, int digits)
{
	int i;

	for (i = digits - 1; i >= 0; i--) {
		p[i] = (char)('0' + v % 10);
		v /= 10;
	}
	return p + digits;
}

static char *put_u64(char *p, u64 v)
{
	int digits = 1;
	u64 w = v;

	while (w >= 10) {
		w /= 10;
		digits++;
	}
	return put_digits(p, v, digits);
}

/* 64.64 with 15 decimals, rounded down */
static char *put_time(char *p, struct rad_time t)
{
	u64 frac = (u64)(((rad_u128)t.frac * 1000000000000000ULL) >> 64);

	if (t.sec < 0) {
		/* -1 and 3/4 is -0.25 */
		struct rad_time zero = { 0 };

		*p++ = '-';
		t = rad_time_sub(zero, t);
		frac = (u64)(((rad_u128)t.frac * 1000000000000000ULL) >> 64);
	}
	p = put_u64(p, (u64)t.sec);
	*p++ = '.';
	return put_digits(p, frac, 15);
}

/* all digits of a period below 1 s: PERIOD_DECIMALS of them, six at a time */
static char *put_period(char *p, u64 period, u8 shift)
{
	const rad_u128 one = (rad_u128)1 << 64;
	rad_u128 v = period;
	unsigned int bits = 64 + shift;
	int i;

	if (bits > 106) {
		/* 2^22 per chunk must fit: nothing counts that fast */
		v >>= bits - 106;
		bits = 106;
	}
	if (period >= one >> 1 && !shift)
		return put_text(p, "1");
	p = put_text(p, "0.");
	for (i = 0; i < PERIOD_DECIMALS; i += 6) {
		v *= 1000000;
		p = put_digits(p, (u64)(v >> bits), 6);
		v &= ((rad_u128)1 << bits) - 1;
	}
	return p;
}

/* a figure in s with 15 decimals, rounded up: a bound must not shrink */
static char *put_figure(char *p, double v)
{
	double fs;

	if (!(v < 9000))
		return p + sprintf(p, "%.6g", v);
	fs = ceil(v * 1e15);
	p = put_u64(p, (u64)fs / 1000000000000000ULL);
	*p++ = '.';
	return put_digits(p, (u64)fs % 1000000000000000ULL, 15);
}

static char *put_row(char *p, const struct rad_stamp *s,
		     const struct rad_estimate *est, bool have,
		     enum rad_feed result)
{
	p = put_u64(p, s->tf);
	*p++ = ',';
	if (have) {
		/* of a late stamp the time is that of its own tick */
		rad_s128 ahead = rad_ticks_to_raw((s64)(s->tf - est->counter),
						  est->period,
						  est->period_shift);

		p = put_time(p, rad_time_add(est->time,
					     rad_time_from_raw(ahead)));
		*p++ = ',';
		p = put_period(p, est->period, est->period_shift);
		*p++ = ',';
		p = put_figure(p, est->maxerror);
	} else {
		p = put_text(p, ",,");
	}
	*p++ = ',';
	p = put_text(p, rad_status_name(est->status));
	*p++ = ',';
	if (have) {
		p = put_figure(p, est->esterror);
		*p++ = ',';
		p = put_figure(p, est->maxerror_growth);
		*p++ = ',';
		p = put_figure(p, est->esterror_growth);
	} else {
		p = put_text(p, ",,");
	}
	*p++ = ',';
	p = put_text(p, rad_feed_name(result));
	*p++ = '\n';
	return p;
}

/**
 * replay_stream() - feed a stamp file, write CSV
 * @in: stamps
 * @out: rows
 * @cfg: of the estimator
 *
 * Return: 0, or an exit status after a complaint.
 */
int replay_stream(FILE *in, FILE *out, const struct rad_config *cfg)
{
	struct rad_estimator *e;
	struct rad_estimate est;
	unsigned long long bad = 0, lines = 0;
	size_t room = 0;
	ssize_t len;
	char *line = NULL, row[512];
	void *mem = malloc(rad_estimator_size(cfg));
	int rc = 0;

	if (!mem) {
		fprintf(stderr, "radclock: replay: out of memory\n");
		return EXIT_NO;
	}
	e = rad_estimator_init(mem, cfg);
	fputs("counter,time,period,bound,status,esterror,bound_growth,esterror_growth,result\n",
	      out);
	while ((len = getline(&line, &room, in)) > 0) {
		const char *p = skip_blanks(line);
		enum rad_feed result;
		struct rad_stamp s;
		bool have;

		lines++;
		if (*p == '#' || *p == '%' || *p == '\n' || *p == '\r' || !*p)
			continue;
		if (!parse_stamp(p, &s)) {
			if (!bad++)
				fprintf(stderr,
					"radclock: replay: line %llu is not a stamp: passed over\n",
					lines);
			continue;
		}
		result = rad_estimator_feed(e, &s);
		have = rad_estimator_get(e, s.tf, &est);
		len = put_row(row, &s, &est, have, result) - row;
		if (fwrite(row, 1, (size_t)len, out) != (size_t)len) {
			fprintf(stderr, "radclock: replay: cannot write: %s\n",
				strerror(errno));
			rc = EXIT_NO;
			break;
		}
	}
	if (!rc && ferror(in)) {
		fprintf(stderr, "radclock: replay: cannot read: %s\n",
			strerror(errno));
		rc = EXIT_NO;
	}
	if (bad > 1)
		fprintf(stderr,
			"radclock: replay: %llu lines were not stamps\n", bad);
	free(line);
	free(mem);
	return rc;
}

static int wrong(const char *what, const char *text)
{
	fprintf(stderr,
		"radclock: replay: %s: %s (see radclock replay --help)\n",
		what, text);
	return EXIT_USAGE;
}

static bool number(const char *text, double min, double max, double *v)
{
	char *end;

	*v = strtod(text, &end);
	return end != text && !*end && *v >= min && *v <= max;
}

int cmd_replay(int argc, char **argv)
{
	const char *out_name = "-", *in_name;
	struct rad_config cfg;
	FILE *in, *out;
	int c, rc;

	rad_config_default(&cfg, 0);
	optind = 1;
	while ((c = getopt_long(argc, argv, "p:a:z:o:h", options, NULL)) != -1) {
		switch (c) {
		case 'p':
			if (!number(optarg, 0.01, 1e6, &cfg.poll))
				return wrong("bad poll", optarg);
			break;
		case 'a':
			if (!strcmp(optarg, "classic"))
				cfg.algorithm = RAD_ALGORITHM_CLASSIC;
			else if (strcmp(optarg, "default"))
				return wrong("no such algorithm", optarg);
			break;
		case 'z':
			if (!number(optarg, 1e3, 1e11, &cfg.counter_hz))
				return wrong("bad rate", optarg);
			break;
		case 'o':
			out_name = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			return EXIT_USAGE;
		}
	}
	if (optind != argc - 1) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	in_name = argv[optind];
	in = strcmp(in_name, "-") ? fopen(in_name, "r") : stdin;
	if (!in) {
		fprintf(stderr, "radclock: replay: %s: %s\n", in_name,
			strerror(errno));
		return EXIT_NO;
	}
	out = strcmp(out_name, "-") ? fopen(out_name, "w") : stdout;
	if (!out) {
		fprintf(stderr, "radclock: replay: %s: %s\n", out_name,
			strerror(errno));
		if (in != stdin)
			fclose(in);
		return EXIT_NO;
	}
	setvbuf(out, NULL, _IOFBF, OUT_BUFFER);
	rc = replay_stream(in, out, &cfg);
	if (fflush(out) && !rc) {
		fprintf(stderr, "radclock: replay: cannot write: %s\n",
			strerror(errno));
		rc = EXIT_NO;
	}
	if (out != stdout)
		fclose(out);
	if (in != stdin)
		fclose(in);
	return rc;
}
