#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What corral adds to a guest's start where systemd and machined have the scopes made: the
# same guest is started and stopped under stock libvirt and under corral, in turn.  Figures, not
# a test: tests/bench/bench-host.sh has them printed.

. "$(dirname "$0")/host.sh"

rounds=4
starts=5

# start_all: milliseconds for each of $starts, one a line
start_all()
{
    local begin i

    for ((i = 0; i < starts; i++)); do
        begin=$(date +%s%N)
        virsh start cost > /dev/null || return
        echo $((($(date +%s%N) - begin) / 1000000))
        virsh destroy cost > /dev/null || return
    done
}

# quartiles: of the numbers on standard input: lower, median, upper
quartiles()
{
    sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 3) / 4)], v[int((NR + 1) / 2)], v[int((3 * NR + 3) / 4)] }'
}

must "libvirtd starts" systemctl start libvirtd
must "a guest" host_define cost --vcpus 2 --iothreads 1
virsh start cost > /dev/null && virsh destroy cost > /dev/null
for ((round = 0; round < rounds; round++)); do
    corral deactivate > /dev/null
    must "stock libvirtd" host_restart
    start_all >> "$scratch/stock"
    corral activate > /dev/null
    must "libvirtd with corral" host_restart
    start_all >> "$scratch/corral"
done
same "all have started" "$((rounds * starts)) $((rounds * starts))" \
    "$(wc -l < "$scratch/stock") $(wc -l < "$scratch/corral")"

read -r low stock high <<< "$(quartiles < "$scratch/stock")"
note "stock: median $stock ms, quartiles $low and $high"
read -r low corral high <<< "$(quartiles < "$scratch/corral")"
note "corral: median $corral ms, quartiles $low and $high"
note "a start with corral, as a multiple of stock's time: $(awk -v a="$corral" -v b="$stock" \
    'BEGIN { printf "%.2f", a / b }')"

host_remove cost
host_leave
finish
