/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RADCLOCK_REPLAY_H
#define RADCLOCK_REPLAY_H

#include <stdio.h>

struct rad_config;

int replay_stream(FILE *in, const char *name, FILE *out, const struct rad_config *cfg);
int cmd_replay(int argc, char **argv);

#endif /* RADCLOCK_REPLAY_H */
