/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cg-backend.h"

/* Memory: the facade is corral-memory, which has checked every value.  Bytes. */
struct _CgMemory {
    gboolean (*set_limit)(const CgPlace *place, guint64 bytes, GError **error);
    gboolean (*get_limit)(const CgPlace *place, guint64 *bytes, GError **error);
    gboolean (*get_usage)(const CgPlace *place, guint64 *bytes, GError **error);
};

extern const CgMemory cg_memory_legacy;
extern const CgMemory cg_memory_unified;
