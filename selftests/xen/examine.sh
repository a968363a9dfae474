# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016
# Sourced by lab.sh: `radclock examine` in dom0, and in guests of 2 CPUs whose
# TSC is the machine's or Xen's emulation. $R/examine-NAME has what it found.
#   EXAMINE="..."    its options

# shellcheck source=/dev/null
. "$SELFTESTS/xen/common.sh"
ktap_plan 10
opts=${EXAMINE:--r tsc -t 40 -i 0.02 -n 10000}
limit=300
# not the single readings: they would have to go through a console
pack='cd /run/examine && tar czf /run/examine.tgz *.histogram *.phase *.allan *.json plots.gp'
run="radclock examine $opts --out /run/examine; echo status \$?; $pack"

# shellcheck disable=SC2317
# unpacked NAME: its files (base64 on stdin), and the plots where they can be made
unpacked()
{
	local dir=$R/examine-$1
	mkdir -p "$dir"
	base64 -d | tar xz -C "$dir" && [ -s "$dir/examine.json" ] || return 1
	! command -v gnuplot > /dev/null || (cd "$dir" && gnuplot -e 'format="png"' plots.gp)
}

# shown NAME: what it said, and did it say yes or no
shown()
{
	ktap_say "$(cat "$R/examine-$1.txt")"
	ktap_check "$1: it says yes or no" grep -qE '^status [01]$' "$R/examine-$1.txt"
}

# examined GUEST [LINE OF ITS CONFIGURATION]...
examined()
{
	local name=$1 line config=
	shift
	for line; do config="$config $(printf %q "$line")"; done
	ktap_check "a guest, $name:$config" on A 180 "guest_start $name $config"
	on A 20 "guest $name 10 'insmod /lab/mod/radclock.ko'"
	on A $limit "guest $name $((limit - 10)) $(printf %q "$run")" > "$R/examine-$name.txt"
	shown "$name"
	on A 130 "guest_file $name /run/examine.tgz | base64" > "$R/examine-$name.b64"
	ktap_check "$name: its files" unpacked "$name" < "$R/examine-$name.b64"
	on A 20 "guest_stop $name"
}

link_up
hostref_up A
machine_start A 1 "$XEN_IMAGE"
ktap_check "a machine boots Xen and dom0" machine_wait A 300 || ktap_die "no machine"
on A 20 'module_load'
on A $limit "$run" > "$R/examine-dom0.txt"
shown dom0
on A 30 'base64 /run/examine.tgz' > "$R/examine-dom0.b64"
ktap_check "dom0: its files" unpacked dom0 < "$R/examine-dom0.b64"
examined native vcpus=2 'tsc_mode="native"'
examined emulated vcpus=2 'tsc_mode="always_emulate"'
ktap_eq "dom0's kernel did not complain" "$(complaints A dom0)" ""
machine_stop A
ktap_end
