/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The use of memory, from whichever files tell of it. */
#include <config.h>

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <glib/gstdio.h>
#include "corral.h"
#include "fake-cgroup.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)
#define UNKNOWN CORRAL_UNKNOWN

/* Stays in a result that must not be written. */
#define UNTOUCHED 4711

#define LEGACY "/sys/fs/cgroup/memory/g"
#define UNIFIED "/sys/fs/cgroup/g"

static CorralGroup *
make(CorralHost *host)
{
    g_autoptr(GError) error = NULL;
    CorralGroup *group = corral_group_make(host, "g", BIT(MEMORY), CORRAL_MAKE_NEW, &error);

    g_assert_no_error(error);
    return group;
}

static void
put(FakeCgroup *fake, const char *group, const char *file, const char *text)
{
    g_autofree char *name = g_build_filename(group, file, NULL);

    fake_cgroup_put(fake, name, text);
}

static void
drop(FakeCgroup *fake, const char *group, const char *file)
{
    g_autofree char *name = g_build_filename(fake_cgroup_get_root(fake), group, file, NULL);

    g_assert_cmpint(g_unlink(name), ==, 0);
}

typedef gboolean (*Get)(CorralGroup *group, guint64 *bytes, GError **error);

static void
test_usage(void)
{
    static const struct {
        const char *like;
        const char *group;
        Get get;
        struct {
            const char *file;
            const char *text;
        } files[2];
        guint64 bytes;
    } table[] = {
        {"legacy",
         LEGACY,
         corral_group_get_memory_usage,
         {{"memory.usage_in_bytes", "8192\n"}},
         8192},
        {"legacy",
         LEGACY,
         corral_group_get_swap_usage,
         {{"memory.stat", "swap 1\ntotal_swap 4096\n"}},
         4096},
        {"legacy",
         LEGACY,
         corral_group_get_memory_total_usage,
         {{"memory.memsw.usage_in_bytes", "12288\n"}},
         12288},
        {"legacy",
         LEGACY,
         corral_group_get_memory_peak,
         {{"memory.max_usage_in_bytes", "16384\n"}},
         16384},
        {"unified", UNIFIED, corral_group_get_memory_usage, {{"memory.current", "8192\n"}}, 8192},
        {"unified",
         UNIFIED,
         corral_group_get_swap_usage,
         {{"memory.swap.current", "4096\n"}},
         4096},
        {"unified",
         UNIFIED,
         corral_group_get_memory_total_usage,
         {{"memory.current", "8192\n"}, {"memory.swap.current", "4096\n"}},
         12288},
        {"unified", UNIFIED, corral_group_get_memory_peak, {{"memory.peak", "16384\n"}}, 16384},
    };
    gsize i, f;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(table[i].like);
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralGroup) group = make(host);
        g_autoptr(GError) error = NULL;
        guint64 bytes = UNTOUCHED;

        g_test_message("row %" G_GSIZE_FORMAT, i);
        for (f = 0; f < G_N_ELEMENTS(table[i].files) && table[i].files[f].file; f++)
            put(fake, table[i].group, table[i].files[f].file, table[i].files[f].text);
        g_assert_true(table[i].get(group, &bytes, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(bytes, ==, table[i].bytes);

        for (f = 0; f < G_N_ELEMENTS(table[i].files) && table[i].files[f].file; f++) {
            bytes = UNTOUCHED;
            put(fake, table[i].group, table[i].files[f].file, "much\n");
            g_assert_false(table[i].get(group, &bytes, &error));
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED);
            g_assert_nonnull(strstr(error->message, table[i].files[f].file));
            g_clear_error(&error);

            drop(fake, table[i].group, table[i].files[f].file);
            g_assert_false(table[i].get(group, &bytes, &error));
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
            g_assert_cmpuint(bytes, ==, UNTOUCHED);
            g_clear_error(&error);
            put(fake, table[i].group, table[i].files[f].file, table[i].files[f].text);
        }
    }
}

static void
test_no_swap(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group = make(host);
    g_autoptr(GError) error = NULL;
    guint64 bytes = UNTOUCHED;

    put(fake, LEGACY, "memory.stat", "cache 0\ntotal_cache 0\n");
    g_assert_false(corral_group_get_swap_usage(group, &bytes, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
    g_assert_cmpuint(bytes, ==, UNTOUCHED);
}

static void
test_reset(void)
{
    g_autoptr(GError) error = NULL;

    {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralGroup) group = make(host);
        g_autofree char *text = NULL;

        put(fake, LEGACY, "memory.max_usage_in_bytes", "16384\n");
        g_assert_true(corral_group_reset_memory_peak(group, &error));
        g_assert_no_error(error);
        text = fake_cgroup_read(fake, LEGACY "/memory.max_usage_in_bytes");
        g_assert_cmpstr(text, ==, "0");
    }
    {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new("unified");
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralGroup) group = make(host);

        g_assert_false(corral_group_reset_memory_peak(group, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
    }
}

#define FIELD(name) #name, offsetof(CorralMemoryStatistics, name)

/* Each line its own number; the key of either interface, or NULL. */
static const struct {
    const char *name;
    gsize offset;
    const char *legacy;
    const char *unified;
} fields[] = {
    {FIELD(anon), "total_rss", "anon"},
    {FIELD(file), "total_cache", "file"},
    {FIELD(shmem), "total_shmem", "shmem"},
    {FIELD(file_mapped), "total_mapped_file", "file_mapped"},
    {FIELD(file_dirty), "total_dirty", "file_dirty"},
    {FIELD(file_writeback), "total_writeback", "file_writeback"},
    {FIELD(anon_huge), "total_rss_huge", "anon_thp"},
    {FIELD(file_huge), NULL, "file_thp"},
    {FIELD(shmem_huge), NULL, "shmem_thp"},
    {FIELD(slab), NULL, "slab"},
    {FIELD(page_tables), NULL, "pagetables"},
    {FIELD(swap_cached), "total_swapcached", "swapcached"},
    {FIELD(active_anon), "total_active_anon", "active_anon"},
    {FIELD(inactive_anon), "total_inactive_anon", "inactive_anon"},
    {FIELD(active_file), "total_active_file", "active_file"},
    {FIELD(inactive_file), "total_inactive_file", "inactive_file"},
    {FIELD(unevictable), "total_unevictable", "unevictable"},
    {FIELD(faults), "total_pgfault", "pgfault"},
    {FIELD(major_faults), "total_pgmajfault", "pgmajfault"},
    {FIELD(refaults_anon), "total_workingset_refault_anon", "workingset_refault_anon"},
    {FIELD(refaults_file), "total_workingset_refault_file", "workingset_refault_file"},
    /* Elsewhere under the other interface. */
    {FIELD(swap), "total_swap", NULL},
    {FIELD(kernel), NULL, "kernel"},
};

static void
test_statistics(gconstpointer legacy)
{
    const char *like = legacy ? "legacy" : "unified";
    const char *where = legacy ? LEGACY : UNIFIED;
    const char *other_file = legacy ? "memory.kmem.usage_in_bytes" : "memory.swap.current";
    g_autoptr(FakeCgroup) fake = fake_cgroup_new(like);
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group = make(host);
    g_autoptr(CorralMemoryStatistics) copy = NULL;
    g_autoptr(GString) text = g_string_new("something_new 5\n");
    g_autoptr(GError) error = NULL;
    CorralMemoryStatistics statistics;
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(fields); i++) {
        const char *key = legacy ? fields[i].legacy : fields[i].unified;

        if (key)
            g_string_append_printf(text, "%s %" G_GSIZE_FORMAT "\n", key, 100 + i);
    }
    put(fake, where, "memory.stat", text->str);
    put(fake, where, other_file, "7\n");
    g_assert_true(corral_group_get_memory_statistics(group, &statistics, &error));
    g_assert_no_error(error);
    copy = corral_memory_statistics_copy(&statistics);
    for (i = 0; i < G_N_ELEMENTS(fields); i++) {
        guint64 value = *(const guint64 *)((const char *)copy + fields[i].offset);

        g_test_message("%s", fields[i].name);
        if (legacy ? fields[i].legacy != NULL : fields[i].unified != NULL)
            g_assert_cmpuint(value, ==, 100 + i);
        else if (fields[i].offset == (legacy ? offsetof(CorralMemoryStatistics, kernel)
                                             : offsetof(CorralMemoryStatistics, swap)))
            g_assert_cmpuint(value, ==, 7);
        else
            g_assert_cmpuint(value, ==, UNKNOWN);
    }

    /* An old kernel. */
    put(fake, where, "memory.stat", "");
    drop(fake, where, other_file);
    g_assert_true(corral_group_get_memory_statistics(group, &statistics, &error));
    for (i = 0; i < G_N_ELEMENTS(fields); i++)
        g_assert_cmpuint(*(const guint64 *)((const char *)&statistics + fields[i].offset), ==,
                         UNKNOWN);

    statistics.anon = UNTOUCHED;
    put(fake, where, "memory.stat", legacy ? "total_rss x\n" : "anon x\n");
    g_assert_false(corral_group_get_memory_statistics(group, &statistics, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED);
    g_assert_cmpuint(statistics.anon, ==, UNTOUCHED);
}

static void
test_events(void)
{
    static const struct {
        const char *like;
        const char *group;
        struct {
            const char *file;
            const char *text;
        } files[2];
        CorralMemoryEvents events;
    } table[] = {
        {"legacy",
         LEGACY,
         {{"memory.failcnt", "3\n"},
          {"memory.oom_control", "oom_kill_disable 0\nunder_oom 1\noom_kill 2\n"}},
         {UNKNOWN, UNKNOWN, 3, UNKNOWN, 2, UNKNOWN, 1}},
        /* Before Linux 4.13. */
        {"legacy",
         LEGACY,
         {{"memory.failcnt", "3\n"}, {"memory.oom_control", "oom_kill_disable 0\nunder_oom 0\n"}},
         {UNKNOWN, UNKNOWN, 3, UNKNOWN, UNKNOWN, UNKNOWN, 0}},
        {"unified",
         UNIFIED,
         {{"memory.events", "low 1\nhigh 2\nmax 3\noom 4\noom_kill 5\noom_group_kill 6\n"}},
         {1, 2, 3, 4, 5, 6, UNKNOWN}},
        {"unified",
         UNIFIED,
         {{"memory.events", "low 1\nhigh 2\nmax 3\noom 4\noom_kill 5\n"}},
         {1, 2, 3, 4, 5, UNKNOWN, UNKNOWN}},
    };
    gsize i, f;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(table[i].like);
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralGroup) group = make(host);
        g_autoptr(CorralMemoryEvents) copy = NULL;
        g_autoptr(GError) error = NULL;
        CorralMemoryEvents events;

        for (f = 0; f < G_N_ELEMENTS(table[i].files) && table[i].files[f].file; f++)
            put(fake, table[i].group, table[i].files[f].file, table[i].files[f].text);
        g_assert_true(corral_group_get_memory_events(group, &events, &error));
        g_assert_no_error(error);
        copy = corral_memory_events_copy(&events);
        g_assert_cmpmem(copy, sizeof(*copy), &table[i].events, sizeof(events));

        for (f = 0; f < G_N_ELEMENTS(table[i].files) && table[i].files[f].file; f++) {
            put(fake, table[i].group, table[i].files[f].file, "oom_kill many\n");
            g_assert_false(corral_group_get_memory_events(group, copy, &error));
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED);
            g_assert_cmpmem(copy, sizeof(*copy), &table[i].events, sizeof(events));
            g_clear_error(&error);
            put(fake, table[i].group, table[i].files[f].file, table[i].files[f].text);
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/memory-usage/usage", test_usage);
    g_test_add_func("/memory-usage/no-swap", test_no_swap);
    g_test_add_func("/memory-usage/reset", test_reset);
    g_test_add_data_func("/memory-usage/statistics/legacy", "", test_statistics);
    g_test_add_data_func("/memory-usage/statistics/unified", NULL, test_statistics);
    g_test_add_func("/memory-usage/events", test_events);

    return g_test_run();
}
