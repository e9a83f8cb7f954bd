/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What corral activate and deactivate have to know of systemd, and to tell it. */
#include <config.h>

#include <gio/gio.h>

#include "cli-services.h"

static gboolean
exists(const char *root, const char *path)
{
    g_autofree char *there = g_strconcat(root, path, NULL);

    return g_file_test(there, G_FILE_TEST_EXISTS);
}

/* A running system says so itself; an image is asked what is installed in it. */
gboolean
cli_services_are_systemds(const char *root)
{
    if (!*root)
        return exists(root, "/run/systemd/system");
    return exists(root, "/usr/lib/systemd/systemd") || exists(root, "/lib/systemd/systemd");
}

char **
cli_services_list(const char *root)
{
    static const char *const names[] = {"libvirtd", "virtqemud", "virtlxcd"};
    static const char *const dirs[] = {
        "/etc/systemd/system",     "/run/systemd/system", "/usr/local/lib/systemd/system",
        "/usr/lib/systemd/system", "/lib/systemd/system",
    };
    GPtrArray *found = g_ptr_array_new();
    gsize i;
    gsize j;

    for (i = 0; i < G_N_ELEMENTS(names); i++) {
        for (j = 0; j < G_N_ELEMENTS(dirs); j++) {
            g_autofree char *unit = g_strdup_printf("%s/%s.service", dirs[j], names[i]);

            if (exists(root, unit)) {
                g_ptr_array_add(found, g_strdup(names[i]));
                break;
            }
        }
    }

    g_ptr_array_add(found, NULL);
    return (char **)g_ptr_array_free(found, FALSE);
}

/* With many units, on a busy host, it takes its time. */
gboolean
cli_services_reload(GError **error)
{
    g_autoptr(GDBusConnection) bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, error);
    g_autoptr(GVariant) nothing = NULL;

    if (!bus)
        return FALSE;
    nothing =
        g_dbus_connection_call_sync(bus, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                                    "org.freedesktop.systemd1.Manager", "Reload", NULL, NULL,
                                    G_DBUS_CALL_FLAGS_NONE, 300000, NULL, error);
    return nothing != NULL;
}
