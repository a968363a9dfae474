/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The NTP client: one source for each server and each address of a pool. It
 * decides when to ask, and makes exchanges out of packets and stamps.
 */
#ifndef RADCLOCKD_NTP_CLIENT_H
#define RADCLOCKD_NTP_CLIENT_H

#include "clock.h"
#include "ntp_packet.h"
#include "poll_control.h"
#include "resolve.h"

enum source_state {
	SOURCE_FREE,
	SOURCE_UNRESOLVED,	/* its name has no address yet */
	SOURCE_ACTIVE,
	SOURCE_DENIED,		/* the server refuses to serve us */
};

/* who stamped an exchange */
enum stamp_kind { STAMP_BY_USER, STAMP_BY_KERNEL };

/**
 * struct ntp_exchange - a request and its reply
 * @nonce: what makes the reply ours; 0: no exchange is open
 * @tx_user: counter before the request was sent
 * @rx_user: counter after the reply was read
 * @tx_kernel: as the request left, when @have_tx
 * @rx_kernel: as the reply arrived, when @have_rx
 * @reply: what the server said, when @replied
 */
struct ntp_exchange {
	u64 nonce;
	struct clock_value tx_user;
	struct clock_value rx_user;
	struct clock_value tx_kernel;
	struct clock_value rx_kernel;
	bool have_tx;
	bool have_rx;
	bool replied;
	struct ntp_packet reply;
};

struct source_counts {
	u64 sent;
	u64 good;
	u64 missed;		/* no valid reply in time */
	u64 kernel_stamped;
	u64 dropped[NTP_VERDICTS];
};

struct ntp_source {
	enum source_state state;
	struct config_server config;
	union address address;
	char text[CONFIG_NAME_MAX + ADDRESS_TEXT_MAX];	/* for people */
	bool literal;		/* the configuration gives an address */
	bool asked;		/* for its name */
	struct poll_control poll;
	struct ntp_exchange exchange;
	struct loop_fd socket;	/* fd -1: none */
	struct loop_timer next;	/* exchange, or look-up */
	struct loop_timer wait;	/* for a reply, or for stamps */
	unsigned int failures;	/* look-ups, or exchanges since it was lost */
	int last_error;		/* of sending, told once */
	struct ntp_packet last;	/* last good reply */
	s64 last_good;		/* CLOCK_MONOTONIC; 0: never */
	enum stamp_kind last_kind;
	double offset;		/* of the server against our clock, s; or not a number */
	struct source_counts counts;
};

extern struct ntp_source ntp_sources[RAD_SERVERS_MAX];

void ntp_client_start(const struct config *c, const struct clock_ops *clock);
/* sources that are still configured go on */
void ntp_client_reconfigure(const struct config *c);
/* the past is void: drop what is open, ask again quickly */
void ntp_client_restart(void);
void ntp_client_stop(void);

/* the kernel stamped a packet that carried @nonce */
void ntp_client_stamped(u64 nonce, bool out, const struct clock_value *v);

/* told by the client (engine.c) */

/* an exchange is complete, s->last and s->last_kind are its; return: polling may slow down */
bool engine_exchange(struct ntp_source *s, u64 ta, u64 tf, const struct clock_era *era);
void engine_unreachable(unsigned int source);
/* the source has another address now, or is gone */
void engine_forget(unsigned int source);
/* it was taken out of the configuration */
void engine_remove(unsigned int source);

#endif
