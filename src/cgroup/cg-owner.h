/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Makes the files of @dir the caller's, and lets nobody else write to them, but for those named
 * in @given, which may be NULL.
 */
gboolean cg_owner_take_back(int dir, const char *const *given, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
