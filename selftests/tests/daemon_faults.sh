#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# lab: timeout=420
# What a reader sees while the daemon is stopped, killed, frozen, restarted, cut
# off from its server, and while somebody tries to unload the module under it:
# never a time that is further off than promised.
. /lab/ktap.sh
. /lab/testbed.sh

conf=("server $(server4 1) iburst minpoll 0 maxpoll 0" "driftfile $RUN/drift")

# say what a reader sees: the time since the event, the status, the bound
saw()
{
	printf '# %-22s %5.1f s  %-15s bound %s ns\n' "$1" \
		"$(awk -v a="$EPOCHREALTIME" -v b="$since" 'BEGIN { print a - b }')" \
		"$(status)" "$(cat $SYS/error_bound_ns 2>/dev/null || echo none)"
}

event() { since=$EPOCHREALTIME; saw "$1"; }

# becomes STATUS SECONDS NAME
becomes()
{
	ktap_check "$3: $1 within $2 s" wait_for "$2" is_status "$1"
	saw "$3"
}

# the bound only grows while nothing comes
grows()
{
	local a b
	a=$(cat $SYS/error_bound_ns)
	sleep 1
	b=$(cat $SYS/error_bound_ns)
	ktap_num "$1: the bound grows in holdover, from $a" "$b" ">" "$a"
}

ktap_plan 23
ktap_check "module loads" module_load || ktap_die "no module"
testbed_up 1 && testbed_lan 1 || ktap_die "no testbed"
ktap_check "chronyd serves" chronyd_start 1
wander_start 0.05
ktap_check "radclockd starts" radclockd_start "${conf[@]}"
event "start"
becomes synchronized 60 "first"
truth -t 600 -i 20 > "$RUN/truth.out" 2>&1 & truth=$!

sleep 6
event "SIGTERM"
radclockd_stop TERM
ktap_check "stopped: the clock goes on" cat $SYS/time
becomes holdover 60 "stopped"
grows "stopped"
radclockd_start "${conf[@]}"
event "restart"
becomes synchronized 30 "restarted"

sleep 4
event "SIGKILL"
radclockd_stop KILL
ktap_check "killed: the clock goes on" cat $SYS/time
becomes holdover 60 "killed"
grows "killed"
radclockd_start "${conf[@]}"
event "restart"
becomes synchronized 30 "after kill -9"

sleep 4
event "SIGSTOP"
kill -STOP "$(radclockd_pid)"
becomes holdover 60 "frozen"
kill -CONT "$(radclockd_pid)"
event "SIGCONT"
becomes synchronized 30 "thawed"

event "link down"
ip link set rc1 down
becomes holdover 60 "cut off"
ip link set rc1 up
ip addr add "$(client6 1)/64" dev rc1 nodad 2>/dev/null
event "link up"
becomes synchronized 60 "connected again"

event "chronyd stops"
chronyd_stop 1
becomes holdover 60 "without server"
ktap_check "chronyd comes back" chronyd_start 1
event "chronyd is back"
becomes synchronized 60 "with server"

ktap_refuses "the module cannot be unloaded under the daemon" rmmod radclock
ktap_check "which does not mind" radclockd_running
ktap_eq "and the clock neither" "$(status)" synchronized

kill -TERM "$truth"
wait "$truth"
read -r _ samples _ median _ p99 _ max _ bound _ broken _ without \
	<<< "$(tail -n 1 "$RUN/truth.out")"
ktap_say "$(tail -n 1 "$RUN/truth.out")"
ktap_num "readings beyond their bound, of $samples (median $median p99 $p99 max $max bound $bound without $without)" \
	"${broken:-none}" "==" 0
radclockd_stop TERM
testbed_down
ktap_end
