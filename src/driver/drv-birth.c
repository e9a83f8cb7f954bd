/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest's process is born in its group: it is let in between fork and exec,
 * so memory is charged to the guest from QEMU's first page, and no instruction
 * of QEMU ever runs outside of its limits.
 *
 * Nothing in libvirt calls us at that moment, but fork() does: a handler of
 * pthread_atfork() runs in the child of every fork of the daemon.  A thread
 * that starts a guest says so in a variable of its own, which the child
 * inherits.
 *
 * A start forks six to ten times, mostly for small helpers.  What is to run on
 * (QEMU, and helpers such as swtpm) is forked twice, so that it has no parent
 * but init: only in the second child is the parent somebody else than the
 * daemon.  That child has lost the descriptors that the daemon had open:
 * libvirt closes them between the two forks, and may have given their numbers
 * to something else.  So it opens the files itself, by names laid out before.
 *
 * The child runs with a copy of a process that had other threads: open, write,
 * close and stores to shared memory, nothing else.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "drv-birth.h"

/* A start daemonises QEMU and at most a handful of helpers. */
#define BORN_MAX 30

/* In memory shared with the children. */
typedef struct {
    atomic_uint claimed;
    struct {
        atomic_int pid; /* set last: 0 until the rest is valid */
        int errnum;
    } born[BORN_MAX];
} Register;

struct _DrvBirth {
    char **entrances;
    Register *born;
    pid_t daemon;
};

/* initial-exec: the first use in a child must not allocate. */
static __thread DrvBirth *due __attribute__((tls_model("initial-exec")));

static int
enter(const char *entrance)
{
    int fd = open(entrance, O_WRONLY | O_CLOEXEC);
    int errnum = 0;

    if (fd < 0)
        return errno;
    if (write(fd, "0", 1) != 1)
        errnum = errno;
    close(fd);
    return errnum;
}

static void
in_child(void)
{
    DrvBirth *birth = due;
    int saved = errno;
    int errnum = 0;
    unsigned int slot;
    char **entrance;

    if (!birth || getppid() == birth->daemon)
        return;

    for (entrance = birth->entrances; *entrance; entrance++) {
        int failed = enter(*entrance);

        if (failed && !errnum)
            errnum = failed;
    }

    slot = atomic_fetch_add(&birth->born->claimed, 1);
    if (slot < BORN_MAX) {
        birth->born->born[slot].errnum = errnum;
        atomic_store(&birth->born->born[slot].pid, getpid());
    }
    errno = saved;
}

int
drv_birth_init(void)
{
    static gsize once;
    static int result;

    if (g_once_init_enter(&once)) {
        result = pthread_atfork(NULL, NULL, in_child);
        g_once_init_leave(&once, 1);
    }

    return result;
}

DrvBirth *
drv_birth_new(char **entrances)
{
    Register *born =
        mmap(NULL, sizeof(*born), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    DrvBirth *self;

    if (born == MAP_FAILED)
        return NULL;

    self = g_new0(DrvBirth, 1);
    self->entrances = g_strdupv(entrances);
    self->born = born;
    self->daemon = getpid();
    return self;
}

void
drv_birth_free(DrvBirth *self)
{
    if (!self)
        return;

    munmap(self->born, sizeof(*self->born));
    g_strfreev(self->entrances);
    g_free(self);
}

void
drv_birth_arm(DrvBirth *self)
{
    due = self;
}

void
drv_birth_disarm(void)
{
    due = NULL;
}

gboolean
drv_birth_get(DrvBirth *self, guint i, pid_t *pid, int *errnum)
{
    int id;

    if (i >= BORN_MAX)
        return FALSE;
    id = atomic_load(&self->born->born[i].pid);
    if (id == 0)
        return FALSE;

    *pid = id;
    *errnum = self->born->born[i].errnum;
    return TRUE;
}
