/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changes of directories and files, told by inotify.
 *
 * A user may have 128 inotify instances (fs.inotify.max_user_instances), so there
 * is one for the whole process, the hub.  It stays once it is there: the kernel
 * takes 20 ms for closing one, the time of an RCU grace period.  All main loops
 * poll it; the one that comes first reads it, and passes on what concerns others,
 * perhaps in other threads, by their own eventfds.  So no loop waits for another
 * one, and no thread is needed.
 *
 * If the kernel's queue overflows everybody is woken.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdalign.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "cg-notify.h"
#include "corral-error.h"

#define DIR_MASK (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR)
#define FILE_MASK IN_MODIFY

struct _CgNotify {
    CgFd fd;
    gint woken;      /* atomic */
    GArray *numbers; /* inotify's, of what it looks after */
};

/* One thing that one CgNotify looks after. */
typedef struct {
    CgNotify *notify;
    char *name; /* NULL: any */
} Interest;

static GMutex lock; /* over all of this */
static struct {
    CgFd fd;
    GHashTable *interests; /* inotify's number to an owned GPtrArray of owned Interest */
    gint64 pumped;
} hub = {.fd = -1};

static void
interest_free(gpointer data)
{
    Interest *self = data;

    g_free(self->name);
    g_free(self);
}

static gboolean
open_hub(GError **error)
{
    if (hub.fd < 0) {
        hub.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        if (hub.fd < 0) {
            g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED,
                        "cannot watch groups: %s (see fs.inotify.max_user_instances)",
                        g_strerror(errno));
            return FALSE;
        }
        hub.interests = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
    }

    return TRUE;
}

CgNotify *
cg_notify_new(GError **error)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&lock);
    CgNotify *self;
    CG_AUTO_FD fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

    if (fd < 0) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED, "cannot watch groups: %s",
                    g_strerror(errno));
        return NULL;
    }
    if (!open_hub(error))
        return NULL;

    self = g_new0(CgNotify, 1);
    self->fd = cg_fd_steal(&fd);
    self->numbers = g_array_new(FALSE, FALSE, sizeof(int));
    return self;
}

static void
drop_interest(CgNotify *self, int number)
{
    GPtrArray *interests = g_hash_table_lookup(hub.interests, GINT_TO_POINTER(number));
    guint i;

    for (i = interests ? interests->len : 0; i > 0; i--) {
        const Interest *interest = g_ptr_array_index(interests, i - 1);

        if (interest->notify == self)
            g_ptr_array_remove_index_fast(interests, i - 1);
    }
    if (!interests || interests->len > 0)
        return;

    /* The kernel may have done so itself. */
    inotify_rm_watch(hub.fd, number);
    g_hash_table_remove(hub.interests, GINT_TO_POINTER(number));
}

void
cg_notify_free(CgNotify *self)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&lock);
    guint i;

    for (i = 0; i < self->numbers->len; i++)
        drop_interest(self, g_array_index(self->numbers, int, i));
    g_array_unref(self->numbers);
    cg_fd_close(&self->fd);
    g_free(self);
}

/* inotify wants a path; there is one that names a descriptor. */
static gboolean
add(CgNotify *self, int fd, guint32 mask, const char *name, int dir, const char *file,
    GError **error)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&lock);
    GPtrArray *interests;
    Interest *interest;
    char path[64];
    int number;

    g_snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    number = inotify_add_watch(hub.fd, path, mask);
    if (number < 0) {
        int errnum = errno;

        cg_tree_set_error(error, errnum, dir, file, "watch");
        if (errnum == ENOSPC)
            g_prefix_error(error, "fs.inotify.max_user_watches is exhausted: ");
        return FALSE;
    }

    /* The same number again for what is watched already. */
    interests = g_hash_table_lookup(hub.interests, GINT_TO_POINTER(number));
    if (!interests) {
        interests = g_ptr_array_new_with_free_func(interest_free);
        g_hash_table_insert(hub.interests, GINT_TO_POINTER(number), interests);
    }
    interest = g_new(Interest, 1);
    *interest = (Interest){self, g_strdup(name)};
    g_ptr_array_add(interests, interest);
    g_array_append_val(self->numbers, number);

    return TRUE;
}

gboolean
cg_notify_add_dir(CgNotify *self, int dir, const char *name, GError **error)
{
    return add(self, dir, DIR_MASK, name, dir, "", error);
}

gboolean
cg_notify_add_file(CgNotify *self, int dir, const char *file, GError **error)
{
    CG_AUTO_FD fd = cg_tree_open_with(dir, file, O_PATH, error);

    return fd >= 0 && add(self, fd, FILE_MASK, NULL, dir, file, error);
}

int
cg_notify_get_fd(CgNotify *self)
{
    return self->fd;
}

int
cg_notify_get_hub_fd(void)
{
    return hub.fd;
}

/* ---- passing on ---- */

static void
wake(CgNotify *self)
{
    g_atomic_int_set(&self->woken, 1);
    /* Full means that it is awake already. */
    (void)!eventfd_write(self->fd, 1);
}

static void
wake_interested(const GPtrArray *interests, const char *name)
{
    guint i;

    for (i = 0; i < interests->len; i++) {
        const Interest *interest = g_ptr_array_index(interests, i);

        if (!interest->name || !name || g_str_equal(interest->name, name))
            wake(interest->notify);
    }
}

static void
wake_all(void)
{
    GHashTableIter iter;
    gpointer interests;

    g_hash_table_iter_init(&iter, hub.interests);
    while (g_hash_table_iter_next(&iter, NULL, &interests))
        wake_interested(interests, NULL);
}

static void
pass_on(const struct inotify_event *event)
{
    const GPtrArray *interests;

    if (event->mask & IN_Q_OVERFLOW) {
        wake_all();
        return;
    }

    /* Nobody's: its owner has left meanwhile. */
    interests = g_hash_table_lookup(hub.interests, GINT_TO_POINTER(event->wd));
    if (!interests)
        return;
    /* A file that comes or goes in a directory is no group. */
    if (event->len > 0 && !(event->mask & IN_ISDIR))
        return;

    wake_interested(interests, event->len > 0 ? event->name : NULL);
}

void
cg_notify_pump(gint64 time)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&lock);
    alignas(struct inotify_event) char buffer[16 * 1024];

    if (hub.pumped == time)
        return;
    hub.pumped = time;

    while (TRUE) {
        ssize_t got = read(hub.fd, buffer, sizeof(buffer));
        const char *here = buffer;

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return;
        while (here < buffer + got) {
            const struct inotify_event *event = (const struct inotify_event *)here;

            pass_on(event);
            here += sizeof(*event) + event->len;
        }
    }
}

gboolean
cg_notify_is_woken(CgNotify *self)
{
    return g_atomic_int_get(&self->woken);
}

gboolean
cg_notify_take(CgNotify *self)
{
    eventfd_t number;

    /* In this order: what comes in between wakes once more. */
    (void)!eventfd_read(self->fd, &number);
    return g_atomic_int_exchange(&self->woken, 0);
}
