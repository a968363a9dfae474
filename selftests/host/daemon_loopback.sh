#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# lab: timeout=200
# radclockd without the module against a real chronyd on the loopback: its page
# against CLOCK_REALTIME, which is the truth; reload, stop, kill, restart.
. "$(dirname "$0")/../ktap.sh"
. "$(dirname "$0")/../daemon.sh"

command -v chronyd > /dev/null || ktap_skip_all "no chronyd"
daemon='' server='' dir='' port=''
# shellcheck disable=SC2329
cleanup()
{
	# shellcheck disable=SC2086
	{ kill $daemon $server; wait; } 2>/dev/null
	rm -rf "$dir"
}
daemon_begin 20000

start_server()
{
	printf '%s\n' "local stratum 1" "port $port" "cmdport 0" "bindaddress 127.0.0.1" allow \
		"pidfile $dir/chronyd.pid" > "$dir/chrony.conf"
	chronyd -x -U -n -u "$(id -un)" -f "$dir/chrony.conf" > "$dir/chronyd.log" 2>&1 &
	server=$!
	wait_for 10 grep -q . "$dir/chronyd.pid"
}

# config LINE...: what every run here has, and LINEs
config()
{
	printf '%s\n' "server 127.0.0.1 port $port iburst minpoll -1 maxpoll 0" \
		"counter monotonic_raw" "pagefile $dir/page" "driftfile $dir/drift" \
		"controlsocket $dir/sock" "pidfile $dir/pid" "$@" > "$dir/conf"
}
start() { "$B/radclockd" -n -f "$dir/conf" >> "$dir/log" 2>&1 & daemon=$!; }
running() { kill -0 "$daemon" 2>/dev/null; }
value() { "$B/radclock" status -d "$dir/page" --json | sed -n "s/^ *\"$1\": *\"\{0,1\}\([^\",]*\).*/\1/p"; }
other_marker() { [ -n "$(value disruption_marker)" ] && [ "$(value disruption_marker)" != "$marker" ]; }
is_status() { [ "$(value status)" = "$1" ]; }
sources() { "$B/radclock" sources -s "$dir/sock" --json; }
follows() { sources | grep -q selected; }
# stop SIGNAL: leaves the exit status in $stopped
stop()
{
	stopped=0
	kill -s "$1" "$daemon"
	wait "$daemon" 2>/dev/null || stopped=$?
	daemon=
}

ktap_plan 30

start_server || ktap_die "chronyd does not start: $(cat "$dir/chronyd.log")"
config "stamplog $dir/stamps"
ktap_check "the configuration is good" "$B/radclockd" -t -f "$dir/conf"
t0=$(date +%s)
start
ktap_check "synchronized" wait_for 10 is_status synchronized
ktap_num "within seconds" $(($(date +%s) - t0)) "<=" 6
sleep 2
offset=$(value system_clock_offset_ns)
ktap_num "its error, ns" "${offset#-}" "<" 300000
ktap_num "is within the bound" "${offset#-}" "<=" "$(value error_bound_ns)"
ktap_num "which is small" "$(value error_bound_ns)" "<" 2000000
ktap_check "the server is told of" grep -q '"state": *"selected"' <(sources)
ktap_check "packets were stamped by the kernel" grep -q '"stamps": *"kernel"' <(sources)
ktap_eq "nobody may write the page" "$(stat -c %a "$dir/page")" 644
ktap_num "system calls are filtered" "$(sed -n 's/^Seccomp:[^0-9]*//p' "/proc/$daemon/status")" "==" 2
ktap_eq "no capability is left" "$(sed -n 's/^CapPrm:[^0-9a-f]*//p' "/proc/$daemon/status")" 0000000000000000
ktap_eq "one thread" "$(find "/proc/$daemon/task" -mindepth 1 -maxdepth 1 | wc -l)" 1
ktap_refuses "a second one does not start" timeout 5 "$B/radclockd" -n -f "$dir/conf"
ktap_num "the first goes on" "$(sed -n '/^[0-9]/p' "$dir/stamps" | awk 'NF >= 7 && $4 > $1 && $3 >= $2' | wc -l)" ">=" 3

echo "frobnicate" >> "$dir/conf"
kill -HUP "$daemon"
ktap_check "a bad configuration is told of" wait_for 5 said 'unknown directive "frobnicate"'
ktap_check "and the old one kept" said "the configuration was not changed"
mv "$dir/stamps" "$dir/stamps.1"
config "stamplog $dir/stamps" "server 127.0.0.9 port $port"
kill -HUP "$daemon"
ktap_check "a good one is taken" wait_for 5 grep -q 127.0.0.9 <(sleep 0.5; sources)
ktap_check "the rotated stamp log is opened anew" wait_for 5 grep -q '^[0-9]' "$dir/stamps"
ktap_check "still synchronized" is_status synchronized

{ kill "$server"; wait "$server"; } 2>/dev/null; server=
ktap_check "a server that is gone is told of" wait_for 15 said "does not answer any more"
start_server
ktap_check "and its return" wait_for 15 sh -c "sed -n '/any more/,\$p' '$dir/log' | grep -q 'answers (stratum'"
sleep 4

marker=$(value disruption_marker)
stop TERM
ktap_eq "SIGTERM stops it, status 0" "$stopped" 0
ktap_check "what it learnt is kept" grep -q "^counter monotonic_raw" "$dir/drift"
ktap_check "the clock is still good for a while" "$B/radclock" now -d "$dir/page"
start
ktap_check "it starts again" wait_for 10 test -S "$dir/sock"
ktap_check "with what it had learnt" wait_for 10 said "starting with the rate kept in"
ktap_eq "the page goes on" "$(value disruption_marker)" "$marker"
{ kill -9 "$daemon"; wait "$daemon"; } 2>/dev/null
start
ktap_check "after kill -9 it starts, too" wait_for 20 follows
stop INT
ktap_eq "SIGINT stops it as well" "$stopped" 0

# the machine sleeps meanwhile: its clocks say so, the counter does not
marker=$(value disruption_marker)
if unshare --time --fork --boottime 1000 true 2>/dev/null; then
	unshare --time --fork --boottime 1000 "$B/radclockd" -n -f "$dir/conf" >> "$dir/log" 2>&1 & daemon=$!
	ktap_check "after a sleep the page of before holds no more" \
		wait_for 10 other_marker
	kill "$(cat "$dir/pid")"; wait "$daemon"
else
	ktap_skip "after a sleep the page of before holds no more" "no time namespaces here"
fi
[ "$KTAP_FAILED" -eq 0 ] || ktap_say "$(cat "$dir/log")"
ktap_end
