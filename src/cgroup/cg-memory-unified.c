/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory under the kernel's unified interface. */
#include <config.h>

#include "cg-memory.h"

static gboolean
set_limit(const CgPlace *place, guint64 bytes, GError **error)
{
    return cg_place_write_limit(place, "memory.max", bytes, error);
}

static gboolean
get_limit(const CgPlace *place, guint64 *bytes, GError **error)
{
    return cg_place_read_limit(place, "memory.max", bytes, error);
}

static gboolean
get_usage(const CgPlace *place, guint64 *bytes, GError **error)
{
    return cg_place_read_u64(place, "memory.current", bytes, error);
}

const CgMemory cg_memory_unified = {
    .set_limit = set_limit,
    .get_limit = get_limit,
    .get_usage = get_usage,
};
