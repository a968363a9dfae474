# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# Sourced: file trees for dom0 and the guests, $tree being the one in the making.

# The tools of Xen link libraries that are only unpacked.
tree_libpath=$XEN_ROOT/usr/lib/x86_64-linux-gnu:$XEN_ROOT/lib/x86_64-linux-gnu
tree_libpath=$tree_libpath:$XEN_ROOT/usr/lib/xen-4.17/lib/x86_64-linux-gnu

# tree_libs FILE...: what they load, into the one folder of libraries
tree_libs()
{
	local l
	l=$(LD_LIBRARY_PATH=$B:$tree_libpath ldd "$@" 2>/dev/null | grep 'not found' | sort -u || true)
	[ -z "$l" ] || die "missing for $*: $l"
	LD_LIBRARY_PATH=$B:$tree_libpath ldd "$@" 2>/dev/null | grep -oE '/[^ ]+\.so[^ :]*' |
	grep -v ':$' | sort -u | while read -r l; do
		case $l in
		*/ld-linux*) mkdir -p "$tree/lib64"; cp -Lu "$l" "$tree/lib64/" ;;
		*) mkdir -p "$tree/lib/x86_64-linux-gnu"; cp -Lu "$l" "$tree/lib/x86_64-linux-gnu/" ;;
		esac
	done || true
}

# tree_put FOLDER FILE...: programs with their libraries
tree_put()
{
	local to=$tree/$1
	shift
	mkdir -p "$to"
	cp -L "$@" "$to/"
	tree_libs "$@"
}

# tree_modules NAME...: into /lab/kernel, with the order to load them in
tree_modules()
{
	local root=${KMODS%/lib/modules/*} m path
	mkdir -p "$tree/lab/kernel"
	[ -e "$KMODS/modules.dep" ] || depmod -b "$root" "$KVER"
	for m; do
		modprobe -d "$root" -S "$KVER" --show-depends "$m" 2>/dev/null ||
			say "kernel $KVER has no module $m"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r path; do
		cp "$path" "$tree/lab/kernel/"
		basename "$path"
	done > "$tree/lab/kernel/order"
}

# tree_archive FILE
tree_archive()
{
	(cd "$tree" && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet) > "$1.new"
	mv "$1.new" "$1"
}
