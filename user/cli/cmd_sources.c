// SPDX-License-Identifier: GPL-2.0-only
/*
 * radclock sources: the daemon's time servers.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "daemon.h"

static const char usage[] =
	"usage: radclock sources [OPTION]...\n\n"
	"Asks radclockd for its time servers.\n\n"
	"  -s, --socket PATH  the daemon's socket (default " RADCLOCK_DAEMON_SOCKET ")\n"
	"  -j, --json         print facts as JSON\n"
	"  -h, --help         print this\n";

/* what is not there is a dash */
static const char *text_of(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) && v ?
		json_object_get_string(v) : "-";
}

static const char *span_of(struct json_object *o, const char *key, char *buf,
			   size_t len, bool is_signed)
{
	struct json_object *v;
	int64_t ns;

	if (!json_object_object_get_ex(o, key, &v) || !v)
		return "-";
	ns = json_object_get_int64(v);
	return is_signed ? fmt_signed_ns(buf, len, ns) :
		fmt_ns(buf, len, (uint64_t)ns);
}

static const char *age_of(struct json_object *o, const char *key, char *buf,
			  size_t len)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v) || !v)
		return "-";
	return fmt_span(buf, len, json_object_get_double(v));
}

static void print_source(struct json_object *s)
{
	char age[32], delay[32], min_delay[32], offset[32];
	struct json_object *reach;
	char octal[16] = "-";

	/* eight bits, the latest poll on the right, as chronyc shows them */
	if (json_object_object_get_ex(s, "reach", &reach) && reach)
		snprintf(octal, sizeof(octal), "%03o",
			 (unsigned int)json_object_get_int(reach) & 0xff);
	printf("%-24s %-12s %3s %4s %5s %9s %12s %12s %12s\n",
	       text_of(s, "name"), text_of(s, "state"), text_of(s, "stratum"),
	       text_of(s, "poll"), octal,
	       age_of(s, "last_reply_age", age, sizeof(age)),
	       span_of(s, "delay_ns", delay, sizeof(delay), false),
	       span_of(s, "min_delay_ns", min_delay, sizeof(min_delay), false),
	       span_of(s, "offset_ns", offset, sizeof(offset), true));
}

static int print_sources(struct json_object *answer)
{
	struct json_object *list;
	size_t i;

	if (!json_object_object_get_ex(answer, "sources", &list) ||
	    !json_object_is_type(list, json_type_array)) {
		fprintf(stderr, "radclock: radclockd: %s\n", text_of(answer, "error"));
		return EXIT_NO;
	}
	printf("%-24s %-12s %3s %4s %5s %9s %12s %12s %12s\n", "server", "state",
	       "str", "poll", "reach", "last", "delay", "least delay", "offset");
	for (i = 0; i < json_object_array_length(list); i++)
		print_source(json_object_array_get_idx(list, i));
	return json_object_array_length(list) ? EXIT_YES : EXIT_NO;
}

int cmd_sources(int argc, char **argv)
{
	static const struct option own[] = {
		{ "socket", required_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 }
	};
	struct cli cli = { .usage = usage, .shorts = "s:" };
	const char *path = RADCLOCK_DAEMON_SOCKET;
	struct json_object *answer;
	int err = EXIT_YES;

	while (cli_getopt(&cli, argc, argv, own) != -1)
		path = optarg;
	if (cli_no_operands(&cli, argc, argv))
		return EXIT_USAGE;
	answer = daemon_ask(path, "sources");
	if (!answer)
		return EXIT_NO;
	if (cli.json) {
		cli_print_json(answer);
	} else {
		err = print_sources(answer);
		json_object_put(answer);
	}
	return err;
}
