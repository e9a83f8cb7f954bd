/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cg-place.h"
#include "corral-host.h"

/* A host's hierarchies, for the rest of the library. */
const char *cg_host_get_root(CorralHost *self);
/* The directory that is its /proc. */
int cg_host_get_proc(CorralHost *self);
guint cg_host_get_n_hierarchies(CorralHost *self);
const CgHierarchy *cg_host_get_hierarchy(CorralHost *self, guint i);
/* Who owns the groups that are units; NULL: nobody, or the host is read-only. */
CgManager *cg_host_get_manager(CorralHost *self);
gboolean cg_host_check_writable(CorralHost *self, const char *doing, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
