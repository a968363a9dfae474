/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NTPv4 packets of a client (RFC 5905, with the data minimisation of
 * draft-ietf-ntp-data-minimization): build, parse, judge. No I/O.
 */
#ifndef RADCLOCKD_NTP_PACKET_H
#define RADCLOCKD_NTP_PACKET_H

#include <stddef.h>

#include "fixed.h"

#define NTP_PORT		123
#define NTP_HEADER_LEN		48
/* of a reply with as many extension fields as anybody sends unasked */
#define NTP_PACKET_MAX		1024
#define NTP_ORIGIN_OFFSET	24
#define NTP_TRANSMIT_OFFSET	40

#define NTP_LEAP_UNSYNC		3
#define NTP_STRATUM_MAX		15

/* all that a reply says, in host order */
struct ntp_packet {
	u8 leap;
	u8 version;
	u8 mode;
	u8 stratum;
	s32 poll;
	s32 precision;		/* log2 s */
	double root_delay;	/* s */
	double root_dispersion;
	u32 refid;
	u64 reference;		/* 32.32 s since 1900 */
	u64 origin;
	u64 receive;
	u64 transmit;
};

/*
 * What is wrong with a reply. Up to NTP_BAD_ORIGIN nothing shows that it came
 * from the server we asked: drop it and wait on. After that the exchange is
 * over.
 */
enum ntp_verdict {
	NTP_GOOD,
	NTP_BAD_LENGTH,
	NTP_BAD_EXTENSION,
	NTP_BAD_MODE,
	NTP_BAD_VERSION,
	NTP_BAD_ORIGIN,
	NTP_KISS_DENY,
	NTP_KISS_RATE,
	NTP_KISS_OTHER,
	NTP_BAD_UNSYNCHRONIZED,
	NTP_BAD_STRATUM,
	NTP_BAD_ROOT,
	NTP_BAD_TIMESTAMP,
	NTP_BAD_ORDER,
	NTP_VERDICTS,
};

const char *ntp_verdict_text(enum ntp_verdict v);

static inline bool ntp_verdict_is_ours(enum ntp_verdict v)
{
	return v == NTP_GOOD || v > NTP_BAD_ORIGIN;
}

/*
 * A request that says nothing about us: the only field set is the transmit
 * timestamp, which is @nonce and no time.
 */
void ntp_build_request(u8 packet[NTP_HEADER_LEN], u64 nonce);

/**
 * ntp_check_reply() - parse and judge
 * @data: what came
 * @len: its length
 * @nonce: of the request; 0: none is open, nothing fits
 * @p: written when the length is good
 */
enum ntp_verdict ntp_check_reply(const u8 *data, size_t len, u64 nonce,
				 struct ntp_packet *p);

/* origin or transmit timestamp of a header seen elsewhere */
u64 ntp_get_timestamp(const u8 *at);

/*
 * Seconds since 1970. NTP seconds wrap in 2036: they are taken for the years
 * 2000 to 2136.
 */
struct rad_time ntp_to_time(u64 timestamp);

/* the refid as people write it; @buf of 16 bytes at least */
const char *ntp_refid_text(u32 refid, u8 stratum, char *buf, size_t len);

#endif
