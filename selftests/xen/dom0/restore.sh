#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The other end of a migration by stop and copy.
pipe=$(mktemp -u /run/restore.XXXXXX)
mkfifo "$pipe"
xl restore "$pipe" >> /run/receive.log 2>&1 < /dev/null &
cat > "$pipe"
wait
rm -f "$pipe"
