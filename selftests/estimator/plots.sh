#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# plots.sh DIR OUT: the plots of docs/estimator.md, by gnuplot, into OUT.
set -e
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
dir=$1
mkdir -p "$2"
out=$(cd "$2" && pwd)
"${CC:-gcc}" -std=gnu11 -O2 -I"$top/user/estimator" -I"$top/common" -I"$top/include/uapi" \
	-o "$dir/plotdata" "$here"/{plotdata,grade,world,shapes}.c "$top"/user/estimator/*.c -lm
p=$dir/plotdata
"$p" allan > "$dir/allan.dat"
for a in default classic told; do "$p" distribution $a > "$dir/dist.$a"; done
"$p" series plain default 100000 > "$dir/plain.default"
"$p" series plain classic 100000 > "$dir/plain.classic"
"$p" series "two 6 h outages" default 110000 > "$dir/outage.default"
"$p" series "route shift up and back" default 90000 > "$dir/shift.default"
"$p" series "bursts one way, hourly" default 100000 > "$dir/burst.default"
cd "$dir"
gnuplot << PLOT
set terminal pngcairo size 900,420 font "sans,9"
set grid lc rgb "#dddddd"
set output "$out/series.png"
set title "Error at the stamps, P 16 s, J 100 us, W 1e-9"
set xlabel "s"; set ylabel "us"
plot "plain.classic" u 1:2 w l lc rgb "#cc8800" t "classic", \
 "plain.default" u 1:(-\$3):3 w filledcurves lc rgb "#bbccee" t "one sigma", \
 "plain.default" u 1:2 w l lc rgb "#003388" t "default"
set output "$out/bound.png"
set title "Error and bound: hourly bursts one way; two 6 h outages; route shift"
set multiplot layout 3,1 margins 0.08,0.98,0.1,0.92 spacing 0.08
unset title; unset xlabel
do for [f in "burst outage shift"] {
plot f.".default" u 1:(-\$4):4 w filledcurves lc rgb "#dde8d5" t f.": bound", "" u 1:2 w l lc rgb "#003388" t "error"
}
unset multiplot
set output "$out/allan.png"
set title "Allan deviation of the worlds' oscillators"
set logscale xy; set xlabel "span, s"; set ylabel ""
plot "allan.dat" i 0 w l t "W 1e-10", "" i 1 w l t "W 1e-9", "" i 2 w l t "W 1e-8", "" i 3 w l t "hot oscillator"
set output "$out/distribution.png"
set title "|error| at the stamps, P 16 s, J 100 us, W 1e-9"
unset logscale y; set xlabel "us"; set ylabel "share of stamps below"; set key bottom right
plot "dist.told" w l t "told wander and least delay (limit)", "dist.default" w l t "default", "dist.classic" w l t "classic"
PLOT
ls "$out"
