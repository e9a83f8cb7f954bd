/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What steers reclaim: marks and swappiness, where an interface has them. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "corral.h"
#include "fake-cgroup.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)

/* Stays in a result that must not be written. */
#define UNTOUCHED 4711

typedef gboolean (*Set)(CorralGroup *group, guint64 bytes, GError **error);
typedef gboolean (*Get)(CorralGroup *group, guint64 *bytes, GError **error);

static const struct {
    Set set;
    Get get;
    const char *legacy; /* the file, or NULL */
    const char *unified;
    guint64 usual;
    const char *hint; /* in the message where it is not to be had */
} marks[] = {
    {corral_group_set_memory_high, corral_group_get_memory_high, NULL, "memory.high",
     CORRAL_MEMORY_UNLIMITED, "high mark"},
    {corral_group_set_memory_low, corral_group_get_memory_low, NULL, "memory.low", 0, "low mark"},
    {corral_group_set_memory_min, corral_group_get_memory_min, NULL, "memory.min", 0, "minimum"},
    {corral_group_set_memory_soft_limit, corral_group_get_memory_soft_limit,
     "memory.soft_limit_in_bytes", NULL, CORRAL_MEMORY_UNLIMITED, "high mark"},
};

static const struct {
    const char *like;
    const char *group;
    const char *unlimited;
} hosts[] = {
    {"legacy", "/sys/fs/cgroup/memory/g", "9223372036854771712"},
    {"unified", "/sys/fs/cgroup/g", "max"},
    {"hybrid-memory", "/sys/fs/cgroup/unified/g", "max"},
};

static CorralGroup *
make(CorralHost *host)
{
    g_autoptr(GError) error = NULL;
    CorralGroup *group =
        corral_group_make(host, "g", BIT(CPU) | BIT(MEMORY), CORRAL_MAKE_NEW, &error);

    g_assert_no_error(error);
    return group;
}

/* The file of mark @m on host @h, by its name in the machine. */
static char *
file_of(gsize h, gsize m)
{
    const char *file = h == 0 ? marks[m].legacy : marks[m].unified;

    return file ? g_build_filename(hosts[h].group, file, NULL) : NULL;
}

static void
test_marks(void)
{
    static const struct {
        guint64 bytes;
        gboolean ok;
        const char *text; /* NULL: the host's word for unlimited */
    } table[] = {
        {0, TRUE, "0"},
        {1, TRUE, "1"},
        {1073741824, TRUE, "1073741824"},
        {G_MAXINT64, TRUE, "9223372036854775807"},
        {(guint64)G_MAXINT64 + 1, FALSE, NULL},
        {G_MAXUINT64 - 1, FALSE, NULL},
        {CORRAL_MEMORY_UNLIMITED, TRUE, NULL},
    };
    gsize h, m, i;

    for (h = 0; h < G_N_ELEMENTS(hosts); h++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(hosts[h].like);
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralGroup) group = make(host);

        for (m = 0; m < G_N_ELEMENTS(marks); m++) {
            g_autofree char *file = file_of(h, m);
            guint64 bytes = UNTOUCHED;

            if (!file)
                continue;
            g_assert_true(marks[m].get(group, &bytes, NULL));
            g_assert_cmpuint(bytes, ==, marks[m].usual);

            for (i = 0; i < G_N_ELEMENTS(table); i++) {
                g_autoptr(GError) error = NULL;
                g_autofree char *text = NULL;

                fake_cgroup_put(fake, file, "before\n");
                g_assert_cmpint(marks[m].set(group, table[i].bytes, &error), ==, table[i].ok);
                text = fake_cgroup_read(fake, file);
                if (table[i].ok) {
                    g_assert_no_error(error);
                    g_assert_cmpstr(text, ==, table[i].text ? table[i].text : hosts[h].unlimited);
                } else {
                    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE);
                    g_assert_cmpstr(text, ==, "before");
                }
            }

            fake_cgroup_put(fake, file, "12288\n");
            g_assert_true(marks[m].get(group, &bytes, NULL));
            g_assert_cmpuint(bytes, ==, 12288);
            fake_cgroup_put(fake, file, "lots\n");
            g_assert_false(marks[m].get(group, &bytes, NULL));
            g_assert_cmpuint(bytes, ==, 12288);
        }
    }
}

static void
test_cannot(void)
{
    gsize h, m;

    for (h = 0; h < G_N_ELEMENTS(hosts); h++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(hosts[h].like);
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralGroup) group = make(host);
        g_autoptr(CorralGroup) without = corral_group_open(host, "g", BIT(CPU), NULL);

        for (m = 0; m < G_N_ELEMENTS(marks); m++) {
            g_autofree char *file = file_of(h, m);
            g_autoptr(GError) error = NULL;
            guint64 bytes = UNTOUCHED;

            g_assert_false(marks[m].set(without, 0, &error));
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER);
            g_clear_error(&error);
            g_assert_false(marks[m].get(without, &bytes, &error));
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER);
            g_clear_error(&error);
            if (file)
                continue;

            g_assert_false(marks[m].set(group, 0, &error));
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
            g_assert_nonnull(strstr(error->message, marks[m].hint));
            g_clear_error(&error);
            g_assert_false(marks[m].get(group, &bytes, &error));
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
            g_assert_cmpuint(bytes, ==, UNTOUCHED);
        }

        fake_cgroup_rmdir(fake, hosts[h].group);
        for (m = 0; m < G_N_ELEMENTS(marks); m++) {
            g_autofree char *file = file_of(h, m);
            g_autoptr(GError) error = NULL;

            if (!file)
                continue;
            g_assert_false(marks[m].set(group, 0, &error));
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
        }
    }
}

static void
test_swappiness(void)
{
    static const guint fine[] = {0, 1, 100, CORRAL_SWAPPINESS_MAX};
    gsize h, i;

    for (h = 0; h < G_N_ELEMENTS(hosts); h++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(hosts[h].like);
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralGroup) group = make(host);
        g_autoptr(GError) error = NULL;
        guint value = UNTOUCHED;

        g_assert_false(corral_group_set_swappiness(group, CORRAL_SWAPPINESS_MAX + 1, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE);
        g_clear_error(&error);

        if (h > 0) {
            g_assert_false(corral_group_set_swappiness(group, 60, &error));
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
            g_clear_error(&error);
            g_assert_false(corral_group_get_swappiness(group, &value, &error));
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
            g_assert_cmpuint(value, ==, UNTOUCHED);
            continue;
        }

        g_assert_true(corral_group_get_swappiness(group, &value, &error));
        g_assert_cmpuint(value, ==, 60);
        for (i = 0; i < G_N_ELEMENTS(fine); i++) {
            g_assert_true(corral_group_set_swappiness(group, fine[i], &error));
            g_assert_true(corral_group_get_swappiness(group, &value, &error));
            g_assert_cmpuint(value, ==, fine[i]);
        }

        fake_cgroup_fail(fake, FAKE_WRITE, 0, EINVAL);
        g_assert_false(corral_group_set_swappiness(group, 150, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
    }
}

static void
test_reclaim(void)
{
    gsize h;

    for (h = 0; h < G_N_ELEMENTS(hosts); h++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(hosts[h].like);
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralGroup) group = make(host);
        g_autofree char *usage = g_build_filename(hosts[h].group, "memory.current", NULL);
        g_autofree char *reclaim = g_build_filename(hosts[h].group, "memory.reclaim", NULL);
        g_autoptr(GError) error = NULL;
        guint64 reclaimed = UNTOUCHED;
        char *text;

        g_assert_false(
            corral_group_reclaim_memory(group, (guint64)G_MAXINT64 + 1, &reclaimed, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE);
        g_clear_error(&error);
        if (h == 0) {
            g_assert_false(corral_group_reclaim_memory(group, 4096, &reclaimed, &error));
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
            g_assert_cmpuint(reclaimed, ==, UNTOUCHED);
            continue;
        }

        fake_cgroup_put(fake, usage, "8192\n");
        g_assert_true(corral_group_reclaim_memory(group, 4096, &reclaimed, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(reclaimed, ==, 0);
        text = fake_cgroup_read(fake, reclaim);
        g_assert_cmpstr(text, ==, "4096");
        g_free(text);

        /* Not all of it could be had. */
        reclaimed = UNTOUCHED;
        fake_cgroup_fail(fake, FAKE_WRITE, 0, EAGAIN);
        g_assert_true(corral_group_reclaim_memory(group, 4096, &reclaimed, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(reclaimed, ==, 0);

        reclaimed = UNTOUCHED;
        fake_cgroup_fail(fake, FAKE_WRITE, 0, EACCES);
        g_assert_false(corral_group_reclaim_memory(group, 4096, &reclaimed, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
        g_assert_cmpuint(reclaimed, ==, UNTOUCHED);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/memory-reclaim/marks", test_marks);
    g_test_add_func("/memory-reclaim/cannot", test_cannot);
    g_test_add_func("/memory-reclaim/swappiness", test_swappiness);
    g_test_add_func("/memory-reclaim/reclaim", test_reclaim);

    return g_test_run();
}
