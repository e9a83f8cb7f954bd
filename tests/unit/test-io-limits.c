/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits of block I/O, in four files or in one. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "corral.h"
#include "fake-cgroup.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)
#define NONE CORRAL_IO_UNLIMITED

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

static CorralIoLimits
limits_of(guint64 read_bps, guint64 write_bps, guint64 read_iops, guint64 write_iops)
{
    return (CorralIoLimits){sda, read_bps, write_bps, read_iops, write_iops};
}

static void
assert_same(const CorralIoLimits *a, const CorralIoLimits *b)
{
    g_assert_cmpuint(a->device.major, ==, b->device.major);
    g_assert_cmpuint(a->device.minor, ==, b->device.minor);
    g_assert_cmpuint(a->read_bps, ==, b->read_bps);
    g_assert_cmpuint(a->write_bps, ==, b->write_bps);
    g_assert_cmpuint(a->read_iops, ==, b->read_iops);
    g_assert_cmpuint(a->write_iops, ==, b->write_iops);
}

static void
assert_limits(CorralGroup *group, CorralIoLimits expected)
{
    g_autoptr(GError) error = NULL;
    CorralIoLimits limits;

    g_assert_true(corral_group_get_io_limits(group, &sda, &limits, &error));
    g_assert_no_error(error);
    assert_same(&limits, &expected);
}

static void
test_unified(void)
{
    static const struct {
        CorralIoLimits limits;
        const char *text;
    } table[] = {
        {{{CORRAL_DEVICE_TYPE_BLOCK, 8, 0}, 2, NONE, NONE, NONE},
         "8:0 rbps=2 wbps=max riops=max wiops=max"},
        {{{CORRAL_DEVICE_TYPE_BLOCK, 8, 0}, G_MAXINT64, 2, 4294967294, 3},
         "8:0 rbps=9223372036854775807 wbps=2 riops=4294967294 wiops=3"},
        {{{CORRAL_DEVICE_TYPE_BLOCK, 8, 0}, NONE, NONE, NONE, NONE},
         "8:0 rbps=max wbps=max riops=max wiops=max"},
    };
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("unified");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group = make(host);
    gsize i;

    assert_limits(group, limits_of(NONE, NONE, NONE, NONE));
    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *text = NULL;
        g_autoptr(GError) error = NULL;

        g_assert_true(corral_group_set_io_limits(group, &table[i].limits, &error));
        g_assert_no_error(error);
        text = fake_cgroup_read(fake, UNIFIED "/io.max");
        g_assert_cmpstr(text, ==, table[i].text);
        assert_limits(group, table[i].limits);
    }
}

static void
test_legacy(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group = make(host);
    CorralIoLimits limits = limits_of(5, NONE, 4294967294, 7);
    g_autoptr(GError) error = NULL;
    g_autofree char *log = NULL;
    g_autofree char *second = NULL;

    g_free(fake_cgroup_take_log(fake));
    g_assert_true(corral_group_set_io_limits(group, &limits, &error));
    g_assert_no_error(error);
    log = fake_cgroup_take_log(fake);
    g_assert_cmpstr(log, ==,
                    "write " LEGACY "/blkio.throttle.read_bps_device 8:0 5\n"
                    "write " LEGACY "/blkio.throttle.write_bps_device 8:0 0\n"
                    "write " LEGACY "/blkio.throttle.read_iops_device 8:0 4294967294\n"
                    "write " LEGACY "/blkio.throttle.write_iops_device 8:0 7\n");
    /* As the kernel shows it. */
    fake_cgroup_put(fake, LEGACY "/blkio.throttle.write_bps_device", "9:0 5\n");
    assert_limits(group, limits);

    /* Only what changes. */
    limits.write_iops = 8;
    g_assert_true(corral_group_set_io_limits(group, &limits, &error));
    second = fake_cgroup_take_log(fake);
    g_assert_cmpstr(second, ==, "write " LEGACY "/blkio.throttle.write_iops_device 8:0 8\n");

    /* Refused half way: as it was. */
    limits = limits_of(2, NONE, 3, 9);
    fake_cgroup_fail(fake, FAKE_WRITE, 2, EINVAL);
    g_assert_false(corral_group_set_io_limits(group, &limits, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
    assert_limits(group, limits_of(5, NONE, 4294967294, 8));
}

static void
test_list(void)
{
    gboolean legacy;

    for (legacy = FALSE; legacy <= TRUE; legacy++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(legacy ? "legacy" : "unified");
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralGroup) group = make(host);
        g_autoptr(CorralIoLimits) expected = corral_io_limits_new(&sda);
        g_autoptr(GPtrArray) list = NULL;
        g_autoptr(GPtrArray) none = NULL;
        g_autoptr(GError) error = NULL;

        if (legacy) {
            fake_cgroup_put(fake, LEGACY "/blkio.throttle.read_bps_device", "8:0 5\n9:1 6\n");
            fake_cgroup_put(fake, LEGACY "/blkio.throttle.write_iops_device", "8:0 7\n");
        } else {
            fake_cgroup_put(fake, UNIFIED "/io.max",
                            "8:0 rbps=5 wbps=max riops=max wiops=7\n"
                            "9:1 rbps=6 wbps=max riops=max wiops=max\n");
        }
        expected->read_bps = 5;
        expected->write_iops = 7;
        list = corral_group_list_io_limits(group, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(list->len, ==, 2);
        assert_same(g_ptr_array_index(list, 0), expected);

        fake_cgroup_put(fake,
                        legacy ? LEGACY "/blkio.throttle.read_iops_device" : UNIFIED "/io.max",
                        "8:0 max\n");
        none = corral_group_list_io_limits(group, &error);
        g_assert_null(none);
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED);
    }
}

static void
test_range(void)
{
    static const struct {
        guint64 bps, iops;
    } table[] = {{0, 2},          {1, 2},       {2, 0}, {2, 1}, {(guint64)G_MAXINT64 + 1, 2},
                 {2, 4294967295}, {2, NONE - 1}};
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group = make(host);
    g_autoptr(GError) error = NULL;
    g_autofree char *log = NULL;
    CorralIoLimits limits;
    gsize i;

    g_free(fake_cgroup_take_log(fake));
    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        limits = limits_of(table[i].bps, NONE, table[i].iops, NONE);
        g_assert_false(corral_group_set_io_limits(group, &limits, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE);
        g_clear_error(&error);
        limits = limits_of(NONE, table[i].bps, NONE, table[i].iops);
        g_assert_false(corral_group_set_io_limits(group, &limits, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE);
        g_clear_error(&error);
    }
    limits = limits_of(2, 2, 2, 2);
    limits.device.minor = CORRAL_DEVICE_ANY;
    g_assert_false(corral_group_set_io_limits(group, &limits, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME);
    g_clear_error(&error);
    g_assert_false(corral_group_get_io_limits(group, &limits.device, &limits, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME);
    log = fake_cgroup_take_log(fake);
    g_assert_cmpstr(log, ==, "");
}

static void
put_device(FakeCgroup *fake, const char *dir, const char *file, const char *text)
{
    g_autofree char *parent = g_build_filename(fake_cgroup_get_root(fake), dir, NULL);
    g_autofree char *name = g_build_filename(dir, file, NULL);

    g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
    fake_cgroup_put(fake, name, text);
}

/* The kernel says "No such device" to all of these. */
static void
test_explain(void)
{
    gboolean legacy;

    for (legacy = FALSE; legacy <= TRUE; legacy++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(legacy ? "legacy" : "unified");
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralGroup) group = make(host);
        g_autoptr(CorralIoLimits) limits = corral_io_limits_new(&sda);
        g_autoptr(GError) error = NULL;

        limits->read_bps = 2;
        fake_cgroup_fail(fake, FAKE_WRITE, 0, ENODEV);
        g_assert_false(corral_group_set_io_limits(group, limits, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND);
        g_assert_nonnull(strstr(error->message, "no block device 8:0"));
        g_clear_error(&error);

        put_device(fake, "/sys/dev/block/8:0", "dev", "8:0\n");
        fake_cgroup_fail(fake, FAKE_WRITE, 0, ENODEV);
        g_assert_false(corral_group_set_io_limits(group, limits, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
        g_assert_nonnull(strstr(error->message, "8:0"));
        g_clear_error(&error);

        put_device(fake, "/sys/dev/block/8:0", "partition", "1\n");
        put_device(fake, "/sys/dev/block", "dev", "8:16\n");
        fake_cgroup_fail(fake, FAKE_WRITE, 0, ENODEV);
        g_assert_false(corral_group_set_io_limits(group, limits, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
        g_assert_nonnull(strstr(error->message, "8:0 is a partition"));
        g_assert_nonnull(strstr(error->message, "8:16"));
        g_clear_error(&error);

        fake_cgroup_rmdir(fake, legacy ? LEGACY : UNIFIED);
        g_assert_false(corral_group_set_io_limits(group, limits, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/io-limits/unified", test_unified);
    g_test_add_func("/io-limits/legacy", test_legacy);
    g_test_add_func("/io-limits/list", test_list);
    g_test_add_func("/io-limits/range", test_range);
    g_test_add_func("/io-limits/explain", test_explain);

    return g_test_run();
}
