/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The guest itself: plain data behind a reference count. */

#include <config.h>

#include "guest-memtune.h"
#include "guest-placement.h"
#include "guest-private.h"

G_DEFINE_QUARK(guest - error - quark, guest_error);

/**
 * guest_new:
 * @driver: "qemu" or "lxc"
 * @name: as the user wrote it
 * @uuid: (nullable): in canonical form
 * @partition: (nullable): %NULL for %GUEST_DEFAULT_PARTITION
 *
 * A guest known by name only: nothing was promised to it, and neither its vCPUs nor its iothreads
 * are known.  guest_xml_parse() knows more.
 *
 * Returns: (transfer full): the guest; free with guest_unref()
 */
Guest *
guest_new(const char *driver, const char *name, const char *uuid, const char *partition)
{
    Guest *self = g_new0(Guest, 1);

    g_atomic_ref_count_init(&self->refs);
    self->driver = g_strdup(driver);
    self->name = g_strdup(name);
    self->uuid = g_strdup(uuid);
    self->partition = g_strdup(partition ? partition : GUEST_DEFAULT_PARTITION);
    guest_memtune_init(&self->memtune);
    guest_blkiotune_init(&self->blkiotune);
    self->placement = guest_placement_new();
    self->vcpus = g_array_new(FALSE, FALSE, sizeof(guint));
    self->iothreads = g_array_new(FALSE, FALSE, sizeof(guint));
    return self;
}

Guest *
guest_ref(Guest *self)
{
    g_atomic_ref_count_inc(&self->refs);
    return self;
}

void
guest_unref(Guest *self)
{
    if (!g_atomic_ref_count_dec(&self->refs))
        return;

    g_free(self->driver);
    g_free(self->name);
    g_free(self->uuid);
    g_free(self->partition);
    guest_blkiotune_clear(&self->blkiotune);
    guest_placement_free(self->placement);
    g_free(self->xml);
    g_array_unref(self->vcpus);
    g_array_unref(self->iothreads);
    g_free(self);
}

const char *
guest_get_driver(const Guest *self)
{
    return self->driver;
}

const char *
guest_get_name(const Guest *self)
{
    return self->name;
}

const char *
guest_get_uuid(const Guest *self)
{
    return self->uuid;
}

const char *
guest_get_partition(const Guest *self)
{
    return self->partition;
}

const char *
guest_get_xml(const Guest *self)
{
    return self->xml;
}

const GuestCputune *
guest_get_cputune(const Guest *self)
{
    return &self->cputune;
}

const GuestMemtune *
guest_get_memtune(const Guest *self)
{
    return &self->memtune;
}

const GuestBlkiotune *
guest_get_blkiotune(const Guest *self)
{
    return &self->blkiotune;
}

guint64
guest_get_memory_kib(const Guest *self)
{
    return self->memory_kib;
}

guint64
guest_get_most_memory_kib(const Guest *self)
{
    return self->most_memory_kib;
}

const GuestBalloon *
guest_get_balloon(const Guest *self)
{
    return &self->balloon;
}

const GuestReactions *
guest_get_reactions(const Guest *self)
{
    return &self->reactions;
}

gboolean
guest_has_balloon(const Guest *self)
{
    return self->has_balloon;
}

gboolean
guest_balloon_deflates(const Guest *self)
{
    return self->balloon_deflates;
}

gboolean
guest_is_pinned(const Guest *self)
{
    return self->is_pinned;
}

guint64
guest_get_pids_limit(const Guest *self)
{
    return self->pids_limit;
}

const GuestPlacement *
guest_get_placement(const Guest *self)
{
    return self->placement;
}

gboolean
guest_has_own_users(const Guest *self)
{
    return self->has_own_users;
}

const guint *
guest_get_vcpus(const Guest *self, gsize *n)
{
    *n = self->vcpus->len;
    return (const guint *)self->vcpus->data;
}

gboolean
guest_plugs_vcpus(const Guest *self)
{
    return self->plugs_vcpus;
}

const guint *
guest_get_iothreads(const Guest *self, gsize *n)
{
    *n = self->iothreads->len;
    return (const guint *)self->iothreads->data;
}
