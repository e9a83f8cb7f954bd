/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "policy.h"

/*
 * Changes of the operator's file as he wrote it: what is not changed stays, byte for byte.
 * Each takes the text of the file and returns another one, or NULL with the error set, of
 * POLICY_ERROR.  Whether the result makes sense is not asked here.
 */

/* What an option of the command line is in the file. */
typedef enum {
    POLICY_FIELD_PRIORITY,
    POLICY_FIELD_SHARES,
    POLICY_FIELD_GLOBAL_PERIOD,
    POLICY_FIELD_GLOBAL_QUOTA,
    POLICY_FIELD_CPU_GUARANTEE,
    POLICY_FIELD_HARD_LIMIT,
    POLICY_FIELD_SOFT_LIMIT,
    POLICY_FIELD_SWAP_HARD_LIMIT,
    POLICY_FIELD_MIN_GUARANTEE,
    POLICY_FIELD_IO_WEIGHT,
    POLICY_FIELD_CPUSET,
    POLICY_FIELD_NODESET,
    POLICY_FIELD_PIDS,
    POLICY_N_FIELDS
} PolicyField;

/* What stands for a value that is not there. */
#define POLICY_EDIT_NONE "none"

/* The text that a file is made from that is not there yet. */
#define POLICY_EDIT_EMPTY "<corral>\n</corral>\n"

/* A partition that is not described yet. */
char *policy_edit_define(const char *xml, const char *partition, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
/* One value of a partition that is described; POLICY_EDIT_NONE takes it away. */
char *policy_edit_tune(const char *xml, const char *partition, PolicyField field, const char *value,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* All that is said of it; what is below it stays. */
char *policy_edit_remove(const char *xml, const char *partition, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* The host's share; each may be NULL, which leaves it as it is, or POLICY_EDIT_NONE.
 * @n_cpus, @cpuset: at most one of them */
char *policy_edit_reserve(const char *xml, const char *memory, const char *n_cpus,
                          const char *cpuset, GError **error) G_GNUC_WARN_UNUSED_RESULT;
