#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The other end of a live migration. Only the protocol may go to the socket.
exec xl migrate-receive 2>> /run/receive.log
