#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# run.sh KERNEL|host: `make run`. Gets what is needed, builds, boots a Debian
# kernel in QEMU and shows the clock there (selftests/guest/demo.sh). host does
# the same on the running kernel.

set -e -o pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/env.sh"

kernel=$1
"$LAB/packages.sh"
log=$B/run-build.log
mkdir -p "$B"
say "building"
{ make -C "$TOP" user && make -C "$SELFTESTS" B="$B" guest; } > "$log" 2>&1 || {
	grep -E 'error|Error' "$log" | head -n 20 >&2
	die "the programs do not build ($log)"; }
if [ "$kernel" = host ]; then
	[ "$(id -u)" -eq 0 ] || die "make run HOST=1 needs root"
	[ -d "/lib/modules/$(uname -r)/build" ] ||
		die "no headers of the running kernel: apt install linux-headers-$(uname -r)"
	RADCLOCK_KO=$("$LAB/buildmod.sh" host)
	export RADCLOCK_KO DEMO_HOST=1 RUN=/run/radclock-demo
	export PATH=$B:$B/guest/bin:$PATH LD_LIBRARY_PATH=$B
	exec bash "$SELFTESTS/guest/demo.sh"
fi
RADCLOCK_KO=$("$LAB/buildmod.sh" "$kernel")
export RADCLOCK_KO SUFFIX=run
initramfs=$("$LAB/initramfs.sh" "$kernel")
mkdir -p "$B/results"
printf 'exec bash /lab/demo.sh\n' > "$B/results/run.job"
say "booting $kernel in QEMU"
rc=0
TIMEOUT=280 SILENCE=150 "$LAB/boot.sh" "$kernel" "$initramfs" "$B/results/run" "$B/results/run.job" || rc=$?
exit $rc
