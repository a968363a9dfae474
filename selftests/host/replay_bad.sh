#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# lab: timeout=60
# radclock replay on broken stamp files: file, line and reason, the right status,
# and what is whole in them is replayed as if the rest was not there.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../ktap.sh"

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
make -s -C "$SELFTESTS/../user" B="$B" "$B/radclock" > "$dir/log" 2>&1
[ -x "$B/radclock" ] || ktap_die "there is no $B/radclock: $(tail -n 20 "$dir/log")"
cd "$dir" || exit 1

awk 'BEGIN { for (i = 0; i < 40; i++)
	printf "%d %d.001000000 %d.001020000 %d\n", 1e12 + i * 16e9,
		1700000000 + 16 * i, 1700000000 + 16 * i, 1e12 + i * 16e9 + 2020000 }' > good
"$B/radclock" replay good > good.csv || ktap_die "a good file is refused"

# insert LINE TEXT: the good file with TEXT as that line more
insert() { sed "$1i\\$2" good; }

# complains STATUS PATTERN FILE [ROWS]: with that status and those words, and the
# rows of the whole lines are those of the good file
# shellcheck disable=SC2317
complains()
{
	local want=$1 words=$2 file=$3 rows=${4:-40} got=0
	"$B/radclock" replay "$file" > out.csv 2> err || got=$?
	[ $got -eq "$want" ] || { echo "status $got, not $want: $(head -n 3 err)"; return 1; }
	grep -qE "$words" err || { echo "says: $(head -n 3 err)"; return 1; }
	[ "$(wc -l < err)" -le 8 ] || { echo "says too much: $(wc -l < err) lines"; return 1; }
	head -n $((rows + 1)) good.csv | cmp - out.csv
}

ktap_plan 28
ktap_eq "a good file: status 0, a row a stamp" "$(wc -l < good.csv)" 41
{ printf '# a comment\n\n%%another\n \t\n'; sed 's/$/ kernel accepted/' good; } > columns
ktap_check "comments, empty lines and more columns" cmp good.csv <("$B/radclock" replay columns)
sed 's/$/\r/; s/ /,\t/g' good > dos
ktap_check "commas, tabs, carriage returns" cmp good.csv <("$B/radclock" replay dos)
head -c -1 good > unended
ktap_check "no end of the last line" cmp good.csv <("$B/radclock" replay unended)

ktap_check "missing file" complains 1 'radclock: replay: nowhere: No such file' nowhere -1
ktap_check "a folder" complains 1 'radclock: replay: \.: cannot read: ' . 0
: > empty
ktap_check "empty file" complains 1 'replay: empty: there is no stamp in it' empty 0
echo '# nothing' > comments
ktap_check "only comments" complains 1 'replay: comments: there is no stamp in it' comments 0

insert 5 'not a stamp' > words
ktap_check "words" complains 1 '^radclock: replay: words:5: column 1 is not a counter value' words
n=1
for columns in '1' '1 2' '1 2 3'; do
	n=$((n + 1))
	insert 7 "$columns" > missing
	ktap_check "column $n missing" complains 1 "replay: missing:7: column $n is missing" missing
done
head -n 20 good > torn
sed -n 21p good | cut -c 1-20 | tr -d '\n' >> torn
ktap_check "torn off within a line" complains 1 'replay: torn:21: column [23] is missing' torn 20

bad() { insert 9 "$2" > bad; ktap_check "$1" complains 1 "replay: bad:9: column $3 is not a" bad; }
bad "counter is NaN" "nan 1700000000.5 1700000000.5 2000000000000" 1
bad "counter is infinite" "1000000000000 1700000000.5 1700000000.5 inf" 4
bad "counter is negative" "-5 1700000000.5 1700000000.5 2000000000000" 1
bad "counter of 2^64" "18446744073709551616 1700000000.5 1700000000.5 2000000000000" 1
bad "counter of 300 digits" "$(printf '9%.0s' $(seq 300)) 1 1 2000000000000" 1
bad "time is NaN" "1000000000000 NaN 1700000000.5 2000000000000" 2
bad "time is infinite" "1000000000000 1700000000.5 -inf 2000000000000" 3
bad "time of 300 digits" "1000000000000 $(printf '9%.0s' $(seq 300)) 1 2000000000000" 2
bad "letters behind a number" "1000000000000 1700000000.5s 1700000000.5 2000000000000" 2
bad "two points" "1000000000000 1700.000.5 1700000000.5 2000000000000" 2

{ head -n 12 good; head -c 3000 /dev/zero | tr '\0' '7'; printf '\0\0\n'
	tail -n +13 good; } > nul
ktap_check "NUL bytes" complains 1 'replay: nul:13: column 1 is not a counter value' nul
{ head -n 12 good; head -c 300000 /dev/zero | tr '\0' 'x'; echo; tail -n +13 good; } > long
ktap_check "a line of 300000 bytes" complains 1 'replay: long:13: the line is too long' long
head -c 300000 /dev/zero | tr '\0' '5' > endless
ktap_check "a file that is one long line" complains 1 'replay: endless:1: the line is too long' endless 0
{ cat good; head -c 200000 "$B/radclock"; } > binary
ktap_check "binary" complains 1 'replay: binary:4[0-9]: column' binary
# shellcheck disable=SC2317 # called by ktap_check
complete() { [ "$("$B/radclock" replay "$B/radclock" 2> err | wc -l)" -ge 1 ] && [ -s err ]; }
ktap_check "a program" complete
ktap_end
