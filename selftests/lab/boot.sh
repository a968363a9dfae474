#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# boot.sh KERNEL INITRAMFS RESULTS JOB: boots the kernel in QEMU (TCG), runs the
# bash script JOB in it and streams what it prints. RESULTS is a folder that the
# guest writes to (/share); afterwards it holds verdict, dmesg and console.log.
# Exit status: the job's; 125 when the guest crashed, hung or never came up.
#
# Environment: TIMEOUT (s, all in all), SILENCE (s without a word), SMP, MEM,
# CMDLINE (more kernel arguments), QEMU_ARGS, SHELL_MODE (interactive).

set -o pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/env.sh"

kernel=$1 initramfs=$2 results=$3 job=$4
[ -n "$results" ] || die "usage: boot.sh KERNEL INITRAMFS RESULTS [JOB]"
vars=$("$LAB/kernel.sh" "$kernel") || exit 125
eval "$vars"
: "$KVER" "$KMODS" "$KHEADERS"
mkdir -p "$results"
results=$(cd "$results" && pwd)
rm -f "$results"/{verdict,dmesg,kmsg,console.log,host.in,host.out,qemu.log}
[ -z "$job" ] || { cp "$job" "$results/job.new" && mv "$results/job.new" "$results/job"; }

mem=$MEM
if [ -z "$mem" ]; then mem=768; [ "$kernel" != debug ] || mem=2048; fi
khz=$("$B/guest/tsckhz") && [ -n "$khz" ] || die "no TSC rate"

append="panic=-1 oops=panic tsc=reliable tsc_early_khz=$khz log_buf_len=4M"
append="$append rcupdate.rcu_cpu_stall_timeout=180 nmi_watchdog=0 nosoftlockup"
append="$append random.trust_cpu=on kmemleak=on"
# QEMU before 8.0 gives cmpxchg16b the flags of an older instruction, at times
# with TF or VM in them; the kernel's allocator uses it where the CPU has it.
args=(-accel tcg -cpu "max,-cx16" -smp "${SMP:-2}" -m "$mem" -no-reboot -nic none
      -display none -kernel "$KIMAGE" -initrd "$initramfs"
      -fsdev "local,id=lab,path=$results,security_model=none"
      -device "virtio-9p-pci,fsdev=lab,mount_tag=lab")

if [ -n "$SHELL_MODE" ]; then
	size=$(stty size 2>/dev/null) || size="24 80"
	exec qemu-system-x86_64 "${args[@]}" -serial mon:stdio -append \
		"console=ttyS0 loglevel=4 $append lab.shell lab.rows=${size% *} lab.cols=${size#* } $CMDLINE" \
		$QEMU_ARGS
fi

# The monitor listens on a pipe: a test can ask for what only the host can do.
mkfifo "$results/host.in" "$results/host.out"
# shellcheck disable=SC2054
args+=(-chardev "pipe,id=mon,path=$results/host" -mon chardev=mon,mode=readline
       -serial "file:$results/console.log" -serial stdio)

# timeout passes the signal on to qemu
# shellcheck disable=SC2317
cleanup()
{
	[ -z "$qemu" ] || kill "$qemu" 2>/dev/null
	[ -z "$drain" ] || kill "$drain" 2>/dev/null
	rm -f "$results/host.in" "$results/host.out" "$results/out"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
cat "$results/host.out" > /dev/null & drain=$!
mkfifo "$results/out"
timeout -k 5 "${TIMEOUT:-600}" qemu-system-x86_64 "${args[@]}" \
	-append "console=ttyS0 loglevel=5 $append $CMDLINE" $QEMU_ARGS \
	< /dev/null > "$results/out" 2> "$results/qemu.log" &
qemu=$!
exec 7<> "$results/host.in"

why=
exec 8< "$results/out"
while :; do
	IFS= read -r -t "${SILENCE:-180}" line <&8; rc=$?
	if [ $rc -gt 128 ]; then why="no word from the guest for ${SILENCE:-180} s"; break; fi
	line=${line%$'\r'}
	case $line in
	"@host "*) echo "${line#@host }" >&7 ;;
	*) [ $rc -ne 0 ] && [ -z "$line" ] || printf '%s\n' "$line" ;;
	esac
	[ $rc -eq 0 ] || break
done
if [ -z "$why" ]; then
	wait "$qemu"; rc=$?
	case $rc in
	0) ;;
	124|137) why="the guest was not done after ${TIMEOUT:-600} s" ;;
	*) why="qemu ended with status $rc: $(head -n 3 "$results/qemu.log")" ;;
	esac
	[ -n "$why" ] || [ -s "$results/verdict" ] || why="the guest ended without a verdict (crash?)"
fi
if [ -n "$why" ]; then
	say "$why; the end of its console ($results/console.log):"
	tail -n 40 "$results/console.log" 2>/dev/null | tr -d '\r' | sed 's/^/#   /' >&2
	exit 125
fi
exit "$(cat "$results/verdict")"
