#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# lab: timeout=300
# The module comes and goes while its doors are being read: 100 times on the
# debug kernel, 15 elsewhere. The runner looks at the kernel's log.
. /lab/ktap.sh
. /lab/testbed.sh

# On the debug kernel a program takes most of a second to start: with the same
# rest one of the readers would be in at any time.
cycles=15 rest=0.02
case $(uname -r) in *radclock-debug*) cycles=100 rest=0.5 ;; esac
[ -z "$CYCLES" ] || cycles=$CYCLES
ktap_plan 3

# Readers that do not care whether the module is there. They let the processor
# go in between: this is about meeting, not about load.
loop() { while :; do "$@"; sleep $rest; done > /dev/null 2>&1; }
readers=()
loop clockid /dev/radclock & readers+=($!)
loop clockid /dev/radclock-mono & readers+=($!)
loop sh -c "cat $SYS/*" & readers+=($!)
loop radclock counters --json & readers+=($!)
loop radclock now --json & readers+=($!)

bad=0 loaded=0 held=0
for i in $(seq "$cycles"); do
	module_load || { ktap_say "cycle $i: does not load"; bad=$((bad + 1)); continue; }
	loaded=$((loaded + 1))
	sleep 0.1
	# An open clock holds the module. The readers let go again and again, but
	# on a slow machine one of them is always in: then nobody new may enter.
	wait_for 3 module_unload && continue
	held=$((held + 1))
	kill -STOP "${readers[@]}"
	wait_for 120 module_unload || { ktap_say "cycle $i: does not unload"; bad=$((bad + 1)); }
	kill -CONT "${readers[@]}"
	[ $bad -eq 0 ] || break
done
[ $held -eq 0 ] || ktap_say "the door had to be closed in $held cycles"
ktap_eq "$cycles times loaded" "$loaded" "$cycles"
ktap_eq "and unloaded, with readers running" "$bad" 0
kill "${readers[@]}" 2>/dev/null
wait 2>/dev/null
ktap_eq "nothing is left" "$(ls -d $SYS /dev/radclock* 2>/dev/null)" ""
ktap_end
