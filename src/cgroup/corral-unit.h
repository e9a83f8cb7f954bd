/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *corral_unit_escape(const char *text) G_GNUC_WARN_UNUSED_RESULT;
char *corral_unit_slice_from_partition(const char *partition, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
char *corral_unit_slice_to_partition(const char *slice, GError **error) G_GNUC_WARN_UNUSED_RESULT;
char *corral_unit_build_path(const char *slice, const char *unit, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
char *corral_unit_find(const char *path, gboolean *inside) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
