#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guests.sh KERNEL PROFILE [TEST...]: runs tests in guests of that kernel, KTAP
# on stdout. PROFILE quick leaves the long ones out; named tests run whatever
# their profile. Most share one guest; one that asks for kernel arguments or
# says "alone" gets its own.

set -o pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/env.sh"
. "$LAB/runtest.sh"

kernel=$1 profile=$2
shift 2
results=$B/results/$kernel
rm -rf "$results" && mkdir -p "$results"

source_of()
{
	local f
	for f in "$SELFTESTS/tests/$1.sh" "$SELFTESTS/tests/$1.c"; do
		[ ! -e "$f" ] || { echo "$f"; return; }
	done
	return 1
}

if [ $# -gt 0 ]; then names=("$@"); explicit=1
else
	explicit=
	names=()
	for f in "$SELFTESTS"/tests/*.sh "$SELFTESTS"/tests/*.c; do
		[ ! -e "$f" ] || { f=$(basename "$f"); names+=("${f%.*}"); }
	done
fi

# Limits are for guests that hang, not for hosts that are busy; and KASAN,
# lockdep and TCG together take five times as long.
slow=2
[ "$kernel" != debug ] || slow=10

shared=() single=()
for t in "${names[@]}"; do
	f=$(source_of "$t") || { echo "not ok 1 $t # there is no such test"; exit 1; }
	kernels=$(lab_meta "$f" kernels "")
	case ",${kernels:-$kernel}," in *",$kernel,"*) ;; *) continue ;; esac
	[ "$kernel" != debug ] || [ "$(lab_meta "$f" debug yes)" = yes ] || continue
	[ -n "$explicit" ] || [ "$profile" != quick ] || [ "$(lab_meta "$f" profile quick)" = quick ] || continue
	limit=$(($(lab_meta "$f" timeout 60) * slow))
	cmdline=$(lab_meta "$f" cmdline "") cpus=$(lab_meta "$f" cpus "")
	if [ -n "$cmdline$cpus" ] || [ -n "$(lab_meta "$f" alone "")" ]; then
		single+=("$t:$limit:$cpus:$cmdline")
	else
		shared+=("$t:$limit")
	fi
done

RADCLOCK_KO=
if [ -e "$TOP/kmod/main.c" ]; then
	if ! RADCLOCK_KO=$("$LAB/buildmod.sh" "$kernel"); then
		printf 'KTAP version 1\n1..1\nnot ok 1 radclock.ko-builds-for-%s\n' "$kernel"
		exit 1
	fi
fi
export RADCLOCK_KO
initramfs=$("$LAB/initramfs.sh" "$kernel") || exit 1

has_verdict() { grep -qE "^(not )?ok [0-9]+ $1( |\$)" "$2"; }

# stale_breakpoint CONSOLE: whether the kernel died of a breakpoint that is not in
# its text (the oops shows the byte before <the next>). QEMU before 8.1 may keep
# the translation of text that changed meanwhile (fixed there by deba78709ae8,
# "Always lock pages before translation"), and tracepoints change text.
stale_breakpoint()
{
	tr -d '\r' < "$1" 2>/dev/null | awk '
		/ int3: 0000 / { int3 = 1 }
		int3 && / Code: / {
			for (i = 2; i <= NF; i++)
				if ($i ~ /^</) { stale = $(i - 1) != "cc"; exit }
		}
		END { exit !stale }'
}

# guest NAME CMDLINE CPUS TEST:TIMEOUT...
# A test that takes the guest down has failed; the rest go on in another guest.
guest()
{
	local name=$1 cmdline=${2//,/ } cpus=$3 total longest t limit rc round=0 todo left dir bad=0 stale=0
	shift 3
	todo=("$@")
	while [ ${#todo[@]} -gt 0 ]; do
		round=$((round + 1)) total=60 longest=0
		dir=$results/$name
		[ $round -eq 1 ] || dir=$results/$name.$round
		for t in "${todo[@]}"; do
			limit=${t##*:}
			total=$((total + limit + 30))
			[ "$limit" -le "$longest" ] || longest=$limit
		done
		mkdir -p "$dir"
		printf '#!/bin/bash\nexec bash /lab/runner.sh %s\n' "${todo[*]}" > "$results/$name.job"
		TIMEOUT=$((total + 120 * slow)) SILENCE=$((longest + 60 * slow)) SMP=${cpus:-2} CMDLINE="$cmdline" \
			"$LAB/boot.sh" "$kernel" "$initramfs" "$dir" "$results/$name.job" |
			tee "$dir/ktap"
		rc=${PIPESTATUS[0]}
		rm -f "$results/$name.job"
		left=()
		for t in "${todo[@]}"; do
			has_verdict "${t%%:*}" "$dir/ktap" || left+=("$t")
		done
		if [ "$rc" -eq 125 ] && [ $stale -lt 3 ] && stale_breakpoint "$dir/console.log"; then
			stale=$((stale + 1))
			echo "# QEMU ran a breakpoint that is no longer there: ${left[0]%%:*} and the rest again"
			todo=("${left[@]}")
			continue
		fi
		[ "$rc" -eq 0 ] || bad=1
		# nothing done at all, or this one took the guest down: it has failed
		if [ ${#left[@]} -gt 0 ] && { [ "$rc" -eq 125 ] || [ ${#left[@]} -eq ${#todo[@]} ]; }; then
			echo "not ok 0 ${left[0]%%:*} # the guest crashed, hung or did not come up"
			left=("${left[@]:1}")
			# a kernel that does not boot will not boot for the next test either
			[ -s "$dir/ktap" ] || { for t in "${left[@]}"; do echo "not ok 0 ${t%%:*} # no guest"; done; left=(); }
		fi
		todo=("${left[@]}")
	done
	return $bad
}

status=0
echo "# kernel $kernel: ${#shared[@]} tests in one guest, ${#single[@]} in guests of their own"
if [ ${#shared[@]} -gt 0 ]; then guest tests "" "" "${shared[@]}" || status=1; fi
for s in "${single[@]}"; do
	IFS=: read -r t limit cpus cmdline <<< "$s"
	guest "$t" "$cmdline" "$cpus" "$t:$limit" || status=1
done
exit $status
