#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# lab: timeout=60 alone
# disrupt, when the kernel gives up the TSC: nothing brings it back.
exec /lab/tests/disrupt unstable
