/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KTAP for tests in C:
 *
 *	ktap_plan(2);
 *	ktap_ok(x == 1, "x is one");
 *	ktap_okf(y < 5, "y is %d", y);
 *	return ktap_end();
 */
#ifndef RADCLOCK_KTAP_H
#define RADCLOCK_KTAP_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define KTAP_SKIP_STATUS	4

static int ktap_number, ktap_failed, ktap_planned;

static inline void ktap_plan(int n)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	ktap_planned = n;
	printf("KTAP version 1\n1..%d\n", n);
}

static inline void __attribute__((noreturn, format(printf, 1, 2)))
ktap_skip_all(const char *fmt, ...)
{
	va_list ap;

	printf("1..0 # SKIP ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	exit(KTAP_SKIP_STATUS);
}

static inline void __attribute__((noreturn, format(printf, 1, 2)))
ktap_die(const char *fmt, ...)
{
	va_list ap;

	printf("Bail out! ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	exit(1);
}

static inline void __attribute__((format(printf, 1, 2)))
ktap_say(const char *fmt, ...)
{
	va_list ap;

	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

static inline int __attribute__((format(printf, 2, 3)))
ktap_okf(int good, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d ", good ? "" : "not ", ++ktap_number);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	ktap_failed += !good;
	return good;
}

#define ktap_ok(good, name)						\
	({								\
		int __good = !!(good);					\
		if (!__good)						\
			ktap_say("%s:%d: not so: %s", __FILE__, __LINE__, #good); \
		ktap_okf(__good, "%s", name);				\
	})

static inline void ktap_skip(const char *name, const char *why)
{
	printf("ok %d %s # SKIP %s\n", ++ktap_number, name, why);
}

static inline int ktap_end(void)
{
	if (ktap_number != ktap_planned) {
		ktap_say("planned %d, did %d", ktap_planned, ktap_number);
		return 1;
	}
	return ktap_failed ? 1 : 0;
}

#endif
