/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What lies between the parts: exchanges come from the NTP client, go to the
 * estimator, and its estimates go to the clock. Follows the eras of the clock.
 */
#ifndef RADCLOCKD_ENGINE_H
#define RADCLOCKD_ENGINE_H

#include "clock.h"

/**
 * struct engine_state - for the control socket
 * @have_clock: the module is there (or not needed)
 * @era: the one estimates are made in
 * @hz: nominal rate of its counter
 * @valid: @est is an estimate
 * @est: the one last published
 * @status: enum radclock_status, now
 * @maxerror: bound now, s
 * @ensemble: the servers' estimators; NULL before the clock was there
 * @published: estimates, since the start
 * @refused: estimates the clock did not take
 * @disruptions: since the start
 */
struct engine_state {
	bool have_clock;
	struct clock_era era;
	double hz;
	bool valid;
	struct rad_estimate est;
	u32 status;
	double maxerror;
	const struct rad_ensemble *ensemble;
	u64 published;
	u64 refused;
	u64 disruptions;
};

/* return: 0 or a negative errno value */
int engine_start(const struct config *c, const struct clock_ops *clock);
void engine_reconfigure(const struct config *c);
/* keeps what has been learnt */
void engine_stop(void);
void engine_get_state(struct engine_state *s);

#endif
