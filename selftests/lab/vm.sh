#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vm.sh KERNEL: a shell in a guest with our module and programs. With CMD="..."
# runs that in the guest instead and prints what it prints.

set -e -o pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/env.sh"

kernel=$1
"$LAB/packages.sh"
log=$B/vm-build.log
mkdir -p "$B"
{ make -C "$TOP" user && make -C "$SELFTESTS" B="$B" guest tests; } > "$log" 2>&1 ||
	say "not everything built ($log)"
RADCLOCK_KO=$("$LAB/buildmod.sh" "$kernel") || say "no module for $kernel"
export RADCLOCK_KO
initramfs=$("$LAB/initramfs.sh" "$kernel")
if [ -n "$CMD" ]; then
	job=$(mktemp)
	trap 'rm -f "$job"' EXIT
	printf '. /lab/testbed.sh; . /lab/kmsg.sh\ncd /root\n%s\n' "$CMD" > "$job"
	"$LAB/boot.sh" "$kernel" "$initramfs" "$B/results/vm" "$job"
else
	SHELL_MODE=1 "$LAB/boot.sh" "$kernel" "$initramfs" "$B/results/vm"
fi
