/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "guest-tree.h"
#include "guest.h"

/*
 * <on_oom> and <on_pressure> right below @parent, which may be NULL, in @namespace (NULL: in
 * none); nothing is said where there is none.  For a guest's <limits> and for whoever else may
 * say what is to be done for it.
 */
gboolean guest_reaction_read(const xmlNode *parent, const char *namespace,
                             GuestReactions *reactions, GError **error) G_GNUC_WARN_UNUSED_RESULT;
