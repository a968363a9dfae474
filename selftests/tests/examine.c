// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab: timeout=240
 * `radclock examine` on every counter of the guest: the facts it gives are
 * whole and physically possible. What a reading costs here is the host's.
 */
#include <json-c/json.h>
#include <math.h>

#include "radtest.h"

#define OUT	"examine"
#define N	2000
#define MAX	9

static struct radclock *rc;
static struct radclock_counter_info list[MAX];
static int n_counters;

static struct json_object *get(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	json_object_object_get_ex(o, key, &v);
	return v;
}

/* NAN when there is no such number */
static double number(struct json_object *o, const char *key)
{
	struct json_object *v = get(o, key);

	return v ? json_object_get_double(v) : NAN;
}

static struct json_object *counter(struct json_object *top, const char *name)
{
	struct json_object *all = get(top, "counters");
	size_t i;

	for (i = 0; all && i < json_object_array_length(all); i++) {
		struct json_object *o = json_object_array_get_idx(all, i);
		const char *got = json_object_get_string(get(o, "name"));

		if (got && !strcmp(got, name))
			return o;
	}
	return NULL;
}

/* what the command says, and its exit status */
static struct json_object *run(const char *options, int *status)
{
	static char text[1 << 20];
	char cmd[256];
	size_t n;
	FILE *f;

	snprintf(cmd, sizeof(cmd), "radclock examine --json %s", options);
	f = popen(cmd, "r");
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	*status = WEXITSTATUS(pclose(f));
	return json_tokener_parse(text);
}

static int status_of(const char *options)
{
	char cmd[256];

	snprintf(cmd, sizeof(cmd), "radclock examine %s > /dev/null 2> words", options);
	return WEXITSTATUS(system(cmd));
}

/* ----------------------------------------------------------------- facts */

static int good_latency(struct json_object *o)
{
	struct json_object *bins = get(o, "histogram");
	double min = number(o, "min_ns"), median = number(o, "median_ns");
	double p99 = number(o, "p99_ns"), max = number(o, "max_ns"), sum = 0;
	size_t i;

	for (i = 0; bins && i < json_object_array_length(bins); i++)
		sum += number(json_object_array_get_idx(bins, i), "count");
	return number(o, "readings") == N && sum == N && min >= 0 && min <= median &&
	       median <= p99 && p99 <= max && median > 0 && median < 1e6;
}

static void latencies(struct json_object *o, const struct radclock_counter_info *c)
{
	struct json_object *l = get(o, "latency");
	const char *mine = c->flags & RADCLOCK_COUNTER_FLAG_USER ? "instruction" : "ioctl";

	ktap_okf(good_latency(get(l, "kernel")) && good_latency(get(l, mine)) &&
		 (!c->selected || !(c->flags & RADCLOCK_COUNTER_FLAG_USER) ||
		  good_latency(get(l, "page"))),
		 "%s: latencies in the kernel (median %.0f ns) and by %s (%.0f ns)", c->name,
		 number(get(l, "kernel"), "median_ns"), mine,
		 number(get(l, mine), "median_ns"));
}

static void nothing_back(struct json_object *o, const char *name)
{
	struct json_object *b = get(o, "backward");
	double across = number(get(b, "across_cpus"), "readings");

	ktap_okf(number(get(b, "kernel"), "count") == 0 &&
		 number(get(b, "one_cpu"), "count") == 0 &&
		 number(get(b, "across_cpus"), "count") == 0 &&
		 number(get(b, "kernel"), "readings") >= N && across > 100,
		 "%s: no backward reading in the kernel, on a CPU, across CPUs (%.0f)",
		 name, across);
}

/* the hardware's, not what a loop of readings would show */
static void resolution(struct json_object *o, const struct radclock_counter_info *c)
{
	double ns = number(o, "resolution_ns"), step = number(o, "least_step_ns");
	double want = c->id == RADCLOCK_COUNTER_ID_HPET ? 10 :
		      c->id == RADCLOCK_COUNTER_ID_ACPI_PM ? 279.365 : 0;
	double wrap = c->width < 64 ? pow(2, c->width) / c->hz : NAN;
	int good = want ? fabs(ns - want) < 0.01 : ns > 0 && ns <= 100;

	if (c->width < 64)
		good &= fabs(number(o, "wrap_s") - wrap) < 1e-6;
	else
		good &= !get(o, "wrap_s") && number(o, "wraps") == 0;
	ktap_okf(good && step >= ns && number(o, "width") == c->width &&
		 number(o, "hz") == c->hz,
		 "%s: resolution %.3f ns, least step %.0f ns", c->name, ns, step);
}

/* tsc_early_khz may be some ppm off; nothing here is more than that */
static void rates(struct json_object *top, const char *name)
{
	struct json_object *mine = get(counter(top, name), "rate");
	double worst = 0, error = 0;
	int i, good = 1;

	for (i = 0; i < n_counters; i++) {
		struct json_object *to = get(mine, list[i].name);
		struct json_object *back = get(get(counter(top, list[i].name), "rate"), name);
		double ppm = number(to, "ppm"), e = number(to, "error_ppm");

		if (!strcmp(list[i].name, name))
			continue;
		if (!(e > 0) || !(fabs(ppm) < 2000 + e) ||
		    !(fabs(ppm + number(back, "ppm")) < 0.01 + 1e-5 * fabs(ppm)))
			good = 0;
		if (fabs(ppm) > worst)
			worst = fabs(ppm);
		if (e > error)
			error = e;
	}
	ktap_okf(good, "%s: rates against the others within %.3f ppm (error up to %.3f)",
		 name, worst, error);
}

static void allan(struct json_object *o, const struct radclock_counter_info *c,
		  const char *reference)
{
	struct json_object *points = get(o, "allan");
	size_t i, n = points ? json_object_array_length(points) : 0;
	/* phase that is rounded to ticks: a twelfth of the tick's square */
	double floor = sqrt(3. / 12) * number(o, "resolution_ns") * 1e-9, first = 0;
	int good = n >= 5;

	if (!strcmp(c->name, reference)) {
		ktap_okf(n == 0, "%s: no Allan deviation against itself", c->name);
		return;
	}
	for (i = 0; i < n; i++) {
		struct json_object *p = json_object_array_get_idx(points, i);
		double tau = number(p, "tau_s"), dev = number(p, "deviation");

		if (!i)
			first = tau;
		if (fabs(tau - first * (double)(1 << i)) > 1e-9 || !(dev > 0) ||
		    !(dev < 1) || !(number(p, "terms") > 10))
			good = 0;
		if (!i && c->id == RADCLOCK_COUNTER_ID_ACPI_PM && dev < floor / tau / 3)
			good = 0;
	}
	ktap_okf(good, "%s: Allan deviation at %zu spans, %.1e at the first", c->name, n,
		 n ? number(json_object_array_get_idx(points, 0), "deviation") : 0);
}

/* ------------------------------------------------------------- the pieces */

static int size_of(const char *file)
{
	struct stat st;

	return stat(file, &st) ? -1 : (int)st.st_size;
}

static void files(void)
{
	char path[128];
	int i, good = size_of(OUT "/examine.json") > 1000 && size_of(OUT "/plots.gp") > 100;

	for (i = 0; i < n_counters; i++) {
		snprintf(path, sizeof(path), OUT "/%s-kernel.ns", list[i].name);
		good &= size_of(path) >= 2 * N;
		snprintf(path, sizeof(path), OUT "/%s-kernel.histogram", list[i].name);
		good &= size_of(path) > 0;
	}
	ktap_ok(good && size_of(OUT "/hpet.phase") > 1000 && size_of(OUT "/hpet.allan") > 100,
		"raw data, JSON and the script of the plots are there");
}

static void chosen(void)
{
	struct json_object *o, *all;
	int status;

	o = run("-c hpet -c acpi_pm -c hpet -r hpet -t 0.5 -n 100", &status);
	all = get(o, "counters");
	ktap_ok(!status && all && json_object_array_length(all) == 2 &&
		counter(o, "hpet") && counter(o, "acpi_pm") &&
		!strcmp(json_object_get_string(get(o, "reference")), "hpet") &&
		get(get(counter(o, "acpi_pm"), "rate"), "hpet"),
		"two counters and another reference, as asked");
	json_object_put(o);
}

static void anybody(void)
{
	pid_t pid = fork();
	int status = -1;

	if (!pid) {
		if (setgid(65534) || setuid(65534) || !freopen("/dev/null", "w", stdout))
			_exit(9);
		execlp("radclock", "radclock", "examine", "-t", "0.2", "-n", "100", NULL);
		_exit(9);
	}
	waitpid(pid, &status, 0);
	ktap_ok(!status, "it needs no privileges");
}

static void refusals(void)
{
	ktap_ok(status_of("-c sundial") == 2 && status_of("-r sundial") == 2 &&
		status_of("--plots") == 2 && status_of("-t 1000000 -i 0.001") == 2 &&
		status_of("-t 0") == 2, "wrong usage");
	ktap_ok(status_of("-c hyperv -t 0.1") == 1 && size_of("words") > 10 &&
		status_of("-r hyperv -t 0.1") == 1, "a counter that is not here");
	ktap_ok(status_of("-t 0.1 -n 100 -o /proc/nowhere") == 1 && size_of("words") > 10,
		"a folder that cannot be made");
}

static void by_ioctl(void)
{
	struct radclock_ioc_counter io = { .id = RADCLOCK_COUNTER_ID_HYPERV, .counter = 7 };
	uint64_t a, b;
	int i, good = 1;

	good &= ioctl(radclock_fd(rc), RADCLOCK_IOC_COUNTER_OF, &io) < 0 && errno == ENODEV;
	io.id = RADCLOCK_COUNTER_ID_HPET;
	io.reserved = 1;
	good &= ioctl(radclock_fd(rc), RADCLOCK_IOC_COUNTER_OF, &io) < 0 && errno == EINVAL;
	good &= ioctl(radclock_fd(rc), RADCLOCK_IOC_COUNTER_OF, NULL) < 0 && errno == EFAULT;
	good &= io.counter == 7;
	for (i = 0; i < n_counters; i++)
		good &= !radclock_read_counter(rc, &list[i], &a) && a > list[i].counter &&
			!radclock_read_counter(rc, &list[i], &b) && b >= a;
	ktap_ok(good, "every counter can be read by its id, and only these");
}

static void bracketed(void)
{
	struct radclock_counter_reading r[3 * 64 * MAX];
	int i, n, good = 1;

	n = radclock_bracket_counters(rc, 64, RADCLOCK_COUNTER_ID_NONE,
				      RADCLOCK_COUNTER_ID_HPET, r, 3 * 64 * MAX);
	good &= n == 3 * 64 * n_counters;
	for (i = 0; good && i < n; i += 3)
		good &= r[i].counter_id == RADCLOCK_COUNTER_ID_HPET &&
			r[i + 2].counter_id == RADCLOCK_COUNTER_ID_HPET &&
			r[i + 1].counter_id == list[i / 3 % n_counters].id &&
			r[i].counter <= r[i + 2].counter;
	ktap_ok(good, "each reading between two of another counter");
	ktap_ok(radclock_bracket_counters(rc, 1, RADCLOCK_COUNTER_ID_NONE,
					  RADCLOCK_COUNTER_ID_HYPERV, r, 3) == -ENODEV,
		"but not of one that is not here");
}

int main(void)
{
	struct json_object *top, *o;
	const char *reference;
	int i, status;

	rt_load("");
	rc = rt_open();
	n_counters = radclock_list_counters(rc, list, MAX);
	ktap_plan(1 + 5 * n_counters + 9);
	top = run("-t 3 -i 0.01 -n 2000 --out " OUT, &status);
	o = get(top, "counters");
	ktap_okf(status == 0 && o && (int)json_object_array_length(o) == n_counters &&
		 number(top, "cpus") == 2, "%d counters examined, exit status %d",
		 n_counters, status);
	if (!o)
		ktap_die("no facts");
	reference = json_object_get_string(get(top, "reference"));
	for (i = 0; i < n_counters; i++) {
		o = counter(top, list[i].name);
		latencies(o, &list[i]);
		nothing_back(o, list[i].name);
		resolution(o, &list[i]);
		rates(top, list[i].name);
		allan(o, &list[i], reference);
	}
	json_object_put(top);
	files();
	chosen();
	anybody();
	refusals();
	by_ioctl();
	bracketed();
	return ktap_end();
}
