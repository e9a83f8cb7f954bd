/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Weights of block I/O, by whichever mechanism a kernel has. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include <glib/gstdio.h>
#include "corral.h"
#include "fake-cgroup.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)

/* Stays in a result that must not be written. */
#define UNTOUCHED 4711

#define LEGACY "/sys/fs/cgroup/blkio/g"
#define UNIFIED "/sys/fs/cgroup/g"

static const CorralDevice sda = {CORRAL_DEVICE_TYPE_BLOCK, 8, 0};

static CorralGroup *
make(CorralHost *host)
{
    g_autoptr(GError) error = NULL;
    CorralGroup *group = corral_group_make(host, "g", BIT(IO), CORRAL_MAKE_NEW, &error);

    g_assert_no_error(error);
    return group;
}

static void
drop(FakeCgroup *fake, const char *name)
{
    g_autofree char *real = g_build_filename(fake_cgroup_get_root(fake), name, NULL);

    g_assert_cmpint(g_unlink(real), ==, 0);
}

static void
assert_file(FakeCgroup *fake, const char *name, const char *text)
{
    g_autofree char *real = fake_cgroup_read(fake, name);

    g_assert_cmpstr(real, ==, text);
}

static void
test_weight(void)
{
    static const struct {
        guint weight;
        gboolean ok;
        const char *bfq;
        const char *cost;
        const char *cfq;
        guint legacy; /* what reads back there */
    } table[] = {
        {1, TRUE, "1", "1", "10", 1},
        {100, TRUE, "100", "100", "500", 100},
        {1000, TRUE, "1000", "1000", "1000", 1000},
        {5000, TRUE, "1000", "5000", "1000", 1000},
        {10000, TRUE, "1000", "10000", "1000", 1000},
        {1000, TRUE, "1000", "1000", "1000", 1000},
        {0, FALSE, "1000", "1000", "1000", 0},
        {10001, FALSE, "1000", "1000", "1000", 0},
        {G_MAXUINT, FALSE, "1000", "1000", "1000", 0},
    };
    gboolean legacy;
    gsize i;

    for (legacy = FALSE; legacy <= TRUE; legacy++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(legacy ? "legacy" : "unified");
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralGroup) group = make(host);
        guint weight = UNTOUCHED;
        guint last = 100;
        guint least = UNTOUCHED;
        guint most = UNTOUCHED;

        if (legacy)
            fake_cgroup_put(fake, LEGACY "/blkio.weight", "500\n");
        g_assert_true(corral_group_get_io_weight(group, &weight, NULL));
        g_assert_cmpuint(weight, ==, 100);
        g_assert_true(corral_group_get_io_weight_range(group, &least, &most, NULL));
        g_assert_cmpuint(least, ==, 1);
        g_assert_cmpuint(most, ==, legacy ? 1000 : 10000);

        for (i = 0; i < G_N_ELEMENTS(table); i++) {
            g_autoptr(GError) error = NULL;

            g_test_message("%s: %u", legacy ? "legacy" : "unified", table[i].weight);
            g_assert_cmpint(corral_group_set_io_weight(group, table[i].weight, &error), ==,
                            table[i].ok);
            if (table[i].ok) {
                g_assert_no_error(error);
                last = legacy ? table[i].legacy : table[i].weight;
            } else {
                g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE);
            }
            if (legacy) {
                assert_file(fake, LEGACY "/blkio.bfq.weight", table[i].bfq);
                assert_file(fake, LEGACY "/blkio.weight", table[i].cfq);
            } else {
                assert_file(fake, UNIFIED "/io.weight", table[i].cost);
                assert_file(fake, UNIFIED "/io.bfq.weight", table[i].bfq);
            }
            g_assert_true(corral_group_get_io_weight(group, &weight, NULL));
            g_assert_cmpuint(weight, ==, last);
        }

        /* Whoever else writes has the last word. */
        g_assert_true(corral_group_set_io_weight(group, 5000, NULL));
        fake_cgroup_put(fake, legacy ? LEGACY "/blkio.bfq.weight" : UNIFIED "/io.weight",
                        legacy ? "200\n" : "default 200\n");
        g_assert_true(corral_group_get_io_weight(group, &weight, NULL));
        g_assert_cmpuint(weight, ==, 200);
    }
}

/* A kernel has the one, the other, or neither. */
static void
test_mechanisms(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("unified");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group = make(host);
    g_autoptr(GPtrArray) list = NULL;
    g_autoptr(GError) error = NULL;
    guint weight = UNTOUCHED;
    guint least, most;

    /* Refused by the second: as it was. */
    fake_cgroup_fail(fake, FAKE_WRITE, 1, EINVAL);
    g_assert_false(corral_group_set_io_weight(group, 300, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
    g_clear_error(&error);
    assert_file(fake, UNIFIED "/io.weight", "100");

    drop(fake, UNIFIED "/io.weight");
    g_assert_true(corral_group_set_io_weight(group, 5000, &error));
    assert_file(fake, UNIFIED "/io.bfq.weight", "1000");
    g_assert_true(corral_group_get_io_weight(group, &weight, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(weight, ==, 1000);

    g_assert_true(corral_group_get_io_weight_range(group, &least, &most, &error));
    g_assert_cmpuint(most, ==, 1000);

    weight = UNTOUCHED;
    drop(fake, UNIFIED "/io.bfq.weight");
    g_assert_false(corral_group_get_io_weight_range(group, &least, &most, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
    g_clear_error(&error);
    g_assert_false(corral_group_set_io_weight(group, 5000, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
    g_clear_error(&error);
    g_assert_false(corral_group_get_io_weight(group, &weight, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
    g_clear_error(&error);
    g_assert_false(corral_group_set_io_device_weight(group, &sda, 5, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, "8:0"));
    g_clear_error(&error);
    list = corral_group_list_io_device_weights(group, &error);
    g_assert_null(list);
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
    g_assert_cmpuint(weight, ==, UNTOUCHED);
}

static void
test_device(void)
{
    static const CorralDevice bad[] = {
        {CORRAL_DEVICE_TYPE_CHARACTER, 8, 0},
        {CORRAL_DEVICE_TYPE_ALL, 8, 0},
        {CORRAL_DEVICE_TYPE_BLOCK, 8, CORRAL_DEVICE_ANY},
        {CORRAL_DEVICE_TYPE_BLOCK, CORRAL_DEVICE_ANY, 0},
    };
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group = make(host);
    g_autoptr(GPtrArray) list = NULL;
    g_autoptr(CorralIoWeight) copy = NULL;
    g_autoptr(GError) error = NULL;
    guint weight = UNTOUCHED;
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_false(corral_group_set_io_device_weight(group, &bad[i], 5, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME);
        g_clear_error(&error);
        g_assert_false(corral_group_get_io_device_weight(group, &bad[i], &weight, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME);
        g_clear_error(&error);
    }
    g_assert_false(corral_group_set_io_device_weight(group, &sda, 10001, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE);
    g_clear_error(&error);

    g_assert_true(corral_group_set_io_device_weight(group, &sda, 5000, &error));
    g_assert_no_error(error);
    assert_file(fake, LEGACY "/blkio.bfq.weight_device", "8:0 1000");
    fake_cgroup_put(fake, LEGACY "/blkio.bfq.weight_device", "default 100\n8:0 1000\n9:1 3\n");
    g_assert_true(corral_group_get_io_device_weight(group, &sda, &weight, &error));
    g_assert_cmpuint(weight, ==, 1000);
    list = corral_group_list_io_device_weights(group, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(list->len, ==, 2);
    copy = corral_io_weight_copy(g_ptr_array_index(list, 1));
    g_assert_cmpuint(copy->device.major, ==, 9);
    g_assert_cmpuint(copy->weight, ==, 3);

    g_assert_true(corral_group_set_io_device_weight(group, &sda, CORRAL_IO_WEIGHT_INHERIT, &error));
    assert_file(fake, LEGACY "/blkio.bfq.weight_device", "8:0 default");
    fake_cgroup_put(fake, LEGACY "/blkio.bfq.weight_device", "default 100\n");
    g_assert_true(corral_group_get_io_device_weight(group, &sda, &weight, &error));
    g_assert_cmpuint(weight, ==, CORRAL_IO_WEIGHT_INHERIT);

    weight = UNTOUCHED;
    fake_cgroup_put(fake, LEGACY "/blkio.bfq.weight_device", "default 100\n8:0\n");
    g_assert_false(corral_group_get_io_device_weight(group, &sda, &weight, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED);
    g_clear_error(&error);

    fake_cgroup_rmdir(fake, LEGACY);
    g_assert_false(corral_group_set_io_device_weight(group, &sda, 5, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_clear_error(&error);
    g_assert_false(corral_group_get_io_weight(group, &weight, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_assert_cmpuint(weight, ==, UNTOUCHED);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/io/weight", test_weight);
    g_test_add_func("/io/mechanisms", test_mechanisms);
    g_test_add_func("/io/device", test_device);

    return g_test_run();
}
