#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Sourced or run in the guest by `make bench`.
. /lab/testbed.sh
testbed_up 1 > /dev/null && testbed_lan 1 && chronyd_start 1
module_load
radclockd_start "server $(server4 1) iburst minpoll 0 maxpoll 2"
radclock waitsync --timeout 60
radclock bench
testbed_down
module_unload
