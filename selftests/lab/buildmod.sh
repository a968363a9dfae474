#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# buildmod.sh KERNEL: builds radclock.ko for that kernel from a copy of the
# sources, so that the kernels' objects do not meet, and prints its path.
# MODFLAGS are further arguments of make (W=1 C=1).

set -e -o pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/env.sh"

kernel=$1
vars=$("$LAB/kernel.sh" "$kernel") || exit 1
eval "$vars"
: "$KVER" "$KIMAGE" "$KMODS"
out=$B/kmod-$kernel
mkdir -p "$out"
# a file that is gone must not linger
if [ -d "$out/kmod" ]; then
	(cd "$out" && find kmod include common -name '*.[ch]' | while read -r f; do
		[ -e "$TOP/$f" ] || rm -f "$f"; done)
fi
# only what changed is copied (make builds only that again), and no objects
(cd "$TOP" && find Kbuild version.mk kmod include common -type f ! -name '*.o' ! -name '.*' \
	! -name '*.ko' ! -name '*.mod*' -print0 | xargs -0 cp -u --preserve=timestamps --parents -t "$out")
version=$(sed -n 's/^VERSION *:= *//p' "$TOP/version.mk")
# shellcheck disable=SC2086
if ! make -C "$KHEADERS" M="$out" VERSION="$version" $MODFLAGS -j"$(nproc)" modules > "$out/build.log" 2>&1; then
	grep -E 'error|Error|ERROR|warning' "$out/build.log" | head -n 40 >&2
	die "radclock.ko does not build for $kernel ($out/build.log)"
fi
grep -E 'warning:|WARNING:' "$out/build.log" >&2 || true
# the tests' own module
test=$B/modtest-$kernel
mkdir -p "$test"
cp -u --preserve=timestamps "$SELFTESTS"/kmod/* "$test/"
make -C "$KHEADERS" M="$test" modules > "$test.log" 2>&1 ||
	die "rad_test.ko does not build for $kernel ($test.log)"
echo "$out/radclock.ko"
