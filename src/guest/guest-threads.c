/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * QEMU names its threads for debuggers, libvirt always asks it to, and with
 * that the name says what a thread does.  It is a hint from a process that may
 * be hostile: a name can put a thread of that process in the wrong child of
 * its own group, never anything else, and everything unknown is the
 * emulator's.
 *
 * The emulator's are on purpose:
 *  - "IO mon_iothread", which serves the monitor and not a disk;
 *  - "ALL CPUs/TCG", one thread that runs all vCPUs in turn: it belongs to no
 *    vCPU, and libvirt gives such guests no vCPU threads either.
 *
 * The kernel keeps 15 bytes of a name.  One that fills them may have been cut,
 * and then "IO iothread1234" may be any of a dozen iothreads: nobody's.  A
 * vCPU's number ends at the slash, so a cut does not harm it.
 */

#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "guest-threads.h"

/* TASK_COMM_LEN less the NUL.  Only kernel threads have longer names. */
#define COMM_BYTES_MAX 15

typedef DIR TaskDir;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TaskDir, closedir)

/* A decimal number as QEMU prints one: no sign, no space, no leading zero.
 * On success *text is moved behind it. */
static gboolean
take_number(const char **text, guint max, guint *number)
{
    const char *p = *text;
    guint64 value = 0;

    if (!g_ascii_isdigit(*p) || (*p == '0' && g_ascii_isdigit(p[1])))
        return FALSE;

    for (; g_ascii_isdigit(*p); p++) {
        value = value * 10 + (guint)g_ascii_digit_value(*p);
        if (value > max)
            return FALSE;
    }

    *text = p;
    *number = (guint)value;
    return TRUE;
}

/* "CPU 3/KVM": a number, a slash, and the accelerator in letters. */
static gboolean
is_vcpu(const char *name, guint *number)
{
    guint value;

    if (!g_str_has_prefix(name, "CPU "))
        return FALSE;
    name += strlen("CPU ");
    if (!take_number(&name, G_MAXUINT, &value) || *name != '/' || !g_ascii_isalpha(name[1]))
        return FALSE;
    for (name++; *name; name++) {
        if (!g_ascii_isalpha(*name))
            return FALSE;
    }

    *number = value;
    return TRUE;
}

/* "IO iothread1": "IO " and the alias, which libvirt makes of the id.  Ids begin at 1. */
static gboolean
is_iothread(const char *name, guint *number)
{
    guint value;

    if (!g_str_has_prefix(name, "IO iothread"))
        return FALSE;
    name += strlen("IO iothread");
    if (!take_number(&name, G_MAXUINT, &value) || value == 0 || *name != '\0')
        return FALSE;

    *number = value;
    return TRUE;
}

GuestThreadKind
guest_thread_classify(const char *comm, guint *number)
{
    g_autofree char *name = g_strdup(comm);
    gsize length = strlen(name);

    if (length > 0 && name[length - 1] == '\n')
        name[--length] = '\0';

    *number = 0;
    if (length > COMM_BYTES_MAX)
        return GUEST_THREAD_EMULATOR;
    if (is_vcpu(name, number))
        return GUEST_THREAD_VCPU;
    if (length < COMM_BYTES_MAX && is_iothread(name, number))
        return GUEST_THREAD_IOTHREAD;
    return GUEST_THREAD_EMULATOR;
}

static gboolean
means_gone(int errnum)
{
    return errnum == ENOENT || errnum == ESRCH;
}

/* Returns 0 or an errno. */
static int
read_comm(int task_fd, const char *tid, char *comm, gsize size)
{
    g_autofree char *path = g_strdup_printf("%s/comm", tid);
    int saved_errno = 0;
    ssize_t got;
    int fd;

    fd = openat(task_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno;

    do
        got = read(fd, comm, size - 1);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        saved_errno = errno;
    else
        comm[got] = '\0';

    close(fd);
    return saved_errno;
}

static void
set_error(GError **error, pid_t pid, int errnum)
{
    if (means_gone(errnum)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "Process %d is gone", (int)pid);
        return;
    }
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errnum),
                "Unable to list the threads of process %d: %s", (int)pid, g_strerror(errnum));
}

GArray *
guest_threads_list(const char *proc, pid_t pid, GError **error)
{
    g_autoptr(GArray) threads = g_array_new(FALSE, FALSE, sizeof(GuestThread));
    g_autofree char *path = g_strdup_printf("%s/%d/task", proc, (int)pid);
    g_autoptr(TaskDir) task = opendir(path);
    const struct dirent *entry;

    if (!task) {
        set_error(error, pid, errno);
        return NULL;
    }

    while (errno = 0, entry = readdir(task)) {
        const char *end = entry->d_name;
        char comm[64];
        GuestThread thread;
        guint tid;
        int errnum;

        if (!take_number(&end, G_MAXINT, &tid) || *end != '\0')
            continue;

        errnum = read_comm(dirfd(task), entry->d_name, comm, sizeof(comm));
        if (means_gone(errnum))
            continue;
        if (errnum != 0) {
            set_error(error, pid, errnum);
            return NULL;
        }

        thread.tid = (pid_t)tid;
        thread.kind = guest_thread_classify(comm, &thread.number);
        g_array_append_val(threads, thread);
    }

    /* A live process has at least one thread. */
    if (errno != 0 || threads->len == 0) {
        set_error(error, pid, errno != 0 ? errno : ESRCH);
        return NULL;
    }
    return g_steal_pointer(&threads);
}
