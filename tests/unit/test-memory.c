/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The memory limit, on whichever interface serves it. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "corral.h"
#include "fake-cgroup.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)

/* Stays in a result that must not be written. */
#define UNTOUCHED 4711

static const struct {
    const char *like;
    const char *group;
    const char *limit;
    const char *usage;
    const char *unlimited; /* as it is written */
} hosts[] = {
    {"legacy", "/sys/fs/cgroup/memory/g", "/sys/fs/cgroup/memory/g/memory.limit_in_bytes",
     "/sys/fs/cgroup/memory/g/memory.usage_in_bytes", "-1"},
    {"unified", "/sys/fs/cgroup/g", "/sys/fs/cgroup/g/memory.max",
     "/sys/fs/cgroup/g/memory.current", "max"},
    /* The CPU controller is elsewhere here. */
    {"hybrid-memory", "/sys/fs/cgroup/unified/g", "/sys/fs/cgroup/unified/g/memory.max",
     "/sys/fs/cgroup/unified/g/memory.current", "max"},
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

static void
test_set(void)
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
    gsize h, i;

    for (h = 0; h < G_N_ELEMENTS(hosts); h++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(hosts[h].like);
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralGroup) group = make(host);

        for (i = 0; i < G_N_ELEMENTS(table); i++) {
            g_autoptr(GError) error = NULL;
            g_autofree char *text = NULL;
            gboolean set;

            g_test_message("%s: %" G_GUINT64_FORMAT, hosts[h].like, table[i].bytes);
            fake_cgroup_put(fake, hosts[h].limit, "before\n");
            set = corral_group_set_memory_limit(group, table[i].bytes, &error);
            text = fake_cgroup_read(fake, hosts[h].limit);
            g_assert_cmpint(set, ==, table[i].ok);
            if (table[i].ok) {
                g_assert_no_error(error);
                g_assert_cmpstr(text, ==, table[i].text ? table[i].text : hosts[h].unlimited);
            } else {
                g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE);
                g_assert_cmpstr(text, ==, "before");
            }
        }
    }
}

static void
test_get(void)
{
    static const struct {
        const char *text;
        gboolean legacy;
        gboolean unified;
        guint64 bytes;
    } table[] = {
        {"0\n", TRUE, TRUE, 0},
        {"4096\n", TRUE, TRUE, 4096},
        {"max\n", FALSE, TRUE, CORRAL_MEMORY_UNLIMITED},
        /* The most that the kernel can count, in pages of 4 KiB and of 64 KiB. */
        {"9223372036854771712\n", TRUE, FALSE, CORRAL_MEMORY_UNLIMITED},
        {"9223372036854710272\n", TRUE, FALSE, CORRAL_MEMORY_UNLIMITED},
        {"9223372036854706176\n", TRUE, TRUE, 9223372036854706176},
        {"\n", FALSE, FALSE, 0},
        {"lots\n", FALSE, FALSE, 0},
        {"4096 4096\n", FALSE, FALSE, 0},
        {"-1\n", FALSE, FALSE, 0},
        {"18446744073709551616\n", FALSE, FALSE, 0},
    };
    gsize h, i;

    for (h = 0; h < G_N_ELEMENTS(hosts); h++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(hosts[h].like);
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralGroup) group = make(host);
        gboolean legacy = g_str_equal(hosts[h].like, "legacy");
        guint64 bytes = UNTOUCHED;

        g_assert_true(corral_group_get_memory_limit(group, &bytes, NULL));
        g_assert_cmpuint(bytes, ==, CORRAL_MEMORY_UNLIMITED);

        for (i = 0; i < G_N_ELEMENTS(table); i++) {
            gboolean ok = legacy ? table[i].legacy : table[i].unified;
            g_autoptr(GError) error = NULL;

            /* What the legacy interface cannot count is a plain number to the other. */
            if (!legacy && table[i].legacy && !ok)
                continue;
            g_test_message("%s: %s", hosts[h].like, table[i].text);
            bytes = UNTOUCHED;
            fake_cgroup_put(fake, hosts[h].limit, table[i].text);
            g_assert_cmpint(corral_group_get_memory_limit(group, &bytes, &error), ==, ok);
            g_assert_cmpuint(bytes, ==, ok ? table[i].bytes : UNTOUCHED);
            if (!ok) {
                g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED);
                g_assert_nonnull(strstr(error->message, hosts[h].limit));
            }
        }

        fake_cgroup_put(fake, hosts[h].usage, "12288\n");
        g_assert_true(corral_group_get_memory_usage(group, &bytes, NULL));
        g_assert_cmpuint(bytes, ==, 12288);
    }
}

static void
test_cannot(void)
{
    gsize h;

    for (h = 0; h < G_N_ELEMENTS(hosts); h++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(hosts[h].like);
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralHost) reader = fake_cgroup_open_host(fake, CORRAL_HOST_READ_ONLY);
        g_autoptr(CorralGroup) group = make(host);
        g_autoptr(CorralGroup) seen = corral_group_open(reader, "g", BIT(MEMORY), NULL);
        g_autoptr(CorralGroup) without = corral_group_open(host, "g", BIT(CPU), NULL);
        g_autoptr(GError) error = NULL;
        guint64 bytes = UNTOUCHED;

        g_assert_false(corral_group_set_memory_limit(seen, 4096, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
        g_clear_error(&error);

        g_assert_false(corral_group_set_memory_limit(without, 4096, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER);
        g_assert_nonnull(strstr(error->message, "'memory'"));
        g_clear_error(&error);
        g_assert_false(corral_group_get_memory_limit(without, &bytes, NULL));
        g_assert_false(corral_group_get_memory_usage(without, &bytes, NULL));

        /* More than that is in use and cannot be reclaimed. */
        fake_cgroup_fail(fake, FAKE_WRITE, 0, EBUSY);
        g_assert_false(corral_group_set_memory_limit(group, 4096, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY);
        g_clear_error(&error);

        fake_cgroup_rmdir(fake, hosts[h].group);
        g_assert_false(corral_group_set_memory_limit(group, 4096, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
        g_clear_error(&error);
        g_assert_false(corral_group_get_memory_limit(group, &bytes, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
        g_clear_error(&error);
        g_assert_false(corral_group_get_memory_usage(group, &bytes, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
        g_assert_cmpuint(bytes, ==, UNTOUCHED);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/memory/set", test_set);
    g_test_add_func("/memory/get", test_get);
    g_test_add_func("/memory/cannot", test_cannot);

    return g_test_run();
}
