/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mount namespace in which the legacy interface's devices are not mounted. */
#include <config.h>

#include <sched.h>
#include <string.h>
#include <sys/mount.h>

#include "unified-devices.h"

/* Where the legacy interface serves devices; NULL if it does not, or nobody else would. */
static char *
find_legacy_mount(void)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    g_autofree char *found = NULL;
    gboolean unified = FALSE;
    gsize i;

    if (!g_file_get_contents("/proc/self/mountinfo", &text, NULL, NULL))
        return NULL;
    lines = g_strsplit(text, "\n", -1);
    for (i = 0; lines[i] && lines[i][0]; i++) {
        g_auto(GStrv) words = g_strsplit(lines[i], " ", -1);
        const char *type = strstr(lines[i], " - ");

        if (type && g_str_has_prefix(type, " - cgroup2 ")) {
            unified = TRUE;
        } else if (type && g_str_has_prefix(type, " - cgroup ") && strstr(type, "devices")) {
            g_free(found);
            found = g_strdup(words[4]);
        }
    }

    return unified ? g_steal_pointer(&found) : NULL;
}

gboolean
unified_devices_are_hidden(void)
{
    g_autofree char *legacy = find_legacy_mount();

    return legacy != NULL;
}

gboolean
unified_devices_show(void)
{
    g_autofree char *legacy = find_legacy_mount();

    return legacy && unshare(CLONE_NEWNS) == 0 &&
           mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           umount2(legacy, MNT_DETACH) == 0;
}
