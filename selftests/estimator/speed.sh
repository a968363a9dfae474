#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# speed.sh DIR: replay of 100 000 and of 1 000 000 stamps: rate and memory.
dir=$1
[ -s "$dir/million.stamps" ] || awk 'BEGIN {
	srand(2); c = 1099511627776
	for (i = 0; i < 1000000; i++) {
		a = 1e-3 - 1e-4 * log(1 - rand()); b = 1e-3 - 1e-4 * log(1 - rand())
		printf "%.0f %d.%09d %d.%09d %.0f\n", c + i * 16000160000,
			1700000000 + 16 * i, a * 1e9, 1700000000 + 16 * i, a * 1e9 + 20000,
			c + i * 16000160000 + (a + b + 2e-5) * 1.00001e9
	} }' > "$dir/million.stamps"
head -n 100000 "$dir/million.stamps" > "$dir/tenth.stamps"
for f in tenth million; do
	/usr/bin/time -f "$f: %U s user, %M KiB" "$dir/replay" -o /dev/null "$dir/$f.stamps"
done 2>&1 | awk '{ n = $1 == "tenth:" ? 1e5 : 1e6; printf "# replay %d stamps: %s, %.0f stamps/s\n", n, $0, n / $2 }'
