// SPDX-License-Identifier: GPL-2.0-only
/*
 * common/xennode.h: what is written is read back, and a text from anybody is
 * either a well-formed one, then writing it again gives it, or refused.
 */
#include <stdint.h>
#include <stdlib.h>

#include "ktap.h"
#include "random.h"
#include "xennode.h"

#define ROUNDS		20000
#define MUTATIONS	400000

/* small and large ones alike */
static u64 number(void)
{
	return rnd() >> (rnd() & 63);
}

static struct rad_xennode any(void)
{
	struct rad_xennode n = {
		.host = "12345678-9abc-def0-1234-56789abcdef0", .counter = "xen",
		.origin = "xen-system-time", .hz = number(), .generation = number(),
		.updates = number(), .written = number(), .running = rnd() & 1,
		.status = rnd() % RAD_XENNODE_STATUSES, .period_shift = rnd() % 64,
		.smeared = rnd() & 1, .leap_delta = (signed char)(rnd() % 3) - 1,
		.line = { number(), (s64)number(), number(), number() },
		.period_diff = number(), .maxerror_ns = number(), .esterror_ns = number(),
		.maxerror_rate = number(), .esterror_rate = number(),
		.holdover_counter = number(), .void_counter = number(),
		.leap_counter = number(),
	};

	n.tai_valid = rnd() & 1;
	if (n.tai_valid)
		n.tai_offset = (s32)(rnd() % 2001) - 1000;
	return n;
}

/* on the heap, without a NUL behind it: the sanitizer sees a step beyond */
static int parse(const char *text, size_t len, struct rad_xennode *n, const char **bad)
{
	char *copy = malloc(len ? len : 1);
	int err;

	memcpy(copy, text, len);
	err = rad_xennode_parse(copy, len, n, bad);
	free(copy);
	return err;
}

static bool same(const struct rad_xennode *a, const struct rad_xennode *b)
{
	return !strcmp(a->host, b->host) && !strcmp(a->counter, b->counter) &&
	       !strcmp(a->origin, b->origin) && a->hz == b->hz &&
	       a->generation == b->generation && a->updates == b->updates &&
	       a->written == b->written && a->running == b->running &&
	       a->status == b->status && a->period_shift == b->period_shift &&
	       a->tai_valid == b->tai_valid && a->smeared == b->smeared &&
	       a->leap_delta == b->leap_delta && a->tai_offset == b->tai_offset &&
	       !memcmp(&a->line, &b->line, sizeof(a->line)) &&
	       a->period_diff == b->period_diff && a->maxerror_ns == b->maxerror_ns &&
	       a->esterror_ns == b->esterror_ns && a->maxerror_rate == b->maxerror_rate &&
	       a->esterror_rate == b->esterror_rate &&
	       a->holdover_counter == b->holdover_counter &&
	       a->void_counter == b->void_counter && a->leap_counter == b->leap_counter;
}

static void test_round_trip(void)
{
	unsigned int i, bad = 0, longest = 0;
	char text[RAD_XENNODE_MAX];
	struct rad_xennode n, back;
	const char *line;
	int len;

	for (i = 0; i < ROUNDS; i++) {
		n = any();
		len = rad_xennode_format(&n, text);
		if (len < 0 || parse(text, len, &back, &line) || !same(&n, &back))
			bad++;
		else if ((unsigned int)len > longest)
			longest = len;
	}
	ktap_okf(!bad, "%u of %u texts are not read as they were meant", bad, ROUNDS);
	ktap_okf(longest < RAD_XENNODE_MAX / 2, "the longest has %u bytes", longest);
}

static void test_not_formatted(void)
{
	char text[RAD_XENNODE_MAX];
	struct rad_xennode n = any();

	n.status = 5;
	ktap_ok(rad_xennode_format(&n, text) == -EINVAL, "an unknown status is not written");
	n = any();
	n.tai_valid = true;
	n.tai_offset = 1001;
	ktap_ok(rad_xennode_format(&n, text) == -EINVAL, "nor an absurd TAI offset");
	n = any();
	strcpy(n.counter, "two words");
	ktap_ok(rad_xennode_format(&n, text) == -EINVAL, "nor a name with a blank");
	n = any();
	n.host[0] = 0;
	ktap_ok(rad_xennode_format(&n, text) == -EINVAL, "nor no name");
}

static const char good[] =
	"radclock 1\nhost 0f\ncounter xen\norigin xen-system-time\nhz 1000000000\n"
	"generation 17\nupdates 12\nwritten 100000000000\nwriter running\n"
	"status synchronized\nanchor 99000000000\ntime 0000000069abcdef.8000000000000000\n"
	"period 44b82fa09b5a52cb 28\ndiff_period 44b82fa09b5a52cb\nbound_ns 5000\n"
	"sigma_ns 100\nbound_rate 0000000000001000\nsigma_rate 0000000000000100\n"
	"holdover 400000000000\nvoid 900000000000\nleap 0 0\ntai 37\nsmeared no\nend\n";

/* the text with @from replaced by @to */
static int parse_with(const char *from, const char *to, const char **bad)
{
	char text[2 * RAD_XENNODE_MAX];
	const char *at = strstr(good, from);
	struct rad_xennode n;
	int len;

	if (!at)
		ktap_die("no \"%s\" in the text", from);
	len = snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good, to,
		       at + strlen(from));
	return parse(text, len, &n, bad);
}

static const struct {
	const char *from, *to;
	int err;
	const char *bad;
} changes[] = {
	{ "radclock 1", "radclock 2", -EPROTONOSUPPORT, "radclock" },
	{ "radclock 1", "radclock 10", -EPROTONOSUPPORT, "radclock" },
	{ "radclock 1", "radclock 01", -EINVAL, "radclock" },
	{ "radclock 1", "radclock", -EINVAL, "radclock" },
	{ "radclock 1", " radclock 1", -EINVAL, "radclock" },
	{ "radclock 1\n", "radclock 1\r\n", -EINVAL, "radclock" },
	{ "radclock 1\n", "", -EINVAL, "radclock" },
	{ "host 0f", "host ", -EINVAL, "host" },
	{ "host 0f", "host 0F", -EINVAL, "host" },
	{ "host 0f", "host 0123456789012345678901234567890123456", -EINVAL, "host" },
	{ "counter xen", "counter xen/..", -EINVAL, "counter" },
	{ "counter xen", "counter \xff", -EINVAL, "counter" },
	{ "origin xen", "origin  xen", -EINVAL, "origin" },
	{ "hz 1000000000", "hz -1", -EINVAL, "hz" },
	{ "hz 1000000000", "hz +1", -EINVAL, "hz" },
	{ "hz 1000000000", "hz 1e9", -EINVAL, "hz" },
	{ "hz 1000000000", "hz 0x1", -EINVAL, "hz" },
	{ "generation 17", "generation 18446744073709551616", -EINVAL, "generation" },
	{ "generation 17", "generation 99999999999999999999", -EINVAL, "generation" },
	{ "generation 17", "generation 18446744073709551615", 0, NULL },
	{ "generation 17", "generation 0", 0, NULL },
	{ "generation 17", "generation 00", -EINVAL, "generation" },
	{ "generation 17\n", "generation 17\ngeneration 17\n", -EINVAL, "updates" },
	{ "generation 17\nupdates 12\n", "updates 12\ngeneration 17\n", -EINVAL, "generation" },
	{ "writer running", "writer runnin", -EINVAL, "writer" },
	{ "status synchronized", "status Synchronized", -EINVAL, "status" },
	{ "status synchronized", "status 2", -EINVAL, "status" },
	{ "status synchronized", "status synchronizedsynchronized", -EINVAL, "status" },
	{ "status synchronized", "status disrupted", 0, NULL },
	{ "69abcdef.", "69ABCDEF.", -EINVAL, "time" },
	{ "69abcdef.", "69abcdef ", -EINVAL, "time" },
	{ "69abcdef.8000", "69abcdef.800", -EINVAL, "time" },
	{ "69abcdef.8000", "69abcdef.80000", -EINVAL, "time" },
	{ "period 44b82fa09b5a52cb 28", "period 44b82fa09b5a52cb 64", -EINVAL, "period" },
	{ "period 44b82fa09b5a52cb 28", "period 44b82fa09b5a52cb 4294967296", -EINVAL, "period" },
	{ "period 44b82fa09b5a52cb 28", "period 44b82fa09b5a52cb", -EINVAL, "period" },
	{ "leap 0 0", "leap -1 5", 0, NULL },
	{ "leap 0 0", "leap 1 5", 0, NULL },
	{ "leap 0 0", "leap 2 5", -EINVAL, "leap" },
	{ "leap 0 0", "leap -0 5", -EINVAL, "leap" },
	{ "leap 0 0", "leap 0", -EINVAL, "leap" },
	{ "tai 37", "tai none", 0, NULL },
	{ "tai 37", "tai -1000", 0, NULL },
	{ "tai 37", "tai 1001", -EINVAL, "tai" },
	{ "tai 37", "tai nonesuch", -EINVAL, "tai" },
	{ "smeared no", "smeared maybe", -EINVAL, "smeared" },
	{ "end\n", "", -EINVAL, "end" },
	{ "end\n", "end", -EINVAL, "end" },
	{ "end\n", "end\nend\n", -EINVAL, "end" },
	{ "end\n", "more 1\nend\n", -EINVAL, "end" },
};

static void test_changes(void)
{
	unsigned int i, wrong = 0;
	const char *bad;
	int err;

	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		bad = "";
		err = parse_with(changes[i].from, changes[i].to, &bad);
		if (err == changes[i].err && (!err || !strcmp(bad, changes[i].bad)))
			continue;
		ktap_say("\"%s\" -> \"%s\": %d, line %s", changes[i].from, changes[i].to, err,
			 bad);
		wrong++;
	}
	ktap_okf(!wrong, "%u of %u changed texts are taken for what they are not", wrong, i);
}

static void test_lengths(void)
{
	char text[4096];
	struct rad_xennode n;
	unsigned int i, taken = 0;
	const char *bad;

	for (i = 0; i < sizeof(good) - 1; i++)
		taken += !parse(good, i, &n, &bad);
	ktap_okf(!taken, "%u of %u beginnings of a text are taken", taken, i);
	ktap_ok(!parse(good, sizeof(good) - 1, &n, &bad), "the whole is");
	ktap_ok(parse(good, sizeof(good), &n, &bad) == -EINVAL && !strcmp(bad, "end"),
		"but not with a NUL behind it");
	memset(text, 'x', sizeof(text));
	ktap_ok(parse(text, sizeof(text), &n, &bad) == -EMSGSIZE, "a huge one is not looked at");
}

static void mutate(char *text, size_t *len)
{
	static const char alphabet[] = "0123456789abcdefxyz -._\n\0\xff";
	unsigned int kind = rnd() % 5;
	size_t at = *len ? rnd() % *len : 0, span = *len ? rnd() % (*len - at) % 40 : 0;

	switch (kind) {
	case 0:
		text[at] = alphabet[rnd() % (sizeof(alphabet) - 1)];
		break;
	case 1:
		text[at] ^= 1 << (rnd() & 7);
		break;
	case 2:	/* a piece goes */
		memmove(text + at, text + at + span, *len - at - span);
		*len -= span;
		break;
	case 3:	/* a piece comes twice */
		if (*len + span > RAD_XENNODE_MAX)
			break;
		memmove(text + at + span, text + at, *len - at);
		*len += span;
		break;
	case 4:
		text[at] = '0' + rnd() % 10;
		break;
	}
}

/* what is taken is the only text that says this */
static void test_mutations(void)
{
	char text[RAD_XENNODE_MAX + 1], again[RAD_XENNODE_MAX];
	unsigned int i, taken = 0, bad = 0;
	struct rad_xennode n;
	const char *line;
	size_t len = 0;
	int k;

	for (i = 0; i < MUTATIONS; i++) {
		if (!(i & 3)) {
			n = any();
			len = rad_xennode_format(&n, text);
		}
		for (k = rnd() & 3; k >= 0; k--)
			mutate(text, &len);
		if (parse(text, len, &n, &line))
			continue;
		taken++;
		k = rad_xennode_format(&n, again);
		bad += k != (int)len || memcmp(text, again, len);
	}
	ktap_okf(!bad && taken > MUTATIONS / 100 && taken < MUTATIONS,
		 "%u mutations: %u taken, %u of them say the same as another text", i, taken, bad);
}

int main(void)
{
	ktap_plan(12);
	test_round_trip();
	test_not_formatted();
	test_changes();
	test_lengths();
	test_mutations();
	return ktap_end();
}
