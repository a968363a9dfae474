/* SPDX-License-Identifier: GPL-2.0-only */
/* The drift file: what the estimators have learnt about the oscillator. */
#ifndef RADCLOCKD_STATE_H
#define RADCLOCKD_STATE_H

#include "estimator.h"

void state_save(const char *path, const char *counter, const struct rad_saved *saved);
/* return: something was kept about this counter */
bool state_load(const char *path, const char *counter, struct rad_saved *saved);

#endif
