/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cg-place.h"
#include "corral-host.h"

/*
 * Whose it is to make the group @path where systemd owns the groups: *is_ours says that it is below
 * a unit, which is there; otherwise systemd makes it.  A slice it is told to make here and
 * now, with @controllers as far as it has a way to say so; *is_new says that there was none.
 * Nothing else is made.
 */
gboolean cg_slice_prepare(CorralHost *host, const char *path, CorralControllers controllers,
                          gboolean *is_ours, gboolean *is_new, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* Always FALSE: @path is not there, and not ours to make. */
gboolean cg_slice_refuse(const char *path, GError **error);

/* Whether @path is the root's or a slice's: what is handed down there is for systemd to say. */
gboolean cg_slice_is_at(const char *path);

/* Has systemd end @slice, which has nothing below it. */
gboolean cg_slice_stop(CgManager *manager, const char *slice, guint patience_ms, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
