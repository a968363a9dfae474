#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# runner.sh NAME:TIMEOUT ...: runs tests in the guest one after the other and
# prints KTAP. A test also fails when the kernel complained during it, or when
# it left the module in use.

. /lab/runtest.sh
. /lab/kmsg.sh
. /lab/testbed.sh
export RADCLOCK_TEST_DIR=/lab/tests

# what is wrong after a test, first line = why it failed
after()
{
	local bad left
	bad=$(kmsg_bad "$1")
	if [ -n "$bad" ]; then
		echo "the kernel complained"
		echo "$bad"
		kmsg_since "$1" | grep -E -A30 -m1 "$KMSG_BAD"
	fi
	pkill -9 -x radclockd; pkill -9 -x wander; pkill -9 -x chronyd
	testbed_down > /dev/null 2>&1
	if module_loaded; then
		# readers of a killed test may need a moment to go
		wait_for 10 module_unload || { echo "cannot unload the module"; cat /sys/module/radclock/refcnt; }
	fi
	left=$(kmsg_bad "$1")
	[ -n "$bad" ] || [ -z "$left" ] || { echo "the kernel complained while cleaning up"; echo "$left"; }
	echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource 2>/dev/null
}

# leaks are looked for from here on
leaks=/sys/kernel/debug/kmemleak
[ -w $leaks ] || leaks=
[ -z "$leaks" ] || echo clear > $leaks
echo "KTAP version 1"
echo "1..$(($# + ${leaks:+1} + 0))"
n=0 failed=0
for t; do
	name=${t%:*} n=$((n + 1))
	kmsg_mark "$name"
	if [ -x "/lab/tests/$name" ]; then cmd=("/lab/tests/$name")
	else cmd=(bash "/lab/tests/$name.sh")
	fi
	mkdir -p /run/test && cd /run/test || exit 1
	run_one "$n" "$name" "${t##*:}" after "${cmd[@]}" || failed=$((failed + 1))
	cd / && rm -rf /run/test
	mkdir -p "/share/logs/$name"
	cp /run/testbed/*.log /share/logs/"$name"/ 2>/dev/null
	rm -rf /run/testbed/*
	if module_loaded; then
		# what follows would test the wreck; the host boots another guest
		echo "# the module is stuck: the other tests get a fresh guest"
		exit 1
	fi
done
if [ -n "$leaks" ]; then
	found=$(kmemleak_scan)
	if [ -z "$found" ]; then echo "ok $((n + 1)) kmemleak"
	else
		printf '%s\n' "$found" | head -n 60 | sed 's/^/# /'
		echo "not ok $((n + 1)) kmemleak # $(grep -c '^unreferenced' <<< "$found") leaks"
		failed=$((failed + 1))
	fi
fi
[ $failed -eq 0 ]
