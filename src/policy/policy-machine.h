/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What there is to be shared out. */
typedef struct {
    guint number;
    GArray *cpus; /* (element-type guint): those online; a node may have none */
} PolicyNode;

typedef struct {
    guint64 memory; /* bytes */
    GArray *cpus;   /* (element-type guint): those online */
    GArray *nodes;  /* (element-type PolicyNode): ascending; one for a host that has no others */
} PolicyMachine;

/*
 * As the kernel tells it now: CPUs and memory may be plugged in and out.  @root: (nullable): the
 * directory to take for the machine's root.
 */
PolicyMachine *policy_machine_read(const char *root, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Of those parts; takes @cpus.  Nodes are added by policy_machine_add_node(). */
PolicyMachine *policy_machine_new(guint64 memory, GArray *cpus);
void policy_machine_add_node(PolicyMachine *self, guint number, GArray *cpus);
void policy_machine_free(PolicyMachine *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PolicyMachine, policy_machine_free)

gboolean policy_machine_equals(const PolicyMachine *self, const PolicyMachine *other);

/* Bytes of swap there are, and how many of them nobody uses; none if that cannot be told. */
void policy_machine_read_swap(const char *root, guint64 *total, guint64 *unused);

/* Bytes that could be had without swapping, as the kernel estimates; none if it does not say. */
guint64 policy_machine_read_available(const char *root);
