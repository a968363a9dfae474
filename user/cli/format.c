// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers for people.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "cli.h"
#include "fixed.h"

static char *fmt_double_ns(char *buf, size_t len, double ns, const char *sign)
{
	static const struct {
		double unit;
		const char *name;
	} units[] = { { 1e9, "s" }, { 1e6, "ms" }, { 1e3, "us" } };
	size_t i;

	for (i = 0; i < 3; i++) {
		if (fabs(ns) >= units[i].unit) {
			snprintf(buf, len, "%s%.3f %s", sign,
				 ns / units[i].unit, units[i].name);
			return buf;
		}
	}
	snprintf(buf, len, "%s%.0f ns", sign, ns);
	return buf;
}

char *fmt_ns(char *buf, size_t len, uint64_t ns)
{
	if (ns == RADCLOCK_UNBOUNDED) {
		snprintf(buf, len, "unknown");
		return buf;
	}
	return fmt_double_ns(buf, len, (double)ns, "");
}

char *fmt_signed_ns(char *buf, size_t len, int64_t ns)
{
	return fmt_double_ns(buf, len, (double)ns, ns < 0 ? "" : "+");
}

char *fmt_span(char *buf, size_t len, double s)
{
	if (s < 0)
		snprintf(buf, len, "-%.3g s", -s);
	else if (s < 120)
		snprintf(buf, len, "%.1f s", s);
	else if (s < 7200)
		snprintf(buf, len, "%.1f min", s / 60);
	else if (s < 172800)
		snprintf(buf, len, "%.1f h", s / 3600);
	else
		snprintf(buf, len, "%.1f days", s / 86400);
	return buf;
}

char *fmt_utc(char *buf, size_t len, struct radclock_time t)
{
	struct timespec ts = radclock_timespec(t);
	struct tm tm;
	size_t n;

	if (!gmtime_r(&ts.tv_sec, &tm)) {
		snprintf(buf, len, "%jd.%09ld", (intmax_t)ts.tv_sec, ts.tv_nsec);
		return buf;
	}
	n = strftime(buf, len, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + n, len - n, ".%09ldZ", ts.tv_nsec);
	return buf;
}

/* seconds with 12 decimals, rounded down */
char *fmt_fixed(char *buf, size_t len, struct radclock_time t)
{
	uint64_t ps;

	if (t.sec < 0) {
		/* -(sec + frac) in sign and magnitude */
		struct rad_time z = { 0, 0 }, v = { t.sec, t.frac };

		v = rad_time_sub(z, v);
		ps = (uint64_t)(((rad_u128)v.frac * 1000000000000ULL) >> 64);
		snprintf(buf, len, "-%" PRIi64 ".%012" PRIu64, (int64_t)v.sec, ps);
		return buf;
	}
	ps = (uint64_t)(((rad_u128)t.frac * 1000000000000ULL) >> 64);
	snprintf(buf, len, "%" PRIi64 ".%012" PRIu64, t.sec, ps);
	return buf;
}

char *fmt_hz(char *buf, size_t len, double hz)
{
	if (hz >= 1e9)
		snprintf(buf, len, "%.9f GHz", hz / 1e9);
	else
		snprintf(buf, len, "%.6f MHz", hz / 1e6);
	return buf;
}

char *fmt_flags(char *buf, size_t len, uint32_t flags)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} names[] = {
		{ RADCLOCK_COUNTER_FLAG_USER, "user" },
		{ RADCLOCK_COUNTER_FLAG_NMI, "nmi" },
		{ RADCLOCK_COUNTER_FLAG_NARROW, "narrow" },
		{ RADCLOCK_COUNTER_FLAG_UNSTABLE, "unstable" },
	};
	size_t n = 0;
	size_t i;

	buf[0] = '\0';
	for (i = 0; i < sizeof(names) / sizeof(names[0]) && n < len; i++)
		if (flags & names[i].flag)
			n += (size_t)snprintf(buf + n, len - n, "%s%s",
					      n ? "," : "", names[i].name);
	if (!buf[0])
		snprintf(buf, len, "-");
	return buf;
}

const char *fmt_status(uint32_t status)
{
	return radclock_status_name(status) ?: "unknown";
}
