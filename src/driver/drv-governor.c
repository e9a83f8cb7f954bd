/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The governor's threads.
 *
 * One keeps the time and knows when which guest is due; a few do the looking, since to set a
 * limit may take the kernel a second.  A guest that is being looked at is busy: nobody
 * else does, and what happens to it meanwhile makes it due at once.
 *
 * Whoever looks has the guest's claim, so that nobody changes its limits meanwhile.  He does
 * not wait for it: a claim may be held across a start, and he comes again soon.  And he does not
 * keep it while the kernel takes memory from the guest.
 *
 * Nothing is kept here that could not be found again: what a guest was asked for is on its group,
 * and guests are considered when the daemon starts.
 */
#include <config.h>

#include "drv-access.h"
#include "drv-error.h"
#include "drv-governor.h"
#include "drv-settle.h"

#define THREADS 8
#define CLAIMED_US (G_TIME_SPAN_SECOND / 4)
#define NEVER G_MAXINT64

typedef struct {
    DrvWard *ward;
    gint64 due_us; /* NEVER */
    gboolean busy;
    gboolean glance;    /* may do: nothing was new when this look began */
    gboolean news;      /* since the last look began */
    gboolean read_anew; /* likewise: its XML as well */
    DrvWardStatus status;
} Entry;

struct _DrvGovernor {
    DrvWardMeans means;
    virConnectPtr conn;
    GMutex mutex; /* of all that follows */
    GCond changed;
    GHashTable *entries; /* uuid -> Entry */
    gboolean ending;
    GThreadPool *pool;
    GThread *thread;
};

static void
entry_free(gpointer data)
{
    Entry *entry = data;

    drv_ward_free(entry->ward);
    g_free(entry);
}

/* ---- with the mutex held ---- */

static Entry *
get_entry(DrvGovernor *self, const char *uuid)
{
    Entry *entry = g_hash_table_lookup(self->entries, uuid);

    if (!entry) {
        entry = g_new0(Entry, 1);
        entry->ward = drv_ward_new(&self->means, uuid);
        entry->due_us = NEVER;
        g_hash_table_insert(self->entries, g_strdup(uuid), entry);
    }
    return entry;
}

/* The one that is due first, if it is; else until when to wait. */
static const char *
find_due(DrvGovernor *self, gint64 *until_us)
{
    const gint64 now_us = g_get_monotonic_time();
    const char *first = NULL;
    GHashTableIter iter;
    gpointer uuid, value;

    *until_us = NEVER;
    g_hash_table_iter_init(&iter, self->entries);
    while (g_hash_table_iter_next(&iter, &uuid, &value)) {
        Entry *entry = value;

        if (!entry->busy && entry->due_us < *until_us) {
            *until_us = entry->due_us;
            first = uuid;
        }
    }
    return *until_us <= now_us ? first : NULL;
}

static void
begin_look(Entry *entry)
{
    entry->busy = TRUE;
    entry->glance = !entry->news;
    if (entry->read_anew)
        drv_ward_read_anew(entry->ward);
    entry->news = entry->read_anew = FALSE;
}

static void
end_look(DrvGovernor *self, const char *uuid, Entry *entry, gboolean there, gint64 pause_us)
{
    entry->busy = FALSE;
    entry->status = drv_ward_get_status(entry->ward);
    if (entry->news)
        entry->due_us = 0;
    else
        entry->due_us = pause_us < 0 ? NEVER : g_get_monotonic_time() + pause_us;

    /* Of those that are asked for nothing there is nothing to remember. */
    if (!entry->news && (!there || (pause_us < 0 && entry->status.state == POLICY_BALLOON_OFF)))
        g_hash_table_remove(self->entries, uuid);
    g_cond_broadcast(&self->changed);
}

/* ---- without it ---- */

static void
give_back(DrvGovernor *self, const char *uuid, Entry *entry, gboolean there, gint64 pause_us)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    end_look(self, uuid, entry, there, pause_us);
}

static Entry *
find(DrvGovernor *self, const char *uuid)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    return g_hash_table_lookup(self->entries, uuid);
}

static void
work(gpointer data, gpointer opaque)
{
    DRV_ELEVATED virIdentity *caller = NULL;
    g_autofree char *uuid = data;
    DrvGovernor *self = opaque;
    Entry *entry = find(self, uuid);
    gint64 pause_us = CLAIMED_US;
    gboolean there = TRUE;
    DrvClaim *claim = NULL;

    if (!entry->glance || !drv_ward_glance(entry->ward, &pause_us)) {
        claim = drv_keeper_claim(self->means.stack->keeper, uuid, DRV_CLAIM_LOOK);
        caller = drv_access_elevate();
        if (claim)
            there = drv_ward_look(entry->ward, self->conn, &pause_us);
    }
    (void)caller;
    if (claim && drv_claim_release(claim))
        drv_settle_in_passing(self->means.stack, self->conn, uuid);
    drv_ward_finish(entry->ward);
    give_back(self, uuid, entry, there, pause_us);
}

static gpointer
keep_time(gpointer data)
{
    DrvGovernor *self = data;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    while (!self->ending) {
        gint64 until_us;
        const char *uuid = find_due(self, &until_us);

        if (uuid) {
            begin_look(g_hash_table_lookup(self->entries, uuid));
            g_thread_pool_push(self->pool, g_strdup(uuid), NULL);
        } else if (until_us == NEVER) {
            g_cond_wait(&self->changed, &self->mutex);
        } else {
            g_cond_wait_until(&self->changed, &self->mutex, until_us);
        }
    }
    return NULL;
}

DrvGovernor *
drv_governor_new(DrvStack *stack, virConnectPtr conn)
{
    g_autoptr(GError) error = NULL;
    CorralHost *host = corral_host_new(NULL, CORRAL_HOST_FILES_ONLY, &error);
    DrvGovernor *self;

    if (!host) {
        drv_error_log(g_steal_pointer(&error), stack->uri, "keep guests to their balloons");
        return NULL;
    }

    self = g_new0(DrvGovernor, 1);
    self->means = (DrvWardMeans){stack, host, drv_guardian_new()};
    self->conn = virObjectRef(conn);
    g_mutex_init(&self->mutex);
    g_cond_init(&self->changed);
    self->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
    self->pool = g_thread_pool_new(work, self, THREADS, FALSE, NULL);
    self->thread = g_thread_try_new("corral-balloon", keep_time, self, NULL);
    return self;
}

void
drv_governor_free(DrvGovernor *self)
{
    if (!self)
        return;

    g_mutex_lock(&self->mutex);
    self->ending = TRUE;
    g_cond_broadcast(&self->changed);
    g_mutex_unlock(&self->mutex);
    if (self->thread)
        g_thread_join(self->thread);
    g_thread_pool_free(self->pool, FALSE, TRUE);
    g_hash_table_unref(self->entries);
    g_cond_clear(&self->changed);
    g_mutex_clear(&self->mutex);
    drv_guardian_free(self->means.guardian);
    g_object_unref(self->means.host);
    virObjectUnref(self->conn);
    g_free(self);
}

static void
make_due(DrvGovernor *self, const char *uuid, gboolean read_anew)
{
    g_autoptr(GMutexLocker) locker = NULL;
    Entry *entry;

    if (!self)
        return;

    locker = g_mutex_locker_new(&self->mutex);
    entry = get_entry(self, uuid);
    entry->news = TRUE;
    entry->read_anew = entry->read_anew || read_anew;
    entry->due_us = 0;
    g_cond_broadcast(&self->changed);
}

void
drv_governor_consider(DrvGovernor *self, const char *uuid)
{
    make_due(self, uuid, TRUE);
}

void
drv_governor_wake(DrvGovernor *self, const char *uuid)
{
    make_due(self, uuid, FALSE);
}

/* By somebody who remembers nothing: whoever looks after it may be busy, and for long. */
void
drv_governor_raise(DrvGovernor *self, const char *uuid)
{
    DRV_ELEVATED virIdentity *caller = NULL;
    g_autoptr(DrvWard) ward = NULL;

    if (!self)
        return;

    caller = drv_access_elevate();
    (void)caller;
    ward = drv_ward_new(&self->means, uuid);
    drv_ward_raise(ward, self->conn);
    drv_governor_wake(self, uuid);
}

gboolean
drv_governor_get_status(DrvGovernor *self, const char *uuid, DrvWardStatus *status)
{
    g_autoptr(GMutexLocker) locker = NULL;
    const Entry *entry;

    if (!self)
        return FALSE;

    locker = g_mutex_locker_new(&self->mutex);
    entry = g_hash_table_lookup(self->entries, uuid);
    if (!entry || entry->status.state == POLICY_BALLOON_OFF)
        return FALSE;
    *status = entry->status;
    return TRUE;
}
