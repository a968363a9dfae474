#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bench.sh KERNEL: what readings and stamps cost, in a guest.

set -e -o pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/env.sh"
CMD='exec bash /lab/bench_guest.sh' exec "$LAB/vm.sh" "$1"
