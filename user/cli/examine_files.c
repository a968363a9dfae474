// SPDX-License-Identifier: GPL-2.0-only
/*
 * An examination as files: raw data, JSON, and the script of its plots.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "examine.h"

#define PATH_LEN	4096

static FILE *create(const char *dir, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static FILE *create(const char *dir, const char *fmt, ...)
{
	char name[128], path[PATH_LEN];
	va_list ap;
	FILE *f;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "we");
	if (!f)
		fprintf(stderr, "radclock: %s: %s\n", path, strerror(errno));
	return f;
}

/* 0, or -EIO: what was written may not all be there */
static int finish(FILE *f)
{
	int bad = ferror(f);

	return fclose(f) || bad ? -EIO : 0;
}

static int write_histogram(const struct spread *p, const char *dir, const char *c,
			   const char *way)
{
	FILE *f = create(dir, "%s-%s.histogram", c, way);
	size_t i, above = p->n;

	if (!f)
		return -EIO;
	fputs("# from_ns to_ns share share_from_here_on\n", f);
	for (i = 0; i < SPREAD_BINS; i++) {
		if (!p->bins[i])
			continue;
		fprintf(f, "%.2f %.2f %.3e %.3e\n", i ? spread_bin_ns(i) : 0,
			spread_bin_ns(i + 1), (double)p->bins[i] / (double)p->n,
			(double)above / (double)p->n);
		above -= p->bins[i];
	}
	return finish(f);
}

/* one reading a line, shortest first, and the histogram of all ways */
static int write_latency(const struct examine *e, const struct subject *s,
			 const char *dir)
{
	const char *c = s->info.name;
	size_t i;
	FILE *f;
	int w;

	for (w = 0; w < WAYS; w++) {
		const struct latency *l = &s->latency[w];
		const char *way = examine_way_name((enum examine_way)w);

		if (!l->ns)
			continue;
		f = create(dir, "%s-%s.ns", c, way);
		if (!f)
			return -EIO;
		for (i = 0; i < l->spread.n; i++)
			fprintf(f, "%.1f\n", l->ns[i]);
		if (finish(f))
			return -EIO;
		if (write_histogram(&l->spread, dir, c, way))
			return -EIO;
	}
	return 0;
}

static int write_phase(const struct subject *s, const char *dir)
{
	size_t i;
	FILE *f;

	if (!s->phases)
		return 0;
	f = create(dir, "%s.phase", s->info.name);
	if (!f)
		return -EIO;
	fputs("# s of_the_reference_ahead s_half_width\n", f);
	for (i = 0; i < s->phases; i++)
		fprintf(f, "%.9f %.12f %.3e\n", s->phase[i].at, s->phase[i].x,
			s->phase[i].half);
	if (finish(f))
		return -EIO;
	f = create(dir, "%s.allan", s->info.name);
	if (!f)
		return -EIO;
	fputs("# tau_s deviation error terms\n", f);
	for (i = 0; i < s->allans; i++)
		fprintf(f, "%.6g %.4e %.4e %zu\n", s->allan[i].tau,
			s->allan[i].deviation, s->allan[i].error, s->allan[i].terms);
	return finish(f);
}

static int write_json(const struct examine *e, const char *dir)
{
	struct json_object *o;
	FILE *f = create(dir, "examine.json");

	if (!f)
		return -EIO;
	o = examine_json(e);
	fprintf(f, "%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY |
				JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
	return finish(f);
}

/* what a curve is called; gnuplot takes an underscore for a subscript */
static const char *escaped(const char *name)
{
	static char buf[2 * RADCLOCK_NAME_LEN];
	size_t n = 0;

	for (; *name && n < sizeof(buf) - 3; name++) {
		if (*name == '_')
			n += (size_t)snprintf(buf + n, sizeof(buf) - n, "\\\\");
		buf[n++] = *name;
	}
	buf[n] = '\0';
	return buf;
}

static void plot_latency(const struct examine *e, FILE *f)
{
	const char *sep = "plot ";
	size_t i;
	int w;

	fputs("set output \"latency.\".format\n"
	      "set title \"Latency: share of readings that take longer\"\n"
	      "set logscale xy; set xlabel \"ns\"; set ylabel \"\"\n"
	      "set yrange [:1.2]; set format \"10^{%L}\"\n", f);
	for (w = 0; w < WAYS; w++)
		for (i = 0; i < e->n; i++) {
			const struct subject *s = &e->subjects[i];
			const char *way = examine_way_name((enum examine_way)w);

			if (!s->latency[w].ns)
				continue;
			fprintf(f, "%s\"%s-%s.histogram\" using ($1 < 1 ? 1 : $1):4 "
				"with lines lw 2 dt %d lc %zu title \"%s, %s\"", sep,
				s->info.name, way, w == WAY_KERNEL ? 1 : w + 1, i + 1,
				escaped(s->info.name), way);
			sep = ", \\\n\t";
		}
	fputs("\nunset yrange; unset format\n", f);
}

static void plot_phase(const struct examine *e, FILE *f)
{
	const char *sep = "plot ";
	size_t i;

	fprintf(f, "set output \"phase.\".format\n"
		"set title \"Phase against %s, mean rate taken out\"\n"
		"unset logscale; set xlabel \"s\"; set ylabel \"us\"\n",
		escaped(e->reference.name));
	for (i = 0; i < e->n; i++)
		if (e->subjects[i].phases > 1)
			fprintf(f, "stats \"%s.phase\" using 1:2 name \"c%zu\" nooutput\n",
				e->subjects[i].info.name, i);
	for (i = 0; i < e->n; i++) {
		const struct subject *s = &e->subjects[i];

		if (s->phases < 2)
			continue;
		fprintf(f, "%s\"%s.phase\" every %zu using 1:(($2 - c%zu_slope * $1 - "
			"c%zu_intercept) * 1e6) with points pt 7 ps 0.3 lc %zu title \"%s\"",
			sep, s->info.name, s->phases / 1500 + 1, i, i, i + 1,
			escaped(s->info.name));
		sep = ", \\\n\t";
	}
	fputs("\n", f);
}

static void plot_allan(const struct examine *e, FILE *f)
{
	const char *sep = "plot ";
	size_t i;

	fprintf(f, "set output \"allan.\".format\n"
		"set title \"Allan deviation against %s\"\n"
		"set logscale xy; set xlabel \"span, s\"; unset ylabel\n"
		"set format y \"10^{%%L}\"\n", escaped(e->reference.name));
	for (i = 0; i < e->n; i++) {
		const struct subject *s = &e->subjects[i];

		if (!s->allans)
			continue;
		fprintf(f, "%s\"%s.allan\" using 1:2:3 with yerrorlines lw 2 pt 7 ps 0.5 lc %zu "
			"title \"%s\"", sep, s->info.name, i + 1, escaped(s->info.name));
		sep = ", \\\n\t";
	}
	fputs("\n", f);
}

/* does anything have two samples? */
static bool has_phases(const struct examine *e)
{
	size_t i;

	for (i = 0; i < e->n; i++)
		if (e->subjects[i].allans)
			return true;
	return false;
}

static int write_script(const struct examine *e, const char *dir)
{
	FILE *f = create(dir, "plots.gp");

	if (!f)
		return -EIO;
	fputs("# gnuplot plots.gp; gnuplot -e 'format=\"png\"' plots.gp\n"
	      "if (!exists(\"format\")) format = \"svg\"\n"
	      "if (format eq \"png\") { set terminal pngcairo size 900,480 font \"sans,9\" } "
	      "else { set terminal svg size 900,480 dynamic font \"sans,11\" background \"white\" }\n"
	      "set grid lc rgb \"#dddddd\"\nset key outside right\n", f);
	plot_latency(e, f);
	if (has_phases(e)) {
		plot_phase(e, f);
		plot_allan(e, f);
	}
	return finish(f);
}

int examine_files(const struct examine *e, const char *dir)
{
	size_t i;
	int err;

	err = write_json(e, dir);
	for (i = 0; i < e->n && !err; i++) {
		err = write_latency(e, &e->subjects[i], dir);
		err = err ?: write_phase(&e->subjects[i], dir);
	}
	err = err ?: write_script(e, dir);
	if (!err)
		return EXIT_YES;
	fprintf(stderr, "radclock: %s: not all could be written\n", dir);
	return EXIT_NO;
}

/* gnuplot with these arguments in @dir; its exit status, 127 without it */
static int gnuplot(const char *dir, const char *arg, bool quiet)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return 127;
	if (!pid) {
		if (quiet && (!freopen("/dev/null", "w", stdout) ||
			      !freopen("/dev/null", "w", stderr)))
			_exit(126);
		if (chdir(dir))
			_exit(126);
		execlp("gnuplot", "gnuplot", arg, (char *)NULL);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 127;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}

bool examine_can_plot(void)
{
	return gnuplot(".", "--version", true) == 0;
}

int examine_plot(const char *dir)
{
	if (gnuplot(dir, "plots.gp", false) == 0)
		return EXIT_YES;
	fprintf(stderr, "radclock: gnuplot could not draw %s/plots.gp\n", dir);
	return EXIT_NO;
}
