/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A process that tries devices. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "device-prober.h"

/* Nobody but us sees what is in it. */
static gboolean
make_place_for_nodes(void)
{
    return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("nodes", "/tmp", "tmpfs", 0, NULL) == 0 && chdir("/tmp") == 0;
}

static int
try_open(const char *node, int flags)
{
    int fd = open(node, flags | O_NONBLOCK | O_CLOEXEC);

    if (fd >= 0)
        close(fd);
    return fd >= 0 ? 0 : errno;
}

/*
 * To open what has no driver makes the kernel call modprobe, so where many such
 * devices are tried the kernel is only asked, which is the same check.
 */
static int
try_access(const char *node, const char *what)
{
    int mode = (strchr(what, 'R') ? R_OK : 0) | (strchr(what, 'W') ? W_OK : 0);

    return access(node, mode) < 0 ? errno : 0;
}

/* "make c 1 3", then "c 1 3 rw": the answer is 1 unless that is not permitted. */
static void
do_as_told(const char *line)
{
    gboolean make = g_str_has_prefix(line, "make ");
    g_auto(GStrv) words = g_strsplit(make ? line + 5 : line, " ", -1);
    dev_t number =
        makedev(g_ascii_strtoull(words[1], NULL, 10), g_ascii_strtoull(words[2], NULL, 10));
    mode_t mode = 0600 | (words[0][0] == 'b' ? S_IFBLK : S_IFCHR);
    g_autofree char *node = g_strdup_printf("%s-%s-%s", words[0], words[1], words[2]);
    int errnum = 0;

    if (make) {
        errnum = mknod(node, mode, number) < 0 && errno != EEXIST ? errno : 0;
    } else if (words[3][0] == 'm') {
        errnum = mknod("new", mode, number) < 0 ? errno : 0;
        unlink("new");
    } else if (words[3][0] == 'e' || g_ascii_isupper(words[3][0])) {
        errnum = try_access(node, words[3]);
    } else {
        errnum = try_open(node, g_str_equal(words[3], "r")   ? O_RDONLY
                                : g_str_equal(words[3], "w") ? O_WRONLY
                                                             : O_RDWR);
    }
    printf("%d\n", errnum != EPERM);
    fflush(stdout);
}

int
device_prober_try(void)
{
    char line[128];

    puts(make_place_for_nodes() ? "ready" : "cannot");
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin))
        do_as_told(g_strchomp(line));
    return 0;
}

static int stop;

static gpointer
wait_for_stop(gpointer data G_GNUC_UNUSED)
{
    char byte;

    (void)!read(STDIN_FILENO, &byte, 1);
    g_atomic_int_set(&stop, 1);
    return NULL;
}

/*
 * Once told to begin, counts how often it cannot open what is always allowed, or
 * can open what never is; the status is 0 if that never happens.
 */
int
device_prober_hammer(void)
{
    char byte;
    GThread *waits;
    int wrong = 0;

    puts("ready");
    fflush(stdout);
    if (read(STDIN_FILENO, &byte, 1) != 1)
        return 99;
    waits = g_thread_new("stop", wait_for_stop, NULL);
    while (!g_atomic_int_get(&stop)) {
        wrong += try_open("/dev/null", O_RDWR) == EPERM;
        wrong += try_open("/dev/zero", O_RDONLY) != EPERM;
    }
    g_thread_join(waits);
    return MIN(wrong, 98);
}

gboolean
device_prober_may(BedProcess *process, const CorralDevice *device, const char *what)
{
    g_autofree char *answer = NULL;

    dprintf(process->in, "%c %u %u %s\n", device->type == CORRAL_DEVICE_TYPE_BLOCK ? 'b' : 'c',
            device->major, device->minor, what);
    answer = bed_read_line(process);
    return answer[0] == '1';
}

void
device_prober_make_node(BedProcess *process, const CorralDevice *device)
{
    g_autofree char *answer = NULL;

    dprintf(process->in, "make %c %u %u\n", device->type == CORRAL_DEVICE_TYPE_BLOCK ? 'b' : 'c',
            device->major, device->minor);
    answer = bed_read_line(process);
    g_assert_cmpstr(answer, ==, "1");
}

BedProcess
device_prober_start(const CorralDevice *devices, gsize n_devices)
{
    BedProcess process = bed_start("--try", NULL);
    g_autofree char *ready = bed_read_line(&process);
    gsize i;

    g_assert_cmpstr(ready, ==, "ready");
    for (i = 0; i < n_devices; i++)
        device_prober_make_node(&process, &devices[i]);
    return process;
}
