/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that is known about the clock at one moment.
 */
#ifndef RADCLOCK_CLI_FACTS_H
#define RADCLOCK_CLI_FACTS_H

#include <stdio.h>

#include "cli.h"
#include "reading.h"

/**
 * struct facts
 * @info: state of the module
 * @host: where estimates come from; zero without the module
 * @params: the parameters
 * @reading: the absolute clock now
 * @readable: may @reading.time be used
 * @realtime_ns: CLOCK_REALTIME at @reading.counter
 * @cross_error_ns: how far that may be from the same moment
 */
struct facts {
	struct radclock_info info;
	struct radclock_host host;
	struct radclock_params params;
	struct radclock_reading reading;
	bool readable;
	int64_t realtime_ns;
	uint64_t cross_error_ns;
};

int facts_get(struct radclock *rc, struct facts *f);
void facts_print(const struct facts *f, FILE *to);
struct json_object *facts_json(const struct facts *f);

/* derived */
double facts_period(const struct facts *f);
double facts_hz(const struct facts *f);
double facts_rate_error(const struct facts *f);	/* s/s */
double facts_age(const struct facts *f);	/* s since the estimate's anchor */
double facts_host_age(const struct facts *f);	/* s since the host wrote its clock */
double facts_until(const struct facts *f, uint64_t counter);	/* s */
/* CLOCK_REALTIME - radclock, ns */
int64_t facts_system_offset(const struct facts *f);

#endif /* RADCLOCK_CLI_FACTS_H */
