#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Make the netlink header and policy from docs/netlink/radclock.yaml with the
# kernel's own generator: gen-netlink.sh LINUX_SOURCE [OUTPUT_DIR]
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
src=${1:?usage: gen-netlink.sh LINUX_SOURCE [OUTPUT_DIR]}
out=${2:-$top}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
nl=$tmp/Documentation/netlink
# the generator looks upwards for a kernel tree
mkdir -p "$nl/specs" "$out/include/uapi/linux" "$out/kmod"
touch "$tmp/MAINTAINERS"
cp "$src"/Documentation/netlink/*.yaml "$nl/"
cp "$top/docs/netlink/radclock.yaml" "$nl/specs/"
gen() {
	dest=$1
	shift
	timeout -s INT 20 python3 "$src/tools/net/ynl/pyynl/ynl_gen_c.py" \
		--spec "$nl/specs/radclock.yaml" "$@" -o "$tmp/$(basename "$dest")"
	# the header line names the spec where it lies here; the family, with
	# its groups, stands in netlink.c
	sed -e "s#tools/net/ynl/ynl-regen.sh#scripts/gen-netlink.sh LINUX_SOURCE#" \
		-e '/^static const struct genl_multicast_group/,/^};/d' \
		-e "s#^/\*.*specs/radclock.yaml \*/#/*	docs/netlink/radclock.yaml */#" \
		"$tmp/$(basename "$dest")" >"$out/$dest"
}
gen include/uapi/linux/radclock_netlink.h --mode uapi --header
gen kmod/netlink_gen.h --mode kernel --header
gen kmod/netlink_gen.c --mode kernel --source
