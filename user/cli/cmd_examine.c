// SPDX-License-Identifier: GPL-2.0-only
/*
 * radclock examine: how good are this machine's counters.
 */
#define _GNU_SOURCE	/* CPU_SET */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "examine.h"

#define CLOCKSOURCE	"/sys/devices/system/clocksource/clocksource0/current_clocksource"

#define MAX_SAMPLES	2e6	/* of the phase, each counter */

static const char usage[] =
	"usage: radclock examine [OPTION]...\n\n"
	"Measures the counters of this machine: what a reading costs in the kernel and\n"
	"here, resolution, readings that go backwards on one CPU and across CPUs, rates\n"
	"and Allan deviation. Needs the module. Exit status 1 when a counter went back.\n\n"
	"  -c, --counter NAME    only this one; may be given again (default: all)\n"
	"  -r, --reference NAME  what the others are measured against (default: tsc, or\n"
	"                        clocksource where tsc is not there or unstable)\n"
	"  -t, --duration S      sample the phases for this long (default 10); the whole\n"
	"                        takes longer by a tenth for each counter\n"
	"  -i, --interval S      time between samples (default: a thousandth of the\n"
	"                        duration, but 0.005 to 1)\n"
	"  -n, --samples N       readings for each latency (default 10000)\n"
	"  -o, --out DIR         write raw data, JSON and plots.gp (for gnuplot) there\n"
	"  -p, --plots           draw them, as SVG in DIR\n"
	CLI_COMMON_HELP;

struct wishes {
	const char *names[EXAMINE_MAX];
	size_t n;
	const char *reference;
	const char *out;
	bool plots;
};

static void read_line(const char *path, char *buf, size_t len)
{
	FILE *f = fopen(path, "re");

	if (!f || !fgets(buf, (int)len, f))
		snprintf(buf, len, "unknown");
	buf[strcspn(buf, "\n")] = '\0';
	if (f)
		fclose(f);
}

static const struct radclock_counter_info *
named(const struct radclock_counter_info *list, int n, const char *name)
{
	int i;

	for (i = 0; i < n; i++)
		if (!strcmp(list[i].name, name))
			return &list[i];
	return NULL;
}

static int no_such(const char *name)
{
	fprintf(stderr, "radclock: this machine has no counter %s\n", name);
	return EXIT_NO;
}

static int choose(struct examine *e, const struct wishes *w)
{
	const struct radclock_counter_info *c, *ref;
	struct radclock_counter_info list[EXAMINE_MAX];
	size_t i;
	int n;

	n = radclock_list_counters(e->rc, list, EXAMINE_MAX);
	if (n < 0)
		return cli_error(n, "counters");
	if (n > EXAMINE_MAX)
		n = EXAMINE_MAX;
	ref = named(list, n, w->reference ?: "tsc");
	if (!w->reference && (!ref || ref->flags & RADCLOCK_COUNTER_FLAG_UNSTABLE))
		ref = named(list, n, "clocksource") ?: (n ? &list[0] : NULL);
	if (!ref)
		return no_such(w->reference ?: "at all");
	e->reference = *ref;
	for (i = 0; i < w->n; i++) {
		c = named(list, n, w->names[i]);
		if (!c)
			return no_such(w->names[i]);
		e->subjects[e->n++].info = *c;
	}
	for (i = 0; !w->n && i < (size_t)n; i++)
		e->subjects[e->n++].info = list[i];
	return EXIT_YES;
}

/* the first CPU that we may use, so that one CPU's readings are one CPU's */
static int pin(cpu_set_t *before)
{
	cpu_set_t one;
	int cpu;

	if (sched_getaffinity(0, sizeof(*before), before))
		return -errno;
	for (cpu = 0; !CPU_ISSET(cpu, before); cpu++)
		;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	return sched_setaffinity(0, sizeof(one), &one) ? -errno : 0;
}

static int measure(struct examine *e)
{
	cpu_set_t before;
	int err;

	err = pin(&before);
	err = err ?: examine_kernel(e);
	err = err ?: examine_user(e);
	err = err ?: examine_phase(e);
	if (err)
		return cli_error(err, "measuring the counters");
	/* the threads of this one take all CPUs */
	sched_setaffinity(0, sizeof(before), &before);
	err = examine_order(e);
	return err ? cli_error(err, "reading on every CPU") : EXIT_YES;
}

static int report(const struct examine *e, const struct cli *cli,
		  const struct wishes *w)
{
	int status = EXIT_YES;

	if (cli->json)
		cli_print_json(examine_json(e));
	else
		examine_print(e);
	if (w->out)
		status = examine_files(e, w->out);
	if (w->out && w->plots && status == EXIT_YES)
		status = examine_plot(w->out);
	return status ?: (examine_backward(e) ? EXIT_NO : EXIT_YES);
}

static void forget(struct examine *e)
{
	size_t i;
	int w;

	for (i = 0; i < e->n; i++) {
		free(e->subjects[i].phase);
		for (w = 0; w < WAYS; w++)
			free(e->subjects[i].latency[w].ns);
	}
	free(e);
}

static int examine(struct examine *e, const struct cli *cli, const struct wishes *w)
{
	struct utsname u;
	int status;

	if (!radclock_has_module(e->rc)) {
		fputs("radclock: examining counters needs the module\n", stderr);
		return EXIT_NO;
	}
	if (w->plots && !examine_can_plot()) {
		fputs("radclock: --plots needs gnuplot; --out alone writes plots.gp for later\n",
		      stderr);
		return EXIT_NO;
	}
	if (w->out && mkdir(w->out, 0777) && errno != EEXIST) {
		fprintf(stderr, "radclock: %s: %s\n", w->out, strerror(errno));
		return EXIT_NO;
	}
	uname(&u);
	snprintf(e->kernel, sizeof(e->kernel), "%s", u.release);
	read_line(CLOCKSOURCE, e->clocksource, sizeof(e->clocksource));
	status = choose(e, w);
	status = status ?: measure(e);
	return status ?: report(e, cli, w);
}

static void add_counter(const struct cli *cli, struct wishes *w, const char *name)
{
	size_t i;

	if (radclock_counter_from_name(name) < 0)
		exit(cli_usage_error(cli, "there is no counter '%s'", name));
	for (i = 0; i < w->n; i++)
		if (!strcmp(w->names[i], name))
			return;
	if (w->n < EXAMINE_MAX)
		w->names[w->n++] = name;
}

static void take_option(struct examine *e, struct wishes *w, const struct cli *cli, int c)
{
	switch (c) {
	case 'c':
		add_counter(cli, w, optarg);
		break;
	case 'r':
		if (radclock_counter_from_name(optarg) < 0)
			exit(cli_usage_error(cli, "there is no counter '%s'", optarg));
		w->reference = optarg;
		break;
	case 't':
		e->duration = cli_number(cli, "--duration", optarg, 0.1, 1e6);
		break;
	case 'i':
		e->interval = cli_number(cli, "--interval", optarg, 0.001, 3600);
		break;
	case 'n':
		e->samples = (size_t)cli_number(cli, "--samples", optarg, 100, 1e7);
		break;
	case 'o':
		w->out = optarg;
		break;
	case 'p':
		w->plots = true;
		break;
	}
}

static double default_interval(double duration)
{
	double interval = duration / 1000;

	return interval < 0.005 ? 0.005 : interval > 1 ? 1 : interval;
}

int cmd_examine(int argc, char **argv)
{
	static const struct option own[] = {
		{ "counter", required_argument, NULL, 'c' },
		{ "reference", required_argument, NULL, 'r' },
		{ "duration", required_argument, NULL, 't' },
		{ "interval", required_argument, NULL, 'i' },
		{ "samples", required_argument, NULL, 'n' },
		{ "out", required_argument, NULL, 'o' },
		{ "plots", no_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 }
	};
	struct cli cli = { .usage = usage, .shorts = "c:r:t:i:n:o:p" };
	struct examine *e = calloc(1, sizeof(*e));
	struct wishes w = { .n = 0 };
	int c, status;

	if (!e)
		return cli_error(-ENOMEM, "examine");
	e->duration = 10;
	e->samples = 10000;
	while ((c = cli_getopt(&cli, argc, argv, own)) != -1)
		take_option(e, &w, &cli, c);
	if (cli_no_operands(&cli, argc, argv))
		status = EXIT_USAGE;
	else if (w.plots && !w.out)
		status = cli_usage_error(&cli, "--plots wants --out DIR");
	else if (e->interval > 0 && e->duration / e->interval > MAX_SAMPLES)
		status = cli_usage_error(&cli, "that is more than %g samples", MAX_SAMPLES);
	else
		status = EXIT_YES;
	if (!e->interval)
		e->interval = default_interval(e->duration);
	status = status ?: cli_open(&cli, &e->rc);
	status = status ?: examine(e, &cli, &w);
	radclock_close(e->rc);
	forget(e);
	return status;
}
