#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# hosttests.sh [TEST...]: the tests that need no guest: unit/*.c (built with the
# sanitizers), host/*.sh and estimator/check.sh. KTAP on stdout.

set -o pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/env.sh"
. "$LAB/runtest.sh"

export B TOP SELFTESTS CACHE
export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1
cmds=()
wanted=" $* "
want() { [ "$wanted" = "  " ] || [[ $wanted == *" $1 "* ]]; }
for f in "$SELFTESTS"/unit/*.c "$SELFTESTS"/host/*.sh "$SELFTESTS"/estimator/check.sh; do
	[ -e "$f" ] || continue
	name=$(basename "$f"); name=${name%.*}
	[ "$f" != "$SELFTESTS/estimator/check.sh" ] || name=estimator
	want "$name" && cmds+=("$name $f")
done
[ ${#cmds[@]} -gt 0 ] || exit 0

echo "KTAP version 1"
echo "1..${#cmds[@]}"
n=0 status=0
cd "$TOP" || exit 1
for c in "${cmds[@]}"; do
	name=${c%% *} f=${c#* } n=$((n + 1))
	limit=$(lab_meta "$f" timeout 120)
	case $f in
	*.c)
		if ! log=$(make -s -C "$SELFTESTS" B="$B" "$B/unit/$name" 2>&1); then
			printf '%s\n' "$log" | tail -n 20 | sed 's/^/# /'
			echo "not ok $n $name # does not build"
			status=1
			continue
		fi
		run_one "$n" "$name" "$limit" : "$B/unit/$name" || status=1 ;;
	*) run_one "$n" "$name" "$limit" : bash "$f" || status=1 ;;
	esac
done
exit $status
