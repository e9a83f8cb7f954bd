/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory and swap: what both of the kernel's interfaces need. */
#include <config.h>

#include <string.h>
#include <unistd.h>

#include "cg-codec.h"
#include "cg-memory.h"
#include "corral-error.h"

guint64
cg_memory_whole_pages(guint64 bytes)
{
    const guint64 page = sysconf(_SC_PAGESIZE);

    return bytes == CORRAL_MEMORY_UNLIMITED ? bytes : bytes - bytes % page;
}

guint64
cg_memory_add(guint64 a, guint64 b)
{
    return a > CORRAL_MEMORY_UNLIMITED - b ? CORRAL_MEMORY_UNLIMITED : a + b;
}

gboolean
cg_memory_has_label(const CgPlace *place, const char *label)
{
    g_autofree char *text = cg_place_get_label(place, label, NULL);

    return text && text[0];
}

static char *
format_label(guint64 limit, guint64 other)
{
    return g_strdup_printf("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, limit, other);
}

gboolean
cg_memory_label_holds(const CgPlace *place, const char *label, guint64 limit, guint64 other)
{
    g_autofree char *text = cg_place_get_label(place, label, NULL);
    g_autofree char *wanted = format_label(limit, other);

    return g_strcmp0(text, wanted) == 0;
}

void
cg_memory_put_label(const CgPlace *place, const char *label, guint64 limit, guint64 other)
{
    g_autofree char *text = format_label(limit, other);

    if (!cg_place_set_label(place, label, text, NULL))
        g_debug("a change of the memory limit will move '%s': no attributes on cgroups here",
                label);
}

void
cg_memory_drop_label(const CgPlace *place, const char *label)
{
    if (cg_memory_has_label(place, label) && !cg_place_set_label(place, label, "", NULL))
        g_debug("label '%s' stays behind", label);
}

gboolean
cg_memory_change_both(const CgPlace *place, const CgMemoryChange *first,
                      const CgMemoryChange *second, GError **error)
{
    const CgMemory *memory = place->hierarchy->backend->memory;
    g_autoptr(GError) failure = NULL;

    if (!memory->write_amount(place, first->file, first->after, error))
        return FALSE;
    if (memory->write_amount(place, second->file, second->after, &failure))
        return TRUE;

    if (!memory->write_amount(place, first->file, first->before, NULL)) {
        g_autofree char *name = cg_tree_name(place->dir, first->file);

        g_prefix_error(&failure, "'%s' was changed and cannot be changed back: ", name);
    }
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static char *
say_amount(guint64 bytes)
{
    if (bytes == CORRAL_MEMORY_UNLIMITED)
        return g_strdup("none");

    return g_strdup_printf("%" G_GUINT64_FORMAT " bytes", bytes);
}

gboolean
cg_memory_refuse_order(const CgPlace *place, guint64 limit, guint64 total, GError **error)
{
    g_autofree char *name = cg_tree_name(place->dir, "");
    g_autofree char *of_memory = say_amount(limit);
    g_autofree char *of_total = say_amount(total);

    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED,
                "'%s' cannot have a memory limit (%s) above that of memory plus swap (%s)", name,
                of_memory, of_total);
    return FALSE;
}

gboolean
cg_memory_read_if_told(const CgPlace *place, const char *file, guint64 *value, GError **error)
{
    g_autoptr(GError) failure = NULL;

    if (cg_place_read_u64(place, file, value, &failure))
        return TRUE;
    if (!g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }

    *value = CORRAL_UNKNOWN;
    return TRUE;
}
