/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPUs and memory nodes on the kernel we run on: at least CPU 0 and 1, and node 0. */
#include <config.h>

#include <string.h>

#include "kernel-bed.h"

/* "0 1" in, as numbers. */
static gboolean
set_cpus(CorralGroup *group, const char *words, GError **error)
{
    g_auto(GStrv) list = g_strsplit(words, " ", -1);
    g_autoptr(GArray) cpus = g_array_new(FALSE, FALSE, sizeof(guint));
    gsize i;

    for (i = 0; words[0] && list[i]; i++) {
        guint cpu = g_ascii_strtoull(list[i], NULL, 10);

        g_array_append_val(cpus, cpu);
    }
    return corral_group_set_cpus(group, (guint *)cpus->data, cpus->len, error);
}

static void
assert_numbers(GArray *numbers, const char *wanted)
{
    g_autoptr(GArray) owned = numbers;
    g_autoptr(GString) text = g_string_new(NULL);
    guint i;

    g_assert_nonnull(owned);
    for (i = 0; i < owned->len; i++)
        g_string_append_printf(text, "%s%u", i ? " " : "", g_array_index(owned, guint, i));
    g_assert_cmpstr(text->str, ==, wanted);
}

/* A group that has CPUs 0 and 1, and one below it. */
static gboolean
make_two(CorralGroup **above, CorralGroup **group)
{
    g_autoptr(GError) error = NULL;

    *above = bed_make_or_skip("above", CORRAL_CONTROLLER_CPUSET);
    *group = NULL;
    if (!*above)
        return FALSE;
    if (!set_cpus(*above, "0 1", &error)) {
        g_test_skip(error->message);
        bed_remove(*above);
        g_clear_object(above);
        return FALSE;
    }
    *group = bed_make("above/g", BED_BIT(CPUSET));
    return TRUE;
}

static void
test_set(void)
{
    static const struct {
        const char *cpus;
        int code;
        const char *legacy;
        const char *unified;
        const char *effective;
    } table[] = {
        {"", BED_ACCEPTED, "0-1", "", "0 1"},
        {"0 1", BED_ACCEPTED, "0-1", "", "0 1"},
        {"1", BED_ACCEPTED, "1", "1", "1"},
        {"1 1", BED_ACCEPTED, "1", "1", "1"},
        {"2", CORRAL_ERROR_REFUSED, "1", "1", "1"},
        {"0 1 65535", CORRAL_ERROR_REFUSED, "1", "1", "1"},
        {"4294967295", CORRAL_ERROR_REFUSED, "1", "1", "1"},
        {"1 0", BED_ACCEPTED, "0-1", "0-1", "0 1"},
        {"0", BED_ACCEPTED, "0", "0", "0"},
        {"", BED_ACCEPTED, "0-1", "", "0 1"},
    };
    g_autoptr(CorralGroup) above = NULL;
    g_autoptr(CorralGroup) group = NULL;
    g_autofree char *dir = NULL;
    gsize i;

    if (!make_two(&above, &group))
        return;

    dir = bed_dir("above/g", CORRAL_CONTROLLER_CPUSET);
    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        gboolean done = set_cpus(group, table[i].cpus, &error);

        g_test_message("row %" G_GSIZE_FORMAT, i);
        bed_assert_answer(done, error, table[i].code);
        if (error)
            g_assert_nonnull(strstr(error->message, "cpuset.cpus"));
        text = bed_get(dir, "cpuset.cpus");
        g_assert_cmpstr(text, ==, bed_is_legacy(dir) ? table[i].legacy : table[i].unified);
        assert_numbers(corral_group_get_effective_cpus(group, NULL), table[i].effective);
    }
    bed_remove(above);
    bed_assert_nothing_left();
}

/* The one above is narrowed: the legacy interface minds, the unified one takes away below. */
static void
test_narrow(void)
{
    g_autoptr(CorralGroup) above = NULL;
    g_autoptr(CorralGroup) group = NULL;
    g_autofree char *dir = NULL;
    g_autoptr(GError) error = NULL;
    gboolean done;

    if (!make_two(&above, &group))
        return;

    dir = bed_dir("above", CORRAL_CONTROLLER_CPUSET);
    g_assert_true(set_cpus(group, "1", &error));
    done = set_cpus(above, "0", &error);
    if (bed_is_legacy(dir)) {
        bed_assert_answer(done, error, CORRAL_ERROR_BUSY);
        g_assert_nonnull(strstr(error->message, "/above/cpuset.cpus"));
        assert_numbers(corral_group_get_effective_cpus(above, NULL), "0 1");
    } else {
        bed_assert_answer(done, error, BED_ACCEPTED);
        assert_numbers(corral_group_get_effective_cpus(group, NULL), "0");
    }
    bed_remove(above);
}

/* A group with a process in it can be given back what the group above has. */
static void
test_occupied(void)
{
    g_autoptr(CorralGroup) above = NULL;
    g_autoptr(CorralGroup) group = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) entrances = NULL;
    BedProcess process;

    if (!make_two(&above, &group))
        return;

    entrances = corral_group_list_entrances(group, NULL);
    process = bed_start("--threads", entrances);
    g_free(bed_read_line(&process));
    g_assert_true(set_cpus(group, "1", &error));
    g_assert_true(set_cpus(group, "", &error));
    g_assert_no_error(error);
    assert_numbers(corral_group_get_effective_cpus(group, NULL), "0 1");
    g_assert_true(corral_group_set_memory_nodes(group, NULL, 0, &error));
    g_assert_cmpint(bed_end(&process), ==, 0);
    bed_remove(above);
}

static void
test_nodes(void)
{
    static const guint nodes[] = {0};
    static const guint unknown[] = {0, 1023};
    g_autoptr(CorralGroup) above = NULL;
    g_autoptr(CorralGroup) group = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *dir = NULL;
    gboolean migrate;
    gboolean done;

    if (!make_two(&above, &group))
        return;

    g_assert_true(corral_group_set_memory_nodes(group, nodes, 1, &error));
    g_assert_no_error(error);
    assert_numbers(corral_group_get_effective_memory_nodes(group, NULL), "0");
    done = corral_group_set_memory_nodes(group, unknown, 2, &error);
    bed_assert_answer(done, error, CORRAL_ERROR_REFUSED);
    g_assert_nonnull(strstr(error->message, "memory node 1023"));
    g_clear_error(&error);

    dir = bed_dir("above/g", CORRAL_CONTROLLER_CPUSET);
    g_assert_true(corral_group_set_memory_migration(group, TRUE, &error));
    g_assert_true(corral_group_get_memory_migration(group, &migrate, &error));
    g_assert_true(migrate);
    done = corral_group_set_memory_migration(group, FALSE, &error);
    bed_assert_answer(done, error, bed_is_legacy(dir) ? BED_ACCEPTED : CORRAL_ERROR_UNSUPPORTED);
    g_clear_error(&error);
    g_assert_true(corral_group_get_memory_migration(group, &migrate, &error));
    g_assert_cmpint(migrate, ==, !bed_is_legacy(dir));
    bed_remove(above);
}

static void
test_vanished(void)
{
    g_autoptr(CorralGroup) above = NULL;
    g_autoptr(CorralGroup) group = NULL;
    g_autoptr(GError) error = NULL;
    gboolean migrate;

    if (!make_two(&above, &group))
        return;

    bed_remove(above);
    g_assert_false(set_cpus(group, "", &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_clear_error(&error);
    g_assert_null(corral_group_get_effective_memory_nodes(group, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_clear_error(&error);
    g_assert_false(corral_group_get_memory_migration(group, &migrate, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
}

static void
add_tests(void)
{
    g_test_add_func("/cpuset/set", test_set);
    g_test_add_func("/cpuset/narrow", test_narrow);
    g_test_add_func("/cpuset/occupied", test_occupied);
    g_test_add_func("/cpuset/nodes", test_nodes);
    g_test_add_func("/cpuset/vanished", test_vanished);
}

int
main(int argc, char **argv)
{
    return bed_run(argc, argv, add_tests);
}
