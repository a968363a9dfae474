// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any stamps, any calls: no crash, no undefined behaviour, never a bound that
 * is not positive and finite. With libFuzzer, or, without, over files.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/cli/replay.h"
#include "estimator.h"

#define SERVERS	3

struct input {
	const u8 *p;
	size_t left;
};

static u64 take(struct input *in, unsigned int bytes)
{
	u64 v = 0;

	while (bytes-- && in->left) {
		v = v << 8 | *in->p++;
		in->left--;
	}
	return v;
}

static double take_double(struct input *in)
{
	u64 bits = take(in, 8);
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

static void look(bool have, const struct rad_estimate *est)
{
	bool ok = est->status <= RADCLOCK_STATUS_DISRUPTED &&
		  est->period_shift < 64;

	if (have)
		ok = ok && isfinite(est->maxerror) && est->maxerror > 0 &&
		     isfinite(est->esterror) && est->esterror >= 0 &&
		     isfinite(est->maxerror_growth) &&
		     est->maxerror_growth > 0 &&
		     isfinite(est->esterror_growth) &&
		     est->esterror_growth >= 0 && est->maxerror_ns &&
		     est->period && isfinite(est->period_s) &&
		     est->period_s > 0;
	if (!ok)
		abort();
}

/* near what a real exchange would be, with some fields gone wild */
static void next_stamp(struct input *in, u64 *counter, double hz,
		       struct rad_time *utc, struct rad_stamp *s)
{
	u32 kind = (u32)take(in, 1);
	double step = (double)take(in, 2) / 64, back = 1e-3;
	double out = (double)take(in, 2) * 1e-7, stay = 1e-5;

	memset(s, 0, sizeof(*s));
	if (kind & 1)
		back = (double)take(in, 2) * 1e-6;
	if (kind & 2)
		step = (double)take(in, 4);
	*counter += (u64)fmin(step * hz, 9e18);
	s->ta = *counter;
	s->tf = s->ta + (u64)((out + stay + back) * hz) + 1;
	utc->sec += (s64)step;
	utc->frac += (u64)((step - floor(step)) * 1.8e19);
	s->tb = *utc;
	s->tb.frac += (u64)(out * 1.8e19);
	s->te = s->tb;
	s->te.frac += (u64)(stay * 1.8e19);
	if (kind & 4) {
		s->leap = (u8)take(in, 1);
		s->stratum = (u8)take(in, 1);
		s->refid = (u32)take(in, 4);
	}
	if (kind & 8) {
		s->root_delay = take_double(in);
		s->root_dispersion = take_double(in);
	}
	if (kind & 16) {
		s->precision = take_double(in);
		s->host_noise = take_double(in);
	}
	if (kind & 32)
		s->tb.sec += (s64)(take(in, 2)) - 32768;
	if (kind & 64) {
		s->te.sec = (s64)take(in, 8);
		s->te.frac = take(in, 8);
	}
	if (kind & 128) {
		s->ta = take(in, 8);
		s->tf = take(in, 8);
	}
}

static void fuzz_stamps(struct input *in, bool several)
{
	static const double rates[] = { 32768, 3579545, 1e9, 1e10, 0, 1e3 };
	u8 how = (u8)take(in, 1);
	struct rad_ensemble *en = NULL;
	struct rad_estimator *e = NULL;
	struct rad_estimate est;
	struct rad_config cfg;
	struct rad_saved saved;
	struct rad_time utc = { 1700000000, 0 };
	struct rad_info info;
	char text[RAD_SAVED_TEXT_MAX];
	double hz = rates[how % 6];
	u64 counter = take(in, 8);
	void *mem;

	rad_config_default(&cfg, hz);
	if (how & 64)
		cfg.algorithm = RAD_ALGORITHM_CLASSIC;
	if (how & 128) {
		cfg.max_rate_error = take_double(in);
		cfg.max_instability = take_double(in);
		cfg.sync_error = take_double(in);
		cfg.void_error = take_double(in);
		cfg.poll = take_double(in);
	}
	if (!(hz > 0))
		hz = 1e9;
	mem = malloc(several ? rad_ensemble_size(&cfg, SERVERS) :
		     rad_estimator_size(&cfg));
	if (!mem)
		return;
	if (several)
		en = rad_ensemble_init(mem, &cfg, SERVERS);
	else
		e = rad_estimator_init(mem, &cfg);
	while (in->left) {
		u8 op = (u8)take(in, 1);
		unsigned int server = op % (SERVERS + 1);
		struct rad_stamp s;

		switch (op >> 4) {
		case 0:
			if (several)
				rad_ensemble_disrupt(en);
			else
				rad_estimator_disrupt(e);
			break;
		case 1:
			if (several) {
				rad_ensemble_unreachable(en, server);
				rad_ensemble_forget(en, server + 1);
				rad_ensemble_prefer(en, server, op & 8);
			}
			break;
		case 2:
			if (several)
				rad_ensemble_save(en, &saved);
			else
				rad_estimator_save(e, &saved);
			if (rad_saved_format(&saved, text, sizeof(text)) &&
			    !rad_saved_parse(&saved, text))
				abort();
			break;
		case 3:
			saved = (struct rad_saved){
				.valid = true, .counter_hz = hz,
				.rate_error = take_double(in),
				.rate_sigma = take_double(in),
				.wander = take_double(in),
			};
			if (several)
				rad_ensemble_restore(en, &saved);
			else
				rad_estimator_restore(e, &saved);
			break;
		case 4:
			if (several)
				look(rad_ensemble_get(en, take(in, 8), &est),
				     &est);
			else
				look(rad_estimator_get(e, take(in, 8), &est),
				     &est);
			break;
		default:
			next_stamp(in, &counter, hz, &utc, &s);
			if (several) {
				rad_ensemble_feed(en, server, &s);
				look(rad_ensemble_get(en, s.tf, &est), &est);
			} else {
				rad_estimator_feed(e, &s);
				look(rad_estimator_get(e, s.tf, &est), &est);
				rad_estimator_info(e, &info);
			}
		}
	}
	free(mem);
}

static void fuzz_text(struct input *in)
{
	struct rad_saved saved;
	struct rad_config cfg;
	char *text;
	FILE *from, *to;

	if (!in->left)
		return;
	text = malloc(in->left + 1);
	if (!text)
		return;
	memcpy(text, in->p, in->left);
	text[in->left] = 0;
	rad_saved_parse(&saved, text);
	rad_config_default(&cfg, 0);
	from = fmemopen(text, in->left, "r");
	to = fopen("/dev/null", "w");
	if (from && to)
		replay_stream(from, "fuzz", to, &cfg);
	if (from)
		fclose(from);
	if (to)
		fclose(to);
	free(text);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	u8 what = (u8)take(&in, 1);

	if (what % 8 == 7)
		fuzz_text(&in);
	else
		fuzz_stamps(&in, what % 8 > 4);
	return 0;
}

#ifdef FUZZ_FILES
int main(int argc, char **argv)
{
	static u8 buffer[1 << 16];
	int i;

	for (i = 1; i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");
		size_t n;

		if (!f) {
			perror(argv[i]);
			return 1;
		}
		n = fread(buffer, 1, sizeof(buffer), f);
		fclose(f);
		LLVMFuzzerTestOneInput(buffer, n);
	}
	printf("%d inputs\n", argc - 1);
	return 0;
}
#endif
