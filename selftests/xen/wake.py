#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""wake.py HOSTREF LOG "LOWER UPPER": judges what kmod/xen_wake.c saw by the build
machine's clock. Prints tables as "# ..." and lines "KEY VALUE": resumes; early: of
these, how often the clock gave a time at once; timed: changes to "with a time";
wrong: of those, beyond their bound."""

import sys

from grade import Truth, us

# ns: how well the TSCs are known beside each other
TOLERANCE = 1e5

truth = Truth(sys.argv[1])
lower, upper = map(int, sys.argv[3].split())
resumes = early = timed = wrong = 0
at = None
for line in open(sys.argv[2]):
    w = line.split()
    if len(w) != 8:
        continue
    what, ok, n = w[0], w[1] == "with", int(w[2])
    # it was read between these
    true, after = (truth.at(int(t) + (lower + upper) // 2) for t in w[3:5])
    if what == "resume":
        resumes += 1
        early += ok
        at = true
    text = "# %-8s" % what
    if what == "timer":
        text += " after %d readings, %s after the resume," % (n, us(true - at) if at else "?")
    text += " %s a time" % w[1]
    if ok:
        told, bound = int(w[5]) * 10 ** 9 + int(w[6]), int(w[7])
        timed += 1
        wrong += told < true - bound - TOLERANCE or told > after + bound + TOLERANCE
        text += ", error %s .. %s, bound %s" % (us(told - after), us(told - true), us(bound))
    print(text)
for key in ("resumes", "early", "timed", "wrong"):
    print("%s %d" % (key, globals()[key]))
