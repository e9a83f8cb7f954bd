/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A container that reboots from inside is started anew by libvirt itself, on its main
 * loop, and no table of ours is passed.  What drv-cradle.c does at a start has to be done
 * then as well.
 *
 * The main loop's thread is armed for good: whoever it makes a daemon of is held at
 * birth.  Besides libvirt_lxc hardly anybody is, for what the daemon is asked to do
 * is done by other threads.  The main loop waits for its libvirt_lxc meanwhile, with the
 * container's object locked, so nothing of libvirt's can be asked here.  But the number
 * of the one who is held is in the file where libvirt keeps that of the container's
 * process, as soon as the process in between, which writes the file, has ended; and in
 * which partition the container was we have noted when we took it over.
 *
 * Where systemd makes the group there is nothing to be held for: the scope is frozen as
 * soon as it is there, as drv-cradle.c does.
 *
 * Whoever has no such file, or is no container that has to be kept from its limits, goes
 * on at once.
 *
 * Should its partition be another one now libvirt_lxc goes there, and there is no
 * cradle: it is made harmless when it is taken over.
 */
#include <config.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "drv-birth.h"
#include "drv-cradle.h"
#include "drv-error.h"
#include "drv-libvirt.h"
#include "drv-loop.h"
#include "drv-nursery.h"
#include "drv-scope.h"
#include "guest-path.h"

VIR_LOG_INIT("corral.nursery");

#define LOOK_US 1000
/* A child that was killed before it could say its number. */
#define STILLBORN_US (100 * G_TIME_SPAN_MILLISECOND)
/* The child itself does not wait for longer than that. */
#define NAME_US (5 * G_TIME_SPAN_SECOND)
/* From birth to the group, on a slow machine. */
#define ENTER_US (60 * G_TIME_SPAN_SECOND)

struct _DrvNursery {
    CorralHost *host;
    DrvBirth *birth;
    GThread *thread;
    gint ended; /* atomic */
    GMutex mutex;
    GHashTable *partitions; /* by the container's name; under the mutex */
};

static pid_t
read_pid_file(const char *name)
{
    g_autofree char *file = g_strdup_printf("%s/libvirt/lxc/%s.pid", LIBVIRT_RUNSTATEDIR, name);
    g_autofree char *text = NULL;
    guint64 pid;

    if (!g_file_get_contents(file, &text, NULL, NULL) ||
        !g_ascii_string_to_unsigned(g_strchomp(text), 10, 1, G_MAXINT, &pid, NULL))
        return 0;
    return (pid_t)pid;
}

/* FALSE if none that we have noted has this number. */
static gboolean
find(DrvNursery *self, pid_t pid, char **name, char **partition)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);
    GHashTableIter iter;
    gpointer key, value;

    g_hash_table_iter_init(&iter, self->partitions);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        if (read_pid_file(key) != pid)
            continue;
        *name = g_strdup(key);
        *partition = g_strdup(value);
        return TRUE;
    }
    return FALSE;
}

/* 0 if there is no such process. */
static pid_t
read_parent(pid_t pid)
{
    g_autofree char *file = g_strdup_printf("/proc/%d/stat", (int)pid);
    g_autofree char *text = NULL;
    const char *end;

    /* After the name, which may have anything in it: " S 1". */
    if (!g_file_get_contents(file, &text, NULL, NULL))
        return 0;
    end = strrchr(text, ')');
    return end && strlen(end) > 4 ? (pid_t)g_ascii_strtoll(end + 4, NULL, 10) : 0;
}

/* Whether the process between the daemon and @pid is still there, which writes the file. */
static gboolean
is_announced_later(pid_t pid)
{
    const pid_t between = read_parent(pid);

    return between > 1 && read_parent(between) == getpid();
}

static gboolean
wait_for_name(DrvNursery *self, pid_t pid, char **name, char **partition)
{
    const gint64 deadline = g_get_monotonic_time() + NAME_US;
    gboolean later = TRUE;

    while (later && g_get_monotonic_time() < deadline) {
        later = is_announced_later(pid);
        if (find(self, pid, name, partition))
            return TRUE;
        if (later)
            g_usleep(LOOK_US);
    }
    return FALSE;
}

/* Whether libvirt_lxc has gone to a container's group, but not to @path, which may be NULL. */
static gboolean
is_elsewhere(DrvNursery *self, pid_t pid, const char *path)
{
    g_autofree char *found =
        corral_host_find_process(self->host, CORRAL_CONTROLLER_MEMORY, pid, NULL);
    g_autofree char *scope = found ? guest_path_cut_scope(found, "lxc") : NULL;
    g_autofree char *base = found ? g_path_get_basename(found) : NULL;

    if (scope)
        return g_strcmp0(scope, path) != 0;
    return base && g_strcmp0(found, path) != 0 && guest_path_is_guest(base, "lxc");
}

static gboolean
has_died(pid_t pid)
{
    return kill(pid, 0) < 0 && errno == ESRCH;
}

static void
attend(DrvNursery *self, CorralGroup *group, const char *name, pid_t pid)
{
    const gint64 deadline = g_get_monotonic_time() + ENTER_US;

    while (!drv_cradle_try_leave(group, name, pid)) {
        if (has_died(pid) || is_elsewhere(self, pid, corral_group_get_path(group)) ||
            g_get_monotonic_time() > deadline || g_atomic_int_get(&self->ended)) {
            drv_cradle_remove(group, name);
            return;
        }
        g_usleep(LOOK_US);
    }
}

/* Where libvirt_lxc gets its group from systemd.  NULL if that goes another way. */
static CorralGroup *
await(DrvNursery *self, const char *partition, const char *name, pid_t pid, GError **error)
{
    const gint64 deadline = g_get_monotonic_time() + ENTER_US;
    g_autoptr(GError) failure = NULL;
    CorralGroup *group = NULL;

    while (!failure && !has_died(pid) && g_get_monotonic_time() < deadline &&
           !g_atomic_int_get(&self->ended)) {
        /* In this order: it may be made, and entered, between the two. */
        const gboolean placed = is_elsewhere(self, pid, NULL);

        group = drv_cradle_find(self->host, partition, name, pid, &failure);
        if (group || placed)
            break;
        g_usleep(LOOK_US);
    }
    if (failure)
        g_propagate_error(error, g_steal_pointer(&failure));
    return group;
}

static void
receive(DrvNursery *self, guint number, pid_t pid)
{
    const gboolean awaited = drv_scope_is_used(self->host);
    g_autofree char *name = NULL;
    g_autofree char *partition = NULL;
    g_autoptr(CorralGroup) group = NULL;
    g_autoptr(GError) error = NULL;

    if (wait_for_name(self, pid, &name, &partition) && !awaited)
        group = drv_cradle_make(self->host, partition, name, pid, &error);
    drv_birth_let_go(self->birth, number);
    if (name && awaited)
        group = await(self, partition, name, pid, &error);
    if (error)
        drv_error_log(g_steal_pointer(&error), name, "hold it until it is harmless");
    if (group)
        attend(self, group, name, pid);
}

/* FALSE if it said that it would be there, and died. */
static gboolean
wait_for_number(DrvNursery *self, guint number, pid_t *pid)
{
    const gint64 deadline = g_get_monotonic_time() + STILLBORN_US;
    int errnum;

    while (!drv_birth_get(self->birth, number, pid, &errnum)) {
        if (g_get_monotonic_time() > deadline)
            return FALSE;
        g_usleep(LOOK_US);
    }
    return TRUE;
}

static gpointer
watch(gpointer data)
{
    DrvNursery *self = data;
    guint number = 0;
    pid_t pid;

    while (TRUE) {
        drv_birth_await(self->birth, number);
        if (g_atomic_int_get(&self->ended))
            return NULL;
        if (!drv_birth_has_claimed(self->birth, number))
            continue;
        if (wait_for_number(self, number, &pid))
            receive(self, number, pid);
        number++;
    }
}

static void
arm(gpointer birth)
{
    drv_birth_arm(birth);
}

DrvNursery *
drv_nursery_new(CorralHost *host)
{
    g_autoptr(DrvNursery) self = NULL;

    if (!drv_cradle_is_needed(host))
        return NULL;

    self = g_new0(DrvNursery, 1);
    self->host = g_object_ref(host);
    g_mutex_init(&self->mutex);
    self->partitions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    self->birth = drv_birth_new_endless();
    if (self->birth)
        self->thread = g_thread_try_new("corral-nursery", watch, self, NULL);
    if (self->thread && drv_loop_run(arm, self->birth, NULL))
        return g_steal_pointer(&self);

    VIR_WARN("corral: the limits of containers that reboot are open to their root for a moment");
    virResetLastError();
    return NULL;
}

void
drv_nursery_free(DrvNursery *self)
{
    if (!self)
        return;

    drv_birth_disarm();
    g_atomic_int_set(&self->ended, TRUE);
    if (self->birth)
        drv_birth_end(self->birth);
    if (self->thread)
        g_thread_join(self->thread);
    drv_birth_free(self->birth);
    g_hash_table_unref(self->partitions);
    g_mutex_clear(&self->mutex);
    g_object_unref(self->host);
    g_free(self);
}

void
drv_nursery_note(DrvNursery *self, const Guest *guest, const char *partition)
{
    const char *name = guest_get_name(guest);

    if (!self)
        return;

    g_mutex_lock(&self->mutex);
    if (guest_has_own_users(guest))
        g_hash_table_replace(self->partitions, g_strdup(name), g_strdup(partition));
    else
        g_hash_table_remove(self->partitions, name);
    g_mutex_unlock(&self->mutex);
}
