/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-group.h"

G_BEGIN_DECLS

gboolean corral_group_set_cpus(CorralGroup *self, const guint *cpus, gsize n_cpus, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
GArray *corral_group_get_cpus(CorralGroup *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
GArray *corral_group_get_effective_cpus(CorralGroup *self, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_set_memory_nodes(CorralGroup *self, const guint *nodes, gsize n_nodes,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
GArray *corral_group_get_memory_nodes(CorralGroup *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
GArray *corral_group_get_effective_memory_nodes(CorralGroup *self, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_set_memory_migration(CorralGroup *self, gboolean migrate, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_memory_migration(CorralGroup *self, gboolean *migrate, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
