# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Sourced by lab.sh: a shell in the dom0 of machine A, by hand.
#   XEN_MACHINES=2   a machine B, too, and a hypervisor that can migrate live

[ -t 0 ] || die "lab.sh shell needs a terminal"
link_up
xen=$XEN_IMAGE names=A
[ "${XEN_MACHINES:-1}" = 1 ] || xen=$XEN_SHADOW names="A B"
# shellcheck disable=SC2086
hostref_up $names
SHELL_MODE=1 machine_start A 1 "$xen" lab.shell
[ "$names" = A ] || machine_start B 2 "$xen"
for m in $names; do
	machine_wait "$m" || exit 1
	on "$m" 10 receive_start
done
cat <<'T'

dom0 of machine A. To begin:
  clock_start "publish xenstore"; wait_sync 30; radclock status
  guest_start u1
  guest u1 10 "insmod /lab/mod/radclock.ko source=xenstore; radclock status"
  guest_save u1 /tmp/u1; guest_restore /tmp/u1 u1
With MACHINES=2:
  peer 'clock_start "publish xenstore"; wait_sync 30'      there
  guest_migrate u1 10.97.0.12; peer 'guest_arrived u1; guest u1 5 radclock status'
ctrl-] leaves, and all is gone.
T
stty raw -echo < /dev/tty
trap 'stty sane < /dev/tty' EXIT
tree_libpath=$XEN_ROOT/usr/lib/x86_64-linux-gnu:$XEN_ROOT/lib/x86_64-linux-gnu
LD_LIBRARY_PATH=$tree_libpath \
	"$XEN_ROOT/usr/bin/socat" -,escape=0x1d "UNIX-CONNECT:$R/A.sock" < /dev/tty > /dev/tty
