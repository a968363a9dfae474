#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# lab.sh one|migrate|shell [ARGUMENT]: builds, then runs that part of the Xen
# lab in namespaces of its own, so that nothing it starts outlives it.

set -o pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lab/env.sh"
here=$SELFTESTS/xen
part=$1
R=$B/results/xen-$part
export R

if [ -z "$XEN_LAB_INSIDE" ]; then
	t0=$SECONDS
	[ "$(id -u)" -eq 0 ] || die "the Xen lab needs root (network namespaces, tap devices)"
	[ -c /dev/net/tun ] || die "the Xen lab needs /dev/net/tun"
	"$LAB/packages.sh" full || exit 1
	vars=$("$here/packages.sh") && eval "$vars" || exit 1
	mkdir -p "$B"
	exec 8> "$B/.lock-xen"
	flock -n 8 || die "another run of the Xen lab uses $B"
	rm -rf "$R" && mkdir -p "$R"
	log=$R/build.log
	{ make -C "$TOP" user B="$B" && make -C "$SELFTESTS" B="$B" guest tests &&
	  make -C "$here" B="$B"; } > "$log" 2>&1 ||
		{ grep -E 'error|Error' "$log" | head -n 20 >&2; die "the programs do not build ($log)"; }
	[ -n "$RADCLOCK_KO" ] || RADCLOCK_KO=$("$LAB/buildmod.sh" 6.1) || exit 1
	export RADCLOCK_KO
	"$here/buildmod.sh" || exit 1
	vars=$("$here/trees.sh") && eval "$vars" || exit 1
	XEN_SHADOW=
	[ "$part" != migrate ] && [ "$XEN_MACHINES" != 2 ] || XEN_SHADOW=$("$here/hypervisor.sh") || exit 1
	export XEN_ROOT DOM0_INITRD GUEST_INITRD KIMAGE XEN_IMAGE XEN_SHADOW XEN_LAB_INSIDE=1
	say "built in $((SECONDS - t0)) s"
	# The first process of the namespace takes all others with it; unshare
	# itself heeds no signal but this.
	unshare --net --mount --pid --fork --kill-child --mount-proc "$0" "$@" 8>&- <&0 & inside=$!
	trap 'kill -KILL $inside; exit 130' INT TERM HUP
	wait $inside
	exit
fi

trap 'exit 130' INT TERM
case $part in one|migrate|shell) ;; *) die "no part $part of the lab (one, migrate, shell)" ;; esac
# TCG's TSC is invariant, but QEMU does not say so unless forced to
if [ -n "$XEN_STABLE" ]; then
	export XEN_CPU=qemu64,x-force-features=on,+invtsc XEN_ARGS="$XEN_ARGS clocksource=tsc"
fi
. "$here/machine.sh"
. "$SELFTESTS/ktap.sh"
# shellcheck disable=SC1090
. "$here/$part.sh"
