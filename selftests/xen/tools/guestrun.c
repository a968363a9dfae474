// SPDX-License-Identifier: GPL-2.0-only
/*
 * guestrun TTY OUTPUT SECONDS COMMAND...: in dom0. Has the agent of a guest run the
 * command: writes to its console, and follows OUTPUT, where a process puts what the
 * guest says. Prints what the command prints; exit status: the command's, 124
 * without an answer in time, 125 when there is no such console.
 *
 * A shell that looks again and again would take the one CPU from the guest.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define POLL_NS	5000000

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void put_base64(FILE *f, const char *s, size_t n)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t i;

	for (i = 0; i < n; i += 3) {
		unsigned int v = (unsigned char)s[i] << 16;

		if (i + 1 < n)
			v |= (unsigned int)(unsigned char)s[i + 1] << 8;
		if (i + 2 < n)
			v |= (unsigned char)s[i + 2];
		putc(digits[v >> 18], f);
		putc(digits[v >> 12 & 63], f);
		putc(i + 1 < n ? digits[v >> 6 & 63] : '=', f);
		putc(i + 2 < n ? digits[v & 63] : '=', f);
	}
}

static bool ask(const char *tty, const char *id, long limit, char *const *words)
{
	FILE *f = fopen(tty, "w");
	size_t n = 0;
	char *text;
	FILE *m;

	if (!f)
		return false;
	m = open_memstream(&text, &n);
	if (!m)
		return false;
	for (; *words; words++)
		fprintf(m, "%s%c", *words, words[1] ? ' ' : '\n');
	fclose(m);
	fprintf(f, "%s %ld ", id, limit);
	put_base64(f, text, n);
	putc('\n', f);
	free(text);
	return !fclose(f);
}

int main(int argc, char **argv)
{
	const struct timespec poll = { .tv_nsec = POLL_NS };
	char id[24], mark[32], *line = NULL;
	size_t room = 0, have = 0;
	long limit;
	double end;
	FILE *out;
	int rc;

	if (argc < 5) {
		fprintf(stderr, "usage: guestrun TTY OUTPUT SECONDS COMMAND...\n");
		return 2;
	}
	limit = strtol(argv[3], NULL, 10);
	snprintf(id, sizeof(id), "%ld%09ld", (long)getpid(), (long)(now() * 1e3) % 1000000000);
	snprintf(mark, sizeof(mark), "@%s ", id);
	out = fopen(argv[2], "r");
	if (!out || fseek(out, 0, SEEK_END) || !ask(argv[1], id, limit, argv + 4)) {
		fprintf(stderr, "guestrun: %s: %s\n", argv[1], strerror(errno));
		return 125;
	}
	for (end = now() + (double)limit + 2; now() <= end;) {
		int c = getc(out);

		if (c == EOF) {
			clearerr(out);
			fflush(stdout);
			nanosleep(&poll, NULL);
			continue;
		}
		if (have + 1 >= room) {
			room = room ? 2 * room : 4096;
			line = realloc(line, room);
			if (!line)
				return 125;
		}
		if (c == '\r')
			continue;
		if (c != '\n') {
			line[have++] = (char)c;
			continue;
		}
		line[have] = 0;
		have = 0;
		if (strncmp(line, mark, strlen(mark)))
			continue;
		if (line[strlen(mark)] == '|')
			puts(line + strlen(mark) + 1);
		else if (sscanf(line + strlen(mark), "exit %d", &rc) == 1)
			return rc;
	}
	printf("no answer within %ld s\n", limit);
	return 124;
}
