#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# trees.sh: makes the file trees of dom0 and of the guests, and prints for eval
# DOM0_INITRD and GUEST_INITRD. dom0 is the guest of the plain lab, with Xen's
# tools added; a Xen guest is as small as can be: every page is migrated.

set -e -o pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lab/env.sh"
here=$SELFTESTS/xen

vars=$("$here/packages.sh") && eval "$vars" || exit 1
vars=$("$LAB/kernel.sh" 6.1) && eval "$vars" || exit 1
: "$XEN_BIN" "$XEN_IMAGE" "$KHEADERS"
# shellcheck source-path=SCRIPTDIR
. "$here/tree.sh"
out=$B/xen
mkdir -p "$out"
work=$(mktemp -d "$out/tree.XXXXXX")
trap 'rm -rf "$work"' EXIT

tools=()
for f in "$out"/bin/*; do case $f in *.d) ;; *) tools+=("$f") ;; esac; done

kos()
{
	local f
	for f in "$RADCLOCK_KO" "$B/modtest-6.1"/*.ko "$out"/kmod/*.ko; do
		[ ! -e "$f" ] || { cp "$f" "$tree/lab/mod/"; strip --strip-debug "$tree/lab/mod/$(basename "$f")"; }
	done
}

# The kernel out of its bzImage: dom0 is slow at uncompressing it.
vmlinux()
{
	local sects from size
	sects=$(od -An -tu1 -j497 -N1 "$KIMAGE")
	from=$(od -An -tu4 -j584 -N4 "$KIMAGE") size=$(od -An -tu4 -j588 -N4 "$KIMAGE")
	from=$((from + (sects + 1) * 512 + 1))
	# the last word is its length
	tail -c +$from "$KIMAGE" | head -c $((size - 4)) > "$work/payload"
	xz -dc "$work/payload" 2>/dev/null || cat "$KIMAGE"
	rm -f "$work/payload"
}

xenstore()
{
	local w
	tree_put bin "$XEN_ROOT/usr/bin/xenstore"
	for w in read write ls list rm exists chmod watch; do ln -sf xenstore "$tree/bin/xenstore-$w"; done
}

guest()
{
	local p
	tree=$work/guest
	mkdir -p "$tree"/{bin,etc/radclock,proc,sys,dev,run,tmp,root,lib,var/run,var/lib,usr,lab/mod}
	ln -s bin "$tree/sbin"
	ln -s ../bin "$tree/usr/bin"
	ln -s ../bin "$tree/usr/sbin"
	cp "$(command -v busybox)" "$tree/bin/busybox"
	for p in bash chronyd chronyc ip timeout; do
		tree_put bin "$(readlink -f "$(command -v "$p")")"
		[ "$p" != ip ] || [ -e "$tree/bin/ip" ] || die "no program ip"
	done
	for p in $("$tree/bin/busybox" --list); do
		[ -e "$tree/bin/$p" ] || ln -s busybox "$tree/bin/$p"
	done
	xenstore
	tree_modules xen-privcmd xenfs xen-evtchn xen-netfront af_packet
	tree_put bin "$B/radclock" "${tools[@]}"
	tree_libs "$B/radclock"
	cp -P "$B"/libradclock.so* "$tree/lib/x86_64-linux-gnu/"
	cp -L /lib/x86_64-linux-gnu/libgcc_s.so.1 "$tree/lib/x86_64-linux-gnu/"
	# chronyd changes users and asks for names
	printf '%s\n' root:x:0:0:root:/root:/bin/bash _chrony:x:101:101::/run:/bin/false \
		nobody:x:65534:65534::/:/bin/false > "$tree/etc/passwd"
	printf 'root:x:0:\n_chrony:x:101:\n' > "$tree/etc/group"
	kos
	cp "$here"/domu/*.sh "$tree/lab/"
	cp "$here/domu/init" "$tree/init"
	chmod +x "$tree/init" "$tree"/lab/*.sh
	tree_archive "$out/guest.cpio"
}

dom0()
{
	local t
	tree=$work/dom0
	mkdir -p "$tree"/{lab/mod,lab/guest,etc/xen,var/lib/xen,var/lib/xenstored,var/log/xen/console,bin}
	for t in xl xenstored xenconsoled xenconsole libxl-save-helper xen-init-dom0; do
		tree_put usr/lib/xen-4.17/bin "$XEN_BIN/$t"
		ln -sf "/usr/lib/xen-4.17/bin/$t" "$tree/bin/$t"
	done
	xenstore
	tree_put bin "$XEN_ROOT/usr/bin/socat" "${tools[@]}"
	# pthread_cancel() loads it, so no tool lists it
	cp -L /lib/x86_64-linux-gnu/libgcc_s.so.1 "$tree/lib/x86_64-linux-gnu/"
	cp "$XEN_ROOT/etc/xen/xl.conf" "$tree/etc/xen/"
	mkdir -p "$tree/etc/xen/scripts"
	cp "$XEN_ROOT"/etc/xen/scripts/{vif-bridge,vif-route,*.sh} "$tree/etc/xen/scripts/"
	tree_modules xen-evtchn xen-gntdev xen-gntalloc xen-privcmd xenfs virtio_pci virtio_net \
		xen-netback bridge af_packet sch_netem
	kos
	cp "$here"/dom0/*.sh "$tree/lab/"
	cp "$here/dom0/init" "$tree/init"
	chmod +x "$tree/init" "$tree"/lab/*.sh
	vmlinux > "$tree/lab/guest/vmlinuz"
	cp "$out/guest.cpio" "$tree/lab/guest/initrd"
	EXTRA_TREE=$tree SUFFIX=dom0 RADCLOCK_KO='' "$LAB/initramfs.sh" 6.1
}

guest
image=$(dom0)
printf 'DOM0_INITRD=%q GUEST_INITRD=%q KIMAGE=%q\n' "$image" "$out/guest.cpio" "$KIMAGE"
