// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

static enum log_target target = LOG_TO_STDERR;
static bool debug;
static FILE *file;
static char *file_path;

void log_to(enum log_target t)
{
	target = t;
	if (t == LOG_TO_SYSLOG)
		openlog("radclockd", LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

int log_to_file(const char *path)
{
	FILE *f = fopen(path, "ae");
	char *copy;

	if (!f)
		return -errno;
	copy = strdup(path);
	if (!copy) {
		fclose(f);
		return -ENOMEM;
	}
	setvbuf(f, NULL, _IOLBF, 0);
	if (file)
		fclose(file);
	free(file_path);
	file = f;
	file_path = copy;
	target = LOG_TO_FILE;
	return 0;
}

void log_reopen(void)
{
	FILE *f;

	if (target != LOG_TO_FILE)
		return;
	f = fopen(file_path, "ae");
	if (!f) {
		log_error("cannot open %s again: %s", file_path, strerror(errno));
		return;
	}
	setvbuf(f, NULL, _IOLBF, 0);
	fclose(file);
	file = f;
}

void log_set_debug(bool on)
{
	debug = on;
}

static void stamp(char *buf, size_t len)
{
	struct timespec ts;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (!gmtime_r(&ts.tv_sec, &tm) || !strftime(buf, len, "%Y-%m-%dT%H:%M:%SZ ", &tm))
		buf[0] = 0;
}

void log_message(int level, const char *fmt, ...)
{
	static const char *const words[] = {
		[LOG_ERR] = "error: ", [LOG_WARNING] = "warning: ", [LOG_DEBUG] = "debug: ",
	};
	char text[1024], when[32] = "";
	const char *word = words[level] ? words[level] : "";
	va_list ap;

	if (level == LOG_DEBUG && !debug)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);

	switch (target) {
	case LOG_TO_SYSLOG:
		syslog(level, "%s", text);
		break;
	case LOG_TO_FILE:
		stamp(when, sizeof(when));
		fprintf(file, "%s%s%s\n", when, word, text);
		break;
	case LOG_TO_STDERR:
		/* systemd reads the level from "<3>" */
		if (getenv("JOURNAL_STREAM")) {
			fprintf(stderr, "<%d>%s\n", level, text);
			break;
		}
		if (debug)
			stamp(when, sizeof(when));
		fprintf(stderr, "%sradclockd: %s%s\n", when, word, text);
		break;
	}
}
