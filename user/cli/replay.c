// SPDX-License-Identifier: GPL-2.0-only
/*
 * radclock replay: a stamp file through the estimator that the daemon runs.
 *
 * With digits.c and stamp_text.c it stands alone, so that tests can link it
 * without the rest of the command.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digits.h"
#include "estimator.h"
#include "replay.h"
#include "stamp_text.h"

#define EXIT_NO		1
#define EXIT_USAGE	2
#define OUT_BUFFER	(1 << 16)
#define ROW_MAX		512
#define COMPLAINTS_MAX	5

static const char usage[] =
"usage: radclock replay [options] STAMPS\n"
"\n"
"Feed columns 1 to 4 (counter sent, server received, server sent, counter\n"
"received; ticks and UTC seconds) of each line of STAMPS to the estimator and\n"
"write the clock after each stamp as CSV. Lines that start with # or % and\n"
"further columns are passed over. Other lines that are no stamps are named and\n"
"passed over, and the exit status is 1. - is standard input.\n"
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
		p = stpcpy(p, ",,");
	}
	*p++ = ',';
	p = stpcpy(p, rad_status_name(est->status));
	*p++ = ',';
	if (have) {
		p = put_figure(p, est->esterror);
		*p++ = ',';
		p = put_figure(p, est->maxerror_growth);
		*p++ = ',';
		p = put_figure(p, est->esterror_growth);
	} else {
		p = stpcpy(p, ",,");
	}
	*p++ = ',';
	p = stpcpy(p, rad_feed_name(result));
	*p++ = '\n';
	return p;
}

/* what a replay works with */
struct replay {
	const char *name;
	FILE *out;
	struct rad_estimator *e;
	struct line_reader lines;
	unsigned long long stamps;
	unsigned long long bad;
	size_t filled;
	char rows[OUT_BUFFER + ROW_MAX];
};

static void complain(struct replay *r, const char *what)
{
	if (r->bad++ < COMPLAINTS_MAX)
		fprintf(stderr, "radclock: replay: %s:%llu: %s\n", r->name,
			r->lines.number, what);
}

static bool flush_rows(struct replay *r)
{
	size_t n = r->filled;

	r->filled = 0;
	if (fwrite(r->rows, 1, n, r->out) == n)
		return true;
	fprintf(stderr, "radclock: replay: cannot write: %s\n", strerror(errno));
	return false;
}

static bool replay_lines(struct replay *r)
{
	struct rad_estimate est;
	struct rad_stamp s;
	bool too_long;
	char *line;

	while ((line = line_reader_next(&r->lines, &too_long))) {
		const char *p = stamp_skip_blanks(line), *why;
		enum rad_feed result;
		char *row;
		bool have;

		if (!too_long && (*p == '#' || *p == '%' || *p == '\r' || !*p))
			continue;
		why = too_long ? "the line is too long" : stamp_parse(p, &s);
		if (why) {
			complain(r, why);
			continue;
		}
		r->stamps++;
		result = rad_estimator_feed(r->e, &s);
		have = rad_estimator_get(r->e, s.tf, &est);
		row = r->rows + r->filled;
		r->filled += (size_t)(put_row(row, &s, &est, have, result) - row);
		if (r->filled >= OUT_BUFFER && !flush_rows(r))
			return false;
	}
	return flush_rows(r);
}

/* what was wrong with the file as a whole */
static int verdict(const struct replay *r)
{
	if (r->lines.error) {
		fprintf(stderr, "radclock: replay: %s: cannot read: %s\n", r->name,
			strerror(r->lines.error));
		return EXIT_NO;
	}
	if (r->bad > COMPLAINTS_MAX)
		fprintf(stderr, "radclock: replay: %s: %llu of %llu lines are not stamps\n",
			r->name, r->bad, r->lines.number);
	if (!r->stamps)
		fprintf(stderr, "radclock: replay: %s: there is no stamp in it\n", r->name);
	return r->bad || !r->stamps ? EXIT_NO : 0;
}

/**
 * replay_stream() - feed a stamp file, write CSV
 * @in: stamps
 * @name: of it, for complaints
 * @out: rows
 * @cfg: of the estimator
 *
 * Lines that are not stamps are named and passed over.
 *
 * Return: 0, or an exit status after a complaint.
 */
int replay_stream(FILE *in, const char *name, FILE *out, const struct rad_config *cfg)
{
	struct replay *r = calloc(1, sizeof(*r));
	void *mem = malloc(rad_estimator_size(cfg));
	int rc = EXIT_NO;

	if (!r || !mem) {
		fprintf(stderr, "radclock: replay: out of memory\n");
		goto out;
	}
	r->name = name;
	r->out = out;
	r->e = rad_estimator_init(mem, cfg);
	line_reader_init(&r->lines, in);
	fputs("counter,time,period,bound,status,esterror,bound_growth,esterror_growth,result\n",
	      out);
	if (replay_lines(r))
		rc = verdict(r);
out:
	free(r);
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
	rc = replay_stream(in, in == stdin ? "standard input" : in_name, out, &cfg);
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
