# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Sourced on the host and in the guest: runs one test under a timeout, prints
# its KTAP indented and then its own line. A test is an executable or a script;
# a comment "lab: key=value ..." in its source says more about it:
#   timeout=S        seconds, 60 when nothing is said
#   profile=long     left out of `make check`
#   alone            gets a guest of its own
#   cmdline=A,B      kernel arguments (its own guest)
#   cpus=N           (its own guest)
#   kernels=6.1,...  runs only on these; debug=no: not on the debug kernel

# lab_meta SOURCE KEY DEFAULT
lab_meta()
{
	local w
	for w in $(sed -n 's/^[ *#/]*lab: *//p' "$1" 2>/dev/null | head -n 3); do
		case $w in
		"$2="*) echo "${w#*=}"; return ;;
		"$2") echo yes; return ;;
		esac
	done
	echo "$3"
}

# run_one NUMBER NAME TIMEOUT AFTER COMMAND...: AFTER is a command that may
# veto a success by printing why (the kernel log, things left behind).
run_one()
{
	local number=$1 name=$2 limit=$3 after=$4 rc why='' t0 dt out
	shift 4
	out=$(mktemp)
	t0=$SECONDS
	echo "# $name: at most $limit s"
	timeout -k 10 "$limit" "$@" 2>&1 < /dev/null | tee "$out" | sed -u 's/^/    /'
	rc=${PIPESTATUS[0]}
	dt=$((SECONDS - t0))
	case $rc in
	0)	# a program that says nothing, or stops early, has not passed
		grep -q '^1\.\.[0-9]' "$out" || why="printed no plan"
		! grep -q '^not ok' "$out" || why="printed a failure but exited 0" ;;
	4)	why=$(sed -n 's/^1\.\.0 # SKIP *//p' "$out" | head -n1) ;;
	124|137) why="not done after $limit s" ;;
	*)	why="exit status $rc" ;;
	esac
	rm -f "$out"
	local veto=
	[ "$after" = : ] || veto=$("$after" "$name")
	if [ -n "$veto" ]; then
		printf '%s\n' "$veto" | sed 's/^/# /'
		why="${veto%%$'\n'*}" rc=1
	elif [ $rc -eq 0 ] && [ -n "$why" ]; then
		rc=1
	fi
	case $rc in
	0) echo "ok $number $name # $dt s" ;;
	4) echo "ok $number $name # SKIP ${why:-no reason given}"; rc=0 ;;
	*) echo "not ok $number $name # ${why//#/}, $dt s" ;;
	esac
	return $rc
}
