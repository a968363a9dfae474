#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# initramfs.sh KERNEL: makes the guest's file tree and prints the path of the
# initramfs. Three archives are joined: this machine's own programs with their
# libraries, the kernel's modules, and what was built here.

set -e -o pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/env.sh"

kernel=$1
vars=$("$LAB/kernel.sh" "$kernel") || exit 1
eval "$vars"
out=$B/guest
mkdir -p "$out"
work=$(mktemp -d "$out/tree.XXXXXX")
trap 'rm -rf "$work"' EXIT

archive() { (cd "$1" && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet) > "$2.new" && mv "$2.new" "$2"; }

# put PROGRAM...: with all libraries it loads, at the same places
put()
{
	local p f libs
	for p; do
		f=$(command -v "$p") || return 1
		f=$(readlink -f "$f")
		mkdir -p "$work/bin"
		cp "$f" "$work/bin/$(basename "$p")"
		libs=$(ldd "$f" 2>/dev/null | grep -oE '/[^ ]+') || continue
		put_libs "$libs"
	done
}
put_libs()
{
	local l
	for l in $1; do
		# Debian has merged /lib and /usr/lib; the guest has only /lib.
		local to=$work${l#/usr}
		[ -e "$to" ] || { mkdir -p "$(dirname "$to")"; cp -L "$l" "$to"; }
	done
}

must="bash ip tc ss chronyd chronyc ethtool ping unshare nsenter setpriv dmesg
modprobe insmod rmmod strace taskset timeout stdbuf sed grep awk pgrep pkill ps sleep
date stat od seq tee"
may="iperf3 tcpdump capsh getcap setcap lsmod rtcwake prlimit"

base()
{
	local p
	mkdir -p "$work"/{bin,etc,proc,sys,dev,run,tmp,root,lib,var/run,var/lib,usr/lib/tc}
	chmod 1777 "$work/tmp"
	# the merged layout, so that every usual path works
	ln -s bin "$work/sbin"
	ln -s ../bin "$work/usr/bin"
	ln -s ../bin "$work/usr/sbin"
	for p in $must; do put "$p" || die "the guest needs the program $p, which is not here"; done
	for p in $may; do put "$p" || true; done
	cp "$(command -v busybox)" "$work/bin/busybox"
	for p in $("$work/bin/busybox" --list); do
		[ -e "$work/bin/$p" ] || ln -s busybox "$work/bin/$p"
	done
	for p in /usr/lib/tc /usr/lib/*/tc /usr/share/tc; do
		cp -L "$p"/*.dist "$work/usr/lib/tc/" 2>/dev/null || :
	done
	# netem's own tables have a mean of 0 and a sigma of 8192; this one is an
	# exponential tail: "delay 700us 200us distribution exponential" is never
	# below 500 us and 200 us longer in the mean.
	awk 'BEGIN { n = 4096; for (i = 0; i < n; i++) {
		v = (-log(1 - (i + 0.5) / n) - 1) * 8192
		printf "%d%s", (v > 32767 ? 32767 : v), (i % 8 == 7 ? "\n" : " ") } }' \
		> "$work/usr/lib/tc/exponential.dist"
	cat > "$work/etc/passwd" <<-P
	root:x:0:0:root:/root:/bin/bash
	_chrony:x:101:101::/run:/bin/false
	radclock:x:102:102::/run:/bin/false
	nobody:x:65534:65534::/:/bin/false
	P
	printf 'root:x:0:\n_chrony:x:101:\nradclock:x:102:\nnogroup:x:65534:\n' > "$work/etc/group"
	printf '127.0.0.1 localhost\n::1 localhost\n' > "$work/etc/hosts"
	echo 'hosts: files dns' > "$work/etc/nsswitch.conf"
	# user programs of ours link these
	put_libs "$(ldconfig -p | awk '$1 ~ /^lib(nl-3|nl-genl-3|nl-route-3|cap|seccomp|json-c|xenstore|xentoolcore|m|gcc_s|pthread|rt)\.so/ && /x86-64/ { print $NF }')"
}

modules="virtio_pci 9pnet_virtio 9p veth sch_netem sch_ingress sch_fq cls_matchall
cls_u32 act_mirred act_gact bridge dummy tun ptp_kvm nf_tables nft_ct af_packet 8021q"

kmodules()
{
	local root=${KMODS%/lib/modules/*} to=$work/lib/modules/$KVER path
	mkdir -p "$to"
	[ "$kernel" != debug ] || { : > "$to/modules.order"; cp "$KMODS/modules.builtin" "$KMODS/modules.builtin.modinfo" "$to/" 2>/dev/null || :; depmod -b "$work" "$KVER"; return; }
	[ -e "$KMODS/modules.dep" ] || depmod -b "$root" "$KVER"
	cp "$KMODS"/modules.{order,builtin} "$KMODS/modules.builtin.modinfo" "$to/"
	for m in $modules; do
		modprobe -d "$root" -S "$KVER" --show-depends "$m" 2>/dev/null || true
	done | awk '$1 == "insmod" { print $2 }' | sort -u | while read -r path; do
		mkdir -p "$to/$(dirname "${path#*/modules/"$KVER"/}")"
		case $path in
		*.xz) xz -dc "$path" > "$to/${path#*/modules/"$KVER"/}" ;;
		*) cp "$path" "$to/${path#*/modules/"$KVER"/}" ;;
		esac
	done
	depmod -b "$work" "$KVER"
}

ours()
{
	local f
	mkdir -p "$work"/{bin,lib/x86_64-linux-gnu,lab/tests,lab/mod,etc/radclock}
	cp "$SELFTESTS/guest/init" "$work/init"
	cp "$SELFTESTS"/ktap.sh "$SELFTESTS"/lab/*.sh "$SELFTESTS"/guest/*.sh "$work/lab/"
	cp "$SELFTESTS"/tests/*.sh "$work/lab/tests/" 2>/dev/null || true
	for f in "$B"/tests/*; do [ ! -x "$f" ] || cp "$f" "$work/lab/tests/"; done
	for f in "$B"/guest/bin/* "$B/radclockd" "$B/radclock"; do [ ! -x "$f" ] || cp "$f" "$work/bin/"; done
	for f in "$B"/libradclock.so*; do [ ! -e "$f" ] || cp -P "$f" "$work/lib/x86_64-linux-gnu/"; done
	for f in ${RADCLOCK_KO:+"$RADCLOCK_KO"} "$B/modtest-$kernel"/*.ko; do
		[ ! -e "$f" ] || { cp "$f" "$work/lab/mod/"; strip --strip-debug "$work/lab/mod/$(basename "$f")"; }
	done
	[ -z "$EXTRA_TREE" ] || cp -a "$EXTRA_TREE/." "$work/"
}

# The first two seldom change: made again when this script, a program or the
# kernel did.
stamp=$( { cat "$0"; dpkg-query -W iproute2 chrony bash busybox-static libc6 kmod iperf3 strace tcpdump 2>/dev/null || :; } | sha256sum | cut -c1-16)
if [ ! -e "$out/base-$stamp.cpio" ]; then
	rm -f "$out"/base-*.cpio
	base
	archive "$work" "$out/base-$stamp.cpio"
	rm -rf "$work" && mkdir "$work"
fi
if [ ! -e "$out/modules-$KVER-$stamp.cpio" ]; then
	rm -f "$out"/modules-"$KVER"-*.cpio
	kmodules
	archive "$work" "$out/modules-$KVER-$stamp.cpio"
	rm -rf "$work" && mkdir "$work"
fi
ours
image=$out/initramfs-$kernel${SUFFIX:+-$SUFFIX}.cpio
archive "$work" "$image.ours"
cat "$out/base-$stamp.cpio" "$out/modules-$KVER-$stamp.cpio" "$image.ours" > "$image.new"
rm "$image.ours"
mv "$image.new" "$image"
: "$KIMAGE" "$KHEADERS"
echo "$image"
