// SPDX-License-Identifier: GPL-2.0-only
/*
 * NTP packets: what is sent, and every reason to refuse a reply.
 */
#include <string.h>

#include "../ktap.h"
#include "../../user/daemon/ntp_packet.c"

#define NONCE	0x0123456789abcdefULL
#define NOW	0xe0000000deadbeefULL	/* of 2019 */

static u8 packet[2 * NTP_PACKET_MAX];

static void put32(u8 *at, u32 v)
{
	at[0] = v >> 24;
	at[1] = v >> 16;
	at[2] = v >> 8;
	at[3] = v;
}

static void put64(u8 *at, u64 v)
{
	put32(at, v >> 32);
	put32(at + 4, (u32)v);
}

static void good_reply(void)
{
	memset(packet, 0, sizeof(packet));
	packet[0] = 4 << 3 | 4;
	packet[1] = 2;
	packet[2] = 6;
	packet[3] = (u8)-23;
	put32(packet + 4, 0x0800);	/* root delay 1/32 s */
	put32(packet + 8, 0x0400);	/* root dispersion 1/64 s */
	put32(packet + 12, 0x0a000001);
	put64(packet + 16, NOW - (5ULL << 32));
	put64(packet + 24, NONCE);
	put64(packet + 32, NOW);
	put64(packet + 40, NOW + 0x10000);
}

static enum ntp_verdict check(size_t len)
{
	struct ntp_packet p;

	return ntp_check_reply(packet, len, NONCE, &p);
}

/* a good reply with one thing changed */
struct change {
	const char *name;
	int at;			/* offset; -1: none */
	int bytes;		/* 1, 4 or 8 */
	u64 value;
	size_t len;		/* 0: 48 */
	enum ntp_verdict verdict;
};

static const struct change changes[] = {
	{ "a good reply", -1, 0, 0, 0, NTP_GOOD },
	{ "version 3", 0, 1, 3 << 3 | 4, 0, NTP_GOOD },
	{ "leap second announced", 0, 1, 1 << 6 | 4 << 3 | 4, 0, NTP_GOOD },
	{ "stratum 15", 1, 1, 15, 0, NTP_GOOD },
	{ "transmit slightly before receive: blurred bits", 40, 8, NOW - 1000, 0, NTP_GOOD },
	{ "empty", -1, 0, 0, 0, NTP_GOOD },	/* its length is set below */
	{ "47 bytes", -1, 0, 0, 47, NTP_BAD_LENGTH },
	{ "50 bytes", -1, 0, 0, 50, NTP_BAD_LENGTH },
	{ "too long", -1, 0, 0, NTP_PACKET_MAX + 4, NTP_BAD_LENGTH },
	{ "version 2", 0, 1, 2 << 3 | 4, 0, NTP_BAD_VERSION },
	{ "version 5", 0, 1, 5 << 3 | 4, 0, NTP_BAD_VERSION },
	{ "mode 3, our own request", 0, 1, 4 << 3 | 3, 0, NTP_BAD_MODE },
	{ "mode 5, broadcast", 0, 1, 4 << 3 | 5, 0, NTP_BAD_MODE },
	{ "mode 6, control", 0, 1, 4 << 3 | 6, 0, NTP_BAD_MODE },
	{ "another origin", 24, 8, NONCE + 1, 0, NTP_BAD_ORIGIN },
	{ "origin 0", 24, 8, 0, 0, NTP_BAD_ORIGIN },
	{ "leap 3", 0, 1, 3 << 6 | 4 << 3 | 4, 0, NTP_BAD_UNSYNCHRONIZED },
	{ "stratum 16", 1, 1, 16, 0, NTP_BAD_UNSYNCHRONIZED },
	{ "stratum 17", 1, 1, 17, 0, NTP_BAD_STRATUM },
	{ "stratum 255", 1, 1, 255, 0, NTP_BAD_STRATUM },
	{ "root delay 60 s", 4, 4, 60 << 16, 0, NTP_BAD_ROOT },
	{ "root dispersion 16 s", 8, 4, 16 << 16, 0, NTP_BAD_ROOT },
	{ "root delay of all ones", 4, 4, 0xffffffff, 0, NTP_BAD_ROOT },
	{ "no receive time", 32, 8, 0, 0, NTP_BAD_TIMESTAMP },
	{ "no transmit time", 40, 8, 0, 0, NTP_BAD_TIMESTAMP },
	{ "transmit 1 s before receive", 40, 8, NOW - (1ULL << 32), 0, NTP_BAD_ORDER },
	{ "transmit 10 us before receive", 40, 8, NOW - 43000, 0, NTP_BAD_ORDER },
};

static void test_changes(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		const struct change *c = &changes[i];
		enum ntp_verdict v;

		good_reply();
		if (c->bytes == 1)
			packet[c->at] = (u8)c->value;
		else if (c->bytes == 4)
			put32(packet + c->at, (u32)c->value);
		else if (c->bytes == 8)
			put64(packet + c->at, c->value);
		if (!strcmp(c->name, "empty")) {
			ktap_ok(check(0) == NTP_BAD_LENGTH, "empty: wrong length");
			continue;
		}
		v = check(c->len ? c->len : NTP_HEADER_LEN);
		ktap_okf(v == c->verdict, "%s: %s", c->name, ntp_verdict_text(v));
	}
}

static enum ntp_verdict kiss(const char *code, u64 nonce)
{
	struct ntp_packet p;

	good_reply();
	packet[0] |= 3 << 6;
	packet[1] = 0;
	memcpy(packet + 12, code, 4);
	return ntp_check_reply(packet, NTP_HEADER_LEN, nonce, &p);
}

static void test_kiss(void)
{
	ktap_ok(kiss("DENY", NONCE) == NTP_KISS_DENY, "kiss DENY");
	ktap_ok(kiss("RSTR", NONCE) == NTP_KISS_DENY, "kiss RSTR");
	ktap_ok(kiss("RATE", NONCE) == NTP_KISS_RATE, "kiss RATE");
	ktap_ok(kiss("XYZZ", NONCE) == NTP_KISS_OTHER, "unknown kiss");
	ktap_ok(kiss("DENY", NONCE + 1) == NTP_BAD_ORIGIN, "a forged kiss is not heeded");
	ktap_ok(kiss("RATE", 0) == NTP_BAD_ORIGIN, "nor one that nobody asked for");
}

static enum ntp_verdict tail(const char *what, size_t len)
{
	good_reply();
	if (what)
		memcpy(packet + NTP_HEADER_LEN, what, 4);
	return check(NTP_HEADER_LEN + len);
}

static void test_tail(void)
{
	ktap_ok(tail("\x01\x04\x00\x10", 16) == NTP_GOOD, "an extension field is passed over");
	ktap_ok(tail("\x01\x04\x00\x10", 16 + 20) == NTP_GOOD, "and a MAC after it");
	ktap_ok(tail(NULL, 20) == NTP_GOOD, "a MAC alone");
	ktap_ok(tail(NULL, 4) == NTP_GOOD, "a crypto-NAK");
	ktap_ok(tail("\x01\x04\x00\x00", 28) == NTP_BAD_EXTENSION, "a field of length 0");
	ktap_ok(tail("\x01\x04\x00\x12", 28) == NTP_BAD_EXTENSION, "a field of odd length");
	ktap_ok(tail("\x01\x04\x00\x40", 28) == NTP_BAD_EXTENSION, "a field beyond the end");
	ktap_ok(tail("\x01\x04\x00\x10", 16 + 12) == NTP_BAD_EXTENSION, "a rest that is nothing");
}

static void test_request(void)
{
	static const u8 zeros[NTP_TRANSMIT_OFFSET - 1];
	u8 request[NTP_HEADER_LEN];
	struct ntp_packet p;

	memset(request, 0xff, sizeof(request));
	ntp_build_request(request, NONCE);
	ktap_ok(request[0] == 0x23, "a request is version 4, mode 3");
	ktap_ok(!memcmp(request + 1, zeros, sizeof(zeros)), "it says nothing else");
	ktap_ok(ntp_get_timestamp(request + NTP_TRANSMIT_OFFSET) == NONCE, "but the nonce");
	ktap_ok(ntp_check_reply(request, sizeof(request), NONCE, &p) == NTP_BAD_MODE,
		"an echo of it is no reply");
}

static bool at(u64 timestamp, s64 sec, u64 frac)
{
	struct rad_time t = ntp_to_time(timestamp);

	return t.sec == sec && t.frac == frac;
}

static void test_eras(void)
{
	struct ntp_packet p;

	ktap_ok(at(2208988800ULL << 32, 4294967296LL, 0), "the pivot: 1970 reads as 2106");
	ktap_ok(at((946684800ULL + 2208988800ULL) << 32, 946684800, 0), "2000-01-01");
	ktap_ok(at(0xffffffffffffffffULL, 2085978495, 0xffffffff00000000ULL),
		"the last moment of era 0, in 2036");
	ktap_ok(at(1, 2085978496, 1ULL << 32), "the first of era 1");
	ktap_ok(at(0xbc17c1ffULL << 32 | 0x80000000, 5241652095LL, 0x8000000000000000ULL),
		"the last second before the pivot is of 2136");
	good_reply();
	put64(packet + 32, 0xffffffffffffff00ULL);
	put64(packet + 40, 0x100);
	ktap_ok(ntp_check_reply(packet, NTP_HEADER_LEN, NONCE, &p) == NTP_GOOD,
		"a reply across the end of the era is in order");
}

static bool refid(u32 id, u8 stratum, const char *text)
{
	char buf[16];

	return !strcmp(ntp_refid_text(id, stratum, buf, sizeof(buf)), text);
}

static void test_refid(void)
{
	ktap_ok(refid(0x47505300, 1, "GPS"), "refid of a stratum 1 is a name");
	ktap_ok(refid(0x0a000001, 2, "10.0.0.1"), "of others an address");
	ktap_ok(refid(0x7f7f0101, 1, "127.127.1.1"), "what is not a name is an address, too");
	ktap_ok(refid(0x1b5b324a, 1, "27.91.50.74"), "nothing reaches the terminal");
}

/* whatever comes: no crash, and only what answers the request is believed */
static void test_noise(void)
{
	u64 seed = 42;
	bool kept = true;
	unsigned int i, j;

	for (i = 0; i < 300000; i++) {
		size_t len;
		u8 *copy;
		struct ntp_packet p;
		enum ntp_verdict v;

		good_reply();
		for (j = 0; j < 1 + i % 5; j++) {
			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			packet[(seed >> 33) % 128] = (u8)(seed >> 56);
		}
		len = i % 3 ? NTP_HEADER_LEN + (seed >> 40) % 80 : (seed >> 40) % NTP_PACKET_MAX;
		copy = malloc(len + 1);		/* a read behind it shows */
		memcpy(copy + 1, packet, len);
		v = ntp_check_reply(copy + 1, len, NONCE, &p);
		if (ntp_verdict_is_ours(v))
			kept &= p.origin == NONCE && p.mode == 4;
		free(copy);
	}
	ktap_ok(kept, "300000 mangled replies");
}

int main(void)
{
	ktap_plan((int)(sizeof(changes) / sizeof(changes[0])) + 6 + 8 + 4 + 6 + 4 + 1);
	test_changes();
	test_kiss();
	test_tail();
	test_request();
	test_eras();
	test_refid();
	test_noise();
	return ktap_end();
}
