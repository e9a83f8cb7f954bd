/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli-groups.h"
#include "corral.h"
#include "policy.h"

/* A partition as the policy has it and as the kernel has it, whichever of them has one. */
typedef struct {
    char *name;               /* "/clients" */
    const PolicyTerms *terms; /* (nullable): borrowed from the policy */
    GPtrArray *paths;         /* owned: those of its groups that are there */
    GPtrArray *guests;        /* owned: "web (qemu)", in it and below it */
    /* Of all its groups together. */
    CorralSample sample; /* what its parts say is known of each */
    CliNumber memory_limit_bytes;
    CliNumber memory_low_bytes;
    CliNumber cpu_shares;
    CliNumber cpu_idle; /* whether it is: 0 or 1 */
    CliNumber pids_limit;
} CliPartition;

/*
 * @root: (nullable): the directory to take for the machine's root
 * @policy: its terms are borrowed
 *
 * Returns: (element-type CliPartition): owned, by name: those that are described, that guests are
 *   in, or that have been given anything; or NULL
 */
GPtrArray *cli_partition_list(const char *root, const Policy *policy, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* (nullable) */
CliPartition *cli_partition_find(GPtrArray *all, const char *name);
