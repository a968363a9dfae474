#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check.sh PROFILE KERNEL...: builds everything, runs the host's tests and then
# the guests', and ends with the tally. TESTS="name ..." runs only those.

set -o pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/env.sh"

profile=$1
shift
t0=$SECONDS
"$LAB/packages.sh" full || exit 1
# Two runs in one build folder would spoil each other's results.
mkdir -p "$B"
exec 9> "$B/.lock"
flock -n 9 || die "another run uses $B: give this one its own (make check B=/some/where)"
rm -rf "$B/results" && mkdir -p "$B/results"
log=$B/results/build.log
if ! { make -C "$TOP" user && make -C "$SELFTESTS" B="$B" guest tests; } > "$log" 2>&1; then
	grep -E 'error|Error' "$log" | head -n 30 >&2
	echo "not ok 1 build"
	echo "0 passed, 1 failed, 0 skipped"
	exit 1
fi

# Names may be of both kinds.
host=() guest=()
for t in $TESTS; do
	if [ -e "$SELFTESTS/tests/$t.c" ] || [ -e "$SELFTESTS/tests/$t.sh" ]; then guest+=("$t")
	else host+=("$t")
	fi
done

ktaps=()
if [ -z "$TESTS" ] || [ ${#host[@]} -gt 0 ]; then
	ktaps+=("$B/results/host.ktap")
	"$LAB/hosttests.sh" "${host[@]}" 9>&- | tee "$B/results/host.ktap"
fi
if [ -z "$TESTS" ] || [ ${#guest[@]} -gt 0 ]; then
	for kernel; do
		ktaps+=("$B/results/$kernel.ktap")
		"$LAB/guests.sh" "$kernel" "$profile" "${guest[@]}" 9>&- | tee "$B/results/$kernel.ktap"
		[ "${PIPESTATUS[0]}" -eq 0 ] || grep -qE '^not ok|^ +not ok' "$B/results/$kernel.ktap" ||
			echo "not ok 0 guests-$kernel # could not be run" | tee -a "$B/results/$kernel.ktap"
	done
fi
echo "# $((SECONDS - t0)) s; logs and results in ${B#"$TOP"/}/results"
"$LAB/tally.sh" "${ktaps[@]}"
