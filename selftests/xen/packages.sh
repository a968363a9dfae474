#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# packages.sh: gets Debian's Xen ready in the cache, unpacked and never
# installed, and prints for eval: XEN_ROOT (the unpacked packages), XEN_BIN
# (the tools' folder in it), XEN_IMAGE (the hypervisor to boot).

set -e -o pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lab/env.sh"
. "$LAB/apt.sh"

# What the lab runs of it needs no QEMU, no Python and no udev in dom0.
packages="xen-hypervisor-4.17-amd64 xen-utils-4.17 xen-utils-common xenstore-utils
libxencall1 libxendevicemodel1 libxenevtchn1 libxenforeignmemory1 libxengnttab1 libxenhypfs1
libxenmisc4.17 libxenstore4 libxentoolcore1 libxentoollog1 libyajl2 libncurses6 libtinfo6
libfdt1 libwrap0 libssl3 socat"

mkdir -p "$CACHE"
exec 9> "$CACHE/lock-xen"
flock -n 9 || { say "waiting for another run that prepares Xen"; flock 9; }

# what a radclockd that publishes is built with
if ! pkg-config --exists xenstore 2>/dev/null; then
	say "installing libxen-dev"
	run_as_root env DEBIAN_FRONTEND=noninteractive timeout 900 \
		apt-get -q -y install --no-install-recommends libxen-dev >&2 || die "cannot install libxen-dev"
fi

dir=$CACHE/xen-$(sha256sum <<< "$packages" | cut -c1-12)
if [ ! -d "$dir" ]; then
	say "downloading Xen"
	rm -rf "$CACHE/debs-xen"
	# shellcheck disable=SC2086
	APT_OTHER=no fetch_debs "$CACHE/debs-xen" $packages || {
		run_as_root timeout 600 apt-get -q update >&2
		APT_OTHER=no fetch_debs "$CACHE/debs-xen" $packages || die "cannot download Xen"; }
	rm -rf "$dir.new" && mkdir -p "$dir.new"
	for deb in "$CACHE"/debs-xen/*.deb; do
		dpkg -x "$deb" "$dir.new" || die "cannot unpack $deb"
	done
	zcat "$dir.new"/boot/xen-4.17-amd64.gz > "$dir.new/xen"
	rm -rf "$CACHE/debs-xen"
	mv "$dir.new" "$dir"
fi
printf 'XEN_ROOT=%q XEN_BIN=%q XEN_IMAGE=%q\n' "$dir" "$dir/usr/lib/xen-4.17/bin" "$dir/xen"
