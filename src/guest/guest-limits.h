/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "guest-tree.h"
#include "guest.h"

/* <limits> in corral's part of <metadata>; NULL if there is none. */
xmlNode *guest_limits_find(const xmlNode *root);

/* Its <pids>; 0 in *@pids if it says nothing of them. */
gboolean guest_limits_read(const xmlNode *root, guint64 *pids, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* Its <on_oom> and <on_pressure>. */
gboolean guest_limits_read_reactions(const xmlNode *root, GuestReactions *reactions, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
