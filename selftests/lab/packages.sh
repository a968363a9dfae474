#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# packages.sh [full]: installs what a fresh Debian 12 machine lacks. Without
# an argument only what building and `make run` need; `full` for the tests,
# the debug kernel, style checks and benches. Nothing missing: nothing done.

set -e -o pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/env.sh"
. "$LAB/apt.sh"

base="gcc make libc6-dev pkg-config libnl-3-dev libnl-genl-3-dev libcap-dev
libseccomp-dev libjson-c-dev linux-headers-amd64 libelf-dev kmod xz-utils cpio
qemu-system-x86 busybox-static iproute2 iputils-ping ethtool procps util-linux
strace bc libedit2 libgnutls30 libnettle8"
full="bison flex dwarves rsync sparse dkms shellcheck perl-base python3-minimal
python3-yaml python3-jsonschema gnuplot-nox iperf3 tcpdump man-db libxen-dev"

need=$base
[ "$1" != full ] || need="$need $full"

missing=()
for p in $need; do
	case $(dpkg-query -W -f '${Status}' "$p" 2>/dev/null) in
	*" installed") ;;
	*) missing+=("$p") ;;
	esac
done

# chronyd is run as somebody's server here. Installed, it would begin to steer
# this machine's clock, or push another time daemon out: it is only unpacked.
get_chrony()
{
	command -v chronyd >/dev/null || [ -x /usr/sbin/chronyd ] || [ -x "$CACHE/chrony/usr/sbin/chronyd" ] && return
	say "downloading chrony"
	APT_OTHER=no fetch_debs "$CACHE/debs" chrony || {
		run_as_root timeout 600 apt-get -q update >&2
		APT_OTHER=no fetch_debs "$CACHE/debs" chrony || die "cannot download chrony"; }
	rm -rf "$CACHE/chrony"
	dpkg -x "$CACHE"/debs/chrony_*.deb "$CACHE/chrony"
	rm -f "$CACHE"/debs/chrony_*.deb
}
get_chrony

[ ${#missing[@]} -eq 0 ] && exit 0

command -v apt-get >/dev/null ||
	die "needs Debian: cannot install ${missing[*]} without apt-get"
say "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install()
{
	run_as_root env DEBIAN_FRONTEND=noninteractive timeout 1800 apt-get -q -y \
		-o Dpkg::Options::=--force-confold install --no-install-recommends \
		"${missing[@]}" > "$log" 2>&1
}
install || {
	run_as_root timeout 600 apt-get -q update >> "$log" 2>&1 ||
		{ tail -n 10 "$log" >&2; die "apt-get update failed"; }
	install
} || { tail -n 10 "$log" >&2; die "cannot install ${missing[*]}"; }
