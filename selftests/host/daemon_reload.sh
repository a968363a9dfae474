#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# radclockd is told by a reload to do what it gave up the privilege for: it says
# so and goes on as before.
. "$(dirname "$0")/../ktap.sh"
. "$(dirname "$0")/../daemon.sh"

# CAP_NET_BIND_SERVICE and CAP_NET_ADMIN
caps=$(sed -n 's/^CapPrm:[[:space:]]*//p' /proc/self/status)
[ $((0x$caps >> 10 & 1)) -eq 1 ] && [ $((0x$caps >> 12 & 1)) -eq 1 ] ||
	ktap_skip_all "has no privilege to give up"
[ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -gt 123 ] ||
	ktap_skip_all "low ports need no privilege here"
[ ! -e /dev/radclock ] || ktap_skip_all "the module of this machine is left alone"

daemon='' dir='' port=''
# shellcheck disable=SC2329
cleanup()
{
	stop
	rm -rf "$dir"
}
daemon_begin 50000

# config LINE...
config()
{
	printf '%s\n' "server 127.0.0.1 port $port minpoll -3 maxpoll -3" "pagefile $dir/page" \
		"driftfile none" "controlsocket $dir/sock" "pidfile none" "$@" > "$dir/conf"
}
start()
{
	: > "$dir/log"
	"$B/radclockd" -n -f "$dir/conf" >> "$dir/log" 2>&1 & daemon=$!
	wait_for 10 "$B/radclock" sources -s "$dir/sock"
}
# reload LINE...
reload()
{
	: > "$dir/log"
	config "$@"
	kill -HUP "$daemon"
	wait_for 10 said "configuration read again"
}
stays() { said "$1: a change takes effect at the next start"; }
stop() { [ -z "$daemon" ] || { kill "$daemon"; wait "$daemon"; } 2>/dev/null; daemon=; }

ktap_plan 9

config "counter monotonic_raw"
start
reload "counter monotonic_raw" "port 123"
ktap_check "a low port after a start without one: refused" stays port
ktap_check "requests still leave" wait_for 10 said "Connection refused"
ktap_refuses "and are not denied" said "Permission denied"
reload "counter monotonic_raw" "port $port"
ktap_refuses "a high one is taken" stays port
stop

config "counter monotonic_raw" "port 123"
start
reload "counter monotonic_raw" "port 124"
ktap_refuses "a low port after another low one is taken" stays port
stop

# the module's stamps; there need be no module
config "stamps user"
start
reload "stamps kernel"
ktap_check "stamps by the kernel after a start without: refused" stays stamps
reload "stamps auto"
ktap_check "perhaps by the kernel, the same" stays stamps
stop
config "stamps kernel"
start
reload "stamps user"
ktap_refuses "stamps by the daemon are always possible" stays stamps
reload "stamps kernel"
ktap_refuses "and back" stays stamps
stop
[ "$KTAP_FAILED" -eq 0 ] || ktap_say "$(cat "$dir/log")"
ktap_end
