#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# lab: timeout=60
# Bad writes to /sys/kernel/radclock and bad module parameters: refused, nothing
# changed, nothing in the kernel log but what belongs there.
. /lab/ktap.sh
. /lab/testbed.sh
. /lab/kmsg.sh

# all that must stay; what goes on by itself is left out
state()
{
	local f
	for f in available_counters counter counter_hz status period updates \
		disruptions source abi_version; do
		echo "$f=$(< "$SYS/$f")"
	done
}

# as_nobody COMMAND...
as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }

# write_file FILE: stdin in one write(2); what dd says is its error
write_file() { dd of="$SYS/$1" bs=65536 iflag=fullblock conv=notrunc 2>&1; }

# refuses_bytes NAME ERROR: stdin, written to `counter`, is refused and changes nothing
refuses_bytes()
{
	local before after out rc=0
	before=$(state)
	out=$(write_file counter) || rc=$?
	after=$(state)
	if [ $rc -eq 0 ]; then ktap_fail "$1" "the write succeeded"
	elif ! grep -q "$2" <<< "$out"; then ktap_fail "$1" "wanted '$2', got: $out"
	else ktap_eq "$1" "$after" "$before"
	fi
}

# log_has TEXT: the kernel says so, since the mark
log_has() { kmsg_since "$1" | grep -q "$2"; }

files="available_counters counter_value counter_hz status time period
error_bound_ns updates last_update_age_ns disruptions counter_origin reason
counter_error_ns host_id host_generation host_age_ns abi_version"

ktap_plan 37
ktap_check "module loads" module_load counter=tsc
module_loaded || ktap_die "no module, no test"
kmsg_mark bad_files_quiet

before=$(state)
wrong=
for f in $files; do
	[ "$(stat -c %a "$SYS/$f")" = 444 ] || wrong="$wrong mode:$f"
	for text in 0 1 tsc synchronized; do
		! { echo $text > "$SYS/$f"; } 2>/dev/null || wrong="$wrong $f"
	done
done
ktap_eq "no file but counter and source can be written, by root either" "$wrong" ""
wrong=
for f in $files; do
	chmod 644 "$SYS/$f"
	! { echo 1 > "$SYS/$f"; } 2>/dev/null || wrong="$wrong $f"
	chmod 444 "$SYS/$f"
done
ktap_eq "nor when its mode is changed" "$wrong" ""
ktap_eq "and nothing changed" "$(state)" "$before"
ktap_refuses "no file can be made" touch $SYS/new
ktap_refuses "nor removed" rm $SYS/status

long=$(printf 'x%.0s' $(seq 4000))
refuses_bytes "an unknown counter is refused" "No such device" <<< "sundial"
refuses_bytes "a counter that other machines have" "No such device" <<< "xen"
refuses_bytes "a newline alone" "No such device" <<< ""
refuses_bytes "a space" "No such device" < <(printf ' ')
refuses_bytes "a NUL" "Invalid argument" < <(printf '\0')
refuses_bytes "a NUL in the middle" "Invalid argument" < <(printf 'hpet\0hpet')
refuses_bytes "a NUL at the end" "Invalid argument" < <(printf 'hpet\0')
refuses_bytes "a NUL before" "Invalid argument" < <(printf '\0hpet')
refuses_bytes "two names" "No such device" < <(printf 'hpet hpet')
refuses_bytes "capitals" "No such device" < <(printf 'HPET')
refuses_bytes "part of a name" "No such device" < <(printf 'hpe')
refuses_bytes "more than a name" "No such device" < <(printf 'hpett')
refuses_bytes "a format" "No such device" < <(printf '%%s%%n%%p')
refuses_bytes "bytes that are no text" "No such device" < <(printf '\377\376\375\200')
refuses_bytes "4000 bytes" "Invalid argument" < <(printf '%s' "$long")
refuses_bytes "a name and 4000 bytes" "Invalid argument" < <(printf '%s' "hpet           $long")
ktap_eq "the counter stays" "$(cat $SYS/counter)" tsc

before=$(state)
ktap_refuses "another user cannot write it" as_nobody sh -c "echo hpet > $SYS/counter"
ktap_refuses "nor the source" as_nobody sh -c "echo netlink > $SYS/source"
chmod 666 $SYS/counter $SYS/source
ktap_refuses "nor when its mode would let him" as_nobody sh -c "echo hpet > $SYS/counter"
ktap_refuses "nor root in a user namespace" unshare -Ur sh -c "echo hpet > $SYS/counter"
ktap_refuses "nobody the source" as_nobody sh -c "echo netlink > $SYS/source"
ktap_refuses "nor that root" unshare -Ur sh -c "echo netlink > $SYS/source"
chmod 644 $SYS/counter $SYS/source
ktap_eq "and nothing changed" "$(state)" "$before"
ktap_check "a name with spaces and a newline is taken" sh -c "printf ' hpet \n' > $SYS/counter"
ktap_eq "and all this leaves no line of ours in the log" \
	"$(kmsg_since bad_files_quiet | grep 'radclock:')" ""

module_unload
kmsg_mark bad_files_param
ktap_refuses "a module parameter of no counter: not loaded" insmod /lab/mod/radclock.ko counter=nonsense
ktap_check "the log says why" log_has bad_files_param "radclock: no counter 'nonsense'"
ktap_eq "nothing is left of it" "$(ls -d /sys/module/radclock $SYS /dev/radclock* 2>/dev/null)" ""
ktap_check "an empty one is like none" module_load counter=
ktap_eq "and gives the best counter" "$(cat $SYS/counter)" tsc
module_unload
ktap_end
