/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "policy-plan.h"
#include "policy.h"

/*
 * Where partitions are, and what the kernel says of them.  One partition may have two groups:
 * where systemd does not manage them, libvirt_lxc looks for a container's partition under a
 * name of libvirt's own ("production.partition").
 */

/* What their groups say of themselves, by labels that are not empty. */
#define POLICY_LABEL_TOP "partition" /* it is one at the top, and has had guests or terms */
#define POLICY_LABEL_TERMS "terms"   /* it has been given what a policy says */
#define POLICY_LABEL_CPUS "confined-cpus"
#define POLICY_LABEL_NODES "confined-nodes"
#define POLICY_LABEL_MEMORY "shared-memory" /* memory has been shared out to it */
#define POLICY_LABEL_CPU "shared-cpu"       /* likewise processor time */

gboolean policy_partition_has(CorralGroup *group, const char *label);

/* The paths of @partition's groups, that of QEMU's guests first. */
char **policy_partition_list_paths(CorralHost *host, const char *partition, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* The path of the one that libvirt_lxc looks for, where systemd does not manage them. */
char *policy_partition_build_stock(const char *partition, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What the partition in @path is called, "/production": of either of its groups. */
char *policy_partition_find_name(CorralHost *host, const char *path);

/*
 * The group right below the root, or below @own, libvirtd's, that a guest at @path is in: what is
 * shared out among partitions is shared out among those.  NULL if the guest's own is that.
 */
char *policy_partition_find_top(const char *path, const char *own);

/* Those that say that they are. */
char **policy_partition_list_tops(CorralHost *host, const char *own);

/* All that have been given anything, wherever they are. */
char **policy_partition_list_with_terms(CorralHost *host);

/*
 * What policy-plan has to know of the one at the top in @group.  @terms: (nullable); what they
 * promise is divided among so many @portions, all of its groups.  FALSE if it has gone.
 */
gboolean policy_partition_read(CorralGroup *group, const PolicyTerms *terms, guint portions,
                               PolicyPartition *now);

/* What each of so many groups of one with these terms (nullable) never has more of, in bytes: a
 * limit of memory and swap together is one of memory as well. */
guint64 policy_partition_find_most(const PolicyTerms *terms, guint portions);

/* A limit in bytes, of what is given in KiB. */
guint64 policy_partition_find_bytes(guint64 kib, guint portions);
