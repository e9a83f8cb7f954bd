# SPDX-License-Identifier: LGPL-2.1-or-later
# What each used, and might have used, over time; `name` is that of the record.
set terminal svg size 900,400 background "white"
set output name.".svg"
set xlabel "seconds"
set ylabel "MiB"
set yrange [0:*]
set key outside right
stats name.".txt" every ::1 using 1 nooutput
start = STATS_min
mib = 2.0 ** 20
plot name.".txt" every ::1 using (($1 - start) / 1000):($2 / mib) with lines title "clients", \
     "" every ::1 using (($1 - start) / 1000):($3 / mib) with lines dashtype 2 title "their limit", \
     "" every ::1 using (($1 - start) / 1000):($4 / mib) with lines title "grey", \
     "" every ::1 using (($1 - start) / 1000):($5 / mib) with lines dashtype 2 title "its limit"
