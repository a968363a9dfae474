# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Sourced by every script in dom0: guests, their consoles, our clock.

. /lab/testbed.sh
GUESTS=/run/guests
GUEST_MEM=${GUEST_MEM:-112}

# ------------------------------------------------------------------- guests

# guest_config NAME [LINE...]: its configuration; later lines win
guest_config()
{
	local name=$1
	shift
	mkdir -p $GUESTS
	{
		printf '%s\n' "name = \"$name\"" 'type = "pv"' \
			'kernel = "/lab/guest/vmlinuz"' 'ramdisk = "/lab/guest/initrd"' \
			"memory = $GUEST_MEM" 'vcpus = 1' 'tsc_mode = "native"' \
			'on_crash = "preserve"' 'on_reboot = "destroy"' \
			'extra = "console=hvc0 rdinit=/init loglevel=4 tsc=reliable"'
		printf '%s\n' "$@"
	} > $GUESTS/"$name".cfg
}

# guest_start NAME [LINE...]: until its agent answers
guest_start()
{
	guest_config "$@"
	xl create -q $GUESTS/"$1".cfg || return 1
	guest_attach "$1"
	guest_wait "$1" 120
}

# guest_attach NAME: reads its console from now on. After each creation,
# restore or arrival: the domain is a new one.
guest_attach()
{
	local id tty
	[ ! -e $GUESTS/"$1".reader ] || kill "$(cat $GUESTS/"$1".reader)" 2>/dev/null
	id=$(xl domid "$1") || return 1
	wait_for 10 xenstore-exists "/local/domain/$id/console/tty" || return 1
	tty=$(xenstore-read "/local/domain/$id/console/tty")
	echo "$tty" > $GUESTS/"$1".tty
	stty -F "$tty" raw -echo || return 1
	setsid cat "$tty" >> $GUESTS/"$1".out 2>/dev/null < /dev/null &
	echo $! > $GUESTS/"$1".reader
}

# guest_wait NAME SECONDS: until its agent answers
guest_wait()
{
	local end=$(($(date +%s) + $2))
	while [ "$(date +%s)" -lt "$end" ]; do
		[ "$(guest "$1" 5 echo here 2>/dev/null)" != here ] || return 0
	done
	echo "guest $1 does not answer"
	tail -n 20 $GUESTS/"$1".out
	return 1
}

# guest NAME SECONDS COMMAND...: runs it in the guest, prints what it prints
guest()
{
	local name=$1 limit=$2
	shift 2
	guestrun "$(< $GUESTS/"$name".tty)" $GUESTS/"$name".out "$limit" "$@"
}

# guest_file NAME FILE: its content
guest_file() { guest "$1" 120 "gzip -c $2 | base64" | base64 -d | gzip -dc; }

guest_gone()
{
	local f=$GUESTS/$1.reader
	[ ! -e "$f" ] || kill "$(cat "$f")" 2>/dev/null
	rm -f "$f"
}

guest_stop() { guest_gone "$1"; xl destroy "$1" 2>/dev/null; rm -f $GUESTS/"$1".{out,tty,cfg}; }

# guest_save [-c] NAME FILE
guest_save()
{
	xl save "$@" > $GUESTS/save.log 2>&1 || { cat $GUESTS/save.log; return 1; }
	[ "$1" = -c ] || guest_gone "$1"
}

# guest_restore FILE NAME
guest_restore()
{
	xl restore "$1" > $GUESTS/restore.log 2>&1 || { cat $GUESTS/restore.log; return 1; }
	guest_attach "$2"
}

# -------------------------------------------------------------------- clock

# clock_start [LINE...]: the module if need be, and the daemon on the truth
clock_start()
{
	module_loaded || module_load || return 1
	radclockd_start "server $TRUTH iburst minpoll 0 maxpoll 2" "$@"
}
TRUTH=10.97.0.1

# counter_select NAME
counter_select() { echo "$1" > $SYS/counter; }

# -------------------------------------------------------- what is published
NODE=/local/domain/0/radclock/v1
# raw: the tools would spell newlines \n
node_read() { xenstore-read -R $NODE; }
# as radclockd would, also when there is none
node_write()
{
	xenstore-write -R $NODE "${1:+$1
}" && xenstore-chmod $NODE r0
}

# guest_is NAME WORD [SECONDS]: is its clock so, or does it become so in time?
guest_is()
{
	local end=$(($(date +%s) + ${3:-0}))
	until [ "$(guest "$1" 5 cat $SYS/status)" = "$2" ]; do
		[ "$(date +%s)" -lt "$end" ] || return 1
	done
}
# xenstore_has LINE: is it in the node?
xenstore_has() { node_read | grep -qx "$1"; }

# ---------------------------------------------------------------- migration

# receive_start: takes guests in that other machines send
receive_start()
{
	setsid socat -b 262144 TCP-LISTEN:8002,reuseaddr,fork EXEC:/lab/receive.sh \
		> /run/receive.log 2>&1 < /dev/null &
	setsid socat -b 262144 -u TCP-LISTEN:8003,reuseaddr,fork EXEC:/lab/restore.sh \
		>> /run/receive.log 2>&1 < /dev/null &
}

# guest_migrate NAME ADDRESS: live
guest_migrate()
{
	xl migrate -s "" "$1" "socat -b 262144 -T 120 - TCP:$2:8002" > $GUESTS/migrate.log 2>&1 ||
		{ tail -n 15 $GUESTS/migrate.log; return 1; }
	guest_gone "$1"
}

# guest_move NAME ADDRESS: stop and copy
guest_move()
{
	rm -f /run/pipe
	mkfifo /run/pipe
	socat -b 262144 -u OPEN:/run/pipe "TCP:$2:8003" &
	xl save "$1" /run/pipe > $GUESTS/move.log 2>&1 || { tail -n 15 $GUESTS/move.log; return 1; }
	wait
	guest_gone "$1"
}

# guest_arrived NAME: waits for it and attaches to its console
guest_arrived()
{
	wait_for 30 xl domid "$1" && guest_attach "$1" && guest_wait "$1" 60
}

# peer SCRIPT: runs it in the dom0 of machine B
peer()
{
	bash -c 'exec 3<> /dev/tcp/10.97.0.12/7000 &&
		printf "300 %d\n%s" "$(printf %s "$1" | wc -c)" "$1" >&3 &&
		sed "/^@exit /d" <&3' peer "$1"
}

# ------------------------------------- a guest with a network, and its chronyd
# shellcheck disable=SC2034
GUEST_NET='vif = ["script=vif-bridge,bridge=br1"]'

guest_net()
{
	guest "$1" 20 "ip link set eth0 up; echo 1 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6
		ip addr add 10.97.0.31/24 dev eth0; ping -c 1 -w 10 $TRUTH"
}

# at the pace of radclockd here
guest_chronyd()
{
	guest "$1" 20 "printf '%s\n' 'server $TRUTH iburst minpoll 0 maxpoll 2' 'makestep 0.1 3' rtcsync \
		'driftfile /run/drift' 'pidfile /run/chronyd.pid' 'bindcmdaddress /' > /run/chrony.conf
		chronyd -u root -f /run/chrony.conf"
}
