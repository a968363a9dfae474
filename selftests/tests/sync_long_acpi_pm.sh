#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# lab: timeout=900 profile=long debug=no
# Ten minutes on the counter acpi_pm: median, 99 % and maximum of the true error.
SYNC_COUNTERS=acpi_pm SYNC_SECONDS=600 SYNC_SETTLE=60 SYNC_MEDIAN=1000000 exec bash /lab/tests/sync.sh
