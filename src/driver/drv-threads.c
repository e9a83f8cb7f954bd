/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Placing threads.
 *
 * Moving somebody else's thread takes a lock of the kernel's that waits for an
 * RCU grace period, 10 to 20 ms, when nobody has used it for a while; the next
 * moves are a hundredth of that.  libvirt needs a hundred milliseconds and more
 * from QEMU's birth until the guest runs, so a thread of our own does it in that
 * time, and in most starts every vCPU is in its group before its first
 * instruction.  There is no event for "a thread was made", so it looks every
 * two milliseconds until it has found the guest, then less often, and only as
 * long as the start lasts.
 */
#include <config.h>

#include <string.h>

#include "drv-advice.h"
#include "drv-cpuset.h"
#include "drv-lookout.h"
#include "drv-threads.h"
#include "guest-threads.h"

#define LOOK_FOR_GUEST_US 2000
#define LOOK_FOR_MORE_US 20000

struct _DrvThreadsWatch {
    DrvGroup *group;
    DrvBirth *birth;
    gboolean plugs; /* libvirt plugs in vCPUs once QEMU runs */
    gboolean opened;
    GHashTable *placed;
    DrvLookout *lookout;
};

/* Whether @tid is in @group in all that tells threads apart here. */
static gboolean
is_in(CorralGroup *group, pid_t tid)
{
    guint i;

    for (i = 0; i < CORRAL_N_CONTROLLERS; i++) {
        g_autofree char *where = NULL;

        if (!(corral_group_get_controllers(group) & CORRAL_CONTROLLER_BIT(i)))
            continue;
        where = corral_host_find_process(corral_group_get_host(group), i, tid, NULL);
        if (g_strcmp0(where, corral_group_get_path(group)) != 0)
            return FALSE;
    }

    return TRUE;
}

static gboolean
place_one(DrvGroup *group, const GuestThread *thread, gboolean look, GError **error)
{
    GuestPart part = thread->kind == GUEST_THREAD_VCPU ? GUEST_PART_VCPU : GUEST_PART_IOTHREAD;
    CorralGroup *child = drv_group_get_thread(group, part, thread->number, error);

    if (!child)
        return FALSE;

    /* A look is cheap, a move stops every fork and exit on the machine. */
    return (look && is_in(child, thread->tid)) ||
           corral_group_attach_thread(child, thread->tid, error);
}

gboolean
drv_threads_place(DrvGroup *group, pid_t pid, GHashTable *placed, GError **error)
{
    g_autoptr(GArray) threads = guest_threads_list("/proc", pid, error);
    guint i;

    if (!threads)
        return FALSE;
    if (!drv_group_get_emulator(group))
        return TRUE;

    for (i = 0; i < threads->len; i++) {
        const GuestThread *thread = &g_array_index(threads, GuestThread, i);
        gpointer key = GINT_TO_POINTER(thread->tid);
        g_autoptr(GError) failure = NULL;

        if (thread->kind == GUEST_THREAD_EMULATOR || (placed && g_hash_table_contains(placed, key)))
            continue;
        if (place_one(group, thread, placed == NULL, &failure)) {
            if (placed)
                g_hash_table_add(placed, key);
        } else if (!g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND)) {
            /* A thread that has ended meanwhile needs no place. */
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
    }

    return TRUE;
}

gboolean
drv_threads_is_guest(pid_t pid)
{
    g_autoptr(GArray) threads = guest_threads_list("/proc", pid, NULL);
    guint i;

    for (i = 0; threads && i < threads->len; i++) {
        if (g_array_index(threads, GuestThread, i).kind == GUEST_THREAD_VCPU)
            return TRUE;
    }

    return FALSE;
}

pid_t
drv_threads_find_guest(DrvGroup *group)
{
    g_autoptr(GArray) processes = drv_group_list_processes(group);
    guint i;

    for (i = 0; i < processes->len; i++) {
        if (drv_threads_is_guest(g_array_index(processes, pid_t, i)))
            return g_array_index(processes, pid_t, i);
    }

    return 0;
}

/* The guest among those born; 0 as long as it has no vCPUs. */
static pid_t
find_guest(DrvThreadsWatch *self, int *errnum)
{
    pid_t pid;
    guint i;

    for (i = 0; drv_birth_get(self->birth, i, &pid, errnum); i++) {
        if (drv_threads_is_guest(pid))
            return pid;
    }

    return 0;
}

/* Of those born the guest is the one that the host's advice is for. */
static void
take_advice(DrvThreadsWatch *self)
{
    g_autoptr(GError) not_yet = NULL;
    int errnum;
    pid_t pid;
    guint i;

    for (i = 0; !not_yet && drv_birth_get(self->birth, i, &pid, &errnum); i++) {
        if (!drv_advice_take(self->group, pid, &not_yet))
            g_debug("advice is not taken yet: %s", not_yet->message);
    }
}

/* The first vCPUs are there, and so is QEMU's memory; others are about to come. */
static void
open_nodes(DrvThreadsWatch *self)
{
    g_autoptr(GError) not_yet = NULL;

    if (!self->plugs || self->opened || g_hash_table_size(self->placed) == 0)
        return;

    self->opened = drv_cpuset_open_nodes(self->group, &not_yet);
    if (!self->opened)
        g_debug("the emulator's nodes are not open yet: %s", not_yet->message);
}

static gint64
watch(gpointer data)
{
    DrvThreadsWatch *self = data;
    /* What fails now may succeed at the last look, and only that one tells. */
    g_autoptr(GError) not_yet = NULL;
    int errnum;
    const pid_t pid = find_guest(self, &errnum);

    if (pid == 0)
        take_advice(self);
    else if (!drv_threads_place(self->group, pid, self->placed, &not_yet))
        g_debug("not placed yet: %s", not_yet->message);
    open_nodes(self);
    return g_hash_table_size(self->placed) > 0 ? LOOK_FOR_MORE_US : LOOK_FOR_GUEST_US;
}

DrvThreadsWatch *
drv_threads_watch(DrvGroup *group, DrvBirth *birth, const Guest *guest)
{
    DrvThreadsWatch *self = g_new0(DrvThreadsWatch, 1);

    self->group = group;
    self->birth = birth;
    self->plugs = guest_plugs_vcpus(guest);
    self->placed = g_hash_table_new(NULL, NULL);
    /* Without it the last look does all the work. */
    self->lookout = drv_lookout_begin("corral-start", watch, self);

    return self;
}

pid_t
drv_threads_watch_end(DrvThreadsWatch *self, GError **error)
{
    const char *path = corral_group_get_path(drv_group_get_whole(self->group));
    int errnum = 0;
    pid_t pid;

    drv_lookout_end(self->lookout);

    pid = find_guest(self, &errnum);
    if (pid == 0)
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND,
                    "no process of the guest was born in group '%s'", path);
    else if (errnum != 0)
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED,
                    "group '%s' did not let process %d in: %s", path, (int)pid, g_strerror(errnum));
    else if (!drv_threads_place(self->group, pid, self->placed, error))
        g_prefix_error(error, "not every thread is in its group: ");
    else if (!drv_advice_take(self->group, pid, error))
        g_prefix_error(error, "its memory is not where the host would have it: ");
    else if (!drv_cpuset_close(self->group, pid, error))
        g_prefix_error(error, "the emulator's CPUs stay open: ");

    g_hash_table_unref(self->placed);
    g_free(self);
    return pid;
}
