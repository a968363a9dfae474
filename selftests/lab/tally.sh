#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tally.sh KTAP...: counts test cases, names the failed ones, and prints the
# last line `N passed, N failed, N skipped`. A test that failed without a failed
# case of its own (crash, timeout, kernel log) counts as one. Status 1 when
# anything failed or nothing ran.

cat /dev/null "$@" | tr -d '\r' | awk '
function leaf(line) { sub(/^ +/, "", line); return line }
/^ +(not )?ok / {
	l = leaf($0)
	if (l ~ /^not ok/) { if (l !~ /# TODO/) { fail++; inner_fail++; inner_name[inner_fail] = l } else skip++ }
	else if (l ~ /# SKIP/) { skip++; why[l]++ }
	else pass++
	inner++
	next
}
/^(not )?ok / {
	name = $0; sub(/^(not )?ok [0-9]+ /, "", name); sub(/ #.*/, "", name)
	if ($0 ~ /^not ok/) {
		if (!inner_fail) { fail++; bad[++nbad] = $0 }
		for (i = 1; i <= inner_fail; i++) bad[++nbad] = name ": " inner_name[i]
		if (inner_fail && $0 !~ /exit status 1,/) bad[++nbad] = $0
	} else if (!inner) { if ($0 ~ /# SKIP/) { skip++; skipped[++nskip] = $0 } else pass++ }
	inner = inner_fail = 0
}
END {
	for (i = 1; i <= nskip; i++) print "# " skipped[i]
	for (i = 1; i <= nbad; i++) print "# failed: " bad[i]
	printf "%d passed, %d failed, %d skipped\n", pass, fail, skip
	exit fail > 0 || pass == 0
}'
