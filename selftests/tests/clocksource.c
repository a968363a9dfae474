// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab: timeout=300 alone debug=no
 *
 * radclock as the kernel's clocksource, under load and with the watchdog on:
 * CLOCK_MONOTONIC never steps and never goes back, whatever happens.
 *
 * Steps are seen against the TSC, which nobody steers. A sampler reads
 * CLOCK_MONOTONIC between two rdtsc and keeps the tightest of each 100 us.
 * Around an event a straight line is fitted to the samples before it and
 * another to those after it; the step is how far they are apart at the event.
 *
 * The watchdog is on: it compares radclock with the TSC. When a busy host keeps
 * it from reading two clocks within 100 us, twice in turn, it gives up on the
 * clocksource, whichever that is: then the whole test is done again.
 *
 * clocksource long: 10^7 reads and 10 minutes (clocksource_long.sh).
 */
#include <sys/resource.h>

#include "kern.h"

#define SAMPLES		8000000
#define SLOT_NS		50000
#define WINDOW_NS	250000000
#define MAX_STEP_NS	1000
#define EVENTS		8192
#define READERS		2
#define SWITCHES	4
#define UNLOADS		3

struct sample {
	uint64_t tsc;
	int64_t mono;
	uint32_t width;
};

struct event {
	const char *what;
	uint64_t from, to;	/* it took place in between, TSC */
	size_t sample;		/* how many there were before */
};

static struct sample *samples;
static size_t n_samples;
static struct event events[EVENTS];
static int n_events;
static double ns_per_tick;
static int stop, stop_sampler, estimating;
static double estimate_ppm = 0.5;

/* one at a time: threads and ordering between them */
static int64_t latest;
static uint64_t reads[READERS], backward[READERS];
static int64_t worst_back;

static struct radclock *rc;
static pthread_mutex_t rc_lock = PTHREAD_MUTEX_INITIALIZER;
static int estimates, refused;

static int64_t mono_syscall(void)
{
	struct timespec ts;

	/* the same way in with every clocksource */
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &ts);
	return rt_ns(ts);
}

static struct sample one_sample(void)
{
	uint64_t a, b;
	struct sample s;

	a = rdtsc();
	s.mono = mono_syscall();
	b = rdtsc();
	s.tsc = a + (b - a) / 2;
	s.width = b - a > UINT32_MAX ? UINT32_MAX : b - a;
	return s;
}

static void *sampler(void *arg)
{
	uint64_t slot = SLOT_NS / ns_per_tick, end;
	size_t n = 0;

	/* there is load, and it must see everything */
	setpriority(PRIO_PROCESS, syscall(SYS_gettid), -18);
	while (!__atomic_load_n(&stop_sampler, __ATOMIC_RELAXED) && n < SAMPLES) {
		struct sample best = one_sample(), s;

		for (end = best.tsc + slot; best.tsc < end; ) {
			s = one_sample();
			if (s.tsc >= end)
				break;
			if (s.width < best.width)
				best = s;
		}
		samples[n++] = best;
		__atomic_store_n(&n_samples, n, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* load, and a watch over order: what one thread has read, no other undercuts */
static void *reader(void *arg)
{
	int id = (long)arg;

	rt_pin(id);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		int64_t before = __atomic_load_n(&latest, __ATOMIC_SEQ_CST);
		int64_t now = rt_gettime(CLOCK_MONOTONIC);

		if (now < before) {
			backward[id]++;
			if (before - now > worst_back)
				worst_back = before - now;
		}
		while (before < now &&
		       !__atomic_compare_exchange_n(&latest, &before, now, 0,
						    __ATOMIC_SEQ_CST,
						    __ATOMIC_SEQ_CST))
			;
		__atomic_fetch_add(&reads[id], 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static uint64_t all_reads(void)
{
	uint64_t n = 0;
	int i;

	for (i = 0; i < READERS; i++)
		n += __atomic_load_n(&reads[i], __ATOMIC_RELAXED);
	return n;
}

static void add_event(const char *what, uint64_t from, uint64_t to)
{
	int n = __atomic_fetch_add(&n_events, 1, __ATOMIC_SEQ_CST);

	if (n >= EVENTS)
		return;
	events[n].from = from;
	events[n].to = to;
	events[n].sample = __atomic_load_n(&n_samples, __ATOMIC_ACQUIRE);
	events[n].what = what;
}

/* ten estimates a second, each a little different */
static void *estimator(void *arg)
{
	uint64_t seed = 1;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		struct radclock_params p;
		struct wrongness w = {
			.ppm = estimate_ppm * random_sym(&seed),
			.offset_ns = 20000 * random_sym(&seed),
		};

		pthread_mutex_lock(&rc_lock);
		if (rc && __atomic_load_n(&estimating, __ATOMIC_RELAXED)) {
			estimates++;
			if (set_wrong(rc, &w) || radclock_get_params(rc, &p))
				refused++;
			else	/* the new line begins exactly here */
				add_event("estimate", p.diff.counter,
					  p.diff.counter);
		}
		pthread_mutex_unlock(&rc_lock);
		sleep_us(100000);
	}
	return NULL;
}

static int by_width(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* mono - tsc over the samples in [from, to), at @at; false: too few */
static bool fit(size_t near, uint64_t from, uint64_t to, uint64_t at, double *value,
		double *sigma)
{
	size_t end = __atomic_load_n(&n_samples, __ATOMIC_ACQUIRE), i, first;
	double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0, syy = 0, d, slope,
	       spread;
	static uint32_t widths[65536];
	uint32_t tight;
	size_t many = 0;

	for (first = near; first && samples[first - 1].tsc >= from; first--)
		;
	while (first < end && samples[first].tsc < from)
		first++;
	for (i = first; i < end && samples[i].tsc < to; i++)
		if (many < sizeof(widths) / sizeof(*widths))
			widths[many++] = samples[i].width;
	if (many < 10)
		return false;
	qsort(widths, many, sizeof(*widths), by_width);
	tight = widths[0] + widths[0] / 4;
	if (tight < widths[many / 3])
		tight = widths[many / 3];
	for (i = first; i < end && samples[i].tsc < to; i++) {
		double x = (double)(int64_t)(samples[i].tsc - at) * ns_per_tick;
		double y = (double)(samples[i].mono - samples[near].mono) -
			   (double)(int64_t)(samples[i].tsc - samples[near].tsc) *
			   ns_per_tick;

		if (samples[i].width > tight)
			continue;
		n++;
		sx += x;
		sy += y;
		sxx += x * x;
		sxy += x * y;
		syy += y * y;
	}
	d = n * sxx - sx * sx;
	if (n < 10 || d <= 0)
		return false;
	slope = (n * sxy - sx * sy) / d;
	spread = sxx / d;	/* of the line's end, in squares of a sample's */
	*value = (sy - slope * sx) / n;
	d = (syy - slope * sxy - *value * sy) / n;
	*sigma = (d > 1 ? d : 1) * spread;
	return true;
}

static double root(double v)
{
	double r = v > 1 ? v : 1;
	int i;

	for (i = 0; i < 60; i++)
		r = (r + v / r) / 2;
	return r;
}

static int by_time(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

struct steps {
	int measured;
	double largest, smallest, sigma;
};

/* the steps at the events named @what, as far as they could be measured */
static struct steps steps_at(const char *what)
{
	struct steps result = { .smallest = 1e18 };
	uint64_t window = WINDOW_NS / ns_per_tick;
	/* a line starts up to 1 ms after the call: keep away from neighbours */
	uint64_t guard = 20000 / ns_per_tick;
	double before, after, s1, s2;
	int i, j, n = n_events < EVENTS ? n_events : EVENTS;

	qsort(events, n, sizeof(*events), by_time);
	for (i = 0; i < n; i++) {
		const struct event *e = &events[i];
		uint64_t from = e->from - window, to = e->to + window, at;
		double step;

		if (strcmp(e->what, what))
			continue;
		for (j = 0; j < n; j++) {
			/* little estimates hardly bend the line; this one does */
			if (j == i || (strcmp(what, "estimate") &&
				       !strcmp(events[j].what, "estimate")))
				continue;
			if (j < i && events[j].to + guard > from)
				from = events[j].to + guard;
			if (j > i && events[j].from - guard < to)
				to = events[j].from - guard;
		}
		at = e->from + (e->to - e->from) / 2;
		if (!e->sample || e->sample >= n_samples ||
		    !fit(e->sample, from, e->from - guard, at, &before, &s1) ||
		    !fit(e->sample, e->to + guard, to, at, &after, &s2))
			continue;
		/* too few samples, or far away: nothing is known */
		if (s1 + s2 > 100.0 * 100)
			continue;
		result.measured++;
		step = after - before;
		if (strcmp(what, "estimate"))
			ktap_say("%s, within %.1f ms: step %+.0f ns, +- %.0f",
				 what, (e->to - e->from) * ns_per_tick * 1e-6,
				 step, root(s1 + s2));
		if (step < 0)
			step = -step;
		if (step < result.smallest)
			result.smallest = step;
		if (step > result.largest) {
			result.largest = step;
			result.sigma = root(s1 + s2);
		}
	}
	return result;
}

static void check_step(const char *what)
{
	struct steps s = steps_at(what);

	ktap_okf(s.measured && s.largest < MAX_STEP_NS,
		 "no step over 1 us: %s (largest of %d: %.0f ns, +- %.0f)", what,
		 s.measured, s.largest, s.sigma);
}

/* what the kernel's own clocksources lose, in this machine */
static double usual_loss;

/*
 * To another clocksource: the kernel reads radclock, and then the other one.
 * Time that passes in between is lost and we cannot help it: some 50 ns on a
 * real machine, 2 to 4 us in an emulated one, and much more when the host takes
 * the CPU away right there. The smallest of several is compared with what the
 * kernel's own clocksources lose in the same way.
 */
static void check_leaving(const char *what)
{
	struct steps s = steps_at(what);

	ktap_okf(s.measured && s.smallest < usual_loss * 1.5 + MAX_STEP_NS,
		 "%s: no more lost than usual, and 1 us (smallest of %d: %.0f ns; between the kernel's own: %.0f ns)",
		 what, s.measured, s.smallest, usual_loss);
}

/*
 * From one sample to the next, whatever happens in between: what the brackets
 * cannot explain is a step.
 */
static bool kernel_changed(uint64_t from, uint64_t to)
{
	int i, n = n_events < EVENTS ? n_events : EVENTS;

	for (i = 0; i < n; i++)
		if (strcmp(events[i].what, "estimate") &&
		    events[i].from < to && events[i].to > from)
			return true;
	return false;
}

static double provable_step(void)
{
	double worst = 0;
	size_t i;

	for (i = 1; i < n_samples; i++) {
		const struct sample *a = &samples[i - 1], *b = &samples[i];
		double dt = (double)(b->tsc - a->tsc) * ns_per_tick;
		double slack = (a->width + b->width) / 2.0 * ns_per_tick;
		double d = (double)(b->mono - a->mono) - dt;

		/* rates differ by 40 ppm at most */
		d = (d < 0 ? -d : d) - slack - dt * 40e-6;
		if (d > worst && !kernel_changed(a->tsc, b->tsc))
			worst = d;
	}
	return worst;
}

static int switch_to(const char *name, const char *what)
{
	uint64_t from = rdtsc(), to;
	int err;

	err = spit(CLOCKSOURCE "current_clocksource", name);
	to = rdtsc();
	if (what)
		add_event(what, from, to);
	if (err)
		ktap_say("cannot write %s: %s", name, strerror(-err));
	return !err && current_clocksource_is(name);
}

struct point {
	int64_t mono;
	int64_t diff;
	double width;
};

/* the tightest of many: CLOCK_MONOTONIC and the difference clock */
static struct point rate_point(void)
{
	struct point best = { .width = 1e18 };
	int i;

	for (i = 0; i < 5000; i++) {
		struct radclock_reading r;
		struct sample s = one_sample();

		if (s.width * ns_per_tick >= best.width)
			continue;
		if (radclock_read_at(rc, RADCLOCK_CLOCK_DIFF, s.tsc, &r))
			continue;
		best.mono = s.mono;
		best.diff = rt_time_ns(r.time);
		best.width = s.width * ns_per_tick;
	}
	return best;
}

static void check_rate(int seconds)
{
	struct point a = rate_point(), b;
	double span, differ, noise, limit;

	sleep_us(seconds * 1000000L);
	b = rate_point();
	span = (double)(b.diff - a.diff);
	differ = ((double)(b.mono - a.mono) - span) / span;
	/* a reading is somewhere in its bracket, but at much the same place */
	noise = (a.width + b.width) / 4 / span;
	limit = noise > 1e-9 ? noise : 1e-9;
	ktap_okf(b.width < 1e17 && differ < limit && -differ < limit,
		 "the kernel runs at radclock's rate: %+.2e apart over %.0f s (limit %.1e, of that reading %.1e)",
		 differ, span * 1e-9, limit, noise);
}

static double calibrate(void)
{
	struct radclock_params p;

	if (radclock_get_params(rc, &p) ||
	    p.counter_id != RADCLOCK_COUNTER_ID_TSC)
		return 0;
	return 1e9 / p.counter_hz;
}

static int wait_available(int seconds)
{
	int i;

	for (i = 0; i < seconds * 20; i++) {
		if (file_has_word(CLOCKSOURCE "available_clocksource", "radclock"))
			return 1;
		sleep_us(50000);
	}
	return 0;
}

static int select_counter(const char *name)
{
	int err;

	pthread_mutex_lock(&rc_lock);
	err = radclock_select_counter(rc, name, NULL, 0);
	pthread_mutex_unlock(&rc_lock);
	return err;
}

static void refusals(const char *usual)
{
	int err = select_counter("clocksource");

	ktap_okf(err == -EBUSY, "the counter clocksource is refused meanwhile (%s)",
		 strerror(-err));
	ktap_okf(switch_to(usual, NULL), "back to %s", usual);
	err = select_counter("clocksource");
	ktap_okf(!err, "and taken then");
	switch_to("radclock", NULL);
	ktap_okf(current_clocksource_is(usual),
		 "with it the kernel cannot be switched to radclock");
	switch_to(usual, NULL);
	err = select_counter("tsc");
	ktap_okf(!err, "back to the counter tsc");
}

static void start_sampler(pthread_t *thread)
{
	n_samples = n_events = 0;
	stop_sampler = 0;
	pthread_create(thread, NULL, sampler, NULL);
	sleep_us(300000);
}

static void finish_sampler(pthread_t thread)
{
	sleep_us(300000);
	__atomic_store_n(&stop_sampler, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
}

static int unload_current(const char *usual)
{
	uint64_t from, to;
	int err;

	if (!rc) {
		rt_load("");
		pthread_mutex_lock(&rc_lock);
		rc = rt_open();
		pthread_mutex_unlock(&rc_lock);
		if (!wait_available(20))
			ktap_say("radclock is not available again");
	}
	if (!switch_to("radclock", NULL))
		return 0;
	sleep_us(300000);
	pthread_mutex_lock(&rc_lock);
	radclock_close(rc);
	rc = NULL;
	pthread_mutex_unlock(&rc_lock);
	sleep_us(300000);
	from = rdtsc();
	err = syscall(SYS_delete_module, "radclock", O_NONBLOCK) ? errno : 0;
	to = rdtsc();
	add_event("unloading", from, to);
	if (err)
		ktap_say("cannot unload: %s", strerror(err));
	err = err || !current_clocksource_is(usual);
	sleep_us(300000);
	/* or it would be taken at once when it is loaded again */
	switch_to(usual, NULL);
	return !err;
}

/* not ours to judge, but good to know: the kernel's own clocksources */
static void compare(const char *usual)
{
	pthread_t sam;
	int i;

	start_sampler(&sam);
	for (i = 0; i < SWITCHES; i++) {
		switch_to("hpet", "for comparison: to hpet");
		sleep_us(300000);
		switch_to(usual, "for comparison: back from hpet");
		sleep_us(300000);
	}
	finish_sampler(sam);
	steps_at("for comparison: to hpet");
	usual_loss = steps_at("for comparison: back from hpet").smallest;
}

static int run(bool is_long, const char *mark)
{
	uint64_t want = is_long ? 10000000 : 1000000, t0;
	pthread_t threads[READERS], est, sam;
	char usual[32];
	double seconds;
	uint64_t n;
	long i;

	ktap_plan(20);
	slurp(CLOCKSOURCE "current_clocksource", usual, sizeof(usual));
	rt_load("");
	rc = rt_open();
	ns_per_tick = calibrate();
	if (!ns_per_tick)
		ktap_skip_all("the counter is not the TSC here");
	samples = malloc(SAMPLES * sizeof(*samples));
	if (!samples)
		ktap_die("no memory");

	ktap_okf(wait_available(20), "radclock is available, as the watchdog agrees");
	sleep_us(1500000);
	ktap_okf(current_clocksource_is(usual), "it is not chosen by itself: %s stays",
		 usual);

	for (i = 0; i < READERS; i++)
		pthread_create(&threads[i], NULL, reader, (void *)i);
	compare(usual);
	estimating = 1;
	pthread_create(&est, NULL, estimator, NULL);
	start_sampler(&sam);
	t0 = rdtsc();
	n = all_reads();

	/* there and back, several times */
	for (i = 0; i < SWITCHES; i++) {
		sleep_us(400000);
		if (!switch_to("radclock", "switching to radclock"))
			ktap_die("cannot switch to radclock");
		sleep_us(400000);
		if (!switch_to(usual, "switching back"))
			ktap_die("cannot switch back");
	}
	sleep_us(400000);
	ktap_okf(switch_to("radclock", "switching to radclock"), "radclock is current");
	sleep_us(400000);

	/* new estimates while it is current, with larger changes of rate */
	estimate_ppm = 20;
	seconds = (rdtsc() - t0) * ns_per_tick * 1e-9;
	while (all_reads() - n < want || seconds < 8) {
		sleep_us(100000);
		seconds = (rdtsc() - t0) * ns_per_tick * 1e-9;
		if (seconds > (is_long ? 600 : 90))
			break;
	}
	n = all_reads() - n;
	estimate_ppm = 0.5;
	sleep_us(400000);

	/* the rate needs no samples in memory, and less load */
	finish_sampler(sam);
	check_step("switching to radclock");
	check_leaving("switching back");
	check_step("estimate");
	ktap_okf(provable_step() < MAX_STEP_NS,
		 "nor anywhere else in %zu samples (largest that is sure: %.0f ns)",
		 n_samples, provable_step());
	ktap_okf(!refused && estimates > 40, "%d estimates taken, %d refused",
		 estimates, refused);
	estimate_ppm = 20;
	check_rate(is_long ? 600 : 20);
	estimate_ppm = 0.5;
	ktap_okf(current_clocksource_is("radclock"), "the watchdog has kept it");

	estimating = 0;
	refusals(usual);

	estimating = 1;
	start_sampler(&sam);
	for (i = 0; i < UNLOADS; i++)
		if (!unload_current(usual))
			break;
	ktap_okf(i == UNLOADS, "the module unloads while it is current, and the kernel is back on %s",
		 usual);
	finish_sampler(sam);
	check_leaving("unloading");
	ktap_okf(provable_step() < MAX_STEP_NS,
		 "nor anywhere near (largest that is sure: %.0f ns)",
		 provable_step());

	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < READERS; i++)
		pthread_join(threads[i], NULL);
	pthread_join(est, NULL);
	ktap_okf(n >= want && !backward[0] && !backward[1],
		 "no backward read of CLOCK_MONOTONIC: %llu reads on 2 CPUs, %llu in all, %llu backward (worst %lld ns)",
		 (unsigned long long)n, (unsigned long long)all_reads(),
		 (unsigned long long)(backward[0] + backward[1]),
		 (long long)worst_back);
	switch_to(usual, NULL);
	ktap_okf(sh("! kmsg_since %s | grep -i 'unstable'", mark) == 0,
		 "the kernel log calls nothing unstable");
	return ktap_end();
}

/* another try in a process of its own; what it says is shown if it counts */
static int try(bool is_long, const char *mark)
{
	int status;
	pid_t pid;

	sh("kmsg_mark %s", mark);
	pid = fork();
	if (!pid) {
		if (!freopen(mark, "w", stdout))
			_exit(1);
		exit(run(is_long, mark));
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return 1;
	return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	bool is_long = argc > 1 && !strcmp(argv[1], "long");
	int tries, status;
	char mark[32];

	for (tries = 1; ; tries++) {
		snprintf(mark, sizeof(mark), "clocksource-try-%d", tries);
		status = try(is_long, mark);
		if (!status || tries == 3 ||
		    sh("kmsg_since %s | grep 'read-back delay'", mark))
			break;
		printf("# the host kept the watchdog from its work: once more\n");
		sh("echo tsc > " CLOCKSOURCE "current_clocksource; module_unload");
	}
	sh("cat %s", mark);
	return status;
}
