/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network packets under the kernel's legacy interface. */
#include <config.h>

#include "cg-codec.h"
#include "cg-netclass.h"
#include "corral-error.h"

static gboolean
set_class(const CgPlace *place, guint32 handle, GError **error)
{
    return cg_place_write_u64(place, "net_cls.classid", handle, error);
}

static gboolean
get_class(const CgPlace *place, guint32 *handle, GError **error)
{
    g_autofree char *text = cg_place_read(place, "net_cls.classid", error);
    guint64 value;

    if (!text)
        return FALSE;
    if (!cg_codec_parse_u64(text, &value) || value > G_MAXUINT32)
        return cg_place_refuse_format(place, "net_cls.classid", text, error);

    *handle = value;
    return TRUE;
}

static gboolean
set_priority(const CgPlace *place, const char *interface, guint32 priority, GError **error)
{
    g_autofree char *text = g_strdup_printf("%s %u", interface, priority);
    g_autoptr(GError) failure = NULL;

    if (cg_place_write(place, "net_prio.ifpriomap", text, &failure))
        return TRUE;

    /* The kernel's ENODEV is about the interface, unless the group really is gone. */
    if (g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_GONE)) {
        g_autofree char *map = cg_place_read(place, "net_prio.ifpriomap", NULL);

        if (map) {
            g_autofree char *name = cg_tree_name(place->dir, "net_prio.ifpriomap");

            g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND,
                        "cannot write '%s' to '%s': there is no network interface '%s'", text, name,
                        interface);
            return FALSE;
        }
    }

    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

typedef struct {
    const char *interface;
    gboolean found;
    guint32 priority;
} Search;

static gboolean
take_line(char *const *words, gpointer data)
{
    Search *search = data;
    guint64 value;

    if (!words[0] || !words[1] || words[2] || !cg_codec_parse_u64(words[1], &value) ||
        value > G_MAXUINT32)
        return FALSE;
    if (g_str_equal(words[0], search->interface)) {
        search->found = TRUE;
        search->priority = value;
    }

    return TRUE;
}

static gboolean
get_priority(const CgPlace *place, const char *interface, guint32 *priority, GError **error)
{
    g_autofree char *text = cg_place_read(place, "net_prio.ifpriomap", error);
    Search search = {interface, FALSE, 0};

    if (!text)
        return FALSE;
    if (!cg_codec_each_line(text, take_line, &search))
        return cg_place_refuse_format(place, "net_prio.ifpriomap", text, error);
    if (!search.found) {
        g_autofree char *name = cg_tree_name(place->dir, "net_prio.ifpriomap");

        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND,
                    "there is no network interface '%s' in '%s'", interface, name);
        return FALSE;
    }

    *priority = search.priority;
    return TRUE;
}

const CgNetclass cg_netclass_legacy = {
    .set_class = set_class,
    .get_class = get_class,
    .set_priority = set_priority,
    .get_priority = get_priority,
};
