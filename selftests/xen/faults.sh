# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016
# Sourced by one.sh: what may go wrong with the node, and with the daemon.

# What u1 says of the parameters in force, and why no new ones come.
look='cat $SYS/updates $SYS/host_generation $SYS/reason'

# What a guest must not take: its parameters stay, it says why.
# refused NAME SCRIPT: SCRIPT makes a node out of the good one in $good
refused()
{
	local out
	out=$(on A 40 "good=\$(node_read)
		$2
		sleep 0.5
		guest u1 10 \"$look\"
		node_write \"\$good\"")
	ktap_say "$1: $out"
	if [ "$(head -n 2 <<< "$out")" != "$in_force" ] ||
	   ! tail -n 1 <<< "$out" | grep -q "${3:-refused}"; then ktap_fail "$1" "in force was $in_force"
	else ktap_ok "$1"
	fi
}

on A 20 'guest u2 10 "
	xenstore-write /local/domain/0/radclock/v1 mine; echo \$?
	xenstore-rm /local/domain/0/radclock/v1; echo \$?
	xenstore-chmod /local/domain/0/radclock/v1 b2; echo \$?
	xenstore-write /local/domain/0/radclock/v2 mine; echo \$?"' > "$R/hostile.log" 2>&1
ktap_say "$(tr '\n' ' ' < "$R/hostile.log")"
ktap_eq "a guest that writes to the node is refused" "$(grep -cx 1 "$R/hostile.log")" 4
ktap_check "and the node is sound" on A 10 'node_read | grep -qx end'

# the daemon dies: what it left holds for its time
on A 10 'kill -9 $(pgrep -x radclockd); sleep 0.5; ! radclockd_running' > /dev/null
ktap_eq "the daemon is killed: u1 holds on" "$(on A 10 'guest u1 5 "cat $SYS/status"')" synchronized
in_force=$(on A 20 "guest u1 10 \"$look\"" | head -n 2)
refused "a newer version is refused" 'node_write "$(sed s/^radclock\ 1/radclock\ 2/ <<< "$good")"'
refused "a malformed one is refused" 'node_write "$(sed s/^period\ .*/period\ none/ <<< "$good")"'
refused "a huge one is refused" 'node_write "$good
$(head -c 1900 /dev/zero | tr "\0" x)"'
refused "one without its end is refused" 'node_write "$(grep -vx end <<< "$good")"'
refused "an empty one is refused" 'node_write ""'
refused "one that is no text is refused" 'node_write "$(printf "\377\376\001")"'
refused "one of another counter is refused" \
	'node_write "$(sed "s/^counter .*/counter tsc/; s/^origin .*/origin machine-tsc/
		s/^generation .*/generation 999999/" <<< "$good")"' counter
refused "no node: what is in force stays" 'xenstore-rm $NODE' "does not give"

# time runs out: holdover in 2 s, void in 4 s
out=$(on A 60 '
	good=$(node_read)
	now=$(cat $SYS/counter_value) gen=$(sed -n "s/^generation //p" <<< "$good")
	node_write "$(sed "s/^holdover .*/holdover $((now + 4000000000))/
		s/^void .*/void $((now + 8000000000))/
		s/^generation .*/generation $((gen + 1000))/; s/^written .*/written $now/" <<< "$good")"
	guest_is u1 holdover 10 && echo holdover
	guest_is u1 unsynchronized 15 && echo unsynchronized
	guest u1 5 "cat $SYS/time $SYS/reason" 2>&1')
ktap_say "$out"
ktap_eq "time runs out: holdover, then unsynchronized" \
	"$(head -n2 <<< "$out" | tr '\n' ' ')" "holdover unsynchronized "
ktap_eq "then no time, and it says why" \
	"$(tail -n 1 <<< "$out"), $(grep -c '^[0-9]' <<< "$out") times" "no estimate for too long, 0 times"

# another daemon, another counter
on A 20 'clock_start "publish xenstore" "counter tsc"' > /dev/null
out=$(on A 90 'wait_for 30 xenstore_has "counter tsc"; wait_sync 30; sleep 3
	guest u1 5 "cat $SYS/status $SYS/reason"; guest u1 10 "echo tsc > $SYS/counter"
	guest_is u1 synchronized 15 && echo with tsc: synchronized')
ktap_say "$out"
n=$(grep -c 'another counter\|with tsc: synchronized' <<< "$out")
[ "$n" -eq 2 ] ||
	ktap_say "$(on A 5 'tail -n 15 $RUN/radclockd.log; cat $SYS/available_counters $SYS/counter')"
ktap_eq "the host changes its counter: refused until the guest does so, too" "$n" 2
on A 60 'radclockd_stop; echo xen > $SYS/counter
	clock_start "publish xenstore" "counter xen"; wait_sync 40' > /dev/null
ktap_check "and back" on A 60 'guest u1 10 "echo xen > $SYS/counter"; guest_is u1 synchronized 40'
ktap_check "u1: the module goes and comes back" on A 60 \
	'guest u1 20 "rm -f /run/xen_read; rmmod radclock && insmod /lab/mod/radclock.ko source=xenstore"
	guest_is u1 synchronized 20'
