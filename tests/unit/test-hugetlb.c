/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Huge pages: sizes, ranges, what is written, and what is read. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include <glib/gstdio.h>
#include "corral.h"
#include "fake-cgroup.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)

/* Stays in a result that must not be written. */
#define UNTOUCHED 4711

#define MIB G_GUINT64_CONSTANT(1048576)
#define PAGE (2 * MIB)

typedef struct {
    FakeCgroup *fake;
    CorralHost *host;
    CorralGroup *group;
    const char *dir;
    gboolean unified;
} Fixture;

static void
set_up(Fixture *self, gconstpointer like)
{
    g_autoptr(GError) error = NULL;

    self->fake = fake_cgroup_new(like);
    self->host = fake_cgroup_open_host(self->fake, CORRAL_HOST_NONE);
    self->group = corral_group_make(self->host, "g", BIT(HUGETLB), CORRAL_MAKE_NEW, &error);
    g_assert_no_error(error);
    self->unified = !g_str_equal(like, "legacy-hugetlb");
    self->dir = g_str_equal(like, "unified")  ? "/sys/fs/cgroup/g"
                : g_str_equal(like, "hybrid") ? "/sys/fs/cgroup/unified/g"
                                              : "/sys/fs/cgroup/hugetlb/g";
    g_free(fake_cgroup_take_log(self->fake));
}

static void
tear_down(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_object_unref(self->group);
    g_object_unref(self->host);
    fake_cgroup_free(self->fake);
}

static void
put(Fixture *self, const char *file, const char *text)
{
    g_autofree char *name = g_build_filename(self->dir, file, NULL);

    fake_cgroup_put(self->fake, name, text);
}

typedef gboolean (*Set)(CorralGroup *group, guint64 page_size, guint64 bytes, GError **error);
typedef gboolean (*Get)(CorralGroup *group, guint64 page_size, guint64 *value, GError **error);

static const struct {
    Set set;
    Get get;
    const char *legacy;
    const char *unified;
} limits[] = {
    {corral_group_set_huge_page_limit, corral_group_get_huge_page_limit,
     "hugetlb.2MB.limit_in_bytes", "hugetlb.2MB.max"},
    {corral_group_set_huge_page_reservation_limit, corral_group_get_huge_page_reservation_limit,
     "hugetlb.2MB.rsvd.limit_in_bytes", "hugetlb.2MB.rsvd.max"},
};

static void
test_limits(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    static const struct {
        guint64 bytes;
        const char *legacy; /* NULL: out of range */
        const char *unified;
    } table[] = {
        {0, "0", "0"},
        {1, "1", "1"},
        {PAGE, "2097152", "2097152"},
        {G_MAXINT64, "9223372036854775807", "9223372036854775807"},
        {(guint64)G_MAXINT64 + 1, NULL, NULL},
        {G_MAXUINT64 - 1, NULL, NULL},
        {CORRAL_HUGE_PAGES_UNLIMITED, "-1", "max"},
    };
    gsize i, k;

    for (k = 0; k < G_N_ELEMENTS(limits); k++) {
        const char *file = self->unified ? limits[k].unified : limits[k].legacy;
        g_autofree char *name = g_build_filename(self->dir, file, NULL);

        for (i = 0; i < G_N_ELEMENTS(table); i++) {
            const char *wanted = self->unified ? table[i].unified : table[i].legacy;
            g_autoptr(GError) error = NULL;
            g_autofree char *log = NULL;
            g_autofree char *text = NULL;
            gboolean set = limits[k].set(self->group, PAGE, table[i].bytes, &error);

            g_test_message("%s, row %" G_GSIZE_FORMAT, file, i);
            log = fake_cgroup_take_log(self->fake);
            g_assert_cmpint(set, ==, wanted != NULL);
            if (!wanted) {
                g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE);
                g_assert_nonnull(strstr(error->message, "[0, 9223372036854775807]"));
                g_assert_cmpstr(log, ==, "");
                continue;
            }
            g_assert_no_error(error);
            text = fake_cgroup_read(self->fake, name);
            g_assert_cmpstr(text, ==, wanted);
        }
    }
}

/* No limit at all is the same number everywhere. */
static void
test_unlimited(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    static const struct {
        const char *legacy;
        const char *unified;
        guint64 bytes;
    } table[] = {
        {"9223372036852678656\n", "max\n", CORRAL_HUGE_PAGES_UNLIMITED},
        {"9223372036850581504\n", "9223372036850581504\n", G_GUINT64_CONSTANT(9223372036850581504)},
        {"0\n", "0\n", 0},
    };
    gsize i, k;

    for (k = 0; k < G_N_ELEMENTS(limits); k++) {
        for (i = 0; i < G_N_ELEMENTS(table); i++) {
            guint64 bytes = UNTOUCHED;
            g_autoptr(GError) error = NULL;

            put(self, self->unified ? limits[k].unified : limits[k].legacy,
                self->unified ? table[i].unified : table[i].legacy);
            g_assert_true(limits[k].get(self->group, PAGE, &bytes, &error));
            g_assert_no_error(error);
            g_assert_cmpuint(bytes, ==, table[i].bytes);
        }
    }
}

static void
test_gets(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    static const struct {
        Get get;
        const char *legacy;
        const char *unified; /* NULL: not told */
        const char *text;
        guint64 value;
    } table[] = {
        {corral_group_get_huge_page_usage, "hugetlb.2MB.usage_in_bytes", "hugetlb.2MB.current",
         "4194304\n", 4194304},
        {corral_group_get_huge_page_reservation_usage, "hugetlb.2MB.rsvd.usage_in_bytes",
         "hugetlb.2MB.rsvd.current", "6291456\n", 6291456},
        {corral_group_get_huge_page_peak, "hugetlb.2MB.max_usage_in_bytes", NULL, "8388608\n",
         8388608},
        {corral_group_get_huge_page_failures, "hugetlb.2MB.failcnt", "hugetlb.2MB.events", "3\n",
         3},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        const char *file = self->unified ? table[i].unified : table[i].legacy;
        g_autoptr(GError) error = NULL;
        guint64 value = UNTOUCHED;

        g_test_message("row %" G_GSIZE_FORMAT, i);
        if (!file) {
            g_assert_false(table[i].get(self->group, PAGE, &value, &error));
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
            g_assert_nonnull(strstr(error->message, "peak"));
            continue;
        }
        put(self, file, g_str_has_suffix(file, ".events") ? "max 3\n" : table[i].text);
        g_assert_true(table[i].get(self->group, PAGE, &value, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(value, ==, table[i].value);

        value = UNTOUCHED;
        put(self, file, "some\n");
        g_assert_false(table[i].get(self->group, PAGE, &value, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED);
        g_assert_nonnull(strstr(error->message, file));
        g_assert_cmpuint(value, ==, UNTOUCHED);
    }
}

static void
test_page_sizes(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    static const struct {
        guint64 page_size;
        CorralError code;
    } table[] = {
        {0, CORRAL_ERROR_RANGE},
        {2, CORRAL_ERROR_RANGE},
        {512, CORRAL_ERROR_RANGE},
        {PAGE - 1, CORRAL_ERROR_RANGE},
        {PAGE + 4096, CORRAL_ERROR_RANGE},
        {G_MAXUINT64, CORRAL_ERROR_RANGE},
        {G_GUINT64_CONSTANT(1) << 63, CORRAL_ERROR_RANGE},
        {G_GUINT64_CONSTANT(1) << 62, CORRAL_ERROR_UNSUPPORTED},
        {4 * MIB, CORRAL_ERROR_UNSUPPORTED},
        {4096, CORRAL_ERROR_UNSUPPORTED},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        guint64 bytes = UNTOUCHED;

        g_test_message("row %" G_GSIZE_FORMAT, i);
        g_assert_false(
            corral_group_get_huge_page_limit(self->group, table[i].page_size, &bytes, &error));
        g_assert_error(error, CORRAL_ERROR, (int)table[i].code);
        g_clear_error(&error);
        g_assert_false(
            corral_group_set_huge_page_limit(self->group, table[i].page_size, 0, &error));
        g_assert_error(error, CORRAL_ERROR, (int)table[i].code);
        g_assert_cmpuint(bytes, ==, UNTOUCHED);
    }
}

static void
test_list(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    static const char *const dirs[] = {"hugepages-1048576kB", "hugepages-64kB", "hugepages-2048kB",
                                       "hugepages-xkB",       "hugepages-",     "other"};
    g_autoptr(GArray) none = corral_host_list_huge_page_sizes(self->host, NULL);
    g_autoptr(GArray) sizes = NULL;
    g_autoptr(GError) error = NULL;
    gsize i;

    g_assert_nonnull(none);
    g_assert_cmpuint(none->len, ==, 0);
    for (i = 0; i < G_N_ELEMENTS(dirs); i++) {
        g_autofree char *dir = g_build_filename(fake_cgroup_get_root(self->fake),
                                                "sys/kernel/mm/hugepages", dirs[i], NULL);

        g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
    }
    sizes = corral_host_list_huge_page_sizes(self->host, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(sizes->len, ==, 3);
    g_assert_cmpuint(g_array_index(sizes, guint64, 0), ==, 65536);
    g_assert_cmpuint(g_array_index(sizes, guint64, 1), ==, PAGE);
    g_assert_cmpuint(g_array_index(sizes, guint64, 2), ==, 1024 * MIB);
}

static void
test_refused(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralHost) host = fake_cgroup_open_host(self->fake, CORRAL_HOST_READ_ONLY);
    g_autoptr(CorralGroup) group = corral_group_open(host, "g", BIT(HUGETLB), NULL);
    g_autoptr(CorralGroup) other = NULL;
    g_autoptr(GError) error = NULL;
    guint64 bytes;

    fake_cgroup_fail(self->fake, FAKE_WRITE, 0, EBUSY);
    g_assert_false(corral_group_set_huge_page_limit(self->group, PAGE, 0, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY);
    g_clear_error(&error);

    g_assert_false(corral_group_set_huge_page_limit(group, PAGE, 0, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
    g_clear_error(&error);
    g_assert_true(corral_group_get_huge_page_limit(group, PAGE, &bytes, &error));

    other = corral_group_make(self->host, "o", BIT(CPUACCT), CORRAL_MAKE_NEW, &error);
    if (other) {
        g_assert_false(corral_group_set_huge_page_limit(other, PAGE, 0, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER);
    }
    g_clear_error(&error);

    fake_cgroup_rmdir(self->fake, self->dir);
    g_assert_false(corral_group_set_huge_page_limit(self->group, PAGE, 0, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_clear_error(&error);
    g_assert_false(corral_group_get_huge_page_failures(self->group, PAGE, &bytes, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
}

#define ADD(name, func)                                                                            \
    G_STMT_START                                                                                   \
    {                                                                                              \
        g_test_add("/hugetlb/" name "/legacy", Fixture, "legacy-hugetlb", set_up, func,            \
                   tear_down);                                                                     \
        g_test_add("/hugetlb/" name "/unified", Fixture, "unified", set_up, func, tear_down);      \
        g_test_add("/hugetlb/" name "/hybrid", Fixture, "hybrid", set_up, func, tear_down);        \
    }                                                                                              \
    G_STMT_END

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    ADD("limits", test_limits);
    ADD("unlimited", test_unlimited);
    ADD("gets", test_gets);
    ADD("page-sizes", test_page_sizes);
    ADD("list", test_list);
    ADD("refused", test_refused);

    return g_test_run();
}
