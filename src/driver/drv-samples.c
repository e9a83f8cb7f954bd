/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The samplers.
 *
 * A sampler holds a dozen descriptors.  So only as many are kept as leave the
 * daemon most of what it may have; a guest beyond that gets one for the moment.
 *
 * A group may have been removed and made anew since, at the same path: then the
 * old files say that they are gone, and a new sampler is made once.
 */
#include <config.h>

#include <sys/resource.h>

#include "drv-group.h"
#include "drv-samples.h"

/* A share of the descriptors that the daemon may have, and how many a sampler takes. */
#define SHARE 4
#define DESCRIPTORS 16

typedef struct {
    char *path;
    CorralGroup *group;
    CorralSampler *sampler;
} Entry;

struct _DrvSamples {
    GMutex mutex;
    GHashTable *entries; /* uuid -> Entry */
    guint most;
};

static void
entry_free(gpointer data)
{
    Entry *entry = data;

    g_clear_object(&entry->sampler);
    g_clear_object(&entry->group);
    g_free(entry->path);
    g_free(entry);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Entry, entry_free)

static guint
find_most(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
        return G_MAXUINT;
    return MIN(limit.rlim_cur / (SHARE * DESCRIPTORS), G_MAXUINT);
}

DrvSamples *
drv_samples_new(void)
{
    DrvSamples *self = g_new0(DrvSamples, 1);

    g_mutex_init(&self->mutex);
    self->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
    self->most = find_most();
    return self;
}

void
drv_samples_free(DrvSamples *self)
{
    if (!self)
        return;

    g_hash_table_unref(self->entries);
    g_mutex_clear(&self->mutex);
    g_free(self);
}

static Entry *
open_entry(DrvKeeper *keeper, const char *path)
{
    CorralGroup *group =
        corral_group_open(drv_keeper_get_host(keeper), path, DRV_GROUP_CONTROLLERS, NULL);
    Entry *entry;

    if (!group)
        return NULL;

    entry = g_new0(Entry, 1);
    entry->path = g_strdup(path);
    entry->group = group;
    entry->sampler =
        corral_sampler_new(group, CORRAL_SAMPLE_ALL & ~CORRAL_SAMPLE_MEMORY_STATISTICS);
    return entry;
}

/* Not kept in the sampler's files, but a few more reads. */
static void
read_limits(Entry *entry, DrvStatistics *statistics)
{
    if (!corral_group_get_memory_limit(entry->group, &statistics->memory_limit, NULL))
        statistics->memory_limit = CORRAL_MEMORY_UNLIMITED;
    if (!corral_group_get_memory_peak(entry->group, &statistics->memory_peak, NULL))
        statistics->memory_peak = CORRAL_UNKNOWN;
    if (!corral_group_get_swap_limit(entry->group, &statistics->swap_limit, NULL))
        statistics->swap_limit = CORRAL_MEMORY_UNLIMITED;
}

static gboolean
read_entry(Entry *entry, gboolean limits, DrvStatistics *statistics)
{
    if (!corral_sampler_read(entry->sampler, &statistics->sample, NULL))
        return FALSE;

    if (limits)
        read_limits(entry, statistics);
    return TRUE;
}

static gboolean
take_known(DrvSamples *self, const char *uuid, const char *path, gboolean limits,
           DrvStatistics *statistics)
{
    Entry *entry = g_hash_table_lookup(self->entries, uuid);

    if (!entry)
        return FALSE;
    if (g_strcmp0(entry->path, path) == 0 && read_entry(entry, limits, statistics))
        return TRUE;

    g_hash_table_remove(self->entries, uuid);
    return FALSE;
}

gboolean
drv_samples_take(DrvSamples *self, DrvKeeper *keeper, const char *uuid, gboolean limits,
                 DrvStatistics *statistics)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);
    g_autofree char *path = drv_keeper_dup_path(keeper, uuid);
    g_autoptr(Entry) entry = NULL;

    if (take_known(self, uuid, path, limits, statistics))
        return TRUE;

    entry = path ? open_entry(keeper, path) : NULL;
    if (!entry || !read_entry(entry, limits, statistics))
        return FALSE;
    if (g_hash_table_size(self->entries) < self->most)
        g_hash_table_insert(self->entries, g_strdup(uuid), g_steal_pointer(&entry));
    return TRUE;
}

void
drv_samples_forget(DrvSamples *self, const char *uuid)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    g_hash_table_remove(self->entries, uuid);
}

guint
drv_samples_count(DrvSamples *self)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    return g_hash_table_size(self->entries);
}
