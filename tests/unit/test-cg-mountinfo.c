/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's tables of mounts and of a process's groups, line by line. */
#include <config.h>

#include <string.h>

#include "cg-mountinfo.h"

/* "legacy cpu,cpuacct name=x /point /root rw", or "none". */
static char *
describe(GPtrArray *mounts)
{
    GString *text = g_string_new(mounts->len ? NULL : "none");
    guint i, c;

    for (i = 0; i < mounts->len; i++) {
        const CgMount *mount = g_ptr_array_index(mounts, i);
        const char *comma = " ";

        g_string_append_printf(text, "%s%s", i ? "; " : "", mount->unified ? "unified" : "legacy");
        for (c = 0; c < CORRAL_N_CONTROLLERS; c++) {
            if (mount->controllers & CORRAL_CONTROLLER_BIT(c)) {
                g_string_append_printf(text, "%s%s", comma, corral_controller_get_name(c));
                comma = ",";
            }
        }
        if (mount->name)
            g_string_append_printf(text, " name=%s", mount->name);
        g_string_append_printf(text, " %s %s %s", mount->mount_point, mount->root,
                               mount->read_only ? "ro" : "rw");
    }

    return g_string_free(text, FALSE);
}

static void
test_lines(void)
{
    static const struct {
        const char *text;
        const char *mounts;
    } table[] = {
        {"", "none"},
        {"\n\n", "none"},
        {"32 31 0:29 / /cg/cpu rw,relatime - cgroup cgroup rw,cpu\n", "legacy cpu /cg/cpu / rw"},
        {"32 31 0:29 / /cg/cpu rw,relatime - cgroup cgroup rw,cpu", "legacy cpu /cg/cpu / rw"},
        {"1 2 0:3 / /cg rw - cgroup2 cgroup2 rw,nsdelegate\n", "unified /cg / rw"},
        /* Options of a cgroup2 mount are not controllers. */
        {"1 2 0:3 / /cg rw - cgroup2 cgroup2 rw,cpu,name=x\n", "unified /cg / rw"},
        /* Any number of optional fields, also one that looks like the file system. */
        {"1 2 0:3 / /c rw shared:1 - cgroup c rw,cpu\n", "legacy cpu /c / rw"},
        {"1 2 0:3 / /c rw shared:1 master:2 unbindable - cgroup c rw,cpu,cpuacct\n",
         "legacy cpu,cpuacct /c / rw"},
        {"1 2 0:3 / /c rw cgroup:1 cgroup2:2 - ext4 /dev/sda rw\n", "none"},
        /* A mount point may be called "-". */
        {"1 2 0:3 - - rw - cgroup - rw,cpu\n", "legacy cpu - - rw"},
        {"1 2 0:3 / /c rw,relatime - cgroup cgroup rw,blkio\n", "legacy io /c / rw"},
        {"1 2 0:3 / /c rw - cgroup c rw,xattr,name=systemd\n", "legacy name=systemd /c / rw"},
        {"1 2 0:3 / /c rw - cgroup c rw,name=\n", "legacy name= /c / rw"},
        {"1 2 0:3 / /c rw - cgroup c rw,cpu,name=a,name=b\n", "legacy cpu name=b /c / rw"},
        /* Read-only for this mount, or for all of the file system. */
        {"1 2 0:3 / /c ro - cgroup c rw,cpu\n", "legacy cpu /c / ro"},
        {"1 2 0:3 / /c rw - cgroup c ro,cpu\n", "legacy cpu /c / ro"},
        {"1 2 0:3 / /c rootcontext,errors=ro - cgroup c rw,cpu\n", "legacy cpu /c / rw"},
        {"1 2 0:3 /docker/x /c rw - cgroup c rw,cpu\n", "legacy cpu /c /docker/x rw"},
        {"1 2 0:3 /../.. /c rw - cgroup2 c rw\n", "unified /c /../.. rw"},
        {"1 2 0:3 /a\\040b /c\\011\\012\\134d rw - cgroup c rw,cpu\n",
         "legacy cpu /c\t\n\\d /a b rw"},
        /* Not an escape, or not all of one. */
        {"1 2 0:3 / /c\\ rw - cgroup c rw,cpu\n", "legacy cpu /c\\ / rw"},
        {"1 2 0:3 / /c\\04 rw - cgroup c rw,cpu\n", "legacy cpu /c\\04 / rw"},
        {"1 2 0:3 / /c\\0409 rw - cgroup c rw,cpu\n", "legacy cpu /c 9 / rw"},
        {"1 2 0:3 / /c\\400 rw - cgroup c rw,cpu\n", "legacy cpu /c\\400 / rw"},
        {"1 2 0:3 / /c\\089 rw - cgroup c rw,cpu\n", "legacy cpu /c\\089 / rw"},
        /* A controller nobody has heard of, and names that only begin like one. */
        {"1 2 0:3 / /c rw - cgroup c rw,debug,cpus,cpux\n", "legacy /c / rw"},
        /* Other file systems, and lines that are cut short. */
        {"1 2 0:3 / /c rw - tmpfs cgroup rw,cpu\n", "none"},
        {"1 2 0:3 / /c rw - cgroup3 cgroup rw,cpu\n", "none"},
        {"1 2 0:3 / /c rw - cgroup c\n", "none"},
        {"1 2 0:3 / /c rw -\n", "none"},
        {"1 2 0:3 / /c rw\n", "none"},
        {"1 2 0:3 / - cgroup c rw,cpu\n", "none"},
        {"- - - - - - - - -\n", "none"},
        {"garbage\n1 2 0:3 / /c rw - cgroup c rw,pids\n\xff\n", "legacy pids /c / rw"},
        {"1 2 0:3 / /a rw - cgroup c rw,cpu\n1 2 0:3 / /b rw - cgroup2 c rw\n",
         "legacy cpu /a / rw; unified /b / rw"},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GPtrArray) mounts = cg_mountinfo_parse(table[i].text);
        g_autofree char *shown = describe(mounts);

        g_test_message("%s", table[i].text);
        g_assert_cmpstr(shown, ==, table[i].mounts);
    }
}

/* PATH_MAX is no limit of this file. */
static void
test_long_line(void)
{
    g_autofree char *name = g_strnfill(100000, 'x');
    g_autofree char *text = g_strdup_printf("1 2 0:3 / /%s rw - cgroup c rw,cpu\n", name);
    g_autoptr(GPtrArray) mounts = cg_mountinfo_parse(text);
    const CgMount *mount;

    g_assert_cmpuint(mounts->len, ==, 1);
    mount = g_ptr_array_index(mounts, 0);
    g_assert_cmpstr(mount->mount_point + 1, ==, name);
}

static void
test_find_path(void)
{
    static const char *const process = "12:cpu,cpuacct:/one\n"
                                       "11:name=systemd:/two:with:colons\n"
                                       "10:blkio:/\n"
                                       "0::/three\n";
    static const char *const cpu = "1 2 0:3 / /c rw - cgroup c rw,cpu,cpuacct\n";
    static const char *const cpuacct = "1 2 0:3 / /c rw - cgroup c rw,cpuacct\n";
    static const char *const memory = "1 2 0:3 / /c rw - cgroup c rw,memory\n";
    static const char *const io = "1 2 0:3 / /c rw - cgroup c rw,blkio\n";
    static const char *const named = "1 2 0:3 / /c rw - cgroup c rw,name=systemd\n";
    static const char *const other = "1 2 0:3 / /c rw - cgroup c rw,name=system\n";
    static const char *const unified = "1 2 0:3 / /c rw - cgroup2 c rw\n";
    const struct {
        const char *text;
        const char *mount;
        const char *path;
    } table[] = {
        {process, cpu, "/one"},
        {process, cpuacct, "/one"},
        {process, memory, NULL},
        {process, io, "/"},
        {process, named, "/two:with:colons"},
        {process, other, NULL},
        {"0::/three\n", unified, "/three"},
        {"0::/three\n", cpu, NULL},
        {"1:cpu:/one\n", unified, NULL},
        {"0::/three (deleted)\n", unified, "/three (deleted)"},
        {"0::\n", unified, ""},
        {"0:\n", unified, NULL},
        {"\n", unified, NULL},
        {"", unified, NULL},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GPtrArray) mounts = cg_mountinfo_parse(table[i].mount);
        g_autofree char *path = NULL;

        g_test_message("%s of %s", table[i].mount, table[i].text);
        path = cg_mountinfo_find_path(table[i].text, g_ptr_array_index(mounts, 0));
        g_assert_cmpstr(path, ==, table[i].path);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/mountinfo/lines", test_lines);
    g_test_add_func("/mountinfo/long-line", test_long_line);
    g_test_add_func("/mountinfo/find-path", test_find_path);

    return g_test_run();
}
