#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# hypervisor.sh: builds Debian's hypervisor with SHADOW_PAGING, without which
# none can log the pages that a PV guest writes to during a live migration, and
# prints its path. Once; then it stays in the cache.

set -e -o pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lab/env.sh"
. "$LAB/apt.sh"

vars=$("$(dirname "$0")/packages.sh") || exit 1
eval "$vars"
: "$XEN_BIN" "$XEN_IMAGE"
config=$XEN_ROOT/boot/xen-4.17-amd64.config
exec 9> "$CACHE/lock-xen-shadow"
flock -n 9 || { say "waiting for another run that builds the hypervisor"; flock 9; }
# as $config wants it, but for the one option
out=$CACHE/xen-shadow-$(sha256sum < "$config" | cut -c1-12)
if [ -e "$out/xen" ]; then echo "$out/xen"; exit; fi

# A private apt: sources of the suites that this machine's Debian comes from.
src=$CACHE/apt-xen
mkdir -p "$src/lists/partial" "$src/cache/archives/partial" "$out"
uri=$(debian_uri) || die "found no Debian archive in the apt sources of this machine"
key=/usr/share/keyrings/debian-archive-keyring.gpg
printf 'deb-src [signed-by=%s] %s %s main\n' "$key" "$uri" bookworm \
	"$key" "${uri%/debian}/debian-security" bookworm-security > "$src/sources.list"
opts=(-o "Dir::Etc::SourceList=$src/sources.list" -o Dir::Etc::SourceParts=/dev/null
      -o "Dir::State::Lists=$src/lists" -o "Dir::Cache=$src/cache" -o APT::Sandbox::User=root)
say "downloading the hypervisor's source"
timeout 600 apt-get "${opts[@]}" -q update >&2 || say "not every package list could be read"
versions=$(apt-cache "${opts[@]}" showsrc xen 2>/dev/null |
	sed -n 's/^Version: *\(4\.17\.\)/\1/p' | sort -ruV)
[ -n "$versions" ] || die "Debian's archive has no source of Xen 4.17"
# Any 4.17 does with these tools; an archive may list one that it has no more.
got=
for v in $versions; do
	rm -rf "$out/src" && mkdir -p "$out/src"
	if (cd "$out/src" && timeout 900 apt-get "${opts[@]}" -q source --download-only "xen=$v") >&2; then
		got=$v
		break
	fi
	say "Xen $v cannot be downloaded"
done
[ -n "$got" ] || die "cannot download the source of Xen"
say "building the hypervisor $got with SHADOW_PAGING (minutes, once)"
log=$out/build.log
mkdir "$out/src/tree"
tar -C "$out/src/tree" --strip-components=1 -xf "$out"/src/xen_*.orig.tar.*
sed 's/# CONFIG_SHADOW_PAGING is not set/CONFIG_SHADOW_PAGING=y/' "$config" > "$out/src/tree/xen/.config"
{ nice -n 19 make -C "$out/src/tree/xen" olddefconfig &&
  nice -n 19 make -C "$out/src/tree/xen" -j"$(nproc)"; } > "$log" 2>&1 ||
	{ tail -n 30 "$log" >&2; die "building the hypervisor failed ($log)"; }
grep -q '^CONFIG_SHADOW_PAGING=y' "$out/src/tree/xen/.config" || die "this Xen has no SHADOW_PAGING"
cp "$out/src/tree/xen/xen" "$out/xen.new" && mv "$out/xen.new" "$out/xen"
rm -rf "$out/src"
echo "$out/xen"
