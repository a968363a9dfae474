// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config.h"
#include "loop.h"
#include "ntp_packet.h"
#include "poll_control.h"
#include "radclock.h"

#define LINE_MAX_LEN	1024
#define MAX_ERRORS	20
/* of a path in a message: what is wrong must still fit behind it */
#define PATH_SHOWN	400

/* where we are in the file */
struct parser {
	struct config *config;
	const char *path;
	unsigned int line;
	const char *directive;
	char *rest;		/* of the line */
	unsigned int errors;
	void (*complain)(const char *text);
};

struct directive {
	const char *name;
	void (*parse)(struct parser *p, const struct directive *d);
	const char *expects;
	size_t offset;		/* of its field in struct config */
	double min;
	double max;
	bool repeatable;
};

__attribute__((format(printf, 2, 3)))
static void error(struct parser *p, const char *fmt, ...)
{
	char text[768];
	va_list ap;
	int n;

	if (++p->errors > MAX_ERRORS)
		return;
	n = snprintf(text, sizeof(text), "%.*s:", PATH_SHOWN, p->path);
	if (p->line)
		n += snprintf(text + n, sizeof(text) - n, "%u:", p->line);
	text[n++] = ' ';
	if (p->directive)
		n += snprintf(text + n, sizeof(text) - n, "%s: ", p->directive);
	va_start(ap, fmt);
	vsnprintf(text + n, sizeof(text) - n, fmt, ap);
	va_end(ap);
	p->complain(text);
}

/* the next word of the line; NULL at its end */
static char *word(struct parser *p)
{
	char *w = p->rest + strspn(p->rest, " \t");

	if (!*w || *w == '#') {
		p->rest = w + strlen(w);
		return NULL;
	}
	p->rest = w + strcspn(w, " \t");
	if (*p->rest)
		*p->rest++ = 0;
	return w;
}

/* say what was expected */
static void refuse(struct parser *p, const char *what, const char *got)
{
	if (got)
		error(p, "expected %s, got \"%.80s\"", what, got);
	else
		error(p, "expected %s, got the end of the line", what);
}

static void *field(struct parser *p, const struct directive *d)
{
	return (char *)p->config + d->offset;
}

static bool to_int(const char *w, double min, double max, int *value)
{
	char *end;
	long v;

	if (!w || isspace((unsigned char)*w))
		return false;
	errno = 0;
	v = strtol(w, &end, 10);
	if (errno || *end || end == w || v < min || v > max)
		return false;
	*value = (int)v;
	return true;
}

static bool to_double(const char *w, double min, double max, double *value)
{
	char *end;
	double v;

	if (!w || isspace((unsigned char)*w))
		return false;
	v = strtod(w, &end);
	if (*end || end == w || !isfinite(v) || v < min || v > max)
		return false;
	*value = v;
	return true;
}

static void parse_int(struct parser *p, const struct directive *d)
{
	char *w = word(p);

	if (!to_int(w, d->min, d->max, field(p, d)))
		refuse(p, d->expects, w);
}

static void parse_double(struct parser *p, const struct directive *d)
{
	char *w = word(p);

	if (!to_double(w, d->min, d->max, field(p, d)))
		refuse(p, d->expects, w);
}

static void parse_path(struct parser *p, const struct directive *d)
{
	char *w = word(p), *path = field(p, d);

	if (w && !strcmp(w, "none")) {
		path[0] = 0;
		return;
	}
	if (!w || w[0] != '/') {
		refuse(p, "an absolute path or \"none\"", w);
		return;
	}
	if (strlen(w) >= (size_t)d->max) {
		error(p, "a path of %zu characters is too long, %d are allowed",
		      strlen(w), (int)d->max - 1);
		return;
	}
	strcpy(path, w);
}

static void parse_user(struct parser *p, const struct directive *d)
{
	char *w = word(p);

	if (!w || strlen(w) >= sizeof(p->config->user))
		refuse(p, d->expects, w);
	else
		strcpy(p->config->user, w);
}

static void parse_counter(struct parser *p, const struct directive *d)
{
	char *w = word(p);
	int id = w ? radclock_counter_from_name(w) : -EINVAL;

	if (id > RADCLOCK_COUNTER_ID_NONE)
		p->config->counter = id;
	else
		refuse(p, d->expects, w);
}

static void parse_choice(struct parser *p, const struct directive *d,
			 const char *const *names, unsigned int count, int *value)
{
	char *w = word(p);
	unsigned int i;

	for (i = 0; w && i < count; i++) {
		if (!strcmp(w, names[i])) {
			*value = i;
			return;
		}
	}
	refuse(p, d->expects, w);
}

static void parse_algorithm(struct parser *p, const struct directive *d)
{
	static const char *const names[] = {
		[RAD_ALGORITHM_DEFAULT] = "default", [RAD_ALGORITHM_CLASSIC] = "classic",
	};
	int value = p->config->algorithm;

	parse_choice(p, d, names, ARRAY_SIZE(names), &value);
	p->config->algorithm = value;
}

static void parse_stamps(struct parser *p, const struct directive *d)
{
	static const char *const names[] = {
		[STAMPS_AUTO] = "auto", [STAMPS_KERNEL] = "kernel", [STAMPS_USER] = "user",
	};

	parse_choice(p, d, names, ARRAY_SIZE(names), &p->config->stamps);
}

static void parse_bool(struct parser *p, const struct directive *d)
{
	static const char *const names[] = { "no", "yes" };
	bool *flag = field(p, d);
	int value = *flag;

	parse_choice(p, d, names, ARRAY_SIZE(names), &value);
	*flag = value;
}

static void parse_steer(struct parser *p, const struct directive *d)
{
	char *w = word(p);

	if (!w || strcmp(w, "realtime"))
		refuse(p, d->expects, w);
	else
		p->config->steer_realtime = true;
}

static void parse_publish(struct parser *p, const struct directive *d)
{
	char *w = word(p);

	if (!w || strcmp(w, "xenstore"))
		refuse(p, d->expects, w);
	else if (!HAVE_XENSTORE)
		error(p, "this radclockd was built without libxenstore");
	else
		p->config->publish_xenstore = true;
}

static void parse_makestep(struct parser *p, const struct directive *d)
{
	char *w = word(p);

	if (!to_double(w, 0, 1e9, &p->config->makestep_threshold)) {
		refuse(p, "a threshold from 0 to 1e9 s", w);
		return;
	}
	w = word(p);
	if (!to_int(w, -1, 1000000, &p->config->makestep_limit))
		refuse(p, "a number of updates from 0 to 1000000, or -1 for always", w);
}

static void parse_bind(struct parser *p, const struct directive *d)
{
	char *w = word(p);

	if (!w || (inet_pton(AF_INET, w, &p->config->bind4) != 1 &&
		   inet_pton(AF_INET6, w, &p->config->bind6) != 1))
		refuse(p, d->expects, w);
}

/* an option of server and pool that has a value */
static bool server_number(struct parser *p, const char *option, int min, int max,
			  const char *expects, int *value)
{
	char *w = word(p), what[128];

	if (to_int(w, min, max, value))
		return true;
	snprintf(what, sizeof(what), "%s %s", option, expects);
	refuse(p, what, w);
	return false;
}

static bool server_option(struct parser *p, struct config_server *s, const char *w)
{
	static const char poll_range[] = "from -3 to 10 (log2 of seconds)";

	if (!strcasecmp(w, "iburst")) {
		s->iburst = true;
		return true;
	}
	if (!strcasecmp(w, "prefer")) {
		s->prefer = true;
		return true;
	}
	if (!strcasecmp(w, "minpoll"))
		return server_number(p, w, POLL_MIN, POLL_MAX, poll_range, &s->minpoll);
	if (!strcasecmp(w, "maxpoll"))
		return server_number(p, w, POLL_MIN, POLL_MAX, poll_range, &s->maxpoll);
	if (!strcasecmp(w, "port"))
		return server_number(p, w, 1, 65535, "from 1 to 65535", &s->port);
	if (!strcasecmp(w, "maxsources") && s->pool)
		return server_number(p, w, 1, 16, "from 1 to 16", &s->maxsources);
	refuse(p, s->pool ? "iburst, prefer, minpoll, maxpoll, port or maxsources" :
	       "iburst, prefer, minpoll, maxpoll or port", w);
	return false;
}

static bool is_host_name(const char *w)
{
	const char *c;

	for (c = w; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-._:%", *c))
			return false;
	return w[0] != '-' && w[0] != '.';
}

static void parse_server(struct parser *p, const struct directive *d)
{
	struct config_server s = {
		.line = p->line, .pool = !strcmp(d->name, "pool"), .port = NTP_PORT,
		.minpoll = POLL_MAX + 1, .maxpoll = POLL_MAX + 1,
		.maxsources = CONFIG_POOL_SOURCES,
	};
	char *w = word(p);
	unsigned int i;

	if (!w || strlen(w) >= sizeof(s.name) || !is_host_name(w)) {
		refuse(p, d->expects, w);
		return;
	}
	strcpy(s.name, w);
	while ((w = word(p)))
		if (!server_option(p, &s, w))
			return;

	/* one limit given: the other one makes room */
	if (s.minpoll > POLL_MAX)
		s.minpoll = s.maxpoll < POLL_DEFAULT_MIN ? s.maxpoll : POLL_DEFAULT_MIN;
	if (s.maxpoll > POLL_MAX)
		s.maxpoll = s.minpoll > POLL_DEFAULT_MAX ? s.minpoll : POLL_DEFAULT_MAX;
	if (s.minpoll > s.maxpoll) {
		error(p, "minpoll %d is above maxpoll %d", s.minpoll, s.maxpoll);
		return;
	}
	for (i = 0; i < p->config->nservers; i++) {
		const struct config_server *o = &p->config->servers[i];

		if (!strcasecmp(o->name, s.name) && o->port == s.port) {
			error(p, "%s was given before, in line %u", s.name, o->line);
			return;
		}
	}
	if (p->config->nservers == RAD_SERVERS_MAX) {
		error(p, "more than %d servers", RAD_SERVERS_MAX);
		return;
	}
	p->config->servers[p->config->nservers++] = s;
}

#define FIELD(f)	.offset = offsetof(struct config, f)
#define RANGE(lo, hi)	.min = (lo), .max = (hi)

static const struct directive directives[] = {
	{ "server", parse_server, .repeatable = true, .expects = "a host name or an address" },
	{ "pool", parse_server, .repeatable = true, .expects = "a host name" },
	{ "counter", parse_counter,
	  .expects = "tsc, hpet, acpi_pm, clocksource, xen, kvm, hyperv, arch or monotonic_raw" },
	{ "algorithm", parse_algorithm, .expects = "default or classic" },
	{ "stamps", parse_stamps, .expects = "kernel, user or auto" },
	{ "steer", parse_steer, .expects = "realtime" },
	{ "publish", parse_publish, .expects = "xenstore" },
	{ "makestep", parse_makestep, .expects = NULL },
	{ "maxslewrate", parse_double, FIELD(max_slew), RANGE(0.001, 100000),
	  .expects = "a rate from 0.001 to 100000 ppm" },
	{ "maxclockerror", parse_double, FIELD(max_clock_error), RANGE(0.001, 1000),
	  .expects = "a rate from 0.001 to 1000 ppm" },
	{ "maxdrift", parse_double, FIELD(max_drift), RANGE(0.1, 100000),
	  .expects = "a rate from 0.1 to 100000 ppm" },
	{ "maxerror", parse_double, FIELD(max_error), RANGE(1e-6, 10),
	  .expects = "a time from 1e-6 to 10 s" },
	{ "maxdistance", parse_double, FIELD(max_distance), RANGE(1e-3, 16),
	  .expects = "a time from 0.001 to 16 s" },
	{ "driftfile", parse_path, FIELD(drift_file), .max = CONFIG_PATH_MAX },
	{ "pagefile", parse_path, FIELD(page_file), .max = CONFIG_PATH_MAX },
	{ "stamplog", parse_path, FIELD(stamp_log), .max = CONFIG_PATH_MAX },
	{ "logfile", parse_path, FIELD(log_file), .max = CONFIG_PATH_MAX },
	{ "controlsocket", parse_path, FIELD(control_socket), .max = CONFIG_SOCKET_MAX },
	{ "pidfile", parse_path, FIELD(pid_file), .max = CONFIG_PATH_MAX },
	{ "user", parse_user, .expects = "a user name" },
	{ "seccomp", parse_bool, FIELD(seccomp), .expects = "yes or no" },
	{ "bindaddress", parse_bind, .repeatable = true,
	  .expects = "an IPv4 or IPv6 address of this host" },
	{ "port", parse_int, FIELD(port), RANGE(0, 65535),
	  .expects = "a source port from 1 to 65535, or 0 for another one each time" },
};

static void parse_line(struct parser *p, char *line, unsigned int *seen)
{
	const struct directive *d = NULL;
	unsigned int i, before;
	char *w;

	p->directive = NULL;
	p->rest = line;
	w = word(p);
	if (!w || strchr("%;!", *w))
		return;
	for (i = 0; i < ARRAY_SIZE(directives) && !d; i++)
		if (!strcasecmp(w, directives[i].name))
			d = &directives[i];
	if (!d) {
		error(p, "unknown directive \"%.80s\"", w);
		return;
	}
	p->directive = d->name;
	i = d - directives;
	if (seen[i] && !d->repeatable) {
		error(p, "was given before, in line %u", seen[i]);
		return;
	}
	seen[i] = p->line;
	before = p->errors;
	d->parse(p, d);
	if (p->errors == before) {
		w = word(p);
		if (w)
			refuse(p, "the end of the line", w);
	}
}

/* what no single line shows */
static void check_whole(struct parser *p)
{
	struct config *c = p->config;

	p->directive = NULL;
	p->line = 0;
	if (!c->nservers)
		error(p, "no server: expected at least one \"server HOST\" or \"pool NAME\"");
	if (c->steer_realtime && !config_without_module(c))
		error(p, "\"steer realtime\" needs \"counter monotonic_raw\"");
	if (c->publish_xenstore && config_without_module(c))
		error(p, "\"publish xenstore\" needs the module: not with \"counter monotonic_raw\"");
	if (config_without_module(c) && !c->page_file[0] && !c->steer_realtime)
		error(p, "neither a pagefile nor \"steer realtime\": nobody could read the clock");
}

static void set_defaults(struct config *c)
{
	memset(c, 0, sizeof(*c));
	c->seccomp = true;
	c->max_clock_error = 0.3;
	c->max_drift = 100;
	c->max_error = 0.1;
	c->max_distance = 3;
	c->max_slew = 5000;
	c->bind6 = in6addr_any;
	strcpy(c->drift_file, "/var/lib/radclock/drift");
	strcpy(c->page_file, RADCLOCK_PAGE_FILE);
	strcpy(c->control_socket, RADCLOCK_DAEMON_SOCKET);
	strcpy(c->pid_file, "/run/radclock/radclockd.pid");
}

unsigned int config_load(struct config *c, const char *path,
			 void (*complain)(const char *text))
{
	struct parser p = { .config = c, .path = path, .complain = complain };
	unsigned int seen[ARRAY_SIZE(directives)] = { 0 };
	char line[LINE_MAX_LEN];
	FILE *f;

	set_defaults(c);
	f = fopen(path, "re");
	if (!f) {
		snprintf(line, sizeof(line), "cannot read %.*s: %s", PATH_SHOWN, path,
			 strerror(errno));
		complain(line);
		return 1;
	}
	while (fgets(line, sizeof(line), f)) {
		size_t len = strlen(line);

		p.line++;
		p.directive = NULL;
		if (len == sizeof(line) - 1 && line[len - 1] != '\n') {
			error(&p, "the line is longer than %d characters", LINE_MAX_LEN - 2);
			while (fgets(line, sizeof(line), f) && !strchr(line, '\n'))
				;
			continue;
		}
		/* a NUL byte ends the string early: not a text file */
		if ((!len || line[len - 1] != '\n') && !feof(f)) {
			error(&p, "not a line of text");
			break;
		}
		while (len && strchr("\r\n", line[len - 1]))
			line[--len] = 0;
		parse_line(&p, line, seen);
	}
	if (ferror(f)) {
		p.directive = NULL;
		error(&p, "%s", strerror(errno));
	}
	fclose(f);
	if (!p.errors)
		check_whole(&p);
	return p.errors;
}
