/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the kernel's tables of mounts and of a process's groups. */
#include <config.h>

#include <string.h>

#include "cg-mountinfo.h"

void
cg_mount_free(CgMount *self)
{
    g_free(self->name);
    g_free(self->mount_point);
    g_free(self->root);
    g_free(self);
}

/* Space, tab, newline and backslash come as three octal digits. */
static char *
unescape(const char *field)
{
    GString *out = g_string_new(NULL);

    while (*field) {
        if (field[0] == '\\' && field[1] >= '0' && field[1] <= '3' && field[2] >= '0' &&
            field[2] <= '7' && field[3] >= '0' && field[3] <= '7') {
            g_string_append_c(out, (field[1] - '0') * 64 + (field[2] - '0') * 8 + (field[3] - '0'));
            field += 4;
        } else {
            g_string_append_c(out, *field++);
        }
    }

    return g_string_free(out, FALSE);
}

static gboolean
has_option(const char *options, const char *wanted)
{
    g_auto(GStrv) list = g_strsplit(options, ",", -1);

    return g_strv_contains((const char *const *)list, wanted);
}

/* A legacy mount's super options name its controllers, and its name if it has one. */
static void
read_super_options(CgMount *mount, const char *options)
{
    g_auto(GStrv) list = g_strsplit(options, ",", -1);
    gsize i;

    for (i = 0; list[i]; i++) {
        CorralController controller;

        if (g_str_has_prefix(list[i], "name=")) {
            g_free(mount->name);
            mount->name = g_strdup(list[i] + strlen("name="));
        } else if (corral_controller_from_name(list[i], &controller)) {
            mount->controllers |= CORRAL_CONTROLLER_BIT(controller);
        }
    }
}

/*
 * 36 35 98:0 /root /mount/point rw,noatime master:1 - cgroup cgroup rw,cpu,cpuacct
 *  0  1    2     3            4          5   (0..n)  -      0      1             2
 */
static CgMount *
parse_line(const char *line)
{
    g_auto(GStrv) fields = g_strsplit(line, " ", -1);
    guint n = g_strv_length(fields);
    CgMount *mount;
    guint dash;

    for (dash = 6; dash < n && !g_str_equal(fields[dash], "-"); dash++)
        ;
    if (dash + 3 >= n)
        return NULL;
    if (!g_str_equal(fields[dash + 1], "cgroup") && !g_str_equal(fields[dash + 1], "cgroup2"))
        return NULL;

    mount = g_new0(CgMount, 1);
    mount->unified = g_str_equal(fields[dash + 1], "cgroup2");
    mount->root = unescape(fields[3]);
    mount->mount_point = unescape(fields[4]);
    mount->read_only = has_option(fields[5], "ro") || has_option(fields[dash + 3], "ro");
    if (!mount->unified)
        read_super_options(mount, fields[dash + 3]);

    return mount;
}

GPtrArray *
cg_mountinfo_parse(const char *text)
{
    GPtrArray *mounts = g_ptr_array_new_with_free_func((GDestroyNotify)cg_mount_free);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    gsize i;

    for (i = 0; lines[i]; i++) {
        CgMount *mount = parse_line(lines[i]);

        if (mount)
            g_ptr_array_add(mounts, mount);
    }

    return mounts;
}

/* Whether "cpu,cpuacct" or "name=systemd" is the hierarchy of @mount. */
static gboolean
is_hierarchy_of(const char *tags, const CgMount *mount)
{
    g_auto(GStrv) list = NULL;
    gsize i;

    if (mount->unified || tags[0] == '\0')
        return mount->unified && tags[0] == '\0';

    list = g_strsplit(tags, ",", -1);
    for (i = 0; list[i]; i++) {
        CorralController controller;

        if (mount->name && g_str_has_prefix(list[i], "name=") &&
            g_str_equal(list[i] + strlen("name="), mount->name))
            return TRUE;
        if (corral_controller_from_name(list[i], &controller) &&
            (mount->controllers & CORRAL_CONTROLLER_BIT(controller)))
            return TRUE;
    }

    return FALSE;
}

char *
cg_mountinfo_find_path(const char *proc_cgroup, const CgMount *mount)
{
    g_auto(GStrv) lines = g_strsplit(proc_cgroup, "\n", -1);
    gsize i;

    for (i = 0; lines[i]; i++) {
        g_auto(GStrv) fields = g_strsplit(lines[i], ":", 3);

        if (g_strv_length(fields) == 3 && is_hierarchy_of(fields[1], mount))
            return g_strdup(fields[2]);
    }

    return NULL;
}
