/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The limits of memory and swap, on whichever interface serves them. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include <glib/gstdio.h>
#include "corral.h"
#include "fake-cgroup.h"
#include "memory-steps.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)

/* Stays in a result that must not be written. */
#define UNTOUCHED 4711

static const struct {
    const char *like;
    const char *group;
    const char *limit;
    const char *usage;
    const char *unlimited; /* as it is in the file */
} hosts[] = {
    {"legacy", "/sys/fs/cgroup/memory/g", "/sys/fs/cgroup/memory/g/memory.limit_in_bytes",
     "/sys/fs/cgroup/memory/g/memory.usage_in_bytes", "9223372036854771712"},
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

static void
test_steps(void)
{
    gsize h;

    for (h = 0; h < G_N_ELEMENTS(hosts); h++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(hosts[h].like);
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralGroup) group = make(host);

        g_test_message("%s", hosts[h].like);
        memory_steps_run(group);
    }
}

/* Pages are 4096 bytes on the machines that this runs on, or a multiple. */
#define PAGES(n) ((guint64)(n) << 16)

/* Which file is written first, seen in what is written at all. */
static void
test_order(void)
{
    static const struct {
        guint64 limit, total;
        const char *legacy[2];
        const char *unified[2];
    } table[] = {
        {PAGES(2),
         PAGES(5),
         {"memory.limit_in_bytes 131072", "memory.memsw.limit_in_bytes 327680"},
         {"memory.max 131072", "memory.swap.max 196608"}},
        /* Up: the total before the limit; the room of swap goes before more memory comes. */
        {PAGES(6),
         PAGES(6),
         {"memory.memsw.limit_in_bytes 393216", "memory.limit_in_bytes 393216"},
         {"memory.swap.max 0", "memory.max 393216"}},
        /* Down: the limit before the total; swap is there before memory is cut. */
        {PAGES(1),
         PAGES(3),
         {"memory.limit_in_bytes 65536", "memory.memsw.limit_in_bytes 196608"},
         {"memory.swap.max 131072", "memory.max 65536"}},
        /* Both down: what has to go to swap still can. */
        {PAGES(0),
         PAGES(1),
         {"memory.limit_in_bytes 0", "memory.memsw.limit_in_bytes 65536"},
         {"memory.max 0", "memory.swap.max 65536"}},
    };
    gsize h, i;

    for (h = 0; h < G_N_ELEMENTS(hosts); h++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(hosts[h].like);
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralGroup) group = make(host);
        gboolean legacy = g_str_equal(hosts[h].like, "legacy");

        for (i = 0; i < G_N_ELEMENTS(table); i++) {
            const char *const *lines = legacy ? table[i].legacy : table[i].unified;
            g_autofree char *expected =
                g_strdup_printf("write %s/%s\nwrite %s/%s\nlabel ", hosts[h].group, lines[0],
                                hosts[h].group, lines[1]);
            g_autofree char *plain = g_strndup(expected, strlen(expected) - strlen("label "));
            g_autofree char *log = NULL;

            g_free(fake_cgroup_take_log(fake));
            g_assert_true(
                corral_group_set_memory_limits(group, table[i].limit, table[i].total, NULL));
            log = fake_cgroup_take_log(fake);
            /* The unified interface keeps the total in a label. */
            if (legacy)
                g_assert_cmpstr(log, ==, plain);
            else
                g_assert_true(g_str_has_prefix(log, expected));
        }
    }
}

/* The second write is refused: both are as they were. */
static void
test_refused(void)
{
    static const struct {
        guint64 limit, total;
    } table[] = {{PAGES(4), PAGES(16)}, {PAGES(12), PAGES(12)}, {PAGES(4), PAGES(6)}};
    gsize h, i;

    for (h = 0; h < G_N_ELEMENTS(hosts); h++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(hosts[h].like);
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralGroup) group = make(host);
        g_autoptr(GError) above = NULL;
        guint64 bytes;

        g_assert_true(corral_group_set_memory_limits(group, PAGES(8), PAGES(10), NULL));
        g_assert_false(corral_group_set_memory_limit(group, PAGES(11), &above));
        g_assert_error(above, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
        g_assert_nonnull(strstr(above->message, "above that of memory plus swap (655360 bytes)"));
        for (i = 0; i < G_N_ELEMENTS(table); i++) {
            g_autoptr(GError) error = NULL;

            fake_cgroup_fail(fake, FAKE_WRITE, 1, EBUSY);
            g_assert_false(
                corral_group_set_memory_limits(group, table[i].limit, table[i].total, &error));
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY);
            g_assert_true(corral_group_get_memory_limit(group, &bytes, NULL));
            g_assert_cmpuint(bytes, ==, PAGES(8));
            g_assert_true(corral_group_get_memory_total_limit(group, &bytes, NULL));
            g_assert_cmpuint(bytes, ==, PAGES(10));
        }
        /* And the total is still what is kept. */
        g_assert_true(corral_group_set_memory_limit(group, PAGES(9), NULL));
        g_assert_true(corral_group_get_memory_total_limit(group, &bytes, NULL));
        g_assert_cmpuint(bytes, ==, PAGES(10));
    }
}

/* Somebody else has the last word, and where there are no labels the file has. */
static void
test_stale(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("unified");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group = make(host);
    guint64 bytes;

    g_assert_true(corral_group_set_memory_limits(group, PAGES(8), PAGES(10), NULL));
    fake_cgroup_put(fake, "/sys/fs/cgroup/g/memory.max", "65536\n");
    g_assert_true(corral_group_get_memory_total_limit(group, &bytes, NULL));
    g_assert_cmpuint(bytes, ==, PAGES(3));
    g_assert_true(corral_group_set_memory_limit(group, PAGES(9), NULL));
    g_assert_true(corral_group_get_swap_limit(group, &bytes, NULL));
    g_assert_cmpuint(bytes, ==, PAGES(2));

    fake_cgroup_fail(fake, FAKE_LABEL, 0, EPERM);
    g_assert_true(corral_group_set_memory_total_limit(group, PAGES(10), NULL));
    g_assert_true(corral_group_get_memory_total_limit(group, &bytes, NULL));
    g_assert_cmpuint(bytes, ==, PAGES(10));
    g_assert_true(corral_group_set_memory_limit(group, PAGES(20), NULL));
    g_assert_true(corral_group_get_memory_total_limit(group, &bytes, NULL));
    g_assert_cmpuint(bytes, ==, PAGES(21));
}

/* A kernel that does not account for swap still limits memory. */
static void
test_no_swap(void)
{
    static const char *const files[] = {"memory.memsw.limit_in_bytes", "memory.swap.max"};
    gsize h;

    for (h = 0; h < G_N_ELEMENTS(hosts); h++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(hosts[h].like);
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralGroup) group = make(host);
        g_autofree char *name =
            g_build_filename(fake_cgroup_get_root(fake), hosts[h].group,
                             files[g_str_equal(hosts[h].like, "legacy") ? 0 : 1], NULL);
        g_autoptr(GError) error = NULL;
        guint64 bytes = UNTOUCHED;

        g_assert_cmpint(g_unlink(name), ==, 0);
        g_assert_true(corral_group_set_memory_limit(group, PAGES(1), &error));
        g_assert_no_error(error);
        g_assert_false(corral_group_set_memory_total_limit(group, PAGES(2), &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
        g_clear_error(&error);
        g_assert_false(corral_group_set_memory_limits(group, PAGES(2), PAGES(2), &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
        g_clear_error(&error);
        g_assert_false(corral_group_set_swap_limit(group, PAGES(2), &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
        g_clear_error(&error);
        g_assert_false(corral_group_get_memory_total_limit(group, &bytes, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
        g_clear_error(&error);
        g_assert_false(corral_group_get_swap_limit(group, &bytes, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
        g_assert_cmpuint(bytes, ==, UNTOUCHED);
        g_assert_true(corral_group_get_memory_limit(group, &bytes, NULL));
        g_assert_cmpuint(bytes, ==, PAGES(1));
    }
}

/* A limit of swap alone cannot be had without a limit of memory where they share a file. */
static void
test_swap_alone(void)
{
    gsize h;

    for (h = 0; h < G_N_ELEMENTS(hosts); h++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(hosts[h].like);
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralGroup) group = make(host);
        g_autoptr(GError) error = NULL;
        guint64 bytes;

        if (g_str_equal(hosts[h].like, "legacy")) {
            g_assert_false(corral_group_set_swap_limit(group, PAGES(1), &error));
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
            continue;
        }
        g_assert_true(corral_group_set_swap_limit(group, PAGES(1), &error));
        g_assert_true(corral_group_get_memory_total_limit(group, &bytes, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(bytes, ==, CORRAL_MEMORY_UNLIMITED);
    }
}

static void
test_oom_group(void)
{
    gsize h;

    for (h = 0; h < G_N_ELEMENTS(hosts); h++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(hosts[h].like);
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralGroup) group = make(host);
        g_autoptr(GError) error = NULL;
        gboolean whole = UNTOUCHED;

        if (g_str_equal(hosts[h].like, "legacy")) {
            g_assert_false(corral_group_set_oom_group(group, TRUE, &error));
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
            g_clear_error(&error);
            g_assert_false(corral_group_get_oom_group(group, &whole, &error));
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
            g_assert_cmpint(whole, ==, UNTOUCHED);
            continue;
        }
        g_assert_true(corral_group_get_oom_group(group, &whole, &error));
        g_assert_false(whole);
        g_assert_true(corral_group_set_oom_group(group, 2, &error));
        g_assert_true(corral_group_get_oom_group(group, &whole, &error));
        g_assert_no_error(error);
        g_assert_cmpint(whole, ==, TRUE);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/memory/set", test_set);
    g_test_add_func("/memory/get", test_get);
    g_test_add_func("/memory/cannot", test_cannot);
    g_test_add_func("/memory/steps", test_steps);
    g_test_add_func("/memory/order", test_order);
    g_test_add_func("/memory/refused", test_refused);
    g_test_add_func("/memory/stale", test_stale);
    g_test_add_func("/memory/no-swap", test_no_swap);
    g_test_add_func("/memory/swap-alone", test_swap_alone);
    g_test_add_func("/memory/oom-group", test_oom_group);

    return g_test_run();
}
