#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# lab: timeout=60
# The radclock command without the module: on a page in a file, and without.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../ktap.sh"

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
page=$dir/page
[ -x "$B/radclock" ] || make -s -C "$SELFTESTS/../user" B="$B" > "$dir/log" 2>&1
make -s -C "$SELFTESTS" B="$B" "$B/guest/bin/mkpage" >> "$dir/log" 2>&1 ||
	ktap_die "$(tail -n 20 "$dir/log")"
[ -x "$B/radclock" ] || ktap_die "there is no $B/radclock: $(tail -n 20 "$dir/log")"
[ ! -e /dev/radclock ] || ktap_skip_all "this machine has the module"

rad() { "$B/radclock" "$@"; }
# shellcheck disable=SC2317
# exits STATUS COMMAND...: with that status, and with words on stderr if not 0
exits()
{
	local want=$1 got=0 err
	shift
	err=$("$@" 2>&1 > /dev/null) || got=$?
	[ $got -eq "$want" ] || { echo "status $got: $err"; return 1; }
	[ "$want" -eq 0 ] || [ -n "$err" ]
}
# shellcheck disable=SC2317
# json COMMAND...: valid JSON on stdout
json() { "$@" | python3 -c 'import json,sys; json.load(sys.stdin)'; }
have_python() { command -v python3 > /dev/null; }

commands="status now counters sources waitsync watch bench examine replay run"
ktap_plan $((10 + 10 + 25))

for c in $commands; do
	ktap_check "$c --help" exits 0 rad "$c" --help
done
for c in $commands; do
	ktap_check "$c with a wrong option" exits 2 rad "$c" --no-such-option
done

ktap_check "no command" exits 2 rad
ktap_check "an unknown command" exits 2 rad dance
ktap_check "too much said" exits 2 rad status really
ktap_check "no such clock" exits 2 rad now --clock sundial
ktap_check "not a number" exits 2 rad waitsync --timeout soon
ktap_check "no page, no clock" exits 1 rad now -d "$dir/nothing"
ktap_check "no daemon" exits 1 rad sources -s "$dir/sock"
head -c 4096 /dev/zero > "$dir/zero"
ktap_check "not a page" exits 1 rad now -d "$dir/zero"

"$B/guest/bin/mkpage" "$page"
ktap_check "status" rad status -d "$page"
ktap_check "now" rad now -d "$page"
ktap_check "now of the difference clock" rad now -d "$page" -c diff
a=$(date -u +%s) t=$(date -u -d "$(rad now -d "$page" | cut -d' ' -f1)" +%s) b=$(date -u +%s)
ktap_check "now is the system's time" test "$t" -ge "$a" -a "$t" -le "$b"
ktap_check "counters" rad counters -d "$page"
ktap_check "--compare needs the module" exits 1 rad now --compare -d "$page"
ktap_check "examine needs the module" exits 1 rad examine -d "$page"
ktap_check "examine: no such counter" exits 2 rad examine -c sundial
ktap_check "examine: nowhere to plot to" exits 2 rad examine --plots
ktap_check "watch" rad watch -d "$page" -n 2 -i 0.05
ktap_eq "waitsync" "$(rad waitsync -d "$page" -t 5 | cut -d' ' -f1)" synchronized
ktap_check "waitsync: not that good" exits 1 rad waitsync -d "$page" -t 0.2 -e 10
ktap_check "bench" rad bench -d "$page" -n 3
if have_python; then
	bad=
	for c in "status" "now" "counters" "waitsync -t 1" "bench -n 2" "watch -n 1"; do
		# shellcheck disable=SC2086
		json rad $c --json -d "$page" > /dev/null 2>&1 || bad="$bad $c;"
	done
	ktap_eq "JSON wherever there are facts" "$bad" ""
else
	ktap_skip "JSON wherever there are facts" "no python3"
fi
"$B/guest/bin/mkpage" "$page" disrupted
ktap_check "no time: now says so" exits 1 rad now -d "$page"
ktap_eq "no time: status says why" "$(rad status -d "$page" | sed -n 's/^Status *: //p')" disrupted
if [ -e "$B/libradclock-preload.so" ]; then
	"$B/guest/bin/mkpage" "$page" past
	ktap_eq "run: a program in 2001" "$(rad run -d "$page" -- date -u +%Y)" 2001
else
	ktap_skip "run: a program in 2001" "no libradclock-preload.so"
fi
ktap_end
