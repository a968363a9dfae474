#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""wake.py HOSTREF LOG "LOWER UPPER": judges what kmod/xen_wake.c saw by the build
machine's clock. Prints tables as "# ..." and lines "KEY VALUE": resumes; early: of
these, how often the clock gave a time at once; timed: changes to "with a time";
wrong: of those, beyond their bound (and 1 ms: the TSC is read a moment later)."""

import sys

from grade import Truth, us

truth = Truth(sys.argv[1])
lower, upper = map(int, sys.argv[3].split())
resumes = early = timed = wrong = 0
at = None
for line in open(sys.argv[2]):
    w = line.split()
    if len(w) != 7:
        continue
    what, ok, n, tsc = w[0], w[1] == "with", int(w[2]), int(w[3])
    true = truth.at(tsc + (lower + upper) // 2)
    if what == "resume":
        resumes += 1
        early += ok
        at = true
    text = "# %-8s" % what
    if what == "timer":
        text += " after %d readings, %s after the resume," % (n, us(true - at) if at else "?")
    text += " %s a time" % w[1]
    if ok:
        error, bound = int(w[4]) * 10 ** 9 + int(w[5]) - true, int(w[6])
        timed += 1
        wrong += abs(error) > bound + 1e6
        text += ", error %s, bound %s" % (us(error), us(bound))
    print(text)
for key in ("resumes", "early", "timed", "wrong"):
    print("%s %d" % (key, globals()[key]))
