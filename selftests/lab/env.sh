# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
# Sourced by every script of the lab: where things are, and how to complain.

LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SELFTESTS=$(dirname "$LAB")
TOP=$(dirname "$SELFTESTS")
B=${B:-$TOP/build}
case $B in /*) ;; *) B=$TOP/$B ;; esac
# Kernels are large and do not change with the tree: fresh clones share them.
CACHE=${RADCLOCK_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/radclock}

say() { echo "# $*" >&2; }
die() { echo "radclock lab: $*" >&2; exit 1; }

# chrony may only be unpacked (packages.sh)
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:$CACHE/chrony/usr/sbin:$CACHE/chrony/usr/bin
export PATH

# run_as_root COMMAND...: apt needs root, nothing else here does.
run_as_root()
{
	if [ "$(id -u)" -eq 0 ]; then "$@"
	elif command -v sudo >/dev/null; then sudo -n "$@"
	else die "must be root for: $*"
	fi
}
