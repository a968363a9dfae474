# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016
# Sourced by lab.sh: one machine. dom0 keeps the clock and publishes it; guest
# u1 (1 virtual CPU, there before there is anything to read) and u2 (2, comes
# later) share it; u3 has chronyd, for contrast.
#   XEN_STABLE=1 Xen trusts the TSC
#   XEN_LONG=1   pauses of a minute instead of seconds

. "$SELFTESTS/xen/common.sh"
ktap_plan 62
t0=$SECONDS
pause=5 window=8
[ -z "$XEN_LONG" ] || pause=60 window=120

link_up
hostref_up A
machine_start A 1 "$XEN_IMAGE"
if machine_wait A; then ktap_ok "a machine boots Xen and dom0"; else ktap_die "no machine"; fi
ktap_say "after $((SECONDS - t0)) s; TSC offset known within $(offset_width A) ticks"

# ------------------------------------------------------- the counter, guests
on A 20 'module_load' > /dev/null
ktap_eq "dom0: the counter is Xen system time" "$(on A 5 'cat $SYS/counter')" xen
ktap_num "dom0: the bound has the counter's error in it, unless Xen trusts the TSC" \
	"$(on A 5 'cat $SYS/counter_error_ns')" "$([ -n "$XEN_STABLE" ] && echo '==' || echo '>')" 0
check_counter dom0 "dom0: counter = the kernel's xen clocksource, 0 of 10 000 outside"

ktap_check "guest u1 starts" on A 180 'guest_start u1'
ktap_check "u1: module, source=xenstore, before the host publishes" \
	on A 100 'guest u1 90 "insmod /lab/mod/xen_wake.ko; insmod /lab/mod/radclock.ko source=xenstore
	a=\$(sed -n \"s/^\([0-9a-f]*\) [tT] rad_clock_read\t.*/\1/p\" /proc/kallsyms)
	echo 0x\$a > /sys/module/xen_wake/parameters/reader; cat $SYS/status $SYS/reason"'
ktap_eq "u1 waits" "$(on A 10 'guest u1 5 "cat $SYS/status"')" unsynchronized

begin_start u2 "vcpus = 2" 'tsc_mode = "default"'
on A 20 'clock_start "publish xenstore"' > "$R/daemon.log" || cat "$R/daemon.log"
ktap_check "dom0 synchronizes" on A 60 'wait_sync 55'
ktap_eq "the node may be read by all, written by none" \
	"$(on A 10 'wait_for 10 xenstore-exists $NODE; xenstore-ls -p /local/domain/0/radclock |
	sed -n "s/^v1 = .*(\(.*\))$/\1/p"')" r0
ktap_say "$(on A 5 'node_read')"
ktap_check "u1 is synchronized by it" on A 30 'guest_is u1 synchronized 25'
end_start "guest u2 (2 CPUs) starts"
ktap_check "u2: module loaded when the node is there: synchronized" on A 30 \
	'guest u2 10 "insmod /lab/mod/radclock.ko source=xenstore"; guest_is u2 synchronized 15'
check_counter u1 "u1: counter = the kernel's xen clocksource, 0 of 10 000 outside"
check_counter u2 "u2: the same on both CPUs"

# ------------------------------------------------- the guest's clock is dom0's
same_clock u1 $window
ktap_num "guest and host: generations of both" "$(fact common)" ">=" 2
ktap_num "guest and host: equal to 1 ns at the same Xen time" "$(fact worst_ns)" "<=" 1

references "$R/ref" && give A "$R/ref" /run/ref
ktap_check "dom0: the reader" on A 30 'reader -r /run/ref -o /run/reader -t 3'
on A 10 'cat /run/reader' > "$R/reader.dom0"
facts=$(grade "$R/reader.dom0" "$R/ref"); comments
ktap_eq "dom0: 0 readings outside their bound" "$(fact wrong)" 0

# ------------------------------------------------------ save, pause, restore
reader_start A u1
sleep 3
on A 120 "guest_save u1 /tmp/u1.img; sleep $pause; guest_restore /tmp/u1.img u1
	rm -f /tmp/u1.img" > "$R/save.log"
ktap_check "u1: saved, $pause s, restored: synchronized again" on A 40 'guest_is u1 synchronized 30'
sleep 2
on A 60 'guest_save -c u1 /tmp/u1.img; rm -f /tmp/u1.img; guest_attach u1' >> "$R/save.log"
ktap_check "u1: save -c: synchronized again" on A 40 'guest_is u1 synchronized 30'
sleep 2
on A 60 'guest_save u1 /tmp/u1.img; guest_restore /tmp/u1.img u1' >> "$R/save.log"
ktap_check "u1: a snapshot, restored" on A 40 'guest_is u1 synchronized 30'
sleep 2
reader_stop A u1 "$R/reader.u1"
on A 60 'guest_stop u1; guest_config u1; guest_restore /tmp/u1.img u1
	rm -f /tmp/u1.img' >> "$R/save.log"
ktap_check "u1: the same snapshot once more" on A 40 'guest_is u1 synchronized 30'
sleep 2
reader_stop A u1 "$R/reader.u1-again"
on A 10 'guest u1 5 cat /sys/module/xen_wake/parameters/log' > "$R/wake.u1"
facts=$(wake "$R/wake.u1"); comments
ktap_num "u1: the kernel read the clock while it resumed" "$(fact resumes)" ">=" 3
ktap_eq "u1: none of these readings had a time before the new parameters" "$(fact early)" 0
ktap_eq "u1: and none was wrong" "$(fact wrong)" 0
for f in u1 u1-again; do
	facts=$(grade "$R/reader.$f" "$R/ref"); comments
	ktap_num "$f: the reader saw the events" "$(fact events)" ">=" 3
	ktap_eq "$f: each changed the disruption marker" "$(grep -c '^marker_[0-9]* 0' <<< "$facts")" 0
	ktap_num "$f: readings" "$(fact timed)" ">" 100
	ktap_eq "$f: 0 readings outside their bound" "$(fact wrong)" 0
	ktap_eq "$f: no line is garbled" "$(fact garbled)" 0
done
check_counter u1 "u1: counter = clocksource after restores"
on A 60 'guest_save u2 /tmp/u2.img; guest_restore /tmp/u2.img u2; rm -f /tmp/u2.img' >> "$R/save.log"
ktap_check "u2: saved and restored: synchronized again" on A 40 'guest_is u2 synchronized 30'
check_counter u2 "u2: counter = clocksource after a restore, both CPUs"
same_clock u2 6
ktap_num "u2: equal to 1 ns at the same Xen time" "$(fact worst_ns)" "<=" 1
ktap_check "u2: renamed: still synchronized" on A 20 \
	'xl rename u2 u2b && sleep 1 && guest_is u2 synchronized && xl rename u2b u2'

# ----------------------------------------------------------------- the faults
begin_start u3 "$(on A 5 'echo "$GUEST_NET"')"
. "$SELFTESTS/xen/faults.sh"

ktap_eq "the kernels' logs have no complaint" "$(complaints A dom0 u1 u2)" ""

# ------------------------------------------------------------- what it costs
. "$SELFTESTS/xen/cost.sh"

ktap_eq "u3: the kernel's log has no complaint" "$(complaints A u3)" ""
ktap_say "$((SECONDS - t0)) s in all, load $(cut -d' ' -f1-3 /proc/loadavg)"
machine_stop A
ktap_end
