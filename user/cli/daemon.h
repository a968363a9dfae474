/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RADCLOCK_CLI_DAEMON_H
#define RADCLOCK_CLI_DAEMON_H

struct json_object;

/*
 * Ask the daemon: one line to its socket, JSON back. NULL after a complaint on
 * stderr.
 */
struct json_object *daemon_ask(const char *socket_path, const char *question);

#endif /* RADCLOCK_CLI_DAEMON_H */
