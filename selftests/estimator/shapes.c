// SPDX-License-Identifier: GPL-2.0-only
/* The worlds by name: what each does to the plain one. */
#include "shapes.h"

static void plain(struct world *w)
{
	(void)w;
}

static void base_1e10(struct world *w) { w->wander = 1e-10; }

static void burst(struct world *w)
{
	w->event[0] = (struct event){ EVENT_CONGESTION, 600, 1200, 5e-3, 0, 3600 };
}

static void outages(struct world *w)
{
	w->event[0] = (struct event){ EVENT_OUTAGE, 120000, 141600, 0, 0, 0 };
	w->event[1] = (struct event){ EVENT_OUTAGE, 220000, 241600, 0, 0, 0 };
}

static void outages_1e10(struct world *w)
{
	outages(w);
	base_1e10(w);
}

static void shifts(struct world *w)
{
	w->event[0] = (struct event){ EVENT_SHIFT, 100000, 180000, 1e-3, 1e-3, 0 };
}

static void shifts_up(struct world *w)
{
	w->event[0] = (struct event){ EVENT_SHIFT, 100000, 1e9, 1e-3, 1e-3, 0 };
	w->event[1] = (struct event){ EVENT_SHIFT, 200000, 1e9, 1e-3, 1e-3, 0 };
}

static void shift_one_way(struct world *w)
{
	w->event[0] = (struct event){ EVENT_SHIFT, 100000, 200000, 2e-3, 0, 0 };
}

static void unequal(struct world *w)
{
	w->jitter_out = 500e-6;
	w->jitter_in = 50e-6;
}

static void unequal_wan(struct world *w)
{
	w->base_out = 15e-3;
	w->base_in = 15e-3;
	w->jitter_out = 5e-3;
	w->jitter_in = 1e-3;
	w->event[0] = (struct event){ EVENT_CONGESTION, 1000, 2500, 20e-3, 2e-3, 7200 };
}

static void heavy(struct world *w) { w->shape = DELAY_PARETO; }

static void heavy_far(struct world *w)
{
	w->shape = DELAY_PARETO;
	w->base_out = 20e-3;
	w->base_in = 20e-3;
	w->jitter_out = 1e-3;
	w->jitter_in = 1e-3;
}

static void gamma_delays(struct world *w) { w->shape = DELAY_GAMMA; }

static void gamma_1e10(struct world *w)
{
	gamma_delays(w);
	base_1e10(w);
}

static void normal_delays(struct world *w) { w->shape = DELAY_NORMAL; }

static void poll1(struct world *w)
{
	w->poll = 1;
	w->duration = 100000;
	w->warm = 20000;
}

static void normal_poll1(struct world *w)
{
	normal_delays(w);
	poll1(w);
}

static void normal_shifts(struct world *w)
{
	normal_delays(w);
	w->event[0] = (struct event){ EVENT_SHIFT, 100000, 180000, 2e-3, 2e-3, 0 };
}

static void lossy(struct world *w) { w->loss = 0.5; }

static void lossy_far(struct world *w)
{
	w->loss = 0.5;
	w->base_out = 40e-3;
	w->base_in = 40e-3;
	w->jitter_out = 1e-3;
	w->jitter_in = 1e-3;
	w->poll = 64;
	w->duration = 600000;
}

static void poll256(struct world *w)
{
	w->poll = 256;
	w->duration = 2000000;
	w->warm = 200000;
}

static void poll1024(struct world *w)
{
	w->poll = 1024;
	w->duration = 4000000;
	w->warm = 400000;
}

static void poll_jump(struct world *w)
{
	w->poll_change = 150000;
	w->poll_to = 512;
	w->duration = 600000;
}

static void daily(struct world *w) { w->daily = 1e-7; }
static void cycling(struct world *w) { w->cycle = 8e-8; }

static void hot(struct world *w)
{
	w->wander = 8e-9;
	w->daily = 1.2e-7;
	w->cycle = 8e-8;
}

static void lan(struct world *w)
{
	w->base_out = 60e-6;
	w->base_in = 60e-6;
	w->jitter_out = 15e-6;
	w->jitter_in = 15e-6;
	w->host = 1.5e-6;
}

static void asymmetric(struct world *w)
{
	w->base_out = 3e-3;
	w->base_in = 1e-3;
}

static void asymmetric_far(struct world *w)
{
	w->base_out = 38e-3;
	w->base_in = 2e-3;
	w->jitter_out = 1e-3;
}

static void lie4(struct world *w)
{
	w->event[0] = (struct event){ EVENT_LIE, 120000, 121200, 4e-3, 0, 0 };
	w->event[1] = (struct event){ EVENT_LIE, 200000, 201200, -4e-3, 0, 0 };
}

static void lie150(struct world *w)
{
	w->event[0] = (struct event){ EVENT_LIE, 120000, 120900, 150e-3, 0, 0 };
}

static void disorder(struct world *w)
{
	w->disorder = 0.02;
	w->duplicates = 0.05;
}

static void negative_stay(struct world *w) { w->stay = -0.2e-6; }

static void stunned(struct world *w)
{
	w->event[0] = (struct event){ EVENT_STUN, 150000, 0, 0.2, 40e-6, 0 };
}

static void slow_counter(struct world *w) { w->hz = 32768; }
static void fast_counter(struct world *w) { w->hz = 1e10; }

static void cold_path(struct world *w)
{
	/* the first stamps come through a queue on one way */
	w->event[0] = (struct event){ EVENT_CONGESTION, 0, 3000, 5e-3, 0, 0 };
	w->warm = 10000;
}

const struct shape shapes[SHAPES] = {
	{ "plain", plain, true },
	{ "bursts one way, hourly", burst, true },
	{ "two 6 h outages", outages, true },
	{ "two 6 h outages, W 1e-10", outages_1e10, true },
	{ "two +1 ms route shifts", shifts_up, true },
	{ "route shift up and back", shifts, true },
	{ "route shift of one way", shift_one_way, false },
	{ "unequal jitter 500/50 us", unequal, true },
	{ "unequal jitter, congested WAN", unequal_wan, true },
	{ "heavy tails", heavy, true },
	{ "heavy tails, far", heavy_far, true },
	{ "gamma delays", gamma_delays, true },
	{ "gamma delays, W 1e-10", gamma_1e10, true },
	{ "normal delays", normal_delays, true },
	{ "normal delays, poll 1", normal_poll1, true },
	{ "normal delays, route shifts", normal_shifts, true },
	{ "half lost", lossy, true },
	{ "half lost, far, poll 64", lossy_far, true },
	{ "poll 256", poll256, true },
	{ "poll 1024", poll1024, true },
	{ "poll 1", poll1, true },
	{ "poll 16, then 512", poll_jump, true },
	{ "daily cycle 1e-7", daily, true },
	{ "air conditioning 8e-8", cycling, true },
	{ "hot oscillator", hot, true },
	{ "LAN, host noise 1.5 us", lan, true },
	{ "asymmetry 3/1 ms", asymmetric, false },
	{ "asymmetry 38/2 ms", asymmetric_far, false },
	{ "server off by 4 ms, 20 min", lie4, true },
	{ "server off by 150 ms, 15 min", lie150, true },
	{ "disorder, duplicates", disorder, true },
	{ "Tb > Te by 0.2 us", negative_stay, true },
	{ "0.2 s stun, 40 ppm, marker", stunned, true },
	{ "counter of 32 kHz", slow_counter, true },
	{ "counter of 10 GHz", fast_counter, true },
	{ "cold start in a queue", cold_path, true },
};
