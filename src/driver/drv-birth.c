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
 * Where the group is not ours to make, the child is held until somebody in the
 * daemon who knows its number by now has made ready for it.  Who that is may sleep until
 * there is one: shared memory is all that the child has to wake him by.
 *
 * The child runs with a copy of a process that had other threads: open, write,
 * close, poll, a futex and stores to shared memory, nothing else.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "drv-birth.h"

/* A start daemonises QEMU and at most a handful of helpers.  Where births have no end this many can
 * wait at a time. */
#define BORN_MAX 30

/* Nobody waits for longer: the daemon may be gone. */
#define HOLD_MS 10000

/* In memory shared with the children. */
typedef struct {
    atomic_uint claimed;
    atomic_int held;
    struct {
        atomic_int pid; /* set last: 0 until the rest is valid, and when it is let go */
        atomic_int released;
        int errnum;
    } born[BORN_MAX];
} Register;

struct _DrvBirth {
    char **entrances;
    Register *born;
    pid_t daemon;
    gboolean endless;
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

static gboolean
has_slot(const DrvBirth *birth, unsigned int number)
{
    return birth->endless || number < BORN_MAX;
}

/* All at once, or this one. */
static gboolean
is_released(Register *born, gboolean in_slot, unsigned int slot)
{
    if (!atomic_load(&born->held))
        return TRUE;

    return in_slot && (atomic_load(&born->born[slot].released) ||
                       atomic_load(&born->born[slot].pid) != getpid());
}

static void
wait_until_released(Register *born, gboolean in_slot, unsigned int slot)
{
    int waited;

    for (waited = 0; !is_released(born, in_slot, slot) && waited < HOLD_MS; waited++)
        poll(NULL, 0, 1);
}

static void
wake(Register *born)
{
    syscall(SYS_futex, &born->claimed, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static void
in_child(void)
{
    DrvBirth *birth = due;
    int saved = errno;
    int errnum = 0;
    unsigned int number, slot;
    gboolean in_slot;
    char **entrance;

    if (!birth || getppid() == birth->daemon)
        return;

    for (entrance = birth->entrances; *entrance; entrance++) {
        int failed = enter(*entrance);

        if (failed && !errnum)
            errnum = failed;
    }

    number = atomic_fetch_add(&birth->born->claimed, 1);
    slot = number % BORN_MAX;
    in_slot = has_slot(birth, number);
    if (in_slot) {
        birth->born->born[slot].errnum = errnum;
        atomic_store(&birth->born->born[slot].pid, getpid());
    }
    wake(birth->born);
    wait_until_released(birth->born, in_slot, slot);
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

DrvBirth *
drv_birth_new_endless(void)
{
    char *nowhere[] = {NULL};
    DrvBirth *self = drv_birth_new(nowhere);

    if (self) {
        self->endless = TRUE;
        drv_birth_hold(self);
    }
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
drv_birth_hold(DrvBirth *self)
{
    atomic_store(&self->born->held, TRUE);
}

void
drv_birth_release(DrvBirth *self)
{
    atomic_store(&self->born->held, FALSE);
}

void
drv_birth_release_one(DrvBirth *self, guint i)
{
    if (i < BORN_MAX)
        atomic_store(&self->born->born[i].released, TRUE);
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
    const guint slot = i % BORN_MAX;
    int id;

    if (!has_slot(self, i))
        return FALSE;
    id = atomic_load(&self->born->born[slot].pid);
    if (id == 0)
        return FALSE;

    *pid = id;
    *errnum = self->born->born[slot].errnum;
    return TRUE;
}

gboolean
drv_birth_has_claimed(DrvBirth *self, guint i)
{
    return atomic_load(&self->born->claimed) != i;
}

void
drv_birth_let_go(DrvBirth *self, guint i)
{
    atomic_store(&self->born->born[i % BORN_MAX].pid, 0);
}

void
drv_birth_await(DrvBirth *self, guint i)
{
    syscall(SYS_futex, &self->born->claimed, FUTEX_WAIT, i, NULL, NULL, 0);
}

void
drv_birth_end(DrvBirth *self)
{
    drv_birth_release(self);
    atomic_fetch_add(&self->born->claimed, 1);
    wake(self->born);
}
