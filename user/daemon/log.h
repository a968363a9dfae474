/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RADCLOCKD_LOG_H
#define RADCLOCKD_LOG_H

#include <stdbool.h>
#include <syslog.h>

enum log_target {
	LOG_TO_STDERR,	/* a terminal, or the journal by its prefixes */
	LOG_TO_SYSLOG,
	LOG_TO_FILE,
};

void log_to(enum log_target target);
/* return: 0 or a negative errno value, the old log stays */
int log_to_file(const char *path);
/* after a rotation */
void log_reopen(void);
void log_set_debug(bool on);

__attribute__((format(printf, 2, 3)))
void log_message(int level, const char *fmt, ...);

#define log_error(...)	log_message(LOG_ERR, __VA_ARGS__)
#define log_warn(...)	log_message(LOG_WARNING, __VA_ARGS__)
#define log_info(...)	log_message(LOG_INFO, __VA_ARGS__)
#define log_debug(...)	log_message(LOG_DEBUG, __VA_ARGS__)

#endif
