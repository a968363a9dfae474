#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# lab: timeout=60
# The netlink header and policy are those of docs/netlink/radclock.yaml, as the
# kernel's own generator makes them, and every attribute has its line of text.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../ktap.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lab/env.sh"

src=$(find "$CACHE" -maxdepth 1 -type d -name 'linux-source-*' 2>/dev/null | sort -V | tail -n 1)
[ -n "$src" ] || ktap_skip_all "no kernel source in the cache (make check-debug brings it)"
python3 -c 'import yaml, jsonschema' 2>/dev/null || ktap_skip_all "no python3-yaml, python3-jsonschema"

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

ktap_plan 5
ktap_check "the generator takes the specification" "$TOP/scripts/gen-netlink.sh" "$src" "$out"
for f in include/uapi/linux/radclock_netlink.h kmod/netlink_gen.h kmod/netlink_gen.c; do
	ktap_check "$f is what it makes" diff -u "$TOP/$f" "$out/$f"
done
# shellcheck disable=SC2317
undocumented()
{
	python3 - "$TOP/docs/netlink/radclock.yaml" <<'P'
import sys, yaml
spec = yaml.safe_load(open(sys.argv[1]))
bad = [a["name"] for s in spec["attribute-sets"] for a in s["attributes"]
       if a["type"] != "pad" and not a.get("doc")]
bad += [o["name"] for o in spec["operations"]["list"] if not o.get("doc")]
print(*bad)
sys.exit(bool(bad))
P
}
ktap_check "all is documented" undocumented
ktap_end
