# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# KTAP for tests in shell. A test says ktap_plan N, then N times ktap_ok,
# ktap_fail, ktap_skip or ktap_check, and ends with ktap_end.

KTAP_N=0 KTAP_FAILED=0 KTAP_PASSED=0 KTAP_PLAN=

ktap_plan()
{
	KTAP_PLAN=$1
	echo "KTAP version 1"
	echo "1..$1"
}

ktap_say() { printf '%s\n' "$*" | sed 's/^/# /'; }

# ktap_ok NAME / ktap_fail NAME [REASON] / ktap_skip NAME REASON
ktap_ok() { KTAP_N=$((KTAP_N + 1)) KTAP_PASSED=$((KTAP_PASSED + 1)); echo "ok $KTAP_N $1"; }
ktap_fail()
{
	KTAP_N=$((KTAP_N + 1)) KTAP_FAILED=$((KTAP_FAILED + 1))
	[ -z "$2" ] || ktap_say "$2"
	echo "not ok $KTAP_N $1"
}
ktap_skip() { KTAP_N=$((KTAP_N + 1)); echo "ok $KTAP_N $1 # SKIP $2"; }

# ktap_skip_all REASON: nothing of this test can be done here
ktap_skip_all() { echo "1..0 # SKIP $*"; exit 4; }

# ktap_die REASON: the test cannot go on
ktap_die() { echo "Bail out! $*"; exit 1; }

# ktap_check NAME COMMAND...: passes when the command succeeds; what it prints
# is shown when it fails
ktap_check()
{
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then ktap_ok "$name"
	else ktap_fail "$name" "failed: $*${out:+
$out}"
	fi
}

# ktap_refuses NAME COMMAND...: passes when the command fails, in an orderly way
ktap_refuses()
{
	local name=$1 out rc=0
	shift
	out=$("$@" 2>&1) || rc=$?
	if [ $rc -eq 0 ]; then ktap_fail "$name" "succeeded: $*${out:+
$out}"
	elif [ $rc -ge 124 ]; then ktap_fail "$name" "status $rc: $*"
	else ktap_ok "$name"
	fi
}

# ktap_eq NAME GOT WANTED
ktap_eq()
{
	if [ "$2" = "$3" ]; then ktap_ok "$1"; else ktap_fail "$1" "got '$2', wanted '$3'"; fi
}

# ktap_num NAME VALUE OP LIMIT: awk's comparison of numbers, value shown
ktap_num()
{
	if awk -v a="$2" -v b="$4" 'BEGIN { if (a == "" || a ~ /[^-+.0-9eE]/) exit 1; exit !(a + 0 '"$3"' b + 0) }'; then
		ktap_ok "$1 ($2 $3 $4)"
	else
		ktap_fail "$1" "got '$2', wanted $3 $4"
	fi
}

ktap_end()
{
	if [ "$KTAP_N" -ne "${KTAP_PLAN:-0}" ]; then
		ktap_say "planned $KTAP_PLAN, did $KTAP_N"
		exit 1
	fi
	[ "$KTAP_FAILED" -eq 0 ] || exit 1
	exit 0
}
