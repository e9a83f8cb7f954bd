/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statistics of block I/O, of one device and of all. */
#include <config.h>

#include <glib/gstdio.h>
#include "corral.h"
#include "fake-cgroup.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)
#define UNKNOWN CORRAL_UNKNOWN
#define BLOCK(major, minor)                                                                        \
    {                                                                                              \
        CORRAL_DEVICE_TYPE_BLOCK, major, minor                                                     \
    }

#define LEGACY "/sys/fs/cgroup/blkio/g"
#define UNIFIED "/sys/fs/cgroup/g"

static CorralGroup *
make(CorralHost *host)
{
    g_autoptr(GError) error = NULL;
    CorralGroup *group = corral_group_make(host, "g", BIT(IO), CORRAL_MAKE_NEW, &error);

    g_assert_no_error(error);
    return group;
}

static void
assert_statistics(CorralGroup *group, const CorralDevice *device, CorralIoStatistics expected)
{
    g_autoptr(CorralIoStatistics) copy = NULL;
    g_autoptr(GError) error = NULL;
    CorralIoStatistics statistics;

    g_assert_true(corral_group_get_io_statistics(group, device, &statistics, &error));
    g_assert_no_error(error);
    copy = corral_io_statistics_copy(&statistics);
    g_assert_cmpuint(copy->device.major, ==, expected.device.major);
    g_assert_cmpuint(copy->device.minor, ==, expected.device.minor);
    g_assert_cmpuint(copy->read_bytes, ==, expected.read_bytes);
    g_assert_cmpuint(copy->write_bytes, ==, expected.write_bytes);
    g_assert_cmpuint(copy->reads, ==, expected.reads);
    g_assert_cmpuint(copy->writes, ==, expected.writes);
    g_assert_cmpuint(copy->discard_bytes, ==, expected.discard_bytes);
    g_assert_cmpuint(copy->discards, ==, expected.discards);
}

static void
put(FakeCgroup *fake, gboolean legacy)
{
    if (legacy) {
        fake_cgroup_put(fake, LEGACY "/blkio.throttle.io_service_bytes_recursive",
                        "8:0 Read 10\n8:0 Write 20\n8:0 Discard 50\n8:0 Total 80\n"
                        "9:0 Read 1\n9:0 Write 2\n9:0 Discard 5\nTotal 88\n");
        fake_cgroup_put(fake, LEGACY "/blkio.throttle.io_serviced_recursive",
                        "8:0 Read 30\n8:0 Write 40\n8:0 Discard 60\n"
                        "9:0 Read 3\n9:0 Write 4\n9:0 Discard 6\nTotal 143\n");
    } else {
        fake_cgroup_put(fake, UNIFIED "/io.stat",
                        "8:0 rbytes=10 wbytes=20 rios=30 wios=40 dbytes=50 dios=60\n"
                        "9:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n");
    }
}

static void
test_all(void)
{
    static const CorralDevice sda = BLOCK(8, 0);
    static const CorralDevice other = BLOCK(10, 0);
    static const CorralDevice tape = {CORRAL_DEVICE_TYPE_CHARACTER, 8, 0};
    const guint any = CORRAL_DEVICE_ANY;
    gboolean legacy;

    for (legacy = FALSE; legacy <= TRUE; legacy++) {
        const guint64 unlisted = legacy ? UNKNOWN : 0;
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(legacy ? "legacy" : "unified");
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralGroup) group = make(host);
        g_autoptr(GPtrArray) list = NULL;
        g_autoptr(GError) error = NULL;
        CorralIoStatistics statistics = {.reads = 4711};

        assert_statistics(group, NULL,
                          (CorralIoStatistics){BLOCK(any, any), unlisted, unlisted, unlisted,
                                               unlisted, unlisted, unlisted});
        put(fake, legacy);
        assert_statistics(group, &sda, (CorralIoStatistics){sda, 10, 20, 30, 40, 50, 60});
        assert_statistics(group, NULL,
                          (CorralIoStatistics){BLOCK(any, any), 11, 22, 33, 44, 55, 66});
        assert_statistics(group, &other,
                          (CorralIoStatistics){other, unlisted, unlisted, unlisted, unlisted,
                                               unlisted, unlisted});
        list = corral_group_list_io_statistics(group, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(list->len, ==, 2);

        g_assert_false(corral_group_get_io_statistics(group, &tape, &statistics, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME);
        g_clear_error(&error);
        fake_cgroup_put(
            fake, legacy ? LEGACY "/blkio.throttle.io_serviced_recursive" : UNIFIED "/io.stat",
            "8:0 Read\n");
        g_assert_false(corral_group_get_io_statistics(group, NULL, &statistics, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED);
        g_clear_error(&error);
        fake_cgroup_rmdir(fake, legacy ? LEGACY : UNIFIED);
        g_assert_false(corral_group_get_io_statistics(group, NULL, &statistics, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
        g_assert_cmpuint(statistics.reads, ==, 4711);
    }
}

/* Old kernels count neither discards nor the groups below. */
static void
test_old(void)
{
    static const char *const files[] = {"/blkio.throttle.io_service_bytes_recursive",
                                        "/blkio.throttle.io_serviced_recursive"};
    static const CorralDevice sda = BLOCK(8, 0);
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group = make(host);
    g_autoptr(GError) error = NULL;
    CorralIoStatistics statistics;
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *name =
            g_build_filename(fake_cgroup_get_root(fake), LEGACY, files[i], NULL);

        g_assert_cmpint(g_unlink(name), ==, 0);
    }
    g_assert_false(corral_group_get_io_statistics(group, &sda, &statistics, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);

    fake_cgroup_put(fake, LEGACY "/blkio.throttle.io_service_bytes",
                    "8:0 Read 1\n8:0 Write 2\nTotal 3\n");
    fake_cgroup_put(fake, LEGACY "/blkio.throttle.io_serviced",
                    "8:0 Read 3\n8:0 Write 4\nTotal 7\n");
    assert_statistics(group, &sda, (CorralIoStatistics){sda, 1, 2, 3, 4, UNKNOWN, UNKNOWN});
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/io-statistics/all", test_all);
    g_test_add_func("/io-statistics/old", test_old);

    return g_test_run();
}
