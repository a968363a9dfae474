# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Sourced in the guest: what the kernel complained about.

KMSG_BAD='WARNING:|BUG:|BUG |Oops|KASAN|UBSAN|kmemleak: [0-9]+ new suspected|possible (recursive|circular) locking'
KMSG_BAD="$KMSG_BAD|inconsistent lock|suspicious RCU|INFO: trying to register non-static|bad unlock balance"
KMSG_BAD="$KMSG_BAD|refcount_t:|refcount error|unregister_netdevice: waiting|ref_tracker:|INFO: task .* blocked"
KMSG_BAD="$KMSG_BAD|detected stall|general protection|Call Trace|sleeping function|scheduling while atomic|ODEBUG:"
KMSG_BAD="$KMSG_BAD|list_(add|del) corruption|soft lockup|hard LOCKUP|Unbalanced|held lock|use-after-free|invalid opcode"

kmsg_mark() { echo "lab: begin $1" > /dev/kmsg; }

# kmsg_since NAME: the log since kmsg_mark NAME
kmsg_since() { dmesg | tac | sed "/lab: begin $1\$/q" | tac; }

# kmsg_bad NAME: lines of the log since then that are reports, if any
kmsg_bad() { kmsg_since "$1" | grep -E "$KMSG_BAD" | grep -vE 'Call Trace|kmemleak: Kernel memory leak detector' | head -n 5; }

# kmemleak_scan: prints new leaks; two scans, since fresh objects do not count
kmemleak_scan()
{
	local f=/sys/kernel/debug/kmemleak
	[ -w $f ] || return 0
	sleep 6
	echo scan > $f; sleep 1; echo scan > $f
	cat $f
}
