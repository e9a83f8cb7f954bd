/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory: how much a group uses, and how much at the most. */
#include <config.h>

#include "cg-group.h"
#include "cg-memory.h"
#include "corral-error.h"
#include "corral-memory.h"

/* How @self's memory is controlled, and where. */
static const CgMemory *
find_memory(CorralGroup *self, const CgPlace **place, GError **error)
{
    *place = cg_group_find_place(self, CORRAL_CONTROLLER_MEMORY, error);
    return *place ? (*place)->hierarchy->backend->memory : NULL;
}

/**
 * corral_group_set_memory_limit:
 * @self: a group
 * @bytes: the most it may use; %CORRAL_MEMORY_UNLIMITED lifts the limit
 * @error: where to put what went wrong
 *
 * The kernel rounds down to whole pages.  A limit below what is in use makes
 * the kernel reclaim during this call and, where that does not help, refuse
 * (legacy: %CORRAL_ERROR_BUSY) or kill (unified).
 *
 * %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE if the kernel accepted it
 * Since: 0.1
 */
gboolean
corral_group_set_memory_limit(CorralGroup *self, guint64 bytes, GError **error)
{
    const CgPlace *place;
    const CgMemory *memory;

    if (bytes != CORRAL_MEMORY_UNLIMITED && bytes > G_MAXINT64) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE,
                    "memory limit of %" G_GUINT64_FORMAT
                    " bytes is out of range [0, %" G_GINT64_FORMAT "]",
                    bytes, G_MAXINT64);
        return FALSE;
    }

    memory = find_memory(self, &place, error);
    if (!memory)
        return FALSE;
    if (!memory->set_limit)
        return cg_group_refuse_unsupported(error, place, "memory limit");

    return memory->set_limit(place, bytes, error);
}

/**
 * corral_group_get_memory_limit:
 * @self: a group
 * @bytes: (out): the most it may use, or %CORRAL_MEMORY_UNLIMITED
 * @error: where to put what went wrong
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_memory_limit(CorralGroup *self, guint64 *bytes, GError **error)
{
    const CgPlace *place;
    const CgMemory *memory = find_memory(self, &place, error);

    if (!memory)
        return FALSE;
    if (!memory->get_limit)
        return cg_group_refuse_unsupported(error, place, "memory limit");

    return memory->get_limit(place, bytes, error);
}

/**
 * corral_group_get_memory_usage:
 * @self: a group
 * @bytes: (out): what it and everything below it uses, page cache included
 * @error: where to put what went wrong
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_memory_usage(CorralGroup *self, guint64 *bytes, GError **error)
{
    const CgPlace *place;
    const CgMemory *memory = find_memory(self, &place, error);

    if (!memory)
        return FALSE;
    if (!memory->get_usage)
        return cg_group_refuse_unsupported(error, place, "memory usage");

    return memory->get_usage(place, bytes, error);
}
