# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016
# Sourced by the parts of the lab: what they share beyond machine.sh.

# fact KEY: of $facts, lines "KEY VALUE"
fact() { sed -n "s/^$1 //p" <<< "$facts"; }
# what of $facts is for people
comments() { grep '^#' <<< "$facts"; }

offset_width() { awk '{ print $2 - $1 }' <<< "${M_TSC[$1]}"; }

# begin_start GUEST [LINE...] / end_start NAME: booting is work, much else is waiting
begin_start()
{
	on A 180 "guest_start $(printf '%q ' "$@")" > "$R/start" 2>&1 & starting=$!
}
end_start()
{
	if wait "$starting"; then ktap_ok "$1"; else ktap_fail "$1" "$(cat "$R/start")"; fi
}

# check_counter DOMAIN NAME: our counter is the kernel's own clocksource. The
# module must stay loaded between two checks: its address is looked up once.
check_counter()
{
	local script out
	script='old=$(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)
		echo xen > /sys/devices/system/clocksource/clocksource0/current_clocksource
		[ -s /run/xen_read ] || sed -n "s/^\([0-9a-f]*\) t xen_read\t.*radclock.*/\1/p" \
			/proc/kallsyms > /run/xen_read
		a=$(cat /run/xen_read)
		insmod /lab/mod/xen_check.ko reader=0x$a && cat /sys/module/xen_check/parameters/result
		rmmod xen_check
		echo "$old" > /sys/devices/system/clocksource/clocksource0/current_clocksource'
	if [ "$1" = dom0 ]; then out=$(on A 60 "$script")
	else out=$(on "${3:-A}" 60 "guest $1 55 $(printf %q "$script")")
	fi
	ktap_say "$out"
	if grep -q rounds <<< "$out" && ! grep -vq 'rounds 10000 outside 0 backwards 0 ' <<< "$out"; then
		ktap_ok "$2"
	else
		ktap_fail "$2"
	fi
}

# same_clock GUEST SECONDS: the host's parameters and the guest's, as they come
same_clock()
{
	on A $(($2 + 40)) "guest $1 $(($2 + 20)) 'gens $2 > /run/gens' &
		gens $(($2 + 2)) > /run/gens; wait" > /dev/null
	on A 10 'cat /run/gens' > "$R/gens.dom0"
	on A 20 "guest_file $1 /run/gens" > "$R/gens.$1"
	facts=$(python3 "$SELFTESTS/xen/gens.py" "$R/gens.dom0" "$R/gens.$1")
	ktap_say "$1: $facts"
}

# reader_start MACHINE GUEST: a thousand readings of our clock a second, in rounds
# of three
reader_start()
{
	on "$1" 20 "guest $2 10 \"base64 -d <<< \$(base64 -w0 /run/ref) > /run/ref
		setsid reader -i 3000 -r /run/ref -o /run/reader < /dev/null > /run/reader.log 2>&1 &\""
}

# reader_stop MACHINE GUEST FILE: what it wrote, into FILE
reader_stop()
{
	on "$1" 20 "guest $2 10 'kill \$(pidof reader); sleep 0.5; cat /run/reader.log'"
	on "$1" 180 "guest_file $2 /run/reader" > "$3"
}

# complaints MACHINE DOMAIN...: of their kernels
complaints()
{
	local m=$1 d
	shift
	for d; do
		if [ "$d" = dom0 ]; then on "$m" 10 '. /lab/kmsg.sh; dmesg | grep -E "$KMSG_BAD"'
		else on "$m" 20 ". /lab/kmsg.sh; guest $d 10 dmesg | tee /run/guests/$d.dmesg | grep -E \"\$KMSG_BAD\""
		fi | sed "s/^/$d: /"
	done
}
