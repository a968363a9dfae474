# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The testbed, sourced by tests in the guest. Server I (1, 2 ...) is a network
# namespace of its own, behind a wire of its own:
#
#   this machine        namespace wireI          namespace serverI
#   rcI 10.9.I.2  ----- cI [bridge] sI --------- eth0 10.9.I.1
#       fd09:I::2                                     fd09:I::1
#
# The wire delays on the ways out of its two devices, so the host under test has
# no queue of its own. A server's chronyd serves this machine's CLOCK_REALTIME
# and never steers it: what radclock should show is known to the nanosecond.

RUN=${RUN:-/run/testbed}
CONF=$RUN/radclock.conf
SYS=/sys/kernel/radclock
mkdir -p "$RUN"

# wait_for SECONDS COMMAND...: until it succeeds
wait_for()
{
	local end=$(($(date +%s) + $1))
	shift
	while ! "$@" > /dev/null 2>&1; do
		[ "$(date +%s)" -lt "$end" ] || return 1
		sleep 0.1
	done
}

server4() { echo "10.9.$1.1"; }
server6() { echo "fd09:$1::1"; }
client4() { echo "10.9.$1.2"; }
client6() { echo "fd09:$1::2"; }
in_server() { local i=$1; shift; ip netns exec "server$i" "$@"; }
in_wire() { local i=$1; shift; ip netns exec "wire$i" "$@"; }

# testbed_up [SERVERS]
testbed_up()
{
	local i
	for i in $(seq "${1:-1}"); do
		ip netns add "server$i" && ip netns add "wire$i" || return 1
		ip link add "rc$i" type veth peer name "c$i" netns "wire$i" &&
		ip -n "server$i" link add eth0 type veth peer name "s$i" netns "wire$i" &&
		ip -n "wire$i" link add br0 type bridge forward_delay 0 mcast_snooping 0 || return 1
		ip -n "wire$i" link set "c$i" master br0 up
		ip -n "wire$i" link set "s$i" master br0 up
		ip -n "wire$i" link set br0 up
		ip -n "server$i" link set lo up
		ip -n "server$i" link set eth0 up
		ip link set "rc$i" up
		ip addr add "$(client4 "$i")/24" dev "rc$i" &&
		ip addr add "$(client6 "$i")/64" dev "rc$i" nodad &&
		ip -n "server$i" addr add "$(server4 "$i")/24" dev eth0 &&
		ip -n "server$i" addr add "$(server6 "$i")/64" dev eth0 nodad || return 1
	done
	wait_for 10 ping -c 1 -W 1 "$(server4 1)"
}

# testbed_netem I TO_SERVER BACK: netem's arguments each way, e.g.
#   testbed_netem 1 "delay 500us" "delay 700us 200us distribution exponential"
# "" is no delay.
testbed_netem()
{
	local dev args
	for dev in "s$1" "c$1"; do
		case $dev in s*) args=$2 ;; *) args=$3 ;; esac
		in_wire "$1" tc qdisc del dev "$dev" root 2>/dev/null
		[ -z "$args" ] || in_wire "$1" tc qdisc add dev "$dev" root netem limit 10000 $args || return 1
	done
}

# A quiet LAN, as most servers are: 0.3 ms each way and an exponential tail.
testbed_lan()
{
	testbed_netem "${1:-1}" "delay 340us 40us distribution exponential" \
		"delay 340us 40us distribution exponential"
}

testbed_down()
{
	local ns pid pids
	radclockd_stop TERM; wander_stop
	for ns in $(ip netns list | awk '/^(server|wire)[0-9]/ { print $1 }'); do
		# shellcheck disable=SC2046
		kill -9 $(ip netns pids "$ns") 2>/dev/null
		ip netns del "$ns"
	done
	for pid in "$RUN"/chronyd*.pid "$RUN"/fake*.pid; do rm -f "$pid"; done
	pids=$(ip -o link show type veth | sed -n 's/^[0-9]*: \(rc[0-9]*\)@.*/\1/p')
	for ns in $pids; do ip link del "$ns" 2>/dev/null; done
	return 0
}

# chronyd_start I [LINE...]: a real NTP server; LINEs of chrony.conf are added
chronyd_start()
{
	local i=$1 conf=$RUN/chrony$1.conf
	shift
	{
		printf '%s\n' "local stratum 1" "allow" "bindcmdaddress /" \
			"pidfile $RUN/chronyd$i.pid" "clientloglimit 1000000"
		printf '%s\n' "$@"
	} > "$conf"
	in_server "$i" chronyd -x -u root -f "$conf" > "$RUN/chronyd$i.log" 2>&1 ||
		{ cat "$RUN/chronyd$i.log"; return 1; }
	wait_for 20 chronyd_answers "$i"
}

chronyd_answers() { in_server "$1" ss -Hlnu sport = :123 | grep -q .; }

chronyd_stop()
{
	local pid
	pid=$(cat "$RUN/chronyd$1.pid" 2>/dev/null) || return 0
	kill "$pid" 2>/dev/null
	wait_for 10 test ! -d "/proc/$pid"
}

# wander_start PPM [SEED [SECONDS]]: the rate of CLOCK_REALTIME (the truth)
# wanders against the counters
wander_start() { wander "$@" & echo $! > "$RUN/wander.pid"; }
wander_stop()
{
	local pid
	pid=$(cat "$RUN/wander.pid" 2>/dev/null) || return 0
	kill "$pid" 2>/dev/null
	wait_for 5 test ! -d "/proc/$pid"
	rm -f "$RUN/wander.pid"
}

# module_load [PARAMETER...] / module_unload
module_load()
{
	local ko=${RADCLOCK_KO:-/lab/mod/radclock.ko}
	[ -e "$ko" ] || { echo "no radclock.ko for this kernel"; return 1; }
	insmod "$ko" "$@" && wait_for 5 test -r $SYS/status
}
module_loaded() { [ -d /sys/module/radclock ]; }
module_unload() { ! module_loaded || rmmod radclock; }

# radclockd_start LINE...: the daemon under that configuration
radclockd_start()
{
	command -v radclockd > /dev/null || { echo "there is no radclockd"; return 1; }
	printf '%s\n' "$@" > "$CONF"
	radclockd -f "$CONF" -n $RADCLOCKD_ARGS > "$RUN/radclockd.log" 2>&1 &
	echo $! > "$RUN/radclockd.pid"
	sleep 0.3
	radclockd_running || { cat "$RUN/radclockd.log"; return 1; }
}
radclockd_pid() { cat "$RUN/radclockd.pid" 2>/dev/null; }
radclockd_running() { local p; p=$(radclockd_pid) && [ -d "/proc/$p" ]; }
# radclockd_stop [SIGNAL]
radclockd_stop()
{
	local pid
	pid=$(radclockd_pid) || return 0
	kill -s "${1:-TERM}" "$pid" 2>/dev/null
	wait_for 10 test ! -d "/proc/$pid" || kill -9 "$pid" 2>/dev/null
	# a child of this shell leaves its status
	wait "$pid" 2>/dev/null
	rm -f "$RUN/radclockd.pid"
}

status() { cat $SYS/status; }
is_status() { [ "$(status)" = "$1" ]; }
# wait_sync SECONDS
wait_sync() { wait_for "$1" is_status synchronized; }

# host WORD...: a command to QEMU's monitor (nmi, system_wakeup ...)
host() { echo "@host $*" > /dev/ttyS1; }
