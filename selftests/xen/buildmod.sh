#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# buildmod.sh: builds the lab's own module (kmod/) for 6.1.
set -e -o pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lab/env.sh"
vars=$("$LAB/kernel.sh" 6.1) || exit 1
eval "$vars"
: "$KVER" "$KIMAGE" "$KMODS"
out=$B/xen/kmod
mkdir -p "$out"
cp -u --preserve=timestamps "$SELFTESTS"/xen/kmod/* "$out/"
make -C "$KHEADERS" M="$out" RAD="$TOP" modules > "$out.log" 2>&1 ||
	{ tail -n 20 "$out.log" >&2; die "xen_check.ko does not build ($out.log)"; }
