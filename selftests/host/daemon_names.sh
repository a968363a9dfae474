#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# lab: timeout=200
# radclockd and host names: each address of a name has its turn, the servers of a
# pool have different ones; the process that looks names up dies.
. "$(dirname "$0")/../ktap.sh"
. "$(dirname "$0")/../daemon.sh"

# names of our own: a hosts file that only we see
if [ -z "$HOSTS_FILE" ]; then
	how=(unshare -m)
	[ "$(id -u)" -eq 0 ] || how=(unshare -rm)
	"${how[@]}" mount --bind /dev/null /etc/hosts 2>/dev/null || ktap_skip_all "no mount namespace"
	HOSTS_FILE=$(mktemp) || ktap_die "no temporary file"
	export HOSTS_FILE B
	chmod 644 "$HOSTS_FILE"
	printf '%s\n' "127.0.0.1 localhost" "127.0.0."{1,2,3}" three.test" > "$HOSTS_FILE"
	"${how[@]}" sh -c 'mount --bind "$HOSTS_FILE" /etc/hosts && exec "$@"' sh bash "$0"
	status=$?
	rm -f "$HOSTS_FILE"
	exit $status
fi

daemon='' dir='' port=''
# shellcheck disable=SC2329
cleanup()
{
	[ -z "$daemon" ] || { kill "$daemon"; wait; } 2>/dev/null
	rm -rf "$dir"
}
daemon_begin 40000

# config LINE...: nobody answers at the servers' port
config()
{
	printf '%s\n' "counter monotonic_raw" "pagefile $dir/page" "driftfile none" \
		"controlsocket $dir/sock" "pidfile none" "$@" > "$dir/conf"
}
start()
{
	: > "$dir/log"
	"$B/radclockd" -n -f "$dir/conf" >> "$dir/log" 2>&1 & daemon=$!
	wait_for 10 sources
}
sources() { "$B/radclock" sources -s "$dir/sock" --json; }
addresses() { sources | sed -n 's/.*"address": *"\([^"]*\)".*/\1/p'; }
# tried N...: went to each of these addresses of three.test
tried()
{
	local n
	for n; do said "trying another address: three.test (127.0.0.$n)" || return 1; done
}
resolver() { pgrep -P "$daemon" -x radclockd-dns; }
has_resolver() { [ -n "$(resolver)" ]; }
resolved() { [ "$(addresses | wc -l)" -eq "$1" ]; }
# leaves the exit status in $stopped
stop()
{
	stopped=0
	kill "$daemon"
	wait "$daemon" 2>/dev/null || stopped=$?
	daemon=
}
# by itself; leaves the exit status in $stopped
await_end()
{
	wait_for 20 sh -c "! grep -q '^State:[[:space:]]*[^ZX]' /proc/$daemon/status" ||
		kill -KILL "$daemon"
	stopped=0
	wait "$daemon" 2>/dev/null || stopped=$?
	daemon=
}

ktap_plan 12

config "server three.test port $port minpoll -3 maxpoll -3"
start
ktap_check "a name's addresses are tried in turn" wait_for 60 tried 1 2 3
stop

config "pool three.test port $port maxsources 2 minpoll -3 maxpoll -3"
start
wait_for 10 resolved 2
twice=0
for _ in {1..150}; do
	[ -z "$(addresses | sort | uniq -d)" ] || twice=$((twice + 1))
	! tried 1 2 3 || break
	sleep 0.3
done
ktap_check "those of a pool, too" tried 1 2 3
ktap_num "no address is used by two at once" "$twice" "==" 0
stop
ktap_eq "SIGTERM stops it, status 0" "$stopped" 0

lookups="server localhost port $port"
config "$lookups"
start
ktap_check "a name is looked up" wait_for 10 resolved 1
kill -KILL "$(resolver)"
config "$lookups" "server three.test port $port"
kill -HUP "$daemon"
await_end
ktap_eq "the resolver died before a question: the daemon ends, status 1" "$stopped" 1
ktap_check "and says why" said "error: the resolver process has died"

config "$lookups"
start
wait_for 10 resolved 1
kill -STOP "$(resolver)"
config "$lookups" "server three.test port $port"
kill -HUP "$daemon"
wait_for 10 said "configuration read again"
sleep 1
kill -KILL "$(resolver)"
await_end
ktap_eq "it died with a question open: the daemon ends, status 1" "$stopped" 1

config "$lookups" "seccomp no"
start
wait_for 10 resolved 1
kill -KILL "$(resolver)"
config "$lookups" "seccomp no" "server three.test port $port"
kill -HUP "$daemon"
ktap_check "without the filter another one is started" wait_for 10 has_resolver
ktap_check "which is told of" wait_for 10 said "another one was started"
ktap_check "and resolves" wait_for 20 resolved 2
stop
ktap_eq "SIGTERM stops it as well" "$stopped" 0
[ "$KTAP_FAILED" -eq 0 ] || ktap_say "$(cat "$dir/log")"
ktap_end
