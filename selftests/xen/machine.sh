# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153
# Sourced by lab.sh, in its namespaces: the link, the truth, and machines that
# boot Xen. What is started here dies with the namespaces.
#
#   build machine's namespace             machine A            machine B
#   brlab 10.97.0.1, chronyd -x  --tap--  dom0 10.97.0.11      dom0 10.97.0.12
#   (serves CLOCK_REALTIME)      --tap--  br1: guests          br1: guests

declare -A M_PID M_IP M_TSC
LINK=10.97.0

# link_up: the bridge and the truth
link_up()
{
	ip link set lo up
	ip link add brlab type bridge forward_delay 0 mcast_snooping 0 || die "no bridge can be made"
	ip addr add $LINK.1/24 dev brlab
	ip link set brlab up
	printf '%s\n' "local stratum 1" "allow" "bindcmdaddress /" "cmdport 0" \
		"pidfile $R/chronyd.pid" "clientloglimit 1000000" > "$R/chrony.conf"
	# -x: it never touches this machine's clock
	chronyd -x -u root -n -f "$R/chrony.conf" > "$R/chronyd.log" 2>&1 < /dev/null &
	for _ in $(seq 100); do
		! ss -Hlnu sport = :123 | grep -q . || return 0
		sleep 0.1
	done
	cat "$R/chronyd.log" >&2
	die "chronyd does not start"
}

# hostref_up NAME...: the pages must be there before the machines
hostref_up()
{
	local n pages=()
	for n; do pages+=("$R/$n.page"); done
	"$B/xen/bin/hostref" "$R/hostref" "${pages[@]}" 2> "$R/hostref.log" &
	for n in $(seq 50); do
		[ ! -e "${pages[-1]}" ] || [ ! -s "$R/hostref" ] || return 0
		sleep 0.1
	done
	cat "$R/hostref.log" >&2
	die "hostref does not start"
}

# machine_start NAME NUMBER XEN [DOM0 ARGUMENT...]
machine_start()
{
	local name=$1 n=$2 xen=$3 mem=${DOM0_MEM:-640}M dev args=() io xen_args kernel_args
	shift 3
	M_IP[$name]=$LINK.1$n
	for dev in "net$name" "guest$name"; do
		ip tuntap add dev "$dev" mode tap && ip link set "$dev" master brlab up ||
			die "no tap device can be made (/dev/net/tun)"
	done
	# with lazy FPU switching programs lose their registers under TCG
	xen_args="console=com1 com1=115200,8n1 dom0_mem=$mem,max:$mem dom0_max_vcpus=1"
	xen_args="$xen_args loglvl=warning guest_loglvl=warning spec-ctrl=eager-fpu $XEN_ARGS"
	# dom0's watchdog takes a busy build machine for a bad TSC
	kernel_args="console=hvc0 rdinit=/init loglevel=4 tsc=reliable lab.name=$name lab.ip=${M_IP[$name]} $*"
	# shellcheck disable=SC2054,SC2153
	args=(-name "$name" -machine pc -accel tcg -cpu "${XEN_CPU:-qemu64}" -smp 1 -m "${MEM:-1200}"
	      -nodefaults -display none -no-reboot -rtc base=utc
	      -kernel "$xen" -append "$xen_args" -initrd "${KIMAGE//,/,,} $kernel_args,${DOM0_INITRD//,/,,}"
	      -netdev "tap,id=n0,ifname=net$name,script=no,downscript=no"
	      -device "virtio-net-pci,netdev=n0,mac=52:54:00:00:01:0$n,romfile="
	      -netdev "tap,id=n1,ifname=guest$name,script=no,downscript=no"
	      -device "virtio-net-pci,netdev=n1,mac=52:54:00:00:02:0$n,romfile="
	      -object "memory-backend-file,id=ref,mem-path=$R/$name.page,share=on,size=1M"
	      -device ivshmem-plain,memdev=ref)
	if [ -n "$SHELL_MODE" ]; then
		io=(-chardev "socket,id=c0,path=$R/$name.sock,server=on,wait=off,logfile=$R/$name.console"
		    -serial chardev:c0)
	else
		io=(-serial "file:$R/$name.console")
	fi
	rm -f "$R/$name.console"
	timeout -k 5 "${MACHINE_TIMEOUT:-1800}" qemu-system-x86_64 "${args[@]}" "${io[@]}" \
		$QEMU_ARGS > "$R/$name.qemu" 2>&1 < /dev/null &
	M_PID[$name]=$!
}

# machine_wait NAME [SECONDS]: until its agent answers, and M_TSC is known
machine_wait()
{
	local name=$1 end=$((SECONDS + ${2:-240})) out
	while :; do
		kill -0 "${M_PID[$name]}" 2>/dev/null || { machine_died "$name"; return 1; }
		[ "$SECONDS" -lt "$end" ] || { machine_died "$name"; return 1; }
		if out=$(on "$name" 10 "xl list > /dev/null && echo up" 2>/dev/null) && [ "$out" = up ]; then break; fi
		sleep 0.5
	done
	# Xen's wall clock, which guests start and resume with, as a host's would be
	on "$name" 10 "date -s @$(date +%s.%N)" > /dev/null
	machine_tsc "$name"
}

# machine_tsc NAME: M_TSC[NAME] = "LOWER UPPER", see tscoffset. On a busy machine
# the two sides seldom run at once: the narrowest of some tries.
machine_tsc()
{
	local out width best=
	for _ in 1 2 3 4 5 6 7 8; do
		out=$(on "$1" 20 "tscoffset 400") || continue
		width=$((${out#* } - ${out% *}))
		[ -n "$best" ] && [ "$width" -ge "$best" ] || { best=$width; M_TSC[$1]=$out; }
		[ "$width" -gt 20000 ] || break
	done
	[ -n "$best" ] || { say "machine $1: no TSC offset ($out)"; return 1; }
}

machine_died()
{
	say "machine $1 does not come up or died; the end of its console:"
	cat "$R/$1.qemu" >&2
	tail -n 30 "$R/$1.console" | tr -d '\r' | sed 's/^/#   /' >&2
}

machine_stop()
{
	[ -z "${M_PID[$1]}" ] || kill "${M_PID[$1]}" 2>/dev/null
	wait "${M_PID[$1]}" 2>/dev/null
	unset "M_PID[$1]"
	ip link del "net$1" 2>/dev/null
	ip link del "guest$1" 2>/dev/null
}

# on NAME SECONDS [SCRIPT]: runs a script (or stdin) in that dom0, under a time
# limit, prints what it prints. Status: the script's; 125: no answer.
on()
{
	local name=$1 limit=$2 script
	if [ $# -gt 2 ]; then script=$3; else script=$(cat); fi
	timeout -k 2 $((limit + 15)) bash -c '
		exec 3<> "/dev/tcp/$1/7000" || exit 125
		printf "%d %d\n%s" "$2" "$(printf %s "$3" | wc -c)" "$3" >&3
		awk '\''/^@exit /{ rc = $2; next } { print; fflush() } END { exit rc == "" ? 125 : rc }'\'' <&3
		' on "${M_IP[$name]}" "$limit" "$script" 2>> "$R/on.log"
}

# references FILE: what the true time is by each machine's TSC, for the reader
references()
{
	local n
	for n in "${!M_TSC[@]}"; do
		# shellcheck disable=SC2086
		set -- ${M_TSC[$n]}
		awk -v name="$n" -v off=$((($1 + $2) / 2)) 'NF == 3 { t = $1; ns = $2; if (!n++) { t0 = t; ns0 = ns } }
			END { printf "%s %.0f %s %.6f\n", name, t - off, ns, (t - t0) * 1e9 / (ns - ns0) }' "$R/hostref"
	done > "$1"
}

# give MACHINE FILE PATH: a small file into that dom0
give() { on "$1" 10 "base64 -d > $3 <<< $(base64 -w0 "$2")"; }

# wake LOG: of xen_wake in a guest of machine A
wake() { python3 "$SELFTESTS/xen/wake.py" "$R/hostref" "$1" "${M_TSC[A]}"; }

# grade READER REFERENCE: dom0's own reader, if it ran, is in READER.dom0-NAME
grade()
{
	local n args=() beside
	for n in "${!M_TSC[@]}"; do
		beside=$1.dom0-$n
		[ -s "$beside" ] && beside=,$beside || beside=
		args+=("$n=${M_TSC[$n]/ /,}$beside")
	done
	python3 "$SELFTESTS/xen/grade.py" "$R/hostref" "$2" "$1" "${args[@]}"
}
