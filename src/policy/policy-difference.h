/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"
#include "policy.h"

/* One value of a partition that is another than it is to be. */
typedef struct {
    char *partition; /* as the policy names it, or the path of its group */
    char *what;      /* "memory limit" */
    char *from;      /* as people write such values; "none" */
    char *to;
} PolicyDifference;

PolicyDifference *policy_difference_new(const char *partition, const char *what, const char *from,
                                        const char *to);
void policy_difference_free(PolicyDifference *self);

/*
 * policy_difference_compare:
 * @group: a partition's, as it is
 * @name: what it is called in @found
 * @terms: (nullable): what it is to have; NULL: nothing any more
 * @top: it is one at the top, whose shares and memory are shared out
 * @cpus: (element-type guint) (nullable): those that guests in it may run on
 * @found: (element-type PolicyDifference): what differs is added
 *
 * What drv_partition_set_terms() would change.  A value that this host does not have is left
 * out: it cannot be changed.
 */
void policy_difference_compare(CorralGroup *group, const char *name, const PolicyTerms *terms,
                               gboolean top, const GArray *cpus, GPtrArray *found);

/*
 * What drv_share_undo_memory() and drv_share_undo_cpu() would: nobody shares out its memory, or
 * its processor time, any more.  What it has of both its groups is in @portions.
 */
void policy_difference_compare_unshared_memory(CorralGroup *group, const char *name,
                                               const PolicyTerms *terms, guint portions,
                                               GPtrArray *found);
void policy_difference_compare_unshared_cpu(CorralGroup *group, const char *name,
                                            const PolicyTerms *terms, GPtrArray *found);

/* Notes that @what goes from one value to another, unless it is the same; memory in bytes. */
void policy_difference_note_memory(GPtrArray *found, const char *name, const char *what,
                                   guint64 from, guint64 to);
void policy_difference_note_shares(GPtrArray *found, const char *name, guint64 from, guint64 to);
void policy_difference_note_idle(GPtrArray *found, const char *name, gboolean from, gboolean to);
