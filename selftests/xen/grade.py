#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""grade.py HOSTREF REFERENCE READER MACHINE=LOWER,UPPER[,READER] ...

Judges what the reader wrote (tools/reader.c) by the build machine's clock.
HOSTREF is the log of hostref, REFERENCE what the reader was given, LOWER and
UPPER enclose a machine's TSC offset in ticks (tscoffset); the READER there is
of its dom0: shown beside. Prints tables as lines "# ..." and then, for the tests, lines "KEY VALUE"."""

import bisect
import sys

WAYS = ("page", "clockid", "sysfs", "kernel")


class Truth:
    """The build machine's CLOCK_REALTIME by its TSC: straight between samples."""

    def __init__(self, path):
        rows = [tuple(map(int, line.split())) for line in open(path) if line.count(" ") == 2]
        self.tsc = [r[0] for r in rows]
        self.ns = [r[1] for r in rows]
        self.width = max(r[2] for r in rows)
        self.hz = (self.tsc[-1] - self.tsc[0]) * 1e9 / (self.ns[-1] - self.ns[0])

    def at(self, tsc):
        i = min(max(bisect.bisect(self.tsc, tsc), 1), len(self.tsc) - 1)
        a, b = i - 1, i
        return self.ns[a] + (tsc - self.tsc[a]) * (self.ns[b] - self.ns[a]) / (
            self.tsc[b] - self.tsc[a])


def reference(path):
    """NAME -> (TSC, NS, ns per tick)"""
    refs = {}
    for line in open(path):
        name, tsc, ns, hz = line.split()
        refs[name] = (int(tsc), int(ns), 1e9 / float(hz))
    return refs


class Segment:
    def __init__(self, number):
        self.number = number
        self.machine = None
        self.blocks = []
        self.states = []
        self.across = []
        self.jump = None


def parse(path):
    segments = [Segment(0)]
    bad = 0
    for line in open(path, errors="replace"):
        w = line.split()
        try:
            if w[0] == "jump":
                segments.append(Segment(int(w[1])))
                segments[-1].jump = list(map(int, w[2:11]))
            elif w[0] == "machine":
                segments[int(w[1])].machine = w[2]
            elif w[0] == "state":
                segments[int(w[1])].states.append(
                    (int(w[2]), int(w[3]), w[4], w[5], w[6], int(w[7])))
            elif w[0] == "across":
                segments[int(w[1])].across.append(
                    (w[2], int(w[3]), int(w[4]), int(w[5]), int(w[6]), int(w[7])))
            elif w[0] == "block":
                b = dict(tsc=int(w[2]), way=w[3], n=int(w[4]), ok=int(w[5]),
                         status=list(map(int, w[6:11])), bound=(int(w[11]), int(w[12])), m={})
                for i in range(13, len(w), 6):
                    b["m"][w[i]] = list(map(int, w[i + 1:i + 6]))
                segments[int(w[1])].blocks.append(b)
            else:
                bad += 1
        except (IndexError, ValueError, KeyError):
            bad += 1
    return segments, bad


def us(ns):
    return "%.1f us" % (ns / 1e3) if abs(ns) < 1e6 else (
        "%.3f ms" % (ns / 1e6) if abs(ns) < 1e9 else "%.3f s" % (ns / 1e9))


class Grader:
    def __init__(self, truth, refs, offsets):
        self.truth, self.refs, self.offsets = truth, refs, offsets

    def true_ns(self, machine, tsc):
        lo, hi = self.offsets[machine]
        return self.truth.at(tsc + (lo + hi) // 2)

    def tolerance(self, machine):
        lo, hi = self.offsets[machine]
        return ((hi - lo) / 2 + self.truth.width) * 1e9 / self.truth.hz + 100

    def deviation(self, machine, tsc):
        r = self.refs[machine]
        return self.true_ns(machine, tsc) - (r[1] + (tsc - r[0]) * r[2])

    def judge(self, machine, block):
        """-> wrong readings, smallest error, largest error (None: no reading)"""
        wrong, low, high, least, most = block["m"][machine]
        dev = self.deviation(machine, block["tsc"])
        tol = self.tolerance(machine)
        bad = block["ok"] and (low > dev + tol or high < dev - tol)
        wrong = max(wrong, 1) if bad else 0
        return (wrong, None, None) if least > most else (wrong, least - dev, most - dev)

    def judge_across(self, old, new, a):
        way, ok, ns, bound, before, after = a
        if not ok:
            return 0
        tol = max(self.tolerance(old), self.tolerance(new))
        return int(ns - bound > self.true_ns(new, after) + tol or
                   ns + bound < self.true_ns(old, before) - tol)


def summary(g, seg, way):
    """-> dict over the readings of one way in one segment"""
    s = dict(n=0, ok=0, wrong=0, wrong_sync=0, least=None, most=None, bound=None, status=[0] * 5)
    for b in seg.blocks:
        if b["way"] != way:
            continue
        wrong, least, most = g.judge(seg.machine, b)
        s["n"] += b["n"]
        s["ok"] += b["ok"]
        s["wrong"] += wrong
        s["status"] = [x + y for x, y in zip(s["status"], b["status"])]
        if least is not None:
            s["least"] = least if s["least"] is None else min(s["least"], least)
            s["most"] = most if s["most"] is None else max(s["most"], most)
        if b["ok"]:
            s["bound"] = b["bound"][1] if s["bound"] is None else max(s["bound"], b["bound"][1])
    return s


def host_beside(g, seg, host):
    """-> the errors (smallest, largest) of dom0's page while the guest was there"""
    times = [g.true_ns(seg.machine, b["tsc"]) for b in seg.blocks]
    errs = []
    for s in host:
        for b in s.blocks:
            at = g.true_ns(seg.machine, b["tsc"])
            if b["way"] == "page" and min(times) - 1e9 <= at <= max(times) + 1e9:
                _, least, most = g.judge(seg.machine, b)
                if least is not None and b["ok"]:
                    errs += [least, most]
    return (min(errs), max(errs)) if errs else None


def guess_machine(before, seg, refs, hz):
    """It left too soon to ask. On one machine Xen's time and the TSC go on alike; their
    starts lie otherwise on another."""
    names = list(refs)
    if not before or len(names) == 1:
        return names[0]
    _, t0, t1, _, _, _, _, c0, c1 = seg.jump
    stayed = abs((t1 - t0) * 1e9 / hz - (c1 - c0)) < 2e8
    if stayed or len(names) != 2:
        return before.machine
    return names[1 - names.index(before.machine)]


def back_after(seg, way, hz):
    """ns from the jump to the first reading that gave a time; None: never"""
    t0 = seg.jump[2] if seg.jump else None
    if t0 is None:
        return None
    have = any(b["way"] == way and b["ok"] for b in seg.blocks)
    lost = False
    for tsc, _, w, _, to, _ in seg.states:
        if w != way:
            continue
        if to.endswith("+"):
            return (tsc - t0) * 1e9 / hz if lost else 0
        lost = True
    # no change of its state since: the first reading had a time
    return 0 if have and not lost else None


def main():
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    truth = Truth(sys.argv[1])
    refs = reference(sys.argv[2])
    offsets = {}
    hosts = {}
    for a in sys.argv[4:]:
        name, span = a.split("=")
        span = span.split(",")
        offsets[name] = tuple(map(int, span[:2]))
        if len(span) > 2:
            hosts[name] = parse(span[2])[0]
    g = Grader(truth, refs, offsets)
    segments, bad = parse(sys.argv[3])
    for i, seg in enumerate(segments):
        if not seg.machine:
            seg.machine = guess_machine(segments[i - 1] if i else None, seg, refs, truth.hz)
    print("# true to %s" % ", ".join("%s on %s" % (us(g.tolerance(m)), m) for m in offsets))
    total = {w: dict(n=0, ok=0, wrong=0) for w in WAYS}
    events = 0
    for i, seg in enumerate(segments):
        if seg.jump:
            events += 1
            old = segments[i - 1].machine
            mono, t0, t1, r0, r1, b0, b1, c0, c1 = seg.jump
            gap = g.true_ns(seg.machine, t1) - g.true_ns(old, t0)
            print("# event %d: %s to %s, away for %s" % (events, old, seg.machine, us(gap)))
            print("#   Xen system time %.3f -> %.3f s (%+.3f s), TSC %+.3f s, CLOCK_REALTIME %+.3f s, "
                  "CLOCK_BOOTTIME %+.3f s, CLOCK_MONOTONIC_RAW %+.3f s" % (
                      c0 / 1e9, c1 / 1e9, (c1 - c0) / 1e9, (t1 - t0) / truth.hz,
                      (r1 - r0) / 1e9, (b1 - b0) / 1e9, mono / 1e9))
            told = any(s[2] == "page" and s[5] for s in seg.states)
            print("#   the disruption marker %s" % ("changed" if told else "stayed"))
            print("away_%d %.0f" % (events, gap))
            print("marker_%d %d" % (events, told))
            print("counter_step_%d %d" % (events, c1 - c0))
        print("#   %-8s %7s %7s %6s %-30s %-24s %s" % (
            "way", "reads", "timed", "wrong", "unsync/warm/sync/hold/disr", "error", "bound <="))
        for way in WAYS:
            s = summary(g, seg, way)
            if seg.jump:
                for a in seg.across:
                    if a[0] == way:
                        s["wrong"] += g.judge_across(segments[i - 1].machine, seg.machine, a)
                        s["n"] += 1
                        s["ok"] += a[1]
            for k in total[way]:
                total[way][k] += s[k]
            err = "-" if s["least"] is None else "%s .. %s" % (us(s["least"]), us(s["most"]))
            back = back_after(seg, way, truth.hz)
            print("#   %-8s %7d %7d %6d %-30s %-24s %s%s" % (
                way, s["n"], s["ok"], s["wrong"], "/".join(map(str, s["status"])), err,
                "-" if s["bound"] is None else us(s["bound"]),
                "" if not seg.jump else "  first time after %s" % ("-" if back is None else us(back))))
            if seg.jump:
                print("back_%d_%s %s" % (events, way, "never" if back is None else "%.0f" % back))
                print("flagged_%d_%s %d" % (events, way, s["n"] - s["ok"]))
            worst = max(abs(s["least"]), abs(s["most"])) if s["least"] is not None else -1
            print("worst_%d_%s %.0f" % (events, way, worst))
            print("wrong_%d_%s %d" % (events, way, s["wrong"]))
        if seg.machine in hosts and seg.blocks:
            span = host_beside(g, seg, hosts[seg.machine])
            print("#   dom0's own error meanwhile: %s" % (
                "none known" if not span else "%s .. %s" % (us(span[0]), us(span[1]))))
    for way in WAYS:
        for k, v in total[way].items():
            print("%s_%s %d" % (k, way, v))
    ours = ("page", "clockid", "sysfs")
    print("events %d" % events)
    print("garbled %d" % bad)
    print("wrong %d" % sum(total[w]["wrong"] for w in ours))
    print("readings %d" % sum(total[w]["n"] for w in ours))
    print("timed %d" % sum(total[w]["ok"] for w in ours))


if __name__ == "__main__":
    main()
