/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where libvirt itself has guests' groups, and how it calls them. */
#include <config.h>

#include <limits.h>
#include <string.h>

#include "guest-path.h"
#include "guest-private.h"

/* From there on libvirt takes no more of a guest's name. */
#define MACHINE_BYTES_MAX 64

/* virCgroupSetPartitionSuffix() of libvirt 9.0.0.  It means to escape names of controllers, too,
 * but does not find them where it looks. */
static char *
stock_component(const char *component, gboolean first)
{
    g_autofree char *suffixed = NULL;

    if (first && (g_str_equal(component, "machine") || g_str_equal(component, "system") ||
                  g_str_equal(component, "user")))
        return g_strdup(component);

    suffixed =
        strchr(component, '.') ? g_strdup(component) : g_strconcat(component, ".partition", NULL);
    if (*suffixed == '_' || *suffixed == '.' || g_str_has_prefix(suffixed, "cgroup."))
        return g_strconcat("_", suffixed, NULL);

    return g_steal_pointer(&suffixed);
}

/* The first @n components of @components, all if there are fewer. */
static char *
stock_path(char **components, gsize n)
{
    g_autoptr(GString) path = g_string_new(NULL);
    gsize i;

    for (i = 0; components[i] && i < n; i++) {
        g_autofree char *component = stock_component(components[i], i == 0);

        if (path->len > 0)
            g_string_append_c(path, '/');
        g_string_append(path, component);
    }

    return path->len > 0 ? g_string_free(g_steal_pointer(&path), FALSE) : NULL;
}

char *
guest_path_build_stock_parent(const Guest *guest)
{
    g_auto(GStrv) components = g_strsplit(guest_get_partition(guest), "/", -1);
    gsize n = g_strv_length(components);

    /* The first is what is before the leading slash. */
    return n > 2 ? stock_path(components + 1, n - 2) : NULL;
}

char *
guest_path_build_stock_partition(const Guest *guest, GError **error)
{
    g_autofree char *ours = guest_path_build_partition(guest_get_partition(guest), error);
    g_auto(GStrv) components = NULL;
    gsize i;

    /* What cannot be a partition of ours is none of libvirt's, either. */
    if (!ours)
        return NULL;

    components = g_strsplit(guest_get_partition(guest) + 1, "/", -1);
    for (i = 0; components[i]; i++) {
        g_autofree char *component = stock_component(components[i], i == 0);

        if (strlen(component) > NAME_MAX) {
            guest_path_refuse_partition(error, guest_get_partition(guest),
                                        "has a component that is too long");
            return NULL;
        }
    }
    return stock_path(components, i);
}

/* virDomainDriverGenerateMachineName(): a name that could be a host's, with the number of the
 * guest's run, which alone tells it from others. */
char *
guest_path_build_stock_component(const char *driver, const char *name, int run)
{
    static const char *const valid =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    g_autoptr(GString) machine = g_string_new(NULL);
    gboolean skip = TRUE;

    if (run <= 0)
        return NULL;

    g_string_append_printf(machine, "%s-%d-", driver, run);
    for (; *name && machine->len < MACHINE_BYTES_MAX; name++) {
        const gboolean separates = *name == '.' || *name == '-';

        if (separates ? !skip : strchr(valid, *name) != NULL)
            g_string_append_c(machine, *name);
        skip = separates;
    }
    while (g_str_has_suffix(machine->str, "-") || g_str_has_suffix(machine->str, "."))
        g_string_truncate(machine, machine->len - 1);

    g_string_append_printf(machine, GUEST_PATH_STOCK_SUFFIX "%s", driver);
    return g_string_free(g_steal_pointer(&machine), FALSE);
}
