#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# style.sh: what `make check-style` looks at, as KTAP: the module builds with
# W=1 and sparse (C=2) without a warning of ours; checkpatch.pl (from Debian's
# linux-source) finds no error; shellcheck; versions agree.

set -o pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/env.sh"
. "$SELFTESTS/ktap.sh"
cd "$TOP" || exit 1
"$LAB/packages.sh" full || exit 1

# what git knows, and what is new but not ignored
files() { git ls-files -co --exclude-standard -- "$@" | while read -r f; do [ ! -f "$f" ] || echo "$f"; done; }

mkdir -p "$B"
ktap_plan 5

B=$B/style MODFLAGS="W=1 C=2" "$LAB/buildmod.sh" 6.1 > "$B/style.log" 2>&1 || true
log=$B/style/kmod-6.1/build.log
if [ ! -e "$B/style/kmod-6.1/radclock.ko" ]; then
	ktap_fail "module builds with W=1 C=2" "$(tail -n 20 "$B/style.log")"
else
	# /usr/src is Debian's: its headers' warnings are not ours
	warnings=$(grep -E '(warning|error):' "$log" | grep -vE '^(/usr/src|\./|include/(linux|asm))' | sort -u)
	ktap_eq "module builds with W=1 C=2 without a warning" "$warnings" ""
fi

eval "$("$LAB/kernel.sh" source)"
checkpatch=$SRC/scripts/checkpatch.pl
c_files=$(files '*.c' '*.h' | grep -vE '(^|/)(netlink_gen\.|radclock_netlink\.h)')
# checkpatch knows the kernel's habits; user space has its own includes and
# types, so only what is an error counts
# shellcheck disable=SC2086
"$checkpatch" --no-tree --terse --show-types --no-summary -f $c_files > "$B/checkpatch.log" 2>&1
looked=$(cut -d: -f1 "$B/checkpatch.log" | sort -u | wc -l)
rm -f .checkpatch-camelcase.*
errors=$(grep ': ERROR:' "$B/checkpatch.log" | head -n 40)
ktap_say "checkpatch: $(grep -c ': ERROR:' "$B/checkpatch.log") errors, $(grep -c ': WARNING:' "$B/checkpatch.log") warnings ($B/checkpatch.log)"
[ "$looked" -gt 0 ] || errors="it did not run: $(head -n 3 "$B/checkpatch.log")"
ktap_eq "checkpatch finds no error" "$errors" ""

# shellcheck disable=SC2046
ktap_check "shellcheck" shellcheck -s bash $(files '*.sh' '.ci/run' 'selftests/guest/init')

nospdx=$(for f in $(files '*.c' '*.h' '*.sh' '*.mk' '*.py' Makefile '*/Makefile' Kbuild '.ci/run'); do
	head -n 3 "$f" | grep -q SPDX-License-Identifier || echo "$f"; done)
ktap_eq "every source names its licence" "$nospdx" ""

v=$(sed -n 's/^VERSION *:= *//p' version.mk)
ktap_eq "dkms.conf and version.mk agree" "$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)" "$v"
ktap_end
