#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# lab: timeout=90
# The testbed itself: a wire that delays as told, a server that answers over
# both protocols, a clock that wanders.
. /lab/ktap.sh
. /lab/testbed.sh

rtt() { ping -q -c "$2" -i 0.05 "$1" | awk -F'[/ ]' '/^r(tt|ound)/ { print $'"$3"' }'; }
ktap_plan 10
ktap_check "two wires" testbed_up 2
ktap_check "IPv6 goes through" wait_for 10 ping -6 -c 1 -W 1 "$(server6 1)"
ktap_check "netem with an exponential tail" testbed_netem 1 "delay 5ms" "delay 12ms 2ms distribution exponential"
min=$(ping -q -c 40 -i 0.05 "$(server4 1)" | sed -n 's,.*= \([0-9.]*\)/.*,\1,p')
ktap_num "the wire delays by at least 15 ms" "$min" ">=" 15
ktap_num "and by hardly more" "$min" "<" 21
ktap_check "the other wire does not" testbed_netem 2 "" ""
min=$(ping -q -c 40 -i 0.05 "$(server4 2)" | sed -n 's,.*= \([0-9.]*\)/.*,\1,p')
ktap_num "its round trip" "$min" "<" 5
ktap_check "a server starts" chronyd_start 1
# -Q asks once and only says what the offset would be
ask() { chronyd -Q -t 20 "server $1 iburst maxsamples 1" 2>&1 | sed -n 's/.*clock wrong by \([-0-9.]*\) .*/\1/p'; }
ktap_num "it serves this clock" "$(ask "$(server4 1)" | tr -d -)" "<" 0.05
wander_start 20 7 0.1
sleep 2
freq=$(adjtimex | awk '$1 == "frequency:" || /freq.adjust/ { print $(NF > 2 ? 3 : 2) }')
ktap_num "the clock's rate wanders" "$freq" "!=" 0
testbed_down
ktap_end
