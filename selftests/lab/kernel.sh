#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kernel.sh 6.1|6.12|debug|host: gets a kernel ready in the cache and prints,
# for eval: KVER (release), KIMAGE (to boot), KMODS (folder of lib/modules/KVER),
# KHEADERS (to build modules against).
#
# 6.1 and 6.12 are Debian's own, unpacked, never installed. debug is built from
# Debian's linux-source with debug.config: once, then it stays in the cache.

set -e -o pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/env.sh"
. "$LAB/apt.sh"

which=$1
[ -n "$which" ] || die "usage: kernel.sh 6.1|6.12|debug|host"
mkdir -p "$CACHE"
# Two makes at a time would trample each other.
exec 9> "$CACHE/lock-$which"
flock -n 9 || { say "waiting for another run that prepares kernel $which"; flock 9; }

show()
{
	[ -r "$KIMAGE" ] || die "kernel $which: no image ($KIMAGE)"
	[ -d "$KHEADERS" ] || die "kernel $which: no headers ($KHEADERS)"
	printf 'KVER=%q KIMAGE=%q KMODS=%q KHEADERS=%q\n' "$KVER" "$KIMAGE" "$KMODS" "$KHEADERS"
}

# unpack DIR DEB...: all or nothing
unpack()
{
	local dir=$1 deb
	shift
	rm -rf "$dir.new" && mkdir -p "$dir.new"
	for deb; do dpkg -x "$deb" "$dir.new" || die "cannot unpack $deb"; done
	mv "$dir.new" "$dir"
}

# The kernel that the installed headers (linux-headers-amd64) belong to.
stable()
{
	local dep image dir
	dep=$(dpkg-query -W -f '${Depends}' linux-headers-amd64 2>/dev/null) ||
		die "linux-headers-amd64 is not installed (run selftests/lab/packages.sh)"
	KVER=$(sed -n 's/.*linux-headers-\([0-9][^ ,]*\).*/\1/p' <<< "$dep")
	[ -n "$KVER" ] || die "cannot see which kernel linux-headers-amd64 stands for"
	KHEADERS=/usr/src/linux-headers-$KVER
	image=linux-image-$KVER
	dir=$CACHE/$image
	# An installed kernel will do as well.
	if [ -r "/boot/vmlinuz-$KVER" ] && [ -d "/lib/modules/$KVER/kernel" ]; then
		KIMAGE=/boot/vmlinuz-$KVER KMODS=/lib/modules/$KVER
		return
	fi
	if [ ! -d "$dir" ]; then
		say "downloading $image"
		rm -f "$CACHE"/debs/"$image"_*.deb
		APT_OTHER=no fetch_debs "$CACHE/debs" "$image" || {
			run_as_root apt-get -q update >&2
			APT_OTHER=no fetch_debs "$CACHE/debs" "$image" ||
				die "cannot download $image"; }
		unpack "$dir" "$CACHE"/debs/"$image"_*.deb
		rm -f "$CACHE"/debs/"$image"_*.deb
	fi
	KIMAGE=$dir/boot/vmlinuz-$KVER KMODS=$dir/lib/modules/$KVER
	# 6.1 modules live under /lib, later ones under /usr/lib
	[ -d "$KMODS" ] || KMODS=$dir/usr/lib/modules/$KVER
}

# The newest 6.12 of bookworm-backports, which bookworm's gcc builds for.
backport()
{
	local dir have abi common v debs=() p
	have=$(cat "$CACHE/kernel-$which" 2>/dev/null) || true
	if [ -z "$have" ] || [ ! -d "$CACHE/$have" ]; then
		apt_suites
		KVER=$(apt_other depends linux-image-amd64 2>/dev/null |
			sed -n "s/.*Depends: linux-image-\($which\.[^ ]*\).*/\1/p" | sort -V | tail -n1)
		# The meta package may have gone on to a later series.
		KVER=$(apt_other pkgnames "linux-headers-$which." |
			sed -n "s/^linux-headers-\($which\.[0-9.]*+deb12-amd64\)$/\1/p" |
			sort -V | tail -n1)
		[ -n "$KVER" ] || die "bookworm-backports has no kernel $which"
		v=$(suite_version "linux-headers-$KVER" bookworm-backports)
		[ -n "$v" ] || die "bookworm-backports has no linux-headers-$KVER"
		abi=${KVER%-amd64} common=linux-headers-$abi-common
		say "downloading kernel $KVER"
		rm -rf "$CACHE/debs-$which"
		for p in "linux-image-$KVER" "linux-headers-$KVER" "$common" "linux-kbuild-$abi"; do
			debs+=("$p=$v")
		done
		fetch_debs "$CACHE/debs-$which" "${debs[@]}" || {
			APT_READY='' apt_suites refresh
			fetch_debs "$CACHE/debs-$which" "${debs[@]}" || die "cannot download kernel $KVER"; }
		have=linux-$KVER
		dir=$CACHE/$have
		unpack "$dir" "$CACHE/debs-$which"/*.deb
		# The headers name each other by the place they are installed to.
		sed -i "s#/usr/src/#$dir/usr/src/#g" "$dir/usr/src/linux-headers-$KVER/Makefile"
		rm -rf "$CACHE/debs-$which"
		echo "$have" > "$CACHE/kernel-$which"
	fi
	dir=$CACHE/$have KVER=${have#linux-}
	KIMAGE=$dir/boot/vmlinuz-$KVER KHEADERS=$dir/usr/src/linux-headers-$KVER
	KMODS=$dir/lib/modules/$KVER
	[ -d "$KMODS" ] || KMODS=$dir/usr/lib/modules/$KVER
}

# source_tree: SRC = Debian's linux-source of trixie-backports, unpacked
source_tree()
{
	local pkg v have
	have=$(cat "$CACHE/kernel-source" 2>/dev/null) || true
	if [ -z "$have" ] || [ ! -d "$CACHE/$have" ]; then
		apt_suites
		# 7.3 is what the module is known to build for; else the newest there is.
		pkg=linux-source-7.3
		v=$(suite_version "$pkg" trixie-backports)
		if [ -z "$v" ]; then
			pkg=$(apt_other pkgnames linux-source- | grep -E '^linux-source-[0-9.]+$' |
				sort -V | tail -n1)
			v=$(suite_version "$pkg" trixie-backports)
		fi
		[ -n "$v" ] || die "trixie-backports has no linux-source"
		if ! ls "$CACHE"/debs/"${pkg}"_*.deb >/dev/null 2>&1; then
			say "downloading $pkg $v (160 MB)"
			fetch_debs "$CACHE/debs" "$pkg=$v" || die "cannot download $pkg"
		fi
		say "unpacking $pkg"
		have=$pkg-${v%%-*}
		rm -rf "$CACHE/src.new" && mkdir -p "$CACHE/src.new/deb"
		dpkg -x "$CACHE"/debs/"${pkg}"_*.deb "$CACHE/src.new/deb"
		tar -C "$CACHE/src.new" -xf "$CACHE/src.new/deb/usr/src/$pkg.tar.xz"
		rm -rf "${CACHE:?}/$have" && mv "$CACHE/src.new/$pkg" "$CACHE/$have"
		rm -rf "$CACHE/src.new" "$CACHE"/debs/"${pkg}"_*.deb
		echo "$have" > "$CACHE/kernel-source"
	fi
	SRC=$CACHE/$have
}

debug()
{
	local hash out missing log
	source_tree
	hash=$( (basename "$SRC"; cat "$LAB/debug.config") | sha256sum | cut -c1-12)
	out=$CACHE/debug-$hash
	if [ ! -e "$out/done" ]; then
		say "building the debug kernel from $(basename "$SRC") (10 minutes on 2 cores, once)"
		# a build that was cut short goes on
		mkdir -p "$out"
		log=$out/build.log
		[ -e "$out/configured" ] || make -C "$SRC" O="$out" tinyconfig > "$log" 2>&1 &&
		"$SRC/scripts/kconfig/merge_config.sh" -O "$out" -m "$out/.config" \
			"$LAB/debug.config" >> "$log" 2>&1 &&
		make -C "$SRC" O="$out" olddefconfig >> "$log" 2>&1 ||
			{ tail -n 20 "$log" >&2; die "configuring the debug kernel failed"; }
		touch "$out/configured"
		missing=$(grep '^CONFIG_[A-Z0-9_]*=[ym]' "$LAB/debug.config" | grep -vxFf "$out/.config" || true)
		[ -z "$missing" ] || say "not available in this kernel: ${missing//$'\n'/ }"
		make -C "$SRC" O="$out" -j"$(nproc)" bzImage modules >> "$log" 2>&1 ||
			{ tail -n 30 "$log" >&2; die "building the debug kernel failed ($log)"; }
		touch "$out/done"
		# Only what modules need stays.
		find "$out" -name '*.o' -not -path '*/scripts/*' -not -path '*/tools/*' \
			-not -name module-common.o -delete
		find "$out" -name '*.a' -delete
		rm -f "$out"/vmlinux.unstripped
	fi
	KVER=$(cat "$out/include/config/kernel.release")
	KIMAGE=$out/arch/x86/boot/bzImage KHEADERS=$out KMODS=$out
}

case $which in
6.1) stable ;;
6.12) backport ;;
debug) debug ;;
source) source_tree; printf 'SRC=%q\n' "$SRC"; exit ;;
host)
	KVER=$(uname -r) KIMAGE=/boot/vmlinuz-$KVER KMODS=/lib/modules/$KVER
	KHEADERS=/lib/modules/$KVER/build ;;
*) die "no such kernel: $which (6.1, 6.12, debug)" ;;
esac
show
