/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-group.h"

G_BEGIN_DECLS

gboolean corral_group_set_net_class(CorralGroup *self, guint32 handle, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_net_class(CorralGroup *self, guint32 *handle, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_set_net_priority(CorralGroup *self, const char *interface, guint32 priority,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_net_priority(CorralGroup *self, const char *interface, guint32 *priority,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
