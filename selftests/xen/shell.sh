# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Sourced by lab.sh: one machine, and a shell in its dom0.
link_up
hostref_up A
SHELL_MODE=1
machine_start A 1 "$XEN_IMAGE" lab.shell
machine_wait A || exit 1
say "dom0 of machine A; guest_start u1, guest u1 5 uname -a, clock_start, radclock status"
say "ctrl-] leaves; all is gone then"
stty raw -echo < /dev/tty
trap 'stty sane < /dev/tty' EXIT
"$XEN_ROOT/usr/bin/socat" -,escape=0x1d "UNIX-CONNECT:$R/A.sock" < /dev/tty > /dev/tty
