#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# build.sh DIR: the programs of the estimator's tests into DIR.
set -e
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
out=$1
mkdir -p "$out"
flags=(-std=gnu11 -O2 -g -Wall -Wextra -Wno-unused-parameter
	-I"$top/user/estimator" -I"$top/common" -I"$top/include/uapi")
lib=("$top"/user/estimator/*.c)
replay=("$top"/user/cli/{replay,digits,stamp_text}.c)
worlds=("$here"/{grade,world,shapes}.c)
cc=${CC:-gcc}
$cc "${flags[@]}" -o "$out/bench" "$here/bench.c" "${worlds[@]}" "${lib[@]}" -lm
$cc "${flags[@]}" -o "$out/tests" "$here/tests.c" "${worlds[@]}" "${lib[@]}" -lm
$cc "${flags[@]}" -o "$out/replay" "$here/replay_main.c" "${replay[@]}" "${lib[@]}" -lm
$cc "${flags[@]}" -O0 -o "$out/replay-O0" "$here/replay_main.c" "${replay[@]}" "${lib[@]}" -lm
$cc "${flags[@]}" -o "$out/trace" "$here/trace.c" "${lib[@]}" -lm
$cc "${flags[@]}" -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
	-DFUZZ_FILES -o "$out/fuzz-files" "$here/fuzz.c" "${replay[@]}" "${lib[@]}" -lm
