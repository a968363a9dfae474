/* SPDX-License-Identifier: GPL-2.0-only */
/* radclock.conf: see radclock.conf(5). */
#ifndef RADCLOCKD_CONFIG_H
#define RADCLOCKD_CONFIG_H

#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>

#include "estimator.h"

/* is libxenstore there? the Makefile says so */
#ifndef HAVE_XENSTORE
#define HAVE_XENSTORE		0
#endif

#define CONFIG_FILE		"/etc/radclock/radclock.conf"
#define CONFIG_NAME_MAX		256
#define CONFIG_PATH_MAX		256
#define CONFIG_SOCKET_MAX	108	/* of a unix socket's name */
#define CONFIG_POOL_SOURCES	4

struct config_server {
	char name[CONFIG_NAME_MAX];
	unsigned int line;
	bool pool;
	bool iburst;
	bool prefer;
	int minpoll;
	int maxpoll;
	int maxsources;		/* addresses of a pool */
	int port;
};

enum config_stamps { STAMPS_AUTO, STAMPS_KERNEL, STAMPS_USER };

/* an empty path means none */
struct config {
	struct config_server servers[RAD_SERVERS_MAX];
	unsigned int nservers;
	u32 counter;		/* enum radclock_counter_id; none: as it is */
	enum rad_algorithm algorithm;
	int stamps;		/* enum config_stamps */
	bool steer_realtime;
	bool publish_xenstore;
	bool seccomp;
	double max_clock_error;	/* ppm */
	double max_drift;	/* ppm */
	double max_error;	/* s */
	double max_distance;	/* s */
	double makestep_threshold;	/* s */
	int makestep_limit;	/* updates; 0: never steps, negative: always */
	double max_slew;	/* ppm */
	int port;		/* of our requests; 0: another each time */
	struct in_addr bind4;
	struct in6_addr bind6;
	char user[64];
	char drift_file[CONFIG_PATH_MAX];
	char page_file[CONFIG_PATH_MAX];
	char stamp_log[CONFIG_PATH_MAX];
	char log_file[CONFIG_PATH_MAX];
	char control_socket[CONFIG_SOCKET_MAX];
	char pid_file[CONFIG_PATH_MAX];
};

/* counter CLOCK_MONOTONIC_RAW: without the module */
static inline bool config_without_module(const struct config *c)
{
	return c->counter == RADCLOCK_COUNTER_ID_MONOTONIC_RAW;
}

/**
 * config_load() - read a configuration
 * @c: written; complete only on success
 * @path: the file
 * @complain: is given each error, "FILE:LINE: what is wrong"
 *
 * Return: the number of errors.
 */
unsigned int config_load(struct config *c, const char *path,
			 void (*complain)(const char *text));

#endif
