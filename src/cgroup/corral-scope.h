/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-host.h"

G_BEGIN_DECLS

char *corral_scope_start(CorralHost *host, const char *name, const char *slice, const guint *pids,
                         gsize n_pids, const char *description, GVariant *properties,
                         guint patience_ms, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_scope_stop(CorralHost *host, const char *name, guint patience_ms, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_scope_clear(CorralHost *host, const char *name, guint patience_ms, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
