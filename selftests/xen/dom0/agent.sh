#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Reads "SECONDS BYTES", a line, then a script of so many bytes from its input,
# runs it under that time limit and prints what it prints, then "@exit STATUS".
export PATH=/bin HOME=/root TERM=linux LC_ALL=C TC_LIB_DIR=/usr/lib/tc BASH_ENV=/lab/dom0.sh
read -r limit size || exit 1
job=$(mktemp /run/job.XXXXXX)
head -c "$size" > "$job"
timeout -k 5 "$limit" bash "$job" < /dev/null 2>&1
echo "@exit $?"
rm -f "$job"
