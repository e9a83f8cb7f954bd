/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The register of guests and claims. */
#include <config.h>

#include "drv-keeper.h"

typedef struct {
    char *uuid;
    char *path;     /* of its group, or NULL */
    int run;        /* libvirt's id of the run that we started; 0 if we did not */
    guint users;    /* claims held and waited for */
    gboolean busy;  /* a claim is held */
    gboolean start; /* for a start */
    gboolean again; /* somebody gave up tidying */
} Entry;

struct _DrvKeeper {
    CorralHost *host;
    GMutex mutex;
    GCond released;
    GHashTable *guests;  /* uuid -> Entry */
    GHashTable *orphans; /* set of paths that are being removed */
};

struct _DrvClaim {
    DrvKeeper *keeper;
    Entry *entry;
};

static void
entry_free(Entry *entry)
{
    g_free(entry->uuid);
    g_free(entry->path);
    g_free(entry);
}

DrvKeeper *
drv_keeper_new(CorralHost *host)
{
    DrvKeeper *self = g_new0(DrvKeeper, 1);

    self->host = g_object_ref(host);
    g_mutex_init(&self->mutex);
    g_cond_init(&self->released);
    self->guests = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)entry_free);

    self->orphans = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    return self;
}

void
drv_keeper_free(DrvKeeper *self)
{
    if (!self)
        return;

    g_hash_table_unref(self->orphans);
    g_hash_table_unref(self->guests);
    g_cond_clear(&self->released);
    g_mutex_clear(&self->mutex);
    g_object_unref(self->host);
    g_free(self);
}

CorralHost *
drv_keeper_get_host(DrvKeeper *self)
{
    return self->host;
}

DrvClaim *
drv_keeper_claim(DrvKeeper *self, const char *uuid, DrvClaimPurpose purpose)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);
    Entry *entry = g_hash_table_lookup(self->guests, uuid);
    DrvClaim *claim;

    if (!entry) {
        entry = g_new0(Entry, 1);
        entry->uuid = g_strdup(uuid);
        g_hash_table_insert(self->guests, entry->uuid, entry);
    }

    entry->users++;
    while (entry->busy) {
        if (purpose >= DRV_CLAIM_PASS || (purpose == DRV_CLAIM_TIDY && entry->start)) {
            if (purpose != DRV_CLAIM_LOOK)
                entry->again = TRUE;
            entry->users--;
            return NULL;
        }
        g_cond_wait(&self->released, &self->mutex);
    }
    entry->busy = TRUE;
    entry->start = purpose == DRV_CLAIM_START;
    entry->again = FALSE;

    claim = g_new0(DrvClaim, 1);
    claim->keeper = self;
    claim->entry = entry;
    return claim;
}

gboolean
drv_claim_release(DrvClaim *claim)
{
    DrvKeeper *keeper = claim->keeper;
    Entry *entry = claim->entry;
    gboolean again;

    g_mutex_lock(&keeper->mutex);
    again = entry->again;
    entry->busy = FALSE;
    entry->users--;
    if (entry->users == 0 && !entry->path)
        g_hash_table_remove(keeper->guests, entry->uuid);
    g_cond_broadcast(&keeper->released);
    g_mutex_unlock(&keeper->mutex);

    g_free(claim);
    return again;
}

gboolean
drv_keeper_knows_run(DrvKeeper *self, const char *uuid, int run)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);
    const Entry *entry = g_hash_table_lookup(self->guests, uuid);

    return entry && ((entry->busy && entry->start) || (entry->path && entry->run == run));
}

void
drv_claim_set_run(DrvClaim *claim, int run)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&claim->keeper->mutex);

    claim->entry->run = run;
}

/* Whose group is at @path; with the mutex held. */
static const Entry *
find_holder(DrvKeeper *self, const char *path)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, self->guests);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        if (g_strcmp0(((const Entry *)value)->path, path) == 0)
            return value;
    }

    return NULL;
}

/* A start waits for a start, which fails or has come to stay; tidying waits for none. */
static gboolean
stands_in_line(const Entry *self, const Entry *holder)
{
    return self->start && holder && holder != self && holder->busy && holder->start;
}

gboolean
drv_claim_take_path(DrvClaim *claim, const char *path, char **holder)
{
    DrvKeeper *keeper = claim->keeper;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&keeper->mutex);
    const Entry *other;

    other = find_holder(keeper, path);
    while (g_hash_table_contains(keeper->orphans, path) || stands_in_line(claim->entry, other)) {
        g_cond_wait(&keeper->released, &keeper->mutex);
        other = find_holder(keeper, path);
    }

    if (other && other != claim->entry) {
        *holder = g_strdup(other->uuid);
        return FALSE;
    }

    g_free(claim->entry->path);
    claim->entry->path = g_strdup(path);
    return TRUE;
}

void
drv_claim_drop_path(DrvClaim *claim)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&claim->keeper->mutex);

    g_clear_pointer(&claim->entry->path, g_free);
    g_cond_broadcast(&claim->keeper->released);
}

char *
drv_claim_dup_path(DrvClaim *claim)
{
    return drv_keeper_dup_path(claim->keeper, claim->entry->uuid);
}

char *
drv_keeper_dup_path(DrvKeeper *self, const char *uuid)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);
    const Entry *entry = g_hash_table_lookup(self->guests, uuid);

    return entry ? g_strdup(entry->path) : NULL;
}

char **
drv_keeper_list(DrvKeeper *self)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);
    GPtrArray *uuids = g_ptr_array_new();
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, self->guests);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Entry *entry = value;

        if (entry->path)
            g_ptr_array_add(uuids, g_strdup(entry->uuid));
    }
    g_ptr_array_add(uuids, NULL);

    return (char **)g_ptr_array_free(uuids, FALSE);
}

gboolean
drv_keeper_claim_orphan(DrvKeeper *self, const char *path)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    return !find_holder(self, path) && g_hash_table_add(self->orphans, g_strdup(path));
}

void
drv_keeper_release_orphan(DrvKeeper *self, const char *path)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    g_hash_table_remove(self->orphans, path);
    g_cond_broadcast(&self->released);
}
