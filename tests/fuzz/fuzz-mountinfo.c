/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's tables of mounts and of a process's groups.  The input is both,
 * with a byte 0xff between: /proc/self/mountinfo, then /proc/PID/cgroup.
 */
#include <config.h>

#include <string.h>

#include "cg-mountinfo.h"
#include "fuzz.h"

/* As the kernel writes a path: mangle_path() in fs/seq_file.c with " \t\n\\". */
static void
append_escaped(GString *line, const char *path)
{
    for (; *path; path++) {
        if (strchr(" \t\n\\", *path))
            g_string_append_printf(line, "\\%03o", *path);
        else
            g_string_append_c(line, *path);
    }
}

/* The line that @mount may have come from. */
static char *
format_line(const CgMount *mount)
{
    GString *line = g_string_new("1 2 0:3 ");
    guint i;

    append_escaped(line, mount->root);
    g_string_append_c(line, ' ');
    append_escaped(line, mount->mount_point);
    g_string_append_printf(line, " %s shared:1 - %s x rw", mount->read_only ? "ro" : "rw",
                           mount->unified ? "cgroup2" : "cgroup");
    for (i = 0; i < CORRAL_N_CONTROLLERS; i++) {
        if (mount->controllers & CORRAL_CONTROLLER_BIT(i))
            g_string_append_printf(line, ",%s", corral_controller_get_name(i));
    }
    if (mount->name)
        g_string_append_printf(line, ",name=%s", mount->name);

    return g_string_free(line, FALSE);
}

static void
assert_same(const CgMount *a, const CgMount *b)
{
    g_assert_cmpint(a->unified, ==, b->unified);
    g_assert_cmpuint(a->controllers, ==, b->controllers);
    g_assert_cmpstr(a->name, ==, b->name);
    g_assert_cmpstr(a->mount_point, ==, b->mount_point);
    g_assert_cmpstr(a->root, ==, b->root);
    g_assert_cmpint(a->read_only, ==, b->read_only);
}

static void
check_mount(const CgMount *mount)
{
    g_autofree char *line = format_line(mount);
    g_autoptr(GPtrArray) again = cg_mountinfo_parse(line);

    g_assert_cmpuint(mount->controllers >> CORRAL_N_CONTROLLERS, ==, 0);
    if (mount->unified) {
        g_assert_cmpuint(mount->controllers, ==, 0);
        g_assert_null(mount->name);
    }
    g_assert_cmpuint(again->len, ==, 1);
    assert_same(g_ptr_array_index(again, 0), mount);
}

/* What was found is the third field of a line. */
static void
check_path(const char *proc_cgroup, const CgMount *mount)
{
    g_autofree char *path = cg_mountinfo_find_path(proc_cgroup, mount);
    g_autofree char *field = NULL;
    const char *found;

    if (!path)
        return;

    g_assert_null(strchr(path, '\n'));
    field = g_strconcat(":", path, NULL);
    for (found = strstr(proc_cgroup, field); found; found = strstr(found + 1, field)) {
        if (strchr("\n", found[strlen(field)]))
            break;
    }
    g_assert_nonnull(found);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *bar = size > 0 ? memchr(data, 0xff, size) : NULL;
    gsize length = bar ? (gsize)(bar - data) : size;
    g_autofree char *text = g_strndup((const char *)data, length);
    g_autofree char *proc_cgroup = bar ? g_strndup((const char *)bar + 1, size - length - 1) : NULL;
    g_autofree char *twice = g_strconcat(text, "\n", text, NULL);
    g_autoptr(GPtrArray) mounts = cg_mountinfo_parse(text);
    g_autoptr(GPtrArray) doubled = cg_mountinfo_parse(twice);
    guint i;

    /* A line means the same wherever it stands. */
    g_assert_cmpuint(doubled->len, ==, 2 * mounts->len);
    for (i = 0; i < mounts->len; i++) {
        const CgMount *mount = g_ptr_array_index(mounts, i);

        check_mount(mount);
        assert_same(g_ptr_array_index(doubled, mounts->len + i), mount);
        if (proc_cgroup)
            check_path(proc_cgroup, mount);
    }

    return 0;
}
