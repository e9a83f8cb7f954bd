/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli-partition.h"

/* Partitions as corral partition shows them. */

/* (element-type CliPartition) */
void cli_show_table(const GPtrArray *all);
void cli_show_partition(const CliPartition *partition);
void cli_show_json(const GPtrArray *all);
