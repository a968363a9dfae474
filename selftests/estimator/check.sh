#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# lab: timeout=400
# check.sh: the estimator's tests as KTAP; B is the build folder, SEED shifts
# the worlds. Under a minute and a half of one core.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../ktap.sh"
dir=${B:-$here/../../build}/estimator
ktap_plan 6

if ! out=$("$here/build.sh" "$dir" 2>&1); then
	ktap_say "$out"
	ktap_die "the estimator does not build"
fi

worlds()
{
	"$dir/tests" > "$dir/tests.ktap"
	local rc=$?
	# its lines, so that one sees what failed, but not as results of ours
	sed 's/^/# /' "$dir/tests.ktap"
	return $rc
}
if worlds; then ktap_ok "worlds, servers, leaps, odd stamps ($(grep -c '^ok' "$dir/tests.ktap") cases)"
else ktap_fail "worlds, servers, leaps, odd stamps" "$(grep '^not ok' "$dir/tests.ktap")"
fi

data=${RADCLOCK_DATA:-$here/../../../shared/data}/stratum1-2016.stamps
if [ -r "$data" ]; then
	line=$("$dir/trace" "$data" default)
	ktap_say "$line"
	ktap_check "real trace, default: nearer than the reference, never outside of the bound" \
		awk '{ exit !($7 < 20 && $5 > -472 && $5 < -418 && $13 <= 0.8 && $15 == 0) }' <<< "$line"
	line=$("$dir/trace" "$data" classic)
	ktap_say "$line"
	ktap_check "real trace, classic: period within 2e-9 of the reference's" \
		awk '{ d = $3 / 6.984221795e-10 - 1; exit !(d < 2e-9 && d > -2e-9) }' <<< "$line"
else
	ktap_skip "real trace, default" "no $data"
	ktap_skip "real trace, classic" "no $data"
fi

ktap_check "kept fuzz corpus under ASan and UBSan" "$dir/fuzz-files" "$here"/corpus/*

awk 'BEGIN { srand(3)
	print "# a comment"
	for (i = 0; i < 2000; i++) {
		a = 1e-3 - 1e-4 * log(1 - rand()); b = 1e-3 - 1e-4 * log(1 - rand())
		printf "%.0f %d.%09d %d.%09d %.0f more columns\n", 1e12 + i * 16e9,
			1700000000 + 16 * i, a * 1e9, 1700000000 + 16 * i, a * 1e9 + 20000,
			1e12 + i * 16e9 + (a + b + 2e-5) * 1e9
	} }' > "$dir/some.stamps"
shape()
{
	"$dir/replay" --poll 16 - < "$dir/some.stamps" > "$dir/some.csv" &&
	awk -F, 'NR == 1 { if ($0 !~ /^counter,time,period,bound,status/) exit 1; next }
		NR == 2 { if ($2 != "" || $5 != "unsynchronized") exit 1; next }
		{ split($2, t, "."); split($3, p, "."); sub(/^0+/, "", p[2]) }
		length(t[2]) < 12 || length(p[2]) < 20 || !($4 > 0) { exit 1 }
		END { exit !(NR == 2001 && $5 == "synchronized") }' "$dir/some.csv"
}
ktap_check "replay writes what the contract says" shape
same()
{
	"$dir/replay" -o "$dir/a.csv" "$dir/some.stamps" &&
	"$dir/replay-O0" -o "$dir/b.csv" "$dir/some.stamps" &&
	cmp "$dir/a.csv" "$dir/b.csv"
}
ktap_check "the same result at -O0 and at -O2" same
ktap_end
