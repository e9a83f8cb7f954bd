/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Block I/O on the kernel we run on, whichever interface serves it, on a loop
 * device of our own.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/loop.h>

#include "kernel-bed.h"

#define NONE CORRAL_IO_UNLIMITED
#define DISK_SIZE (8 << 20)

/* ---- the device ---- */

typedef struct {
    char *path;
    int fd; /* goes with it */
    CorralDevice device;
} Disk;

/* FALSE, and the test is skipped, where there are no loop devices to be had. */
static gboolean
make_disk(Disk *disk)
{
    char file[] = "/tmp/corral-disk-XXXXXX";
    int backing = mkostemp(file, O_CLOEXEC);
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    struct loop_info64 info = {.lo_flags = LO_FLAGS_AUTOCLEAR};
    int number = -1;
    struct stat st;
    int tries;

    g_assert_cmpint(backing, >=, 0);
    g_assert_cmpint(unlink(file), ==, 0);
    g_assert_cmpint(posix_fallocate(backing, 0, DISK_SIZE), ==, 0);
    *disk = (Disk){NULL, -1, {CORRAL_DEVICE_TYPE_BLOCK, 0, 0}};

    /* Somebody else may take the free one first. */
    for (tries = 0; control >= 0 && disk->fd < 0 && tries < 10; tries++) {
        number = ioctl(control, LOOP_CTL_GET_FREE);
        if (number < 0)
            break;
        g_free(disk->path);
        disk->path = g_strdup_printf("/dev/loop%d", number);
        disk->fd = open(disk->path, O_RDWR | O_CLOEXEC);
        if (disk->fd >= 0 && ioctl(disk->fd, LOOP_SET_FD, backing) < 0) {
            close(disk->fd);
            disk->fd = -1;
        }
    }
    close(backing);
    if (control >= 0)
        close(control);
    if (disk->fd < 0) {
        g_clear_pointer(&disk->path, g_free);
        g_test_skip("no loop device can be had");
        return FALSE;
    }

    g_assert_cmpint(ioctl(disk->fd, LOOP_SET_STATUS64, &info), ==, 0);
    g_assert_cmpint(fstat(disk->fd, &st), ==, 0);
    disk->device.major = major(st.st_rdev);
    disk->device.minor = minor(st.st_rdev);
    return TRUE;
}

static char *
scheduler_file(Disk *disk)
{
    return g_strdup_printf("/sys/dev/block/%u:%u/queue/scheduler", disk->device.major,
                           disk->device.minor);
}

/* Whether it could be had. */
static gboolean
set_scheduler(Disk *disk, const char *name)
{
    g_autofree char *file = scheduler_file(disk);
    int fd = open(file, O_WRONLY | O_CLOEXEC);
    gboolean set = fd >= 0 && write(fd, name, strlen(name)) == (ssize_t)strlen(name);

    if (fd >= 0)
        close(fd);
    return set;
}

static void
drop_disk(Disk *disk)
{
    if (!set_scheduler(disk, "none"))
        g_test_message("the scheduler stays");
    close(disk->fd);
    g_free(disk->path);
}

/* ---- somebody who reads ---- */

/* Between fork and end: system calls only. */
static void
read_disk(const char *path, char *const *entrances, gsize bytes)
{
    static char buffer[65536 + 4096];
    char *aligned = buffer + (4096 - (guintptr)buffer % 4096);
    gsize done = 0;
    gsize i;
    int fd;

    for (i = 0; entrances[i]; i++) {
        fd = open(entrances[i], O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, "0", 1) != 1)
            _exit(99);
        close(fd);
    }
    fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
    if (fd < 0)
        _exit(98);
    while (done < bytes) {
        if (pread(fd, aligned, 65536, done) != 65536)
            _exit(97);
        done += 65536;
    }
    _exit(0);
}

/* How long a process in @group takes for it, in microseconds. */
static gint64
time_reading(CorralGroup *group, Disk *disk, gsize bytes)
{
    g_auto(GStrv) entrances = corral_group_list_entrances(group, NULL);
    gint64 start = g_get_monotonic_time();
    int status;
    pid_t pid = fork();

    g_assert_cmpint(pid, >=, 0);
    if (pid == 0)
        read_disk(disk->path, entrances, bytes);
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_cmpint(status, ==, 0);
    return g_get_monotonic_time() - start;
}

/* ---- the tests ---- */

static void
test_limits(void)
{
    static const struct {
        guint64 read_bps, write_bps, read_iops, write_iops;
        int code;
        const char *unified; /* after the device */
    } table[] = {
        {1048576, NONE, NONE, NONE, BED_ACCEPTED, " rbps=1048576 wbps=max riops=max wiops=max"},
        {2, 3, 4, 5, BED_ACCEPTED, " rbps=2 wbps=3 riops=4 wiops=5"},
        {1, 3, 4, 5, CORRAL_ERROR_RANGE, " rbps=2 wbps=3 riops=4 wiops=5"},
        {2, 3, 4, 1, CORRAL_ERROR_RANGE, " rbps=2 wbps=3 riops=4 wiops=5"},
        {2, 2, 2, 2, BED_ACCEPTED, " rbps=2 wbps=2 riops=2 wiops=2"},
        {NONE, 2, NONE, 4, BED_ACCEPTED, " rbps=max wbps=2 riops=max wiops=4"},
        {0, NONE, NONE, NONE, CORRAL_ERROR_RANGE, " rbps=max wbps=2 riops=max wiops=4"},
        {NONE, NONE, 4294967295, NONE, CORRAL_ERROR_RANGE, " rbps=max wbps=2 riops=max wiops=4"},
        {(guint64)G_MAXINT64 + 1, NONE, NONE, NONE, CORRAL_ERROR_RANGE,
         " rbps=max wbps=2 riops=max wiops=4"},
        {G_MAXINT64, NONE, 4294967294, 2, BED_ACCEPTED,
         " rbps=9223372036854775807 wbps=max riops=4294967294 wiops=2"},
        {NONE, NONE, NONE, NONE, BED_ACCEPTED, NULL},
    };
    g_autoptr(CorralGroup) group = bed_make_or_skip("limits", CORRAL_CONTROLLER_IO);
    CorralIoLimits last = {{CORRAL_DEVICE_TYPE_BLOCK, 0, 0}, NONE, NONE, NONE, NONE};
    g_autofree char *dir = NULL;
    Disk disk;
    gsize i;

    if (!group)
        return;
    dir = bed_dir("limits", CORRAL_CONTROLLER_IO);
    if (!make_disk(&disk)) {
        bed_remove(group);
        return;
    }
    last.device = disk.device;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        CorralIoLimits limits = {disk.device, table[i].read_bps, table[i].write_bps,
                                 table[i].read_iops, table[i].write_iops};
        g_autoptr(GPtrArray) list = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        CorralIoLimits got;
        gboolean done = corral_group_set_io_limits(group, &limits, &error);

        g_test_message("row %" G_GSIZE_FORMAT, i);
        bed_assert_answer(done, error, table[i].code);
        if (done)
            last = limits;
        g_clear_error(&error);
        g_assert_true(corral_group_get_io_limits(group, &disk.device, &got, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(got.device.minor, ==, last.device.minor);
        g_assert_cmpuint(got.read_bps, ==, last.read_bps);
        g_assert_cmpuint(got.write_bps, ==, last.write_bps);
        g_assert_cmpuint(got.read_iops, ==, last.read_iops);
        g_assert_cmpuint(got.write_iops, ==, last.write_iops);
        list = corral_group_list_io_limits(group, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(list->len, ==, table[i].unified ? 1 : 0);

        if (!bed_is_legacy(dir)) {
            g_autofree char *expected = table[i].unified
                                            ? g_strdup_printf("%u:%u%s", disk.device.major,
                                                              disk.device.minor, table[i].unified)
                                            : g_strdup("");

            text = bed_get(dir, "io.max");
            g_assert_cmpstr(text, ==, expected);
        }
    }

    drop_disk(&disk);
    bed_remove(group);
}

/* A limit is kept, and what went through is counted. */
static void
test_throttle(void)
{
    g_autoptr(CorralGroup) group = bed_make_or_skip("throttle", CORRAL_CONTROLLER_IO);
    g_autoptr(CorralIoLimits) limits = NULL;
    g_autoptr(GError) error = NULL;
    CorralIoMechanism mechanisms;
    CorralIoStatistics one, sum;
    gint64 free_us, limited_us;
    Disk disk;

    if (!group)
        return;
    if (!make_disk(&disk)) {
        bed_remove(group);
        return;
    }
    g_assert_true(corral_group_get_io_enforcement(group, &disk.device, &mechanisms, &error));
    g_assert_no_error(error);
    g_assert_cmpint(mechanisms & CORRAL_IO_MECHANISM_THROTTLE, ==, CORRAL_IO_MECHANISM_THROTTLE);

    free_us = time_reading(group, &disk, 1 << 20);
    limits = corral_io_limits_new(&disk.device);
    limits->read_bps = 2 << 20;
    g_assert_true(corral_group_set_io_limits(group, limits, &error));
    g_assert_no_error(error);
    limited_us = time_reading(group, &disk, 1 << 20);
    g_test_message("1 MiB takes %" G_GINT64_FORMAT " us, and %" G_GINT64_FORMAT
                   " us with 2 MiB a second",
                   free_us, limited_us);
    /* Half a second, less what the kernel grants in its first slice of time. */
    g_assert_cmpint(limited_us, >=, 300000);

    g_assert_true(corral_group_get_io_statistics(group, &disk.device, &one, &error));
    g_assert_true(corral_group_get_io_statistics(group, NULL, &sum, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(one.read_bytes, >=, 1 << 20);
    g_assert_cmpuint(one.read_bytes, <=, 4 << 20);
    g_assert_cmpuint(one.reads, >=, 1);
    g_assert_cmpuint(one.write_bytes, ==, 0);
    g_assert_cmpuint(sum.read_bytes, >=, one.read_bytes);

    limits->read_bps = NONE;
    g_assert_true(corral_group_set_io_limits(group, limits, &error));
    g_assert_no_error(error);
    drop_disk(&disk);
    bed_remove(group);
}

static void
test_weight(void)
{
    static const struct {
        guint weight;
        int code;
        const char *bfq;
    } table[] = {
        {1, BED_ACCEPTED, "1"},        {0, CORRAL_ERROR_RANGE, "1"},
        {1000, BED_ACCEPTED, "1000"},  {1001, BED_ACCEPTED, "1000"},
        {10000, BED_ACCEPTED, "1000"}, {10001, CORRAL_ERROR_RANGE, "1000"},
        {100, BED_ACCEPTED, "100"},
    };
    g_autoptr(CorralGroup) group = bed_make_or_skip("weight", CORRAL_CONTROLLER_IO);
    g_autofree char *dir = NULL;
    g_autoptr(GError) error = NULL;
    guint least, most;
    guint weight;
    guint last = 100;
    gsize i;

    if (!group)
        return;
    dir = bed_dir("weight", CORRAL_CONTROLLER_IO);
    if (!corral_group_get_io_weight_range(group, &least, &most, &error)) {
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
        g_test_skip("nothing in this kernel weighs");
        bed_remove(group);
        return;
    }
    g_assert_true(corral_group_get_io_weight(group, &weight, NULL));
    g_assert_cmpuint(weight, ==, 100);

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *text = NULL;
        const char *value;
        gboolean done;

        g_test_message("%u", table[i].weight);
        g_clear_error(&error);
        done = corral_group_set_io_weight(group, table[i].weight, &error);
        bed_assert_answer(done, error, table[i].code);
        if (done)
            last = CLAMP(table[i].weight, least, most);
        g_assert_true(corral_group_get_io_weight(group, &weight, NULL));
        g_assert_cmpuint(weight, ==, last);
        text = bed_get(dir, bed_is_legacy(dir) ? "blkio.bfq.weight" : "io.bfq.weight");
        value = text && g_str_has_prefix(text, "default ") ? text + strlen("default ") : text;
        if (value)
            g_assert_cmpstr(value, ==, table[i].bfq);
    }

    bed_remove(group);
}

static void
test_device_weight(void)
{
    g_autoptr(CorralGroup) group = bed_make_or_skip("device", CORRAL_CONTROLLER_IO);
    g_autoptr(GPtrArray) list = NULL;
    g_autoptr(GError) error = NULL;
    CorralIoMechanism mechanisms;
    guint weight;
    Disk disk;

    if (!group)
        return;
    if (!make_disk(&disk)) {
        bed_remove(group);
        return;
    }

    /* As it comes, nobody weighs on it. */
    g_assert_true(set_scheduler(&disk, "none"));
    g_assert_true(corral_group_get_io_enforcement(group, &disk.device, &mechanisms, &error));
    g_assert_cmpint(mechanisms, ==, CORRAL_IO_MECHANISM_THROTTLE);
    g_assert_false(corral_group_set_io_device_weight(group, &disk.device, 200, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
    g_clear_error(&error);

    if (set_scheduler(&disk, "bfq")) {
        g_assert_true(corral_group_get_io_enforcement(group, &disk.device, &mechanisms, &error));
        g_assert_cmpint(mechanisms, ==, CORRAL_IO_MECHANISM_THROTTLE | CORRAL_IO_MECHANISM_BFQ);
        g_assert_true(corral_group_set_io_device_weight(group, &disk.device, 200, &error));
        g_assert_no_error(error);
        g_assert_true(corral_group_get_io_device_weight(group, &disk.device, &weight, &error));
        g_assert_cmpuint(weight, ==, 200);
        g_assert_true(corral_group_set_io_device_weight(group, &disk.device, 5000, &error));
        g_assert_true(corral_group_get_io_device_weight(group, &disk.device, &weight, &error));
        /* bfq stops there, whatever else in this kernel does not. */
        g_assert_cmpuint(weight, ==, 1000);
        list = corral_group_list_io_device_weights(group, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(list->len, ==, 1);
        g_assert_true(corral_group_set_io_device_weight(group, &disk.device,
                                                        CORRAL_IO_WEIGHT_INHERIT, &error));
        g_assert_no_error(error);
        g_assert_true(corral_group_get_io_device_weight(group, &disk.device, &weight, &error));
        g_assert_cmpuint(weight, ==, CORRAL_IO_WEIGHT_INHERIT);
    } else {
        g_test_message("no bfq here");
    }

    drop_disk(&disk);
    bed_remove(group);
}

/* The number of some partition of this machine; FALSE if it has none. */
static gboolean
find_partition(CorralDevice *device)
{
    g_autoptr(GDir) dir = g_dir_open("/sys/dev/block", 0, NULL);
    const char *entry;

    while (dir && (entry = g_dir_read_name(dir))) {
        g_autofree char *file = g_build_filename("/sys/dev/block", entry, "partition", NULL);

        if (g_file_test(file, G_FILE_TEST_EXISTS)) {
            g_auto(GStrv) parts = g_strsplit(entry, ":", 2);

            *device = (CorralDevice){CORRAL_DEVICE_TYPE_BLOCK, g_ascii_strtoull(parts[0], NULL, 10),
                                     g_ascii_strtoull(parts[1], NULL, 10)};
            return TRUE;
        }
    }

    return FALSE;
}

static void
test_cannot(void)
{
    static const CorralDevice nowhere = {CORRAL_DEVICE_TYPE_BLOCK, 99, 99};
    g_autoptr(CorralGroup) group = bed_make_or_skip("cannot", CORRAL_CONTROLLER_IO);
    g_autoptr(CorralIoLimits) limits = corral_io_limits_new(&nowhere);
    g_autoptr(GError) error = NULL;
    CorralIoMechanism mechanisms;
    CorralDevice partition;

    if (!group)
        return;
    limits->read_bps = 2;
    g_assert_false(corral_group_set_io_limits(group, limits, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND);
    g_assert_nonnull(strstr(error->message, "99:99"));
    g_clear_error(&error);
    g_assert_false(corral_group_get_io_enforcement(group, &nowhere, &mechanisms, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND);
    g_clear_error(&error);

    if (find_partition(&partition)) {
        limits->device = partition;
        g_assert_false(corral_group_set_io_limits(group, limits, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
        g_assert_nonnull(strstr(error->message, "is a partition"));
        g_clear_error(&error);
        g_assert_true(corral_group_get_io_enforcement(group, &partition, &mechanisms, &error));
        g_assert_no_error(error);
    }

    bed_remove(group);
    g_assert_false(corral_group_set_io_limits(group, limits, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_clear_error(&error);
    g_assert_false(corral_group_set_io_weight(group, 100, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    bed_assert_nothing_left();
}

static void
add_tests(void)
{
    g_test_add_func("/io/limits", test_limits);
    g_test_add_func("/io/throttle", test_throttle);
    g_test_add_func("/io/weight", test_weight);
    g_test_add_func("/io/device-weight", test_device_weight);
    g_test_add_func("/io/cannot", test_cannot);
}

int
main(int argc, char **argv)
{
    return bed_run(argc, argv, add_tests);
}
