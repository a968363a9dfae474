#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# lab: timeout=120
# radclockd is to publish the clock in XenStore where there is none: it says so,
# keeps time, and its helper goes with it, however it goes. Without its helper it
# ends as failed, for the service manager to start it again.
. /lab/ktap.sh
. /lab/testbed.sh

conf=("server $(server4 1) iburst minpoll 0 maxpoll 2" "driftfile none" "publish xenstore")
# shellcheck disable=SC2153 # testbed.sh sets CONF
printf '%s\n' "${conf[@]}" > "$CONF"
! radclockd -t -f "$CONF" 2>&1 | grep -q 'without libxenstore' ||
	ktap_skip_all "radclockd was built without libxenstore"

helpers() { pgrep -x radclockd-xen; }
no_helpers() { [ -z "$(helpers)" ]; }
warned() { grep -q 'XenStore: cannot write' "$RUN/radclockd.log"; }

ktap_plan 10
ktap_check "module loads" module_load || ktap_die "no module"
testbed_up 1 && testbed_lan 1 || ktap_die "no testbed"
ktap_check "chronyd serves" chronyd_start 1
# a child of this shell, so that its status can be had
radclockd_start "${conf[@]}"
ktap_eq "radclockd starts" "$?" 0
ktap_check "it says that it cannot write" wait_for 20 warned
ktap_say "$(grep XenStore "$RUN/radclockd.log")"
ktap_check "and keeps time" wait_sync 30
# shellcheck disable=SC2046
kill -KILL $(helpers)
ended() { ! radclockd_running; }
ktap_check "the helper dies: it ends" wait_for 20 ended
wait "$(radclockd_pid)"
ktap_eq "as failed" "$?: $(grep -c 'the process that writes has died' "$RUN/radclockd.log")" "1: 1"
radclockd_start "${conf[@]}"
wait_for 10 helpers
radclockd_stop KILL
ktap_check "killed: its helper goes, too" wait_for 20 no_helpers
radclockd_start "${conf[@]}"
wait_for 10 helpers
radclockd_stop TERM
ktap_check "stopped: the same" wait_for 20 no_helpers
ktap_eq "the daemon has told it once in a run" "$(grep -c 'cannot write' "$RUN/radclockd.log")" 1
testbed_down
ktap_end
