# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016
# Sourced by lab.sh: two machines, and a guest that goes to and fro between them
# while a reader in it reads the clock. chronyd runs in the same guest, for
# contrast: it keeps the guest's CLOCK_REALTIME, on which ours does not depend.
#   XEN_ROUNDS=N   times A to B and back, live (5)

. "$SELFTESTS/xen/common.sh"
rounds=${XEN_ROUNDS:-5}
ktap_plan $((36 + 2 * rounds))
t0=$SECONDS

# both_up XEN: two machines, the second started so much later that their times
# since start differ by more than any measuring error
both_up()
{
	local m
	machine_start A 1 "$1"
	sleep 8
	machine_start B 2 "$1"
	for m in A B; do machine_wait $m || ktap_die "machine $m does not come up"; done
	ktap_say "both up after $((SECONDS - t0)) s" \
		"(TSC offsets within $(offset_width A) and $(offset_width B) ticks)"
	for m in A B; do on $m 40 'receive_start; clock_start "publish xenstore"'; done
	for m in A B; do ktap_check "dom0 $m synchronizes" on $m 70 'wait_sync 60'; done
	references "$R/ref"
	for m in A B; do
		give $m "$R/ref" /run/ref
		# beside the guest, at a pace that does not matter
		on $m 10 'setsid reader -r /run/ref -o /run/reader -i 200000 < /dev/null > /dev/null 2>&1 &'
	done
	here=A there=B
}

# guest_up: on A, with chronyd and the reader
guest_up()
{
	ktap_check "guest u1 starts on A" on A 240 'guest_start u1 "$GUEST_NET" && guest_net u1'
	on A 40 'guest u1 10 "insmod /lab/mod/radclock.ko source=xenstore"; guest_chronyd u1'
	ktap_check "u1 is synchronized" on A 40 'guest_is u1 synchronized 30'
	reader_start A u1
	sleep 5
}

# moved NAME HOW: the guest goes to the other machine
moved()
{
	local to=${M_IP[$there]} x t=$SECONDS out rc=0
	out=$(on $here 300 "guest_$2 u1 $to" 2>&1) || rc=1
	x=$here here=$there there=$x
	out=$out$(on $here 100 'guest_arrived u1' 2>&1) || rc=1
	ktap_say "$1: $((SECONDS - t)) s"
	if [ $rc -eq 0 ]; then ktap_ok "$1"; else ktap_fail "$1" "$out"; fi
}

# synchronized_within SECONDS NAME
synchronized_within() { ktap_check "$2" on $here $(($1 + 10)) "guest_is u1 synchronized $1"; }

# what the guest says of itself now
state() { on $here 10 'guest u1 5 "cat $SYS/status"'; }

# readings: ends the phase NAME: what the reader saw, judged
readings()
{
	local m
	reader_stop $here u1 "$R/reader.$1"
	for m in A B; do
		on $m 10 'pkill -TERM -x reader; sleep 0.3; cat /run/reader' > "$R/reader.$1.dom0-$m"
		machine_tsc $m
	done
	facts=$(grade "$R/reader.$1" "$R/ref" | tee "$R/grade.$1")
	comments
	ktap_num "$1: the reader saw every move" "$(fact events)" ">=" "$2"
	ktap_eq "$1: each changed the disruption marker" "$(grep -c '^marker_[0-9]* 0' <<< "$facts")" 0
	ktap_num "$1: readings with a time" "$(fact timed)" ">" 1000
	ktap_eq "$1: 0 readings outside their bound, none wrong and synchronized" "$(fact wrong)" 0
	ktap_eq "$1: no line is garbled" "$(fact garbled)" 0
	ktap_say "chronyd in the same guest: $(fact wrong_kernel) of $(fact ok_kernel) readings that" \
		"claimed to be synchronized were wrong, by up to" \
		"$(sed -n 's/^worst_[0-9]*_kernel //p' <<< "$facts" | sort -n | tail -n1) ns"
	ktap_eq "$1: the kernels' logs have no complaint" \
		"$(complaints $here dom0 u1; complaints $there dom0)" ""
}

link_up
hostref_up A B

# ------------------------------------------------------------------- live
both_up "$XEN_SHADOW"
guest_up
for i in $(seq "$rounds"); do
	moved "live $i: A to B" migrate
	sleep 3
	moved "live $i: B to A" migrate
	sleep 3
done
synchronized_within 20 "live: synchronized in the end"

# the host that is left no longer has a daemon
on $here 10 'kill -9 $(pgrep -x radclockd)'
moved "live: its daemon was killed before" migrate
synchronized_within 20 "synchronized there all the same"
sleep 2
# back to where nobody keeps the node any more
moved "live: to a host whose daemon is dead" migrate
sleep 2
ktap_say "the guest is $(state) there"
on $here 20 'clock_start "publish xenstore"'
synchronized_within 60 "a daemon comes back there: synchronized"
on $here 10 "(sleep 4; kill -9 \$(pgrep -x radclockd)) < /dev/null > /dev/null 2>&1 & exit 0"
moved "live: its daemon is killed meanwhile" migrate
synchronized_within 20 "synchronized there all the same"
on $here 10 'kill -9 $(pgrep -x radclockd)'
sleep 3
ktap_say "the daemon is killed right after: the guest is $(state)"
on $here 20 'clock_start "publish xenstore"'

# a target that does not know the time, or never heard of us
on $there 40 'radclockd_stop; echo tsc > $SYS/counter; echo xen > $SYS/counter
	radclockd_start "server 10.97.0.99 minpoll 0 maxpoll 2" "publish xenstore"; sleep 2' > /dev/null
moved "live: to a host that is not synchronized" migrate
ktap_eq "no time there ($(state))" \
	"$(on $here 10 'guest u1 5 "cat $SYS/time" | grep -c "^[0-9]"')" 0
on $here 20 'radclockd_stop; clock_start "publish xenstore"' > /dev/null
synchronized_within 60 "the host synchronizes: so does the guest"
on $there 20 'radclockd_stop; xenstore-rm $NODE'
moved "live: to a host that publishes nothing" migrate
ktap_eq "disrupted there" "$(state)" disrupted
on $here 20 'clock_start "publish xenstore"' > /dev/null
synchronized_within 60 "the host publishes: synchronized"
sleep 3
readings live $((2 * rounds + 5))
machine_stop A
machine_stop B

# ----------------------------------------------- stop and copy, Debian's own
both_up "$XEN_IMAGE"
guest_up
moved "stop and copy: A to B" move
sleep 5
moved "stop and copy: B to A" move
synchronized_within 20 "stop and copy: synchronized in the end"
sleep 3
readings copy 2
machine_stop A
machine_stop B
ktap_say "$((SECONDS - t0)) s in all, load $(cut -d' ' -f1-3 /proc/loadavg)"
ktap_end
