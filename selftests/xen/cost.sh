# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# Sourced by one.sh: what the clock costs a guest: the same guest with nothing,
# with our module, and with chronyd at the daemon's pace.

# What is counted: CPU time not spent idle, by the guest's own tick-free
# accounting, interrupts (event channels) and packets, over a window of seconds.
cat > "$R/cost" <<'G'
look()
{
	awk 'NR == FNR { up = $1; idle = $2; next } /^ *[0-9A-Z]+:/ { for (i = 2; i <= 2; i++) n += $i }
	     END { printf "%s %s %d", up, idle, n }' /proc/uptime /proc/interrupts
	echo " $(cat /sys/class/net/eth0/statistics/tx_packets)"
}
a=$(look); sleep $1; b=$(look)
echo "$a $b" | awk '{ s = $5 - $1; h = 3600 / s
	printf "busy_s_per_hour %.1f\ninterrupts_per_hour %.0f\npackets_per_hour %.0f\n",
		(s - ($6 - $2)) * h, ($7 - $3) * h, ($8 - $4) * h }'
G
end_start "guest u3 starts"
ktap_check "with a network" on A 30 'guest_stop u2; guest_net u3'
give A "$R/cost" /run/cost
measure() { on A $((window + 30)) "guest u3 $((window + 20)) \"set -- $window; \$(cat /run/cost)\""; }
nothing=$(measure)
on A 40 'guest u3 10 "insmod /lab/mod/radclock.ko source=xenstore"
	guest_is u3 synchronized 15' > /dev/null
ours=$(measure)
on A 40 'guest u3 10 rmmod radclock; guest_chronyd u3; sleep 3' > "$R/chronyd-u3.log"
theirs=$(measure)
for who in nothing ours theirs; do ktap_say "$who: $(tr '\n' ' ' <<< "${!who}")"; done
facts=$ours
ktap_eq "a guest of ours sends no packet" "$(fact packets_per_hour)" 0
facts=$theirs
ktap_num "one with chronyd does" "$(fact packets_per_hour)" ">" 0
