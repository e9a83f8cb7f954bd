/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cg-place.h"

/*
 * Makes @path in @hierarchy, and the levels above it that are missing.  These go as soon as they
 * are empty; if it is new, and made @on_demand, so does the group itself.  On
 * entry *controllers are those it shall have, on return those it got; *made
 * tells whether the group itself is new.  -1 on failure.
 */
CgFd cg_levels_make(const CgHierarchy *hierarchy, const char *path, gboolean on_demand,
                    CorralControllers *controllers, gboolean *made, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/*
 * Opens @path, which systemd has made; the levels above hand down those of @controllers that
 * it does not care about.  -1 on failure.
 */
CgFd cg_levels_open(const CgHierarchy *hierarchy, const char *path, CorralControllers controllers,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * Removes the group at @path, whose directory is that of @place, with all below
 * it.  Tries until @deadline (monotonic, in microseconds) while processes are
 * just leaving it.  One that is gone already is removed.
 */
gboolean cg_levels_remove(const CgPlace *place, const char *path, gint64 deadline, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* Removes what was only made on the way to something, from @path up or from above it. */
void cg_levels_prune(const CgHierarchy *hierarchy, const char *path);
void cg_levels_prune_above(const CgHierarchy *hierarchy, const char *path);
