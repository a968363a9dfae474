/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The estimator: NTP exchanges stamped with a raw counter in, the parameters
 * of a feed-forward clock out.
 *
 * No I/O, no global state, no allocation: the caller gives the memory. The
 * same calls give the same results. One object belongs to one thread at a
 * time. docs/estimator.md explains the method.
 */
#ifndef RADCLOCK_ESTIMATOR_H
#define RADCLOCK_ESTIMATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/radclock_netlink.h>

#include "fixed.h"

typedef __s8 s8;

/**
 * enum rad_stamp_flag - where the counter values of a stamp were taken
 * @RAD_STAMP_KERNEL_TX: &rad_stamp.ta by the kernel, as the packet left
 * @RAD_STAMP_KERNEL_RX: &rad_stamp.tf by the kernel, as the packet arrived
 */
enum rad_stamp_flag {
	RAD_STAMP_KERNEL_TX = 1 << 0,
	RAD_STAMP_KERNEL_RX = 1 << 1,
};

/**
 * struct rad_stamp - one exchange with a server
 * @ta: counter when the request left, ticks, extended to 64 bits
 * @tf: counter when the reply arrived, ticks
 * @tb: the server's receive time, s since 1970, UTC
 * @te: the server's transmit time
 * @root_delay: the server's own, s; 0 when not known
 * @root_dispersion: the server's own, s; 0 when not known
 * @precision: of the server's clock, s; 0 when not known
 * @host_noise: how late @ta and @tf may have been taken, s; 0 when not known
 * @refid: what the server follows; 0 when not known
 * @flags: enum rad_stamp_flag
 * @leap: leap indicator, 0 .. 3 (3: the server is not synchronized)
 * @stratum: 1 .. 15; 0 when not known, else the stamp is refused
 *
 * Any value is allowed in any field: what makes no sense is refused.
 */
struct rad_stamp {
	u64 ta;
	u64 tf;
	struct rad_time tb;
	struct rad_time te;
	double root_delay;
	double root_dispersion;
	double precision;
	double host_noise;
	u32 refid;
	u32 flags;
	u8 leap;
	u8 stratum;
};

/**
 * enum rad_feed - what became of a stamp
 * @RAD_FEED_ACCEPTED: used
 * @RAD_FEED_DISPUTED: well-formed, but what it says cannot be true together
 *	with what the server said before; kept aside, the bound covers both
 * @RAD_FEED_DUPLICATE: the same exchange again
 * @RAD_FEED_ORDER: older than the last one
 * @RAD_FEED_CAUSALITY: arrived before it left, or stayed in the server for
 *	longer than it was away
 * @RAD_FEED_RANGE: a value outside of what can be computed with (before
 *	1970, after year 4000, a round trip above 10 s, not a number)
 * @RAD_FEED_UNSYNCHRONIZED: the server says that it is not synchronized
 * @RAD_FEED_RESULTS: number of results
 */
enum rad_feed {
	RAD_FEED_ACCEPTED,
	RAD_FEED_DISPUTED,
	RAD_FEED_DUPLICATE,
	RAD_FEED_ORDER,
	RAD_FEED_CAUSALITY,
	RAD_FEED_RANGE,
	RAD_FEED_UNSYNCHRONIZED,
	RAD_FEED_RESULTS,
};

/**
 * enum rad_algorithm - how the parameters are found
 * @RAD_ALGORITHM_DEFAULT: intervals through a bank of truncated filters
 * @RAD_ALGORITHM_CLASSIC: Veitch, Ridoux, Korada, IEEE/ACM ToN 17(2), 2009
 */
enum rad_algorithm {
	RAD_ALGORITHM_DEFAULT,
	RAD_ALGORITHM_CLASSIC,
};

/**
 * struct rad_config - what an estimator is told beforehand
 * @counter_hz: nominal rate of the counter, Hz: 32e3 .. 1e10; 0: it is taken
 *	from the first stamps (nothing is promised until two of them agree)
 * @max_rate_error: how far the rate may be from @counter_hz; 1e-4 when 0
 * @max_instability: how much the rate may change from hour to hour by other
 *	means than the learnt random walk (temperature); 3e-7 when 0
 * @sync_error: a bound below this is worth the word synchronized, s; 0.1
 *	when 0. For a far server it is raised to two of its least round trips
 * @void_error: nothing is promised above this, s; 10 when 0
 * @poll: expected spacing of stamps, s; learnt from them when 0
 * @algorithm: which
 * @tai_offset: TAI - UTC, s, when @tai_valid
 * @tai_valid: @tai_offset is known
 *
 * The bound holds as long as the oscillator keeps to @max_rate_error and
 * @max_instability.
 */
struct rad_config {
	double counter_hz;
	double max_rate_error;
	double max_instability;
	double sync_error;
	double void_error;
	double poll;
	enum rad_algorithm algorithm;
	s32 tai_offset;
	bool tai_valid;
};

/**
 * struct rad_estimate - the clock, as the kernel's set-estimate takes it
 * @counter: anchor, ticks
 * @time: absolute clock (UTC) at @counter
 * @period: of the absolute clock, 2^-(64 + @period_shift) s per tick
 * @period_diff: of the difference clock, same unit
 * @period_shift: 0 .. 63
 * @status: enum radclock_status
 * @leap_delta: 1 a second is inserted at @leap_counter, -1 one is deleted,
 *	0 none is known
 * @flags: enum radclock_params_flag
 * @tai_offset: TAI - UTC, s
 * @maxerror_ns: bound at @counter, rounded up
 * @esterror_ns: one sigma at @counter, rounded up
 * @maxerror_rate: growth of the bound, unit of @period
 * @esterror_rate: growth of one sigma, unit of @period
 * @holdover_counter: from here on the clock is in holdover
 * @void_counter: from here on nothing is promised
 * @leap_counter: tick of the leap
 * @period_s: @period in s per tick
 * @maxerror: as @maxerror_ns, s
 * @esterror: as @esterror_ns, s
 * @maxerror_growth: s per s
 * @esterror_growth: s per s
 *
 * Each reading of the clock at T is within @maxerror + growth * (T -
 * @counter) * @period_s of UTC until @void_counter.
 */
struct rad_estimate {
	u64 counter;
	struct rad_time time;
	u64 period;
	u64 period_diff;
	u8 period_shift;
	u8 status;
	s8 leap_delta;
	u8 flags;
	s32 tai_offset;
	u64 maxerror_ns;
	u64 esterror_ns;
	u64 maxerror_rate;
	u64 esterror_rate;
	u64 holdover_counter;
	u64 void_counter;
	u64 leap_counter;
	double period_s;
	double maxerror;
	double esterror;
	double maxerror_growth;
	double esterror_growth;
};

/**
 * struct rad_info - what an estimator has learnt, for people
 * @fed: stamps by result, index enum rad_feed
 * @min_rtt: least round trip of the present path, s
 * @last_rtt: of the last stamp, s
 * @jitter_out: typical excess delay to the server, s
 * @jitter_in: and back
 * @asymmetry: learnt change of (out - in) since the start, s
 * @wander: random walk of the oscillator's rate, per square root of a second
 * @rate_error: counter's rate against nominal
 * @rate_sigma: one sigma of it
 * @host_noise: learnt noise of the stamps themselves, s
 * @poll: learnt spacing of the stamps, s
 * @up_shifts: times the path was found to have become longer
 * @down_shifts: and shorter
 * @disputes: times the server contradicted itself
 * @disruptions: calls of rad_estimator_disrupt()
 * @last_counter: &rad_stamp.tf of the last good stamp
 * @last_root_delay: of the last good stamp, s
 * @last_root_dispersion: of the last good stamp, s
 * @refid: of the last good stamp
 * @leap: of the last good stamp
 * @stratum: of the last good stamp
 * @smeared: the server smears leap seconds
 */
struct rad_info {
	u64 fed[RAD_FEED_RESULTS];
	double min_rtt;
	double last_rtt;
	double jitter_out;
	double jitter_in;
	double asymmetry;
	double wander;
	double rate_error;
	double rate_sigma;
	double host_noise;
	double poll;
	u32 up_shifts;
	u32 down_shifts;
	u32 disputes;
	u32 disruptions;
	u64 last_counter;
	double last_root_delay;
	double last_root_dispersion;
	u32 refid;
	u8 leap;
	u8 stratum;
	bool smeared;
};

/**
 * struct rad_saved - what outlives the process (drift file)
 * @valid: there is something in it
 * @counter_hz: nominal rate it was learnt with, Hz
 * @rate_error: counter's rate against nominal
 * @rate_sigma: one sigma of it when it was saved
 * @wander: random walk of the rate, per square root of a second
 * @saved_at: s since 1970
 */
struct rad_saved {
	bool valid;
	double counter_hz;
	double rate_error;
	double rate_sigma;
	double wander;
	s64 saved_at;
};

struct rad_estimator;
struct rad_ensemble;

/**
 * rad_config_default() - a configuration with nothing but the counter's rate
 * @cfg: written
 * @counter_hz: nominal rate, Hz; 0 when not known
 */
void rad_config_default(struct rad_config *cfg, double counter_hz);

/**
 * rad_estimator_size() - bytes of memory that one estimator needs
 * @cfg: only the algorithm matters
 *
 * It does not grow later. Alignment: as malloc() gives.
 */
size_t rad_estimator_size(const struct rad_config *cfg);

/**
 * rad_estimator_init() - make an estimator
 * @mem: at least rad_estimator_size() bytes
 * @cfg: copied; a field outside of its range gets its default
 *
 * There is nothing to undo: free the memory when done.
 *
 * Return: the estimator (@mem).
 */
struct rad_estimator *rad_estimator_init(void *mem,
					 const struct rad_config *cfg);

/**
 * rad_estimator_feed() - one exchange
 * @e: estimator
 * @s: the exchange, in the order of their arrival
 *
 * Return: what became of it. A refused stamp changes nothing but the counts.
 */
enum rad_feed rad_estimator_feed(struct rad_estimator *e,
				 const struct rad_stamp *s);

/**
 * rad_estimator_get() - the clock, anchored at a counter value
 * @e: estimator
 * @now: the anchor, ticks; before the last stamp's arrival: that one. So 0
 *	means: as of the last stamp
 * @est: written, also when there is no clock: status unsynchronized
 *
 * Call it after each stamp, and from time to time when none comes: the bound
 * of an old estimate is a line, that of a new one is tighter.
 *
 * Return: there is a clock (abs-valid is set in @est's flags).
 */
bool rad_estimator_get(const struct rad_estimator *e, u64 now,
		       struct rad_estimate *est);

/**
 * rad_estimator_disrupt() - the counter jumped or its rate changed
 * @e: estimator
 *
 * Migration, suspend, a snapshot restored. Time is lost, the rate is known
 * only to be within its limit, the path is still what it was. The next stamp
 * makes a clock again; stamps that began before must not be fed any more.
 * For another counter make a new estimator.
 */
void rad_estimator_disrupt(struct rad_estimator *e);

/**
 * rad_estimator_info() - what it has learnt
 * @e: estimator
 * @info: written
 */
void rad_estimator_info(const struct rad_estimator *e, struct rad_info *info);

/**
 * rad_estimator_save() - what is worth keeping for the next start
 * @e: estimator
 * @saved: written; not valid when the rate is not known well yet
 */
void rad_estimator_save(const struct rad_estimator *e,
			struct rad_saved *saved);

/**
 * rad_estimator_restore() - start from what was kept
 * @e: estimator without stamps yet
 * @saved: ignored when not valid, not sane, or of a counter with another
 *	nominal rate
 *
 * It is a hint for the rate and widens no promise: when stamps contradict
 * it, it is dropped.
 *
 * Return: it was used.
 */
bool rad_estimator_restore(struct rad_estimator *e,
			   const struct rad_saved *saved);

#define RAD_SAVED_TEXT_MAX	512

/**
 * rad_saved_format() - as text for a file
 * @saved: valid
 * @buf: written, ends with a newline and a NUL
 * @len: RAD_SAVED_TEXT_MAX is enough
 *
 * Return: length without the NUL; 0 when it does not fit or is not valid.
 */
size_t rad_saved_format(const struct rad_saved *saved, char *buf, size_t len);

/**
 * rad_saved_parse() - from the text of a file
 * @saved: written; not valid when the text is not whole
 * @text: any text, ends with NUL
 *
 * Return: &rad_saved.valid.
 */
bool rad_saved_parse(struct rad_saved *saved, const char *text);

#define RAD_SERVERS_MAX		32

/**
 * enum rad_verdict - what a server is worth
 * @RAD_VERDICT_UNUSED: no stamp yet
 * @RAD_VERDICT_WARMING: too few stamps to vote
 * @RAD_VERDICT_UNREACHABLE: was marked so, or no stamp for long
 * @RAD_VERDICT_FALSETICKER: outside of what the majority agrees on, or it
 *	contradicts itself
 * @RAD_VERDICT_TRUECHIMER: agrees, another one is better
 * @RAD_VERDICT_SELECTED: the clock follows it
 */
enum rad_verdict {
	RAD_VERDICT_UNUSED,
	RAD_VERDICT_WARMING,
	RAD_VERDICT_UNREACHABLE,
	RAD_VERDICT_FALSETICKER,
	RAD_VERDICT_TRUECHIMER,
	RAD_VERDICT_SELECTED,
};

/**
 * rad_verdict_name() - the verdict in a word, for people and JSON
 * @v: verdict
 */
const char *rad_verdict_name(enum rad_verdict v);

/**
 * rad_feed_name() - the result of a feed in a word
 * @f: result
 */
const char *rad_feed_name(enum rad_feed f);

/**
 * rad_status_name() - the status in a word, as everywhere
 * @status: enum radclock_status
 */
const char *rad_status_name(u32 status);

/**
 * rad_ensemble_size() - bytes of memory that several servers need
 * @cfg: for each of them
 * @servers: 1 .. RAD_SERVERS_MAX
 */
size_t rad_ensemble_size(const struct rad_config *cfg, unsigned int servers);

/**
 * rad_ensemble_init() - one estimator a server, and the vote
 * @mem: at least rad_ensemble_size() bytes
 * @cfg: for each of them
 * @servers: 1 .. RAD_SERVERS_MAX; more are not used
 */
struct rad_ensemble *rad_ensemble_init(void *mem, const struct rad_config *cfg,
				       unsigned int servers);

/**
 * rad_ensemble_feed() - one exchange with one server
 * @en: ensemble
 * @server: 0 .. servers - 1
 * @s: the exchange
 *
 * Votes anew. Return: as rad_estimator_feed(); RAD_FEED_RANGE for a server
 * that is not there.
 */
enum rad_feed rad_ensemble_feed(struct rad_ensemble *en, unsigned int server,
				const struct rad_stamp *s);

/**
 * rad_ensemble_unreachable() - a server does not answer
 * @en: ensemble
 * @server: 0 .. servers - 1; its next stamp undoes it
 */
void rad_ensemble_unreachable(struct rad_ensemble *en, unsigned int server);

/**
 * rad_ensemble_forget() - this index now belongs to another address
 * @en: ensemble
 * @server: 0 .. servers - 1
 */
void rad_ensemble_forget(struct rad_ensemble *en, unsigned int server);

/**
 * rad_ensemble_pardon() - an operator has taken servers away
 * @en: ensemble
 *
 * Whom they had outvoted is believed again.
 */
void rad_ensemble_pardon(struct rad_ensemble *en);

/**
 * rad_ensemble_prefer() - follow this server whenever the vote allows
 * @en: ensemble
 * @server: 0 .. servers - 1
 * @prefer: or no longer
 */
void rad_ensemble_prefer(struct rad_ensemble *en, unsigned int server,
			 bool prefer);

/**
 * rad_ensemble_get() - the clock of the servers together
 * @en: ensemble
 * @now: as rad_estimator_get()
 * @est: written; its leap is what more than half of the servers announce
 *
 * Return: there is a clock: a server is selected and has one.
 */
bool rad_ensemble_get(const struct rad_ensemble *en, u64 now,
		      struct rad_estimate *est);

/**
 * rad_ensemble_disrupt() - rad_estimator_disrupt() for all
 * @en: ensemble
 */
void rad_ensemble_disrupt(struct rad_ensemble *en);

/**
 * rad_ensemble_verdict() - of the last vote
 * @en: ensemble
 * @server: 0 .. servers - 1
 */
enum rad_verdict rad_ensemble_verdict(const struct rad_ensemble *en,
				      unsigned int server);

/**
 * rad_ensemble_selected() - the server that the clock follows
 * @en: ensemble
 *
 * Return: its index, -1 when there is none.
 */
int rad_ensemble_selected(const struct rad_ensemble *en);

/**
 * rad_ensemble_server() - the estimator of one server, to be looked at
 * @en: ensemble
 * @server: 0 .. servers - 1
 *
 * Return: NULL when there is no such server.
 */
const struct rad_estimator *rad_ensemble_server(const struct rad_ensemble *en,
						unsigned int server);

/**
 * rad_ensemble_save() - rad_estimator_save() of the best server
 * @en: ensemble
 * @saved: written
 */
void rad_ensemble_save(const struct rad_ensemble *en, struct rad_saved *saved);

/**
 * rad_ensemble_restore() - rad_estimator_restore() for all
 * @en: ensemble
 * @saved: as there
 *
 * Return: it was used.
 */
bool rad_ensemble_restore(struct rad_ensemble *en,
			  const struct rad_saved *saved);

#endif /* RADCLOCK_ESTIMATOR_H */
