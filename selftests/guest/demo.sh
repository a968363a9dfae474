#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# demo.sh: what `make run` shows, in the guest or (DEMO_HOST=1) on this machine.
# Status 0 only when the clock synchronised.

here=$(cd "$(dirname "$0")" && pwd)
. "$here/testbed.sh"
. "$here/kmsg.sh"

step() { printf '\n== %s\n' "$*"; }
show() { printf '$ %s\n' "$*"; "$@"; }
fail() { printf '\n== FAILED: %s\n' "$*"; finish; exit 1; }

finish()
{
	[ ! -d /share ] || cp "$RUN"/*.log /share/ 2>/dev/null
	testbed_down > /dev/null 2>&1
	wait_for 5 module_unload > /dev/null 2>&1
}
trap 'finish; exit 1' INT TERM HUP

if [ -n "$DEMO_HOST" ]; then
	module_loaded && { echo "radclock is loaded on this machine already; rmmod it first"; exit 1; }
	pgrep -x radclockd > /dev/null && { echo "a radclockd runs on this machine already"; exit 1; }
	finish
fi
kmsg_mark demo

step "Linux $(uname -r), $(nproc) CPUs, clocksource $(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)"

step "an NTP server: chronyd $(chronyd --version | awk '{ print $4 }') in a namespace of its own, behind netem"
testbed_up 1 || fail "no testbed"
testbed_lan 1 || fail "no netem"
chronyd_start 1 || fail "chronyd did not start"
in_wire 1 tc qdisc show | grep netem
if [ -z "$DEMO_HOST" ]; then
	echo "it serves this guest's CLOCK_REALTIME, whose rate is made to wander by 0.05 ppm"
	wander_start 0.05
fi

step "the module"
show module_load || fail "the module does not load"
show cat $SYS/available_counters $SYS/counter $SYS/status

step "radclockd"
radclockd_start "server $(server4 1) iburst minpoll 0 maxpoll 2" ${DEMO_CONF:+"$DEMO_CONF"} ||
	fail "radclockd does not start"
sed 's/^/| /' "$CONF"
t0=$(date +%s)
show radclock waitsync --timeout "${DEMO_TIMEOUT:-90}"; synced=$?
if [ $synced -ne 0 ]; then
	sed 's/^/| /' "$RUN/radclockd.log"
	radclock status
	fail "the clock is not synchronized after $(($(date +%s) - t0)) s"
fi
echo "synchronized after $(($(date +%s) - t0)) s"

step "the clock, live"
echo "(each second another exchange: the bound shrinks while the rate is learned)"
show radclock watch --lines --interval 2 --count "${DEMO_WATCH:-25}"

step "/sys/kernel/radclock"
for f in "$SYS"/*; do
	[ ! -f "$f" ] || { v=$(cat "$f" 2> /dev/null); printf '%-20s %s\n' "${f##*/}" "${v:--}"; }
done

step "any program: clock_gettime() with the custom clock id"
show clockid /dev/radclock || fail "clock_gettime on /dev/radclock"
show clockid /dev/radclock-mono
show clockid /dev/radclock-diff

step "at one counter value: the truth, the system call, the page"
show radclock now --compare; compared=$?

step "report"
show radclock sources
show radclock status; status=$?
if [ -z "$DEMO_HOST" ]; then
	echo "true error against CLOCK_REALTIME, ns: $(truth -t 3 -i 20 -q)"
fi
bad=$(kmsg_bad demo)
finish
[ -z "$bad" ] || { echo "$bad"; fail "the kernel complained"; }
[ $compared -eq 0 ] || fail "the readings of one counter value do not agree"
[ $status -eq 0 ] || fail "the clock is not synchronized at the end"
! module_loaded || fail "the module does not unload"
printf '\nradclock synchronized: everything worked.\n'
