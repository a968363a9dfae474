// SPDX-License-Identifier: GPL-2.0-only
/*
 * Are the least delays an edge, or is the density of the delays round there?
 *
 * An exponential queue is likeliest to be empty: the least delay is an edge, and
 * edges tell more than anything else. Many delays of about equal size one after
 * the other (or one from a normal distribution) are almost never all short: then
 * the least one of all stamps is far from where delays begin to be common, and
 * says little. Such a delay is taken for an exponential one plus normal noise;
 * three moments of the round trips say how much of each.
 */
#include <math.h>

#include "internal.h"

#define ROUNDING_MEMORY	1000	/* stamps */
#define ROUNDING_LEAST	200
#define ROUNDING_CUT	32	/* stamps after which jumps are cut */
#define ROUNDING_EDGE	3	/* mean^2 / variance; two exponentials: 2 */
#define ROUNDING_ALIKE	2	/* times */
#define ROUNDING_NOISE	0.7	/* of the noise's variance: two ends share it */

/* another route: other round trips; the kind of delay stands until it is judged anew */
void rounding_restart(struct rounding *r)
{
	r->n = 0;
}

/* mean and central moments, the past fading */
static void moments(struct rounding *r, double rtt)
{
	double gain = 1.0 / r->n, d = rtt - r->mean, step = gain * d;

	r->mean += step;
	r->third = (1 - gain) * (r->third - 3 * step * r->var +
				 gain * (1 - 2 * gain) * d * d * d);
	r->var = (1 - gain) * (r->var + step * d);
}

/**
 * rounding_stamp() - learn from a good stamp
 * @r: rounding
 * @rtt: round trip, the excess of long queues cut off, s
 * @out: change of the delay out since the stamp before, s
 * @in: and back
 * @cut: the most that a change counts, s
 */
void rounding_stamp(struct rounding *r, double rtt, double out, double in, double cut)
{
	if (r->n < ROUNDING_MEMORY)
		r->n++;
	out = fabs(out);
	in = fabs(in);
	if (r->n > ROUNDING_CUT) {
		out = min_of(out, cut);
		in = min_of(in, cut);
	}
	moments(r, rtt);
	r->out += (out - r->out) / r->n;
	r->in += (in - r->in) / r->n;
}

/**
 * rounding_judge() - how far from the least delay they begin to be common
 * @r: rounding; by, noise written
 * @base: least round trip, s
 *
 * Round trips show the sum of both directions only. It is divided evenly, so
 * unless both are alike nothing can be said.
 */
void rounding_judge(struct rounding *r, double base)
{
	double excess = r->mean - base, j, noise;

	if (r->n < ROUNDING_LEAST)
		return;
	r->by = 0;
	r->noise = 0;
	if (!(excess > 0) || !(excess * excess > ROUNDING_EDGE * r->var) ||
	    r->out > ROUNDING_ALIKE * r->in || r->in > ROUNDING_ALIKE * r->out)
		return;
	j = r->third > 0 ? cbrt(r->third / 4) : 0;
	noise = r->var / 2 - j * j;
	if (!(noise > 0))
		return;
	r->by = max_of(excess / 2 - j, 0);
	r->noise = ROUNDING_NOISE * noise;
}
