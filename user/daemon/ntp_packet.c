// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "ntp_packet.h"

#define NTP_VERSION		4
#define NTP_MODE_CLIENT		3
#define NTP_MODE_SERVER		4
#define NTP_UNIX_OFFSET		2208988800LL	/* 1900 to 1970, s */
#define NTP_PIVOT		946684800LL	/* 2000-01-01, since 1970 */

#define NTP_EXTENSION_MIN	16
#define NTP_MAX_ROOT_DISTANCE	16.0		/* RFC 5905 MAXDISP, s */

/* servers blur the bits below their precision: transmit may seem earlier */
#define NTP_ORDER_SLACK		4295		/* 1 us in 2^-32 s */
#define NTP_ORDER_SLACK_MAX	4294967		/* 1 ms */

const char *ntp_verdict_text(enum ntp_verdict v)
{
	static const char *const texts[NTP_VERDICTS] = {
		[NTP_GOOD] = "good",
		[NTP_BAD_LENGTH] = "wrong length",
		[NTP_BAD_EXTENSION] = "malformed extension field",
		[NTP_BAD_MODE] = "not a server's reply",
		[NTP_BAD_VERSION] = "unknown NTP version",
		[NTP_BAD_ORIGIN] = "not an answer to our request",
		[NTP_KISS_DENY] = "the server refuses to serve us",
		[NTP_KISS_RATE] = "the server asks for fewer requests",
		[NTP_KISS_OTHER] = "kiss-o'-death",
		[NTP_BAD_UNSYNCHRONIZED] = "the server is not synchronized",
		[NTP_BAD_STRATUM] = "stratum above 15",
		[NTP_BAD_ROOT] = "absurd root delay or dispersion",
		[NTP_BAD_TIMESTAMP] = "receive or transmit time is missing",
		[NTP_BAD_ORDER] = "sent before it was received",
	};

	return (unsigned int)v < NTP_VERDICTS ? texts[v] : "?";
}

static u32 get32(const u8 *at)
{
	return (u32)at[0] << 24 | (u32)at[1] << 16 | (u32)at[2] << 8 | at[3];
}

u64 ntp_get_timestamp(const u8 *at)
{
	return (u64)get32(at) << 32 | get32(at + 4);
}

void ntp_build_request(u8 packet[NTP_HEADER_LEN], u64 nonce)
{
	int i;

	memset(packet, 0, NTP_HEADER_LEN);
	packet[0] = NTP_VERSION << 3 | NTP_MODE_CLIENT;
	for (i = 0; i < 8; i++)
		packet[NTP_TRANSMIT_OFFSET + i] = nonce >> (56 - 8 * i);
}

/* extension fields, then perhaps a MAC: none was asked for, all are passed over */
static bool tail_is_sane(const u8 *data, size_t len)
{
	while (len) {
		size_t field;

		/* crypto-NAK, MD5, SHA-1: key number and digest */
		if (len == 4 || len == 20 || len == 24)
			return true;
		if (len < NTP_EXTENSION_MIN)
			return false;
		field = data[2] << 8 | data[3];
		if (field < NTP_EXTENSION_MIN || field % 4 || field > len)
			return false;
		data += field;
		len -= field;
	}
	return true;
}

static void parse(const u8 *d, struct ntp_packet *p)
{
	p->leap = d[0] >> 6;
	p->version = d[0] >> 3 & 7;
	p->mode = d[0] & 7;
	p->stratum = d[1];
	p->poll = (signed char)d[2];
	p->precision = (signed char)d[3];
	p->root_delay = get32(d + 4) / 65536.0;
	p->root_dispersion = get32(d + 8) / 65536.0;
	p->refid = get32(d + 12);
	p->reference = ntp_get_timestamp(d + 16);
	p->origin = ntp_get_timestamp(d + NTP_ORIGIN_OFFSET);
	p->receive = ntp_get_timestamp(d + 32);
	p->transmit = ntp_get_timestamp(d + NTP_TRANSMIT_OFFSET);
}

static enum ntp_verdict check_kiss(u32 code)
{
	switch (code) {
	case 0x44454e59:	/* DENY */
	case 0x52535452:	/* RSTR */
		return NTP_KISS_DENY;
	case 0x52415445:	/* RATE */
		return NTP_KISS_RATE;
	}
	return NTP_KISS_OTHER;
}

static bool in_order(const struct ntp_packet *p)
{
	s64 slack = NTP_ORDER_SLACK;

	if (p->precision > -32 && p->precision < 0)
		slack += 1LL << (32 + p->precision);
	if (slack > NTP_ORDER_SLACK_MAX)
		slack = NTP_ORDER_SLACK_MAX;
	/* the difference is right across the end of an era */
	return (s64)(p->transmit - p->receive) >= -slack;
}

enum ntp_verdict ntp_check_reply(const u8 *data, size_t len, u64 nonce,
				 struct ntp_packet *p)
{
	if (len < NTP_HEADER_LEN || len > NTP_PACKET_MAX || len % 4)
		return NTP_BAD_LENGTH;
	parse(data, p);
	if (!tail_is_sane(data + NTP_HEADER_LEN, len - NTP_HEADER_LEN))
		return NTP_BAD_EXTENSION;
	if (p->mode != NTP_MODE_SERVER)
		return NTP_BAD_MODE;
	if (p->version < 3 || p->version > 4)
		return NTP_BAD_VERSION;
	if (!nonce || p->origin != nonce)
		return NTP_BAD_ORIGIN;
	if (!p->stratum)
		return check_kiss(p->refid);
	if (p->leap == NTP_LEAP_UNSYNC || p->stratum == NTP_STRATUM_MAX + 1)
		return NTP_BAD_UNSYNCHRONIZED;
	if (p->stratum > NTP_STRATUM_MAX)
		return NTP_BAD_STRATUM;
	if (p->root_delay / 2 + p->root_dispersion >= NTP_MAX_ROOT_DISTANCE)
		return NTP_BAD_ROOT;
	if (!p->receive || !p->transmit)
		return NTP_BAD_TIMESTAMP;
	if (!in_order(p))
		return NTP_BAD_ORDER;
	return NTP_GOOD;
}

struct rad_time ntp_to_time(u64 timestamp)
{
	u32 since_pivot = (u32)(timestamp >> 32) - (u32)(NTP_PIVOT + NTP_UNIX_OFFSET);
	struct rad_time t = { NTP_PIVOT + since_pivot, (timestamp & 0xffffffff) << 32 };

	return t;
}

const char *ntp_refid_text(u32 refid, u8 stratum, char *buf, size_t len)
{
	u8 c[4] = { refid >> 24, refid >> 16, refid >> 8, refid };
	size_t n;

	/* up to four letters, and then nothing more */
	for (n = 0; n < 4 && (isalnum(c[n]) || c[n] == '-' || c[n] == '.'); n++)
		;
	if (stratum <= 1 && n && !(refid << (4 * n) << (4 * n)))
		snprintf(buf, len, "%.*s", (int)n, (const char *)c);
	else
		snprintf(buf, len, "%u.%u.%u.%u", c[0], c[1], c[2], c[3]);
	return buf;
}
