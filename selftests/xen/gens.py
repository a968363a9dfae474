#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""gens.py HOST GUEST: compares what tools/gens.c wrote on both. Prints lines
"KEY VALUE": common generations, points compared, the largest difference in ns
(of 2^-64 s), latency from the host's notice and from the host's writing to the
guest's notice, median and 99 %, in us."""

import sys


def load(path):
    rows = {}
    for line in open(path, errors="replace"):
        w = line.split()
        try:
            at = {int(w[i]): (int(w[i + 1]) << 64) + int(w[i + 2], 16) for i in (3, 6, 9)}
            rows.setdefault(int(w[0]), (int(w[1]), int(w[2]), at))
        except (IndexError, ValueError):
            continue
    return rows


def quantile(v, q):
    v = sorted(v)
    return v[int(q * (len(v) - 1) + 0.5)]


host, guest = load(sys.argv[1]), load(sys.argv[2])
common = sorted(set(host) & set(guest))
points, worst, told, written = 0, 0, [], []
for g in common:
    for c in set(host[g][2]) & set(guest[g][2]):
        points += 1
        worst = max(worst, abs(host[g][2][c] - guest[g][2][c]))
    told.append((guest[g][0] - host[g][0]) / 1e3)
    if guest[g][1]:
        written.append((guest[g][0] - guest[g][1]) / 1e3)
print("host_generations %d" % len(host))
print("guest_generations %d" % len(guest))
print("common %d" % len(common))
print("points %d" % points)
print("worst_ns %.9f" % (worst * 1e9 / 2 ** 64))
for name, v in (("told", told), ("written", written)):
    if v:
        print("%s_median_us %.0f" % (name, quantile(v, 0.5)))
        print("%s_p99_us %.0f" % (name, quantile(v, 0.99)))
