// SPDX-License-Identifier: GPL-2.0-only
/*
 * The path: least delay of each direction, jitter, and when they changed.
 *
 * Only the sum of both least delays can be learnt; it is divided in halves
 * until a change is seen in one direction alone.
 */
#include <math.h>
#include <string.h>

#include "internal.h"

#define PATH_SOFT	0.1	/* of jitter / sqrt(n) */
#define PATH_LEAN	0.12	/* the same */
#define YOUTH		2	/* J / n */
#define YOUTH_JITTER	0.25	/* of the least round trip, to begin with */
#define JITTER_MEMORY	1000
#define JITTER_CUT	6
#define TAIL		6
#define TOUCH		32
#define SETTLE		1000	/* stamps */
#define TOUCH_SIGMAS	(-1.0)
#define SHORT_CLEAR	1.5
#define LONG_CLEAR	0.5

static const unsigned int env_length[PATH_ENVELOPES] = {
	4, 16, 64, 256, 1024
};

void path_init(struct path *p)
{
	memset(p, 0, sizeof(*p));
}

double path_base(const struct path *p)
{
	return p->base_out + p->base_in;
}

/* one sigma of the edges, from what is not known of the least delays, s */
double path_softness(const struct path *p)
{
	double n = p->n < 20000 ? p->n + 1 : 20000;

	if (p->told)
		return 0;
	return PATH_SOFT * p->jitter / sqrt(n) * (1 + 1 / n);
}

/* how much of each base delay is probably still excess (below 0: lacks), s */
double path_lean(const struct path *p)
{
	double n = p->n < 20000 ? p->n + 1 : 20000;

	return p->told ? 0 : PATH_LEAN * p->jitter / sqrt(n) - p->rounding.by;
}

/*
 * One sigma of what the first stamps leave open in common, s. The least delay
 * of n stamps is J / n too long, and as the rate is learnt from the same
 * stamps their end is open twice as far. Of so few, J itself is a guess.
 */
double path_youth(const struct path *p)
{
	double n = p->n;

	if (p->told)
		return 0;
	return YOUTH * (p->jitter + path_base(p) * YOUTH_JITTER / (n + 1)) / (n + 2);
}

/* variance of the ends, from what is not known of the least delays, s^2 */
double path_variance(const struct path *p)
{
	double soft = path_softness(p), youth = path_youth(p);

	return soft * soft + youth * youth / 4 + p->rounding.noise;
}

static void path_add(struct path *p, double out, double in)
{
	p->base_out += out;
	p->base_in += in;
	if (p->base_out < 0) {
		p->base_in = max_of(p->base_in + p->base_out, 0);
		p->base_out = 0;
	}
	if (p->base_in < 0) {
		p->base_out = max_of(p->base_out + p->base_in, 0);
		p->base_in = 0;
	}
}

/*
 * The sum changes by @by. A change that both directions share as far as can
 * be told is divided evenly, because an even path stays the best guess; else
 * it goes where it was seen, so that the phase does not move, and so does what
 * the next stamps add to it.
 */
static void path_change(struct path *p, double by, double out, double in,
			double tolerance)
{
	double share = 0.5;

	p->settle = 0;
	if (fabs(out - in) > tolerance && out + in != 0) {
		share = min_of(max_of(out / (out + in), 0), 1);
		p->settle = SETTLE;
		p->settle_out = share;
	}
	path_add(p, by * share, by * (1 - share));
}

/* the least round trip was a bit too long */
static void path_learn(struct path *p, double by)
{
	double share = p->settle ? p->settle_out : 0.5;

	path_add(p, by * share, by * (1 - share));
}

/* of @n > 0 in a row; four at a time, as each waits for the one before */
static double least_of(const double *v, unsigned int n)
{
	double a = v[0], b = a, c = a, d = a;

	for (; n >= 4; n -= 4, v += 4) {
		a = min_of(a, v[0]);
		b = min_of(b, v[1]);
		c = min_of(c, v[2]);
		d = min_of(d, v[3]);
	}
	while (n--)
		a = min_of(a, v[n]);
	return min_of(min_of(a, b), min_of(c, d));
}

/* of the last @n > 0, the newest of which is before @at */
static double least(const double *v, unsigned int n, unsigned int at)
{
	if (at >= n)
		return least_of(v + at - n, n);
	n -= at;
	return at ? min_of(least_of(v, at), least_of(v + PATH_WINDOW - n, n)) :
		    least_of(v + PATH_WINDOW - n, n);
}

/* the middle of the last @n, by selection: n is small, memory is not needed */
static double middle(const double *v, unsigned int n, unsigned int at)
{
	double w[PATH_WINDOW];
	unsigned int i, lo = 0, hi = n - 1, k = n / 2;

	for (i = 0; i < n; i++)
		w[i] = v[(at + PATH_WINDOW - 1 - i) % PATH_WINDOW];
	while (lo < hi) {
		double pivot = w[(lo + hi) / 2], t;
		unsigned int a = lo, b = hi;

		for (;;) {
			while (w[a] < pivot)
				a++;
			while (w[b] > pivot)
				b--;
			if (a >= b)
				break;
			t = w[a];
			w[a++] = w[b];
			w[b--] = t;
		}
		if (k <= b)
			hi = b;
		else
			lo = b + 1;
	}
	return w[k];
}

/*
 * Has the path become longer? Queues, however long, are now and then nearly
 * empty: of n stamps the least excess is then small against the middle one.
 * A longer path lifts all of them.
 */
static void path_up(struct path *p, unsigned int n, double clear, double sigma)
{
	double base = path_base(p);
	double min = least(p->rtt, n, p->at);
	double by = min - base - 2 * p->rounding.by;
	double spread, out, in;

	if (by < 4 * path_softness(p) || by < 6 * p->jitter / sqrt(n))
		return;
	spread = middle(p->rtt, n, p->at) - min;
	if (by < clear * spread)
		return;
	by += 2 * p->rounding.by;
	rounding_restart(&p->rounding);
	/* the least of n is not yet the least of all */
	by -= min_of(1.25 * p->jitter / sqrt(n), by / 4);
	out = least(p->out, n, p->at) - p->base_out;
	in = least(p->in, n, p->at) - p->base_in;
	path_change(p, by, out, in, 4 * sigma + 4 * p->jitter / n +
		    0.1 * by);
	p->n = n;
	p->up_shifts++;
	path_restart_envelopes(p);
}

/**
 * path_stamp() - learn from a good stamp
 * @p: path
 * @rtt: round trip, s
 * @out: delay out by the predicted clock, s
 * @in: delay back by the predicted clock, s
 * @sigma: of that clock, s
 */
void path_stamp(struct path *p, double rtt, double out, double in,
		double sigma)
{
	double base = path_base(p), by = rtt - base;
	unsigned int last = (p->at + PATH_WINDOW - 1) % PATH_WINDOW;
	double keep, out_step, in_step;

	if (p->told)
		return;
	if (!p->fill) {
		p->base_out = rtt / 2;
		p->base_in = rtt / 2;
		/* a guess that the first stamps replace */
		p->jitter = rtt / 20;
	} else if (by < 0) {
		double soft = path_softness(p) + sigma;

		if (p->n > 16 && -by > 8 * p->jitter / sqrt(p->n) &&
		    -by > 4 * soft) {
			p->down_shifts++;
			rounding_restart(&p->rounding);
			p->n = PATH_SHORT;
			path_restart_envelopes(p);
			/* one stamp: its own queues differ, too */
			path_change(p, by, min_of(out - p->base_out, 0),
				    min_of(in - p->base_in, 0),
				    4 * (sigma + p->jitter));
		} else {
			path_learn(p, by);
		}
	}
	out_step = p->fill ? out - p->out[last] : 0;
	in_step = p->fill ? in - p->in[last] : 0;
	p->rtt[p->at] = rtt;
	p->out[p->at] = out;
	p->in[p->at] = in;
	p->at = (p->at + 1) % PATH_WINDOW;
	if (p->fill < PATH_WINDOW)
		p->fill++;
	p->n++;
	if (p->settle)
		p->settle--;
	keep = p->n < JITTER_MEMORY ? p->n + 3 : JITTER_MEMORY;
	/* congestion must not look like jitter for long: cut what is added */
	by = max_of(rtt - path_base(p), 0) / 2;
	if (p->n > 32)
		by = min_of(by, 8 * p->jitter);
	p->jitter += (by - p->jitter) / keep;
	rounding_stamp(&p->rounding, path_base(p) + 2 * by, out_step, in_step,
		       8 * p->jitter);
	if (p->n % 8)
		return;
	rounding_judge(&p->rounding, path_base(p));
	if (p->fill >= PATH_SHORT)
		path_up(p, PATH_SHORT, SHORT_CLEAR, sigma);
	if (p->fill >= PATH_WINDOW)
		path_up(p, PATH_WINDOW, LONG_CLEAR, sigma);
}

static void jitter_learn(struct jitter *j, double excess, double keep)
{
	excess = max_of(excess, 0);
	/* a queue on the way is not what the path is like */
	if (j->mean > 0)
		excess = min_of(excess, JITTER_CUT * j->mean);
	j->mean += (excess - j->mean) / keep;
}

/**
 * path_delays() - learn the jitter of each direction
 * @p: path
 * @out: delay out by the clock that the stamp is part of, s
 * @in: and back
 */
void path_delays(struct path *p, double out, double in)
{
	double keep = p->n < JITTER_MEMORY ? p->n + 3 : JITTER_MEMORY;

	if (!(p->out_j.mean > 0) || !(p->in_j.mean > 0)) {
		p->out_j.mean = p->jitter;
		p->in_j = p->out_j;
	}
	jitter_learn(&p->out_j, out - p->base_out, keep);
	jitter_learn(&p->in_j, in - p->base_in, keep);
}

/* how fast the density of a delay falls, 1/s: exponential, with a long tail */
static double slope(double jitter, double excess, double soft)
{
	jitter = max_of(jitter, soft);
	if (!(jitter > 0))
		return 0;
	if (excess > TAIL * jitter)
		return TAIL / excess;
	return 1 / jitter;
}

/**
 * path_tilt() - how much likelier a later phase is than an earlier one
 * @p: path
 * @out: delay out by the predicted clock, s
 * @in: and back
 * @soft: one sigma of both, s
 *
 * With equal jitter nothing speaks for either end of an interval. Where one
 * direction is calm and the other is not, the truth is near the calm end.
 *
 * Return: slope of the log of the likelihood, 1/s.
 */
double path_tilt(const struct path *p, double out, double in, double soft)
{
	double touch = TOUCH_SIGMAS * path_softness(p), tilt;
	unsigned int n;

	/* where the ends are round they do not fall evenly */
	if (p->told || p->rounding.by > 0)
		return 0;
	tilt = slope(p->out_j.mean, out - p->base_out, soft) -
	       slope(p->in_j.mean, in - p->base_in, soft);
	/* an end that is touched is near enough: soft ends would give way */
	n = p->fill < TOUCH ? p->fill : TOUCH;
	if (n && (tilt > 0 ? least(p->out, n, p->at) - p->base_out :
			     least(p->in, n, p->at) - p->base_in) < touch)
		return 0;
	return tilt;
}

void path_restart_envelopes(struct path *p)
{
	int i;

	for (i = 0; i < PATH_ENVELOPES; i++)
		p->env[i].n = 0;
}

/**
 * path_envelopes() - the least way out of one stamp and back of another
 * @p: path
 * @l: line, tuned
 * @ta: counter when the request left
 * @tf: counter when the reply came
 * @xf: tb - line(ta), s
 * @xb: te - line(tf), s
 * @y_var: variance of the line's rate
 * @wander: of the oscillator
 *
 * Among n stamps the best pair of edges comes n times nearer to the least
 * round trip than one stamp, the best of n, comes sqrt(n) times nearer. The
 * line has to hold between the two: what it may have drifted is added.
 */
void path_envelopes(struct path *p, const struct line *l, u64 ta, u64 tf,
		    double xf, double xb, double y_var, double wander)
{
	double base = path_base(p);
	int i;

	/* the first rates are too uncertain to compare stamps by */
	if (p->told || p->n < 16)
		return;
	for (i = 0; i < PATH_ENVELOPES; i++) {
		struct envelope *e = &p->env[i];
		double d, r;

		if (!e->n || xf < e->out) {
			e->out = xf;
			e->out_counter = ta;
		}
		if (!e->n || xb > e->in) {
			e->in = xb;
			e->in_counter = tf;
		}
		if (++e->n < env_length[i])
			continue;
		e->n = 0;
		d = fabs(line_span(l, e->out_counter, e->in_counter));
		r = e->out - e->in + 2.5 * sqrt(d * d * (y_var + wander *
							 wander * d / 3));
		r = max_of(r, base - 6 * path_softness(p));
		if (r > 0 && r < base) {
			path_learn(p, r - base);
			base = path_base(p);
		}
	}
}

/* the line moved by @dx at its anchor and by @dy in rate */
void path_shift(struct path *p, const struct line *l, double dx, double dy)
{
	int i;

	for (i = 0; i < PATH_ENVELOPES; i++) {
		struct envelope *e = &p->env[i];

		if (!e->n)
			continue;
		e->out -= dx + dy * line_span(l, l->counter, e->out_counter);
		e->in -= dx + dy * line_span(l, l->counter, e->in_counter);
	}
}
