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

# KASAN, lockdep and TCG together: everything takes longer
slow=1
[ "$kernel" != debug ] || slow=4

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

# guest NAME CMDLINE CPUS TEST:TIMEOUT...
guest()
{
	local name=$1 cmdline=${2//,/ } cpus=$3 total=60 longest=0 t limit rc
	shift 3
	for t; do
		limit=${t##*:}
		total=$((total + limit + 30))
		[ "$limit" -le "$longest" ] || longest=$limit
	done
	printf '#!/bin/bash\nexec bash /lab/runner.sh %s\n' "$*" > "$results/$name.job"
	mkdir -p "$results/$name"
	TIMEOUT=$((total + 120 * slow)) SILENCE=$((longest + 60 * slow)) SMP=${cpus:-2} CMDLINE="$cmdline" \
		"$LAB/boot.sh" "$kernel" "$initramfs" "$results/$name" "$results/$name.job" |
		tee "$results/$name/ktap"
	rc=${PIPESTATUS[0]}
	rm -f "$results/$name.job"
	if [ "$rc" -eq 125 ]; then
		# the guest died: what has no verdict has failed
		for t; do
			t=${t%%:*}
			grep -qE "^(not )?ok [0-9]+ $t( |\$)" "$results/$name/ktap" ||
				echo "not ok 0 $t # the guest crashed or hung" | tee -a "$results/$name/ktap"
		done
	fi
	return "$rc"
}

status=0
echo "# kernel $kernel: ${#shared[@]} tests in one guest, ${#single[@]} in guests of their own"
if [ ${#shared[@]} -gt 0 ]; then guest tests "" "" "${shared[@]}" || status=1; fi
for s in "${single[@]}"; do
	IFS=: read -r t limit cpus cmdline <<< "$s"
	guest "$t" "$cmdline" "$cpus" "$t:$limit" || status=1
done
exit $status
