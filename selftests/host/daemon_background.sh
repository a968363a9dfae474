#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# lab: timeout=200
# radclockd in the background: it and its resolver hold nothing of the caller's,
# a file that was given by a relative path is read again.
. "$(dirname "$0")/../ktap.sh"
. "$(dirname "$0")/../daemon.sh"

dir='' port=''
# shellcheck disable=SC2329
cleanup()
{
	stop
	rm -rf "$dir"
}
daemon_begin 30000

# config SERVER [LINE...]
config()
{
	printf '%s\n' "server $1 port $port" "pagefile $dir/page" \
		"driftfile none" "controlsocket $dir/sock" "pidfile $dir/pid" \
		"logfile $dir/log" "${@:2}" > "$dir/conf"
	grep -q "publish" "$dir/conf" || echo "counter monotonic_raw" >> "$dir/conf"
}
pid() { cat "$dir/pid" 2>/dev/null; }
# gone, or waiting for somebody to take note of it
stopped() { [ -z "$(pid)" ] && ! grep -q '^State:[[:space:]]*[^ZX]' "/proc/${daemon:-none}/status"; }
stop()
{
	daemon=$(pid)
	[ -z "$daemon" ] || kill "$daemon" 2>/dev/null
	wait_for 10 stopped
}
# the output of a start; $(...) waits until nobody holds the other end of its pipe
# shellcheck disable=SC2016
start() { B=$B CONF=${1:-$dir/conf} timeout 20 sh -c 'x=$("$B/radclockd" -f "$CONF" 2>&1); r=$?; echo "$r$x"'; }
# what process $1 holds that is not /dev/null, by the names of fd 0 to 2
holds() { find "/proc/$1/fd" -name "[012]" -printf '%f=%l ' | tr ' ' '\n' | sort | tr '\n' ' '; }
quiet="0=/dev/null 1=/dev/null 2=/dev/null "
helper() { pgrep -P "$(pid)" -x "radclockd-$1"; }

ktap_plan 13

for server in 127.0.0.1 localhost; do
	config "$server"
	ktap_eq "server $server: a start, with its output taken" "$(start)" 0
	# shellcheck disable=SC2046
	ktap_eq "server $server: nothing is held" "$(holds $(pid))" "$quiet"
	# shellcheck disable=SC2046
	ktap_eq "server $server: nor by the resolver" "$(holds $(helper dns))" "$quiet"
	stop
done

# no XenStore is needed: there is no module whose clock could be written there
config 127.0.0.1 "publish xenstore"
if [ -e /dev/radclock ] || ! "$B/radclockd" -t -f "$dir/conf" > /dev/null 2>&1; then
	ktap_skip "for guests: a start, with its output taken" "the module is here, or no libxenstore"
	ktap_skip "for guests: nothing is held by the process that writes" "the same"
else
	# it may say that capabilities are missing
	result=$(start)
	ktap_eq "for guests: a start, with its output taken" "${result%%radclockd*}" 0
	# shellcheck disable=SC2046
	ktap_eq "for guests: nothing is held by the process that writes" "$(holds $(helper xen))" "$quiet"
	stop
fi

config 127.0.0.1 "user nobody-of-that-name"
if [ "$(id -u)" -eq 0 ]; then
	failure=$(start)
	ktap_eq "a start that fails says so" "${failure%%radclockd*}" 1
	ktap_check "and why" grep -q "no user nobody-of-that-name" <<< "$failure"
else
	ktap_skip "a start that fails says so" "not root"
	ktap_skip "and why" "not root"
fi

cd "$dir" || ktap_die "cannot enter $dir"
config 127.0.0.1
ktap_eq "a start with a relative path" "$(start conf)" 0
config 127.0.0.9
kill -HUP "$(pid)"
ktap_check "the file is read again" wait_for 10 said "configuration read again"
stop
ktap_check "SIGTERM stops it" stopped
[ "$KTAP_FAILED" -eq 0 ] || ktap_say "$(cat "$dir/log")"
ktap_end
