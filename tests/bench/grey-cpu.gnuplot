# SPDX-License-Identifier: LGPL-2.1-or-later
# How many CPUs' worth of time each had, over ten lines; `name` is that of the record, `unit` its
# unit of time in ns.
set terminal svg size 900,400 background "white"
set output name.".svg"
set xlabel "seconds"
set ylabel "CPUs"
set yrange [0:*]
set key outside right
stats name.".txt" every ::1 using 1 nooutput
start = STATS_min
rate(column) = sprintf("< awk 'NR > 1 { t[NR] = $1; v[NR] = $%d; if (NR > 11) print ($1 - %f) / 1000, (v[NR] - v[NR - 10]) / (t[NR] - t[NR - 10]) * %d / 1e6 }' %s.txt", column, start, unit, name)
plot rate(2) with lines title "clients", rate(3) with lines title "grey"
