/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of units, of groups and of partitions, as systemd and libvirt have them. */
#include <config.h>

#include <string.h>

#include "corral.h"

/* What systemd-escape(1) says, one by one. */
static void
test_escape(void)
{
    static const char *const table[][2] = {
        {"", ""},           {"g1", "g1"},        {"web 1", "web\\x201"},     {"a-b", "a\\x2db"},
        {"a/b", "a-b"},     {"a\\b", "a\\x5cb"}, {".a.b", "\\x2ea.b"},       {"_a:b", "_a:b"},
        {"a@b", "a\\x40b"}, {"\n", "\\x0a"},     {"\xc3\xbc", "\\xc3\\xbc"},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *name = corral_unit_escape(table[i][0]);

        g_assert_cmpstr(name, ==, table[i][1]);
    }
}

/* Partition, slice, group. */
static void
test_partitions(void)
{
    static const char *const table[][3] = {
        {"/", "-.slice", ""},
        {"/machine", "machine.slice", "machine.slice"},
        {"/production/web", "production-web.slice", "production.slice/production-web.slice"},
        {"/production/web 1", "production-web\\x201.slice",
         "production.slice/production-web\\x201.slice"},
        {"/corral/prod-x/team 1", "corral-prod\\x2dx-team\\x201.slice",
         "corral.slice/corral-prod\\x2dx.slice/corral-prod\\x2dx-team\\x201.slice"},
        {"/_a/_b", "_a-_b.slice", "__a.slice/__a-_b.slice"},
        {"/.a/.b", "\\x2ea-.b.slice", "\\x2ea.slice/\\x2ea-.b.slice"},
        {"/cpu", "cpu.slice", "_cpu.slice"},
        {"/cpu/x", "cpu-x.slice", "_cpu.slice/cpu-x.slice"},
        {"/cpux", "cpux.slice", "cpux.slice"},
        {"/bpf/firewall", "bpf-firewall.slice", "bpf.slice/_bpf-firewall.slice"},
        {"/cgroup.procs", "cgroup.procs.slice", "_cgroup.procs.slice"},
        {"/tasks", "tasks.slice", "tasks.slice"},
        {"/a.slice", "a.slice.slice", "a.slice.slice"},
        {"/\n", "\\x0a.slice", "\\x0a.slice"},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *slice = corral_unit_slice_from_partition(table[i][0], &error);
        g_autofree char *partition = NULL;
        g_autofree char *path = NULL;
        g_autofree char *found = NULL;
        gboolean inside = TRUE;

        g_assert_no_error(error);
        g_assert_cmpstr(slice, ==, table[i][1]);
        partition = corral_unit_slice_to_partition(slice, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(partition, ==, table[i][0]);
        path = corral_unit_build_path(slice, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(path, ==, table[i][2]);

        found = corral_unit_find(path, &inside);
        g_assert_cmpstr(found, ==, path[0] ? slice : NULL);
        g_assert_true(inside == (path[0] == '\0'));
    }
}

static void
test_bad_partitions(void)
{
    g_autofree char *longest = g_strnfill(255 - strlen(".slice") + 1, 'x');
    g_autofree char *too_long = g_strnfill(255 - strlen(".slice") + 2, 'x');
    g_autofree char *escaped = g_strnfill(64, ' ');
    const char *const table[][2] = {
        {"", "partition '' must start with '/'"},
        {"a", "partition 'a' must start with '/'"},
        {"//", "partition '//' has an empty component"},
        {"/a/", "partition '/a/' has an empty component"},
        {"/a//b", "partition '/a//b' has an empty component"},
        {"/.", "partition '/.' must not contain '.' or '..'"},
        {"/a/../b", "partition '/a/../b' must not contain '.' or '..'"},
    };
    const char *const lengths[] = {longest, too_long, escaped};
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(corral_unit_slice_from_partition(table[i][0], &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME);
        g_assert_cmpstr(error->message, ==, table[i][1]);
    }

    longest[0] = too_long[0] = escaped[0] = '/';
    for (i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *slice = corral_unit_slice_from_partition(lengths[i], &error);

        if (i == 0) {
            g_assert_no_error(error);
            g_assert_cmpuint(strlen(slice), ==, 255);
            continue;
        }
        g_assert_null(slice);
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME);
        g_assert_nonnull(strstr(error->message, "' is too long to be the name of a slice"));
    }
}

static void
test_bad_slices(void)
{
    static const char *const table[] = {
        "",
        ".slice",
        "a",
        "a.scope",
        "-a.slice",
        "a-.slice",
        "a--b.slice",
        "a b.slice",
        "a/b.slice",
        "a@b.slice",
        "--.slice",
        "a\\x2.slice",
        "a\\.slice",
        "a\\x2fb.slice",
        "a\\x61.slice",
        "a\\x00.slice",
        "a\\x2D.slice",
        "a-...slice",
        ".a.slice",
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(corral_unit_slice_to_partition(table[i], &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME);
        g_assert_nonnull(strstr(error->message, table[i]));
    }
}

static void
test_paths(void)
{
    static const struct {
        const char *slice;
        const char *unit;
        const char *path; /* NULL: refused */
    } table[] = {
        {"machine.slice", "machine-qemu\\x2d1\\x2dg1.scope",
         "machine.slice/machine-qemu\\x2d1\\x2dg1.scope"},
        {"-.slice", "init.scope", "init.scope"},
        {"user-1000.slice", "user@1000.service", "user.slice/user-1000.slice/user@1000.service"},
        {"a.slice", "cpu.service", "a.slice/_cpu.service"},
        {"a.slice", "_b.scope", "a.slice/__b.scope"},
        {"a.slice", "b.slice", NULL},
        {"a.slice", "b.target", NULL},
        {"a.slice", "b", NULL},
        {"a.slice", ".scope", NULL},
        {"a.slice", "b c.scope", NULL},
        {"a.scope", NULL, NULL},
        {"cpu.a.slice", NULL, NULL},
        {"cgroup.a.slice", NULL, "_cgroup.a.slice"},
    };
    g_autofree char *longest = g_strnfill(255 - strlen(".slice"), '_');
    g_autofree char *slice = g_strconcat(longest, ".slice", NULL);
    g_autoptr(GError) error = NULL;
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) refusal = NULL;
        g_autofree char *path = corral_unit_build_path(table[i].slice, table[i].unit, &refusal);

        g_assert_cmpstr(path, ==, table[i].path);
        if (table[i].path)
            g_assert_no_error(refusal);
        else
            g_assert_error(refusal, CORRAL_ERROR, CORRAL_ERROR_NAME);
    }

    g_assert_null(corral_unit_build_path(slice, NULL, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME);
}

static void
test_find(void)
{
    static const struct {
        const char *path;
        const char *unit;
        gboolean inside;
    } table[] = {
        {"", NULL, FALSE},
        {"init.scope", "init.scope", FALSE},
        {"system.slice", "system.slice", FALSE},
        {"system.slice/libvirtd.service", "libvirtd.service", FALSE},
        {"system.slice/libvirtd.service/a/b", "libvirtd.service", TRUE},
        {"machine.slice/g.scope", "g.scope", FALSE},
        {"machine.slice/g.scope/emulator", "g.scope", TRUE},
        {"machine.slice/g.scope/init.scope", "g.scope", TRUE},
        {"a.slice/a-b.slice", "a-b.slice", FALSE},
        {"a.slice/a-b.slice/c.scope", "c.scope", FALSE},
        {"user.slice/user-1.slice/user@1.service/app.slice/x.scope", "user@1.service", TRUE},
        {"_cpu.slice/cpu-a.slice/__x.scope", "_x.scope", FALSE},
        {"a-b.slice", NULL, FALSE},
        {"a.slice/b.slice", NULL, FALSE},
        {"a.slice/a-b.slice/a-b.slice", NULL, FALSE},
        {"a.slice/ab-c.slice", NULL, FALSE},
        {"a.slice/a-b-c.slice", NULL, FALSE},
        {"a.slice/x", NULL, FALSE},
        {"a.slice/x/b.scope", NULL, FALSE},
        {"machine/qemu-1-g.libvirt-qemu", NULL, FALSE},
        {"machine/g.qemu.libvirt/emulator", NULL, FALSE},
        {"x.partition/b.scope", NULL, FALSE},
        {"-.slice", NULL, FALSE},
        {".slice", NULL, FALSE},
        {"_", NULL, FALSE},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        gboolean inside = FALSE;
        g_autofree char *unit = corral_unit_find(table[i].path, &inside);

        g_assert_cmpstr(unit, ==, table[i].unit);
        g_assert_true(inside == table[i].inside);
    }
}

/* Whatever a partition is called: there and back, and no two become one. */
static void
test_round_trip(void)
{
    static const char letters[] = "ab-._\\/x2 @:\n\xc3";
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    guint good = 0;
    guint n;

    for (n = 0; n < 50000; n++) {
        gsize length = g_test_rand_int_range(0, 12);
        g_autofree char *partition = g_strnfill(length + 1, '/');
        g_autofree char *slice = NULL;
        g_autofree char *back = NULL;
        g_autofree char *path = NULL;
        g_autofree char *found = NULL;
        const char *twin;
        gsize i;

        for (i = 1; i <= length; i++)
            partition[i] = letters[g_test_rand_int_range(0, strlen(letters))];
        slice = corral_unit_slice_from_partition(partition, NULL);
        if (!slice)
            continue;
        good++;
        back = corral_unit_slice_to_partition(slice, NULL);
        g_assert_cmpstr(back, ==, partition);
        twin = g_hash_table_lookup(seen, slice);
        g_assert_true(!twin || g_str_equal(twin, partition));
        path = corral_unit_build_path(slice, NULL, NULL);
        found = corral_unit_find(path, NULL);
        g_assert_cmpstr(found, ==, path[0] ? slice : NULL);
        g_hash_table_replace(seen, g_steal_pointer(&slice), g_steal_pointer(&back));
    }
    g_assert_cmpuint(good, >, 1000);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/unit/escape", test_escape);
    g_test_add_func("/unit/partitions", test_partitions);
    g_test_add_func("/unit/bad-partitions", test_bad_partitions);
    g_test_add_func("/unit/bad-slices", test_bad_slices);
    g_test_add_func("/unit/paths", test_paths);
    g_test_add_func("/unit/find", test_find);
    g_test_add_func("/unit/round-trip", test_round_trip);
    return g_test_run();
}
