#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# fuzz.sh DIR SECONDS: libFuzzer with ASan and UBSan, from the kept corpus.
set -e
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
mkdir -p "$1/corpus"
clang -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined,float-cast-overflow,float-divide-by-zero \
	-fno-sanitize-recover=all -I"$top/user/estimator" -I"$top/common" -I"$top/include/uapi" \
	-o "$1/fuzz" "$here/fuzz.c" "$top"/user/cli/{replay,digits,stamp_text}.c "$top"/user/estimator/*.c -lm
cd "$1"
./fuzz -max_len=4096 -max_total_time="$2" -close_fd_mask=1 -print_final_stats=1 \
	corpus "$here/corpus" 2>&1 | grep -aE '^stat::|ERROR|SUMMARY|runtime error|^Done'
