/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Host names to addresses without ever blocking the loop: a small process
 * that was started before the sandbox closed forks one child a question.
 */
#ifndef RADCLOCKD_RESOLVE_H
#define RADCLOCKD_RESOLVE_H

#include <netinet/in.h>
#include <stddef.h>

#include "fixed.h"

#define RESOLVE_MAX_ADDRESSES	16
#define ADDRESS_TEXT_MAX	64

union address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/* @error: 0 or what to tell people */
typedef void (*resolve_done)(const char *name, const char *error,
			     const union address *list, unsigned int n);

/* as @user; return: 0 or a negative errno value; a second start does nothing */
int resolve_start(const char *user);
/* the answer, or a failure, comes to @done, never from within the call */
int resolve_ask(const char *name, resolve_done done);
/* forget the questions that are open */
void resolve_stop(void);
/* the process that resolves has died: only a new daemon can start one */
bool resolve_failed(void);

/* an address written as such needs nobody's help; port 0 */
bool resolve_literal(const char *text, union address *a);
void address_set_port(union address *a, unsigned int port);
unsigned int address_port(const union address *a);
size_t address_len(const union address *a);
/* address and port; not the scope, which a packet may lack */
bool address_equal(const union address *a, const union address *b);
/* without the port */
const char *address_text(const union address *a, char *buf, size_t len);

#endif
