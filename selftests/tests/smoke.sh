#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# lab: timeout=60
# The module loads, shows its files, and goes.
. /lab/ktap.sh
. /lab/testbed.sh
. /lab/kmsg.sh

# without a clock these say so (ENODATA) rather than make something up
nothing_yet="time error_bound_ns last_update_age_ns"
files="available_counters counter counter_value counter_hz status period
updates disruptions source abi_version"
ktap_plan 14

ktap_check "module loads" module_load
module_loaded || ktap_die "no module, no test"

missing=
for f in $files; do
	cat "$SYS/$f" > /dev/null 2>&1 || missing="$missing $f"
done
ktap_eq "every file of the contract reads" "$missing" ""
missing=
for f in $nothing_yet; do
	{ LC_ALL=C cat < "$SYS/$f"; } 2>&1 | grep -q 'No data available' || missing="$missing $f"
done
ktap_eq "there is no time yet" "$missing" ""
ktap_check "several counters are available" grep -qw tsc $SYS/available_counters
ktap_check "the counter is one of them" grep -qw "$(cat $SYS/counter)" $SYS/available_counters
ktap_eq "the clock starts unsynchronized" "$(status)" unsynchronized
a=$(cat $SYS/counter_value) b=$(cat $SYS/counter_value)
ktap_num "the counter goes on" "$b" ">" "$a"
hz=$(cat $SYS/counter_hz)
ktap_num "the counter has a rate" "$hz" ">" 1000000

missing=
for d in radclock radclock-mono radclock-diff; do
	[ -c /dev/$d ] || missing="$missing $d"
done
ktap_eq "three devices" "$missing" ""
ktap_eq "any user may read the device" "$(stat -c %a /dev/radclock)" 444

ktap_refuses "another counter's name is refused" sh -c "echo sundial > $SYS/counter"
ktap_check "module unloads" rmmod radclock
ktap_eq "nothing is left" "$(ls -d $SYS /dev/radclock* 2>/dev/null)" ""
ktap_eq "nothing in the kernel log" "$(kmsg_bad smoke)" ""
ktap_end
