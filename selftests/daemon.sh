#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Sourced, after ktap.sh, by tests of a radclockd on this machine. The test has a
# cleanup() that stops what it started and removes $dir, where its log is.

B=$(realpath "${B:-$(dirname "$0")/../../build}")
[ -x "$B/radclockd" ] || ktap_die "$B/radclockd is not built"

# $dir for all that this run writes, and $port from FIRST on: tests that run at
# the same time stay out of each other's way
daemon_begin()
{
	dir=$(mktemp -d) || ktap_die "no temporary folder"
	# shellcheck disable=SC2034
	port=$(($1 + $$ % 10000))
	trap cleanup EXIT
}

# wait_for SECONDS COMMAND...
wait_for()
{
	local end=$(($(date +%s) + $1))
	shift
	until "$@" > /dev/null 2>&1; do
		[ "$(date +%s)" -lt "$end" ] || return 1
		sleep 0.1
	done
}

said() { grep -qF -- "$*" "$dir/log"; }
