#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The guest's interactive shell (make vm).

cat > "$HOME/.bashrc" <<'RC'
. /lab/testbed.sh
. /lab/kmsg.sh
PS1='guest:\w# '
RC
cat <<'T'

A guest with radclock. To begin:
  testbed_up; testbed_lan; chronyd_start 1     a server behind a wire
  module_load                                  insmod radclock.ko
  radclockd_start "server 10.9.1.1 iburst minpoll 0 maxpoll 2"
  radclock status; bash /lab/tests/smoke.sh; type testbed_netem
`exit` (or ctrl-a x) powers it off; /share is build/results/vm outside.

T
exec bash -i
