/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What makes settings of block I/O come true on a device. */
#include <config.h>

#include <unistd.h>

#include <glib/gstdio.h>
#include "corral.h"
#include "fake-cgroup.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)

#define NOTHING CORRAL_IO_MECHANISM_NONE
#define THROTTLE CORRAL_IO_MECHANISM_THROTTLE
#define BFQ CORRAL_IO_MECHANISM_BFQ
#define IOCOST CORRAL_IO_MECHANISM_IOCOST
#define CFQ CORRAL_IO_MECHANISM_CFQ

static void
put(FakeCgroup *fake, const char *dir, const char *file, const char *text)
{
    g_autofree char *parent = g_build_filename(fake_cgroup_get_root(fake), dir, NULL);
    g_autofree char *name = g_build_filename(dir, file, NULL);

    g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
    fake_cgroup_put(fake, name, text);
}

/* As in sysfs: 8:0 with its partition 8:1, and 253:0 that has no queue of requests. */
static void
put_devices(FakeCgroup *fake)
{
    g_autofree char *links =
        g_build_filename(fake_cgroup_get_root(fake), "sys", "dev", "block", NULL);
    g_autofree char *disk = g_build_filename(links, "8:0", NULL);
    g_autofree char *partition = g_build_filename(links, "8:1", NULL);
    g_autofree char *mapper = g_build_filename(links, "253:0", NULL);

    put(fake, "/sys/devices/block/sda", "dev", "8:0\n");
    put(fake, "/sys/devices/block/sda/queue", "scheduler", "[none]\n");
    put(fake, "/sys/devices/block/sda/sda1", "dev", "8:1\n");
    put(fake, "/sys/devices/block/sda/sda1", "partition", "1\n");
    put(fake, "/sys/devices/virtual/block/dm-0", "dev", "253:0\n");
    g_assert_cmpint(g_mkdir_with_parents(links, 0755), ==, 0);
    g_assert_cmpint(symlink("../../devices/block/sda", disk), ==, 0);
    g_assert_cmpint(symlink("../../devices/block/sda/sda1", partition), ==, 0);
    g_assert_cmpint(symlink("../../devices/virtual/block/dm-0", mapper), ==, 0);
}

static void
test_find(void)
{
    static const struct {
        gboolean legacy;
        guint major, minor;
        const char *scheduler;
        const char *qos; /* io.cost.qos of the root */
        const char *lacks;
        CorralIoMechanism expected;
    } table[] = {
        {TRUE, 8, 0, "[none] bfq\n", NULL, NULL, THROTTLE},
        {TRUE, 8, 0, "none [bfq]\n", NULL, NULL, THROTTLE | BFQ},
        {TRUE, 8, 1, "none [bfq]\n", NULL, NULL, THROTTLE | BFQ},
        {TRUE, 253, 0, "none [bfq]\n", NULL, NULL, THROTTLE},
        {TRUE, 8, 0, "none [bfq]\n", NULL, "blkio.bfq.weight", THROTTLE},
        {TRUE, 8, 0, "[cfq] noop\n", NULL, NULL, THROTTLE},
        {FALSE, 8, 0, "[none] bfq\n", NULL, NULL, THROTTLE},
        {FALSE, 8, 0, "none [bfq]\n", NULL, NULL, THROTTLE | BFQ},
        {FALSE, 8, 0, "none [mq-deadline] bfq\n", NULL, NULL, THROTTLE},
        {FALSE, 8, 0, "none [bfq]\n", NULL, "io.bfq.weight", THROTTLE},
        {FALSE, 8, 0, "none [bfq]\n", NULL, "io.max", BFQ},
        {FALSE, 8, 0, "[none]\n", "8:0 enable=1 ctrl=auto\n", NULL, THROTTLE | IOCOST},
        {FALSE, 8, 1, "[none]\n", "8:0 enable=1 ctrl=auto\n", NULL, THROTTLE | IOCOST},
        {FALSE, 8, 0, "[none]\n", "8:0 enable=0 ctrl=auto\n", NULL, THROTTLE},
        {FALSE, 8, 0, "[none]\n", "8:16 enable=1 ctrl=auto\n", NULL, THROTTLE},
        {FALSE, 253, 0, "[none]\n", "8:0 enable=1 ctrl=auto\n", NULL, THROTTLE},
        {FALSE, 8, 0, "[bfq]\n", "8:0 enable=1\n", NULL, THROTTLE | BFQ | IOCOST},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(table[i].legacy ? "legacy" : "unified");
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralGroup) group = corral_group_make(host, "g", BIT(IO), CORRAL_MAKE_NEW, NULL);
        const char *where = table[i].legacy ? "/sys/fs/cgroup/blkio/g" : "/sys/fs/cgroup/g";
        CorralDevice device = {CORRAL_DEVICE_TYPE_BLOCK, table[i].major, table[i].minor};
        CorralIoMechanism mechanisms = NOTHING;
        g_autoptr(GError) error = NULL;

        g_test_message("row %" G_GSIZE_FORMAT, i);
        put_devices(fake);
        put(fake, "/sys/devices/block/sda/queue", "scheduler", table[i].scheduler);
        if (table[i].qos)
            put(fake, "/sys/fs/cgroup", "io.cost.qos", table[i].qos);
        if (table[i].lacks) {
            g_autofree char *name =
                g_build_filename(fake_cgroup_get_root(fake), where, table[i].lacks, NULL);

            g_assert_cmpint(g_unlink(name), ==, 0);
        }
        g_assert_true(corral_group_get_io_enforcement(group, &device, &mechanisms, &error));
        g_assert_no_error(error);
        g_assert_cmpint(mechanisms, ==, table[i].expected);
    }
}

static void
test_cfq(void)
{
    static const CorralDevice sda = {CORRAL_DEVICE_TYPE_BLOCK, 8, 0};
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group = corral_group_make(host, "g", BIT(IO), CORRAL_MAKE_NEW, NULL);
    CorralIoMechanism mechanisms = NOTHING;

    put_devices(fake);
    put(fake, "/sys/devices/block/sda/queue", "scheduler", "[cfq] noop\n");
    put(fake, "/sys/fs/cgroup/blkio/g", "blkio.weight", "500\n");
    g_assert_true(corral_group_get_io_enforcement(group, &sda, &mechanisms, NULL));
    g_assert_cmpint(mechanisms, ==, THROTTLE | CFQ);
}

static void
test_cannot(void)
{
    static const CorralDevice sdb = {CORRAL_DEVICE_TYPE_BLOCK, 8, 16};
    static const CorralDevice any = {CORRAL_DEVICE_TYPE_BLOCK, 8, CORRAL_DEVICE_ANY};
    static const CorralDevice tape = {CORRAL_DEVICE_TYPE_CHARACTER, 8, 0};
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("unified");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group =
        corral_group_make(host, "g", BIT(IO) | BIT(CPU), CORRAL_MAKE_NEW, NULL);
    g_autoptr(CorralGroup) without = corral_group_open(host, "g", BIT(CPU), NULL);
    CorralIoMechanism mechanisms = CFQ;
    g_autoptr(GError) error = NULL;

    put_devices(fake);
    g_assert_false(corral_group_get_io_enforcement(group, &sdb, &mechanisms, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_false(corral_group_get_io_enforcement(group, &any, &mechanisms, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME);
    g_clear_error(&error);
    g_assert_false(corral_group_get_io_enforcement(group, &tape, &mechanisms, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME);
    g_clear_error(&error);
    g_assert_false(corral_group_get_io_enforcement(without, &sdb, &mechanisms, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER);
    g_assert_cmpint(mechanisms, ==, CFQ);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/io-mechanism/find", test_find);
    g_test_add_func("/io-mechanism/cfq", test_cfq);
    g_test_add_func("/io-mechanism/cannot", test_cannot);

    return g_test_run();
}
