#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# trace.sh DIR: the real trace, where it is there.
here=$(cd "$(dirname "$0")" && pwd)
data=${RADCLOCK_DATA:-$here/../../../shared/data}/stratum1-2016.stamps
[ -r "$data" ] || { echo "# no $data: set RADCLOCK_DATA"; exit 0; }
echo "# real trace, last 500 stamps, clock(Tf) - truth, us (wanted: median -447 +- 15, iqr <= 5, rtt_iqr <= 0.9)"
"$1/trace" "$data" default
"$1/trace" "$data" told
"$1/trace" "$data" classic
