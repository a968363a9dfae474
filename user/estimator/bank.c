// SPDX-License-Identifier: GPL-2.0-only
/*
 * A bank of filters that differ in the wander of the oscillator. Each is
 * scored by the probability with which it gave the stamps of the recent past;
 * what is published is the mixture of all, weighted by these scores.
 */
#include <math.h>

#include "internal.h"

#define BANK_W_MIN	1e-12
#define BANK_MEMORY	600	/* stamps */
#define BANK_CALM	8	/* index of 1e-8 */
#define BANK_WORST	100

void bank_init(struct bank *b)
{
	unsigned int i;

	b->filters = BANK_FILTERS;
	for (i = 0; i < BANK_FILTERS; i++) {
		b->q[i] = BANK_W_MIN * BANK_W_MIN * pow(10, i);
		b->log_w[i] = log(b->q[i]) / 2;
		/* no quartz is as wild as 3e-8, short of a failing one */
		b->prior[i] = i > BANK_CALM ? -1.5 * (i - BANK_CALM) : 0;
	}
}

/* one filter that is told the wander: the limit to compare with */
void bank_only(struct bank *b, double wander)
{
	b->filters = 1;
	b->q[0] = wander * wander;
	b->log_w[0] = log(wander);
}

void bank_mix(struct bank *b)
{
	struct filter *m = &b->mix;
	double top = -1e300, sum = 0, lw = 0;
	unsigned int i;

	for (i = 0; i < b->filters; i++)
		top = max_of(top, b->score[i] + b->prior[i]);
	for (i = 0; i < b->filters; i++) {
		double d = b->score[i] + b->prior[i] - top;

		b->weight[i] = d > -30 ? exp(d) : 0;
		sum += b->weight[i];
	}
	m->x = 0;
	m->y = 0;
	for (i = 0; i < b->filters; i++) {
		b->weight[i] /= sum;
		if (b->weight[i] > 0) {
			m->x += b->weight[i] * b->f[i].x;
			m->y += b->weight[i] * b->f[i].y;
			lw += b->weight[i] * b->log_w[i];
		}
	}
	m->xx = 0;
	m->xy = 0;
	m->yy = 0;
	for (i = 0; i < b->filters; i++) {
		double w = b->weight[i];
		double dx = b->f[i].x - m->x;
		double dy = b->f[i].y - m->y;

		if (!(w > 0))
			continue;
		m->xx += w * (b->f[i].xx + dx * dx);
		m->xy += w * (b->f[i].xy + dx * dy);
		m->yy += w * (b->f[i].yy + dy * dy);
	}
	b->wander = exp(lw);
}

void bank_start(struct bank *b, double x, double x_var, double y_var)
{
	unsigned int i;

	for (i = 0; i < b->filters; i++) {
		filter_start(&b->f[i], x, x_var, y_var);
		b->score[i] = 0;
	}
	bank_mix(b);
}

void bank_predict(struct bank *b, double dt)
{
	unsigned int i;

	for (i = 0; i < b->filters; i++)
		filter_predict(&b->f[i], b->q[i], dt);
}

/* without a new mixture, for a row of them */
void bank_score(struct bank *b, const struct mills *m, double lo, double hi,
		double soft, double tilt)
{
	unsigned int i;

	for (i = 0; i < b->filters; i++) {
		double l = filter_update(&b->f[i], m, lo, hi, soft,
					  tilt);

		/* impossible is impossible, but not for ever */
		l = max_of(l, -BANK_WORST);
		b->score[i] += l - b->score[i] / BANK_MEMORY;
	}
}

/**
 * bank_limit() - no oscillator runs faster or slower than was declared
 * @b: bank
 * @lo: least rate against the line
 * @hi: greatest
 *
 * A filter that left the range is put at its end, and the phase moves along as
 * far as it depends on the rate.
 */
void bank_limit(struct bank *b, double lo, double hi)
{
	unsigned int i;

	for (i = 0; i < b->filters; i++) {
		struct filter *f = &b->f[i];
		double y = f->y < lo ? lo : hi;

		if (f->y >= lo && f->y <= hi)
			continue;
		f->x += f->xy / f->yy * (y - f->y);
		f->y = y;
	}
}

/* the line moved by dx, dy: so everything against it moves back */
void bank_shift(struct bank *b, double dx, double dy)
{
	unsigned int i;

	for (i = 0; i < b->filters; i++) {
		b->f[i].x -= dx;
		b->f[i].y -= dy;
	}
	b->mix.x -= dx;
	b->mix.y -= dy;
}
