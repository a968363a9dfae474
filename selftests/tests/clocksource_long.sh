#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# lab: profile=long timeout=1500 alone debug=no
# clocksource, with 10^7 reads and the rate over 10 minutes.
exec /lab/tests/clocksource long
