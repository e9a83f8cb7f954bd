/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules about devices: what they add up to.
 *
 * A set of exceptions means: for each device, a set of accesses.  Adding one
 * adds its accesses to those of every device that it is about, removing takes
 * them away.  So the order in which exceptions were added does not matter, and
 * "r" and then "w" is "rw".
 *
 * The kernel's legacy interface looks for a single exception that has all of
 * what is asked for.  Therefore, wherever two exceptions meet, a third one about
 * the devices that both are about has the accesses of both; where that is one
 * of the two, it has them itself.  What an exception says that a wider one says
 * as well is left out.
 */
#include <config.h>

#include "cg-device-rules.h"

CgDeviceRules *
cg_device_rules_new(gboolean open)
{
    CgDeviceRules *self = g_new(CgDeviceRules, 1);

    self->open = open;
    self->entries = g_array_new(FALSE, FALSE, sizeof(CgDeviceEntry));
    return self;
}

CgDeviceRules *
cg_device_rules_copy(const CgDeviceRules *self)
{
    CgDeviceRules *copy = cg_device_rules_new(self->open);

    if (self->entries->len > 0)
        g_array_append_vals(copy->entries, self->entries->data, self->entries->len);
    return copy;
}

void
cg_device_rules_free(CgDeviceRules *self)
{
    g_array_unref(self->entries);
    g_free(self);
}

gboolean
cg_device_rules_is_everything(const CorralDevice *device, guint access)
{
    return device->type == CORRAL_DEVICE_TYPE_ALL && device->major == CORRAL_DEVICE_ANY &&
           device->minor == CORRAL_DEVICE_ANY && access == CORRAL_DEVICE_ACCESS_ALL;
}

static gboolean
is_same(const CorralDevice *one, const CorralDevice *other)
{
    return one->type == other->type && one->major == other->major && one->minor == other->minor;
}

static gboolean
covers(const CorralDevice *wide, const CorralDevice *narrow)
{
    return wide->type == narrow->type &&
           (wide->major == CORRAL_DEVICE_ANY || wide->major == narrow->major) &&
           (wide->minor == CORRAL_DEVICE_ANY || wide->minor == narrow->minor);
}

static gboolean
meet_number(guint one, guint other, guint *both)
{
    if (one != other && one != CORRAL_DEVICE_ANY && other != CORRAL_DEVICE_ANY)
        return FALSE;

    *both = one == CORRAL_DEVICE_ANY ? other : one;
    return TRUE;
}

/* The devices that both are about. */
static gboolean
meet(const CorralDevice *one, const CorralDevice *other, CorralDevice *both)
{
    both->type = one->type;
    return one->type == other->type && meet_number(one->major, other->major, &both->major) &&
           meet_number(one->minor, other->minor, &both->minor);
}

static CgDeviceEntry *
entry_at(GArray *entries, guint i)
{
    return &g_array_index(entries, CgDeviceEntry, i);
}

static void
merge(GArray *entries, const CorralDevice *device, guint access)
{
    CgDeviceEntry entry = {*device, access};
    guint i;

    for (i = 0; i < entries->len; i++) {
        if (is_same(&entry_at(entries, i)->device, device)) {
            entry_at(entries, i)->access |= access;
            return;
        }
    }

    g_array_append_val(entries, entry);
}

/* The accesses to all of @device. */
static guint
sum_of(GArray *entries, const CorralDevice *device)
{
    guint access = 0;
    guint i;

    for (i = 0; i < entries->len; i++) {
        if (covers(&entry_at(entries, i)->device, device))
            access |= entry_at(entries, i)->access;
    }

    return access;
}

static gboolean
is_redundant(GArray *entries, guint which)
{
    const CgDeviceEntry *entry = entry_at(entries, which);
    guint i;

    for (i = 0; i < entries->len; i++) {
        const CgDeviceEntry *other = entry_at(entries, i);

        if (i != which && covers(&other->device, &entry->device) &&
            !(entry->access & ~other->access))
            return TRUE;
    }

    return FALSE;
}

/* Only what has to do with @device can have become so. */
static void
drop_redundant(GArray *entries, const CorralDevice *device)
{
    CorralDevice both;
    guint i;

    for (i = entries->len; i > 0; i--) {
        if (meet(&entry_at(entries, i - 1)->device, device, &both) && is_redundant(entries, i - 1))
            g_array_remove_index(entries, i - 1);
    }
}

static void
add(GArray *entries, const CorralDevice *device, guint access)
{
    const guint before = entries->len;
    guint i;

    merge(entries, device, access | sum_of(entries, device));
    for (i = 0; i < before; i++) {
        CorralDevice both;

        if (meet(&entry_at(entries, i)->device, device, &both))
            merge(entries, &both, sum_of(entries, &both));
    }
    drop_redundant(entries, device);
}

static const CgDeviceEntry *
find_wider(GArray *entries, const CorralDevice *device, guint access)
{
    CorralDevice both;
    guint i;

    for (i = 0; i < entries->len; i++) {
        const CgDeviceEntry *entry = entry_at(entries, i);

        if ((entry->access & access) && meet(&entry->device, device, &both) &&
            !covers(device, &entry->device))
            return entry;
    }

    return NULL;
}

static void
take_away(GArray *entries, const CorralDevice *device, guint access)
{
    guint i;

    for (i = entries->len; i > 0; i--) {
        CgDeviceEntry *entry = entry_at(entries, i - 1);

        if (covers(device, &entry->device))
            entry->access &= ~access;
        if (entry->access == 0)
            g_array_remove_index(entries, i - 1);
    }
    drop_redundant(entries, device);
}

/* @device as one of block devices and one of character devices, or as it is. */
static guint
split(const CorralDevice *device, CorralDevice parts[2])
{
    parts[0] = parts[1] = *device;
    if (device->type != CORRAL_DEVICE_TYPE_ALL)
        return 1;

    parts[0].type = CORRAL_DEVICE_TYPE_BLOCK;
    parts[1].type = CORRAL_DEVICE_TYPE_CHARACTER;
    return 2;
}

void
cg_device_rules_add(CgDeviceRules *self, const CorralDevice *device, guint access)
{
    CorralDevice parts[2];
    guint n_parts = split(device, parts);
    guint i;

    for (i = 0; i < n_parts; i++)
        add(self->entries, &parts[i], access);
}

static gboolean
remove_exception(CgDeviceRules *self, const CorralDevice *device, guint access,
                 CgDeviceEntry *wider)
{
    CorralDevice parts[2];
    guint n_parts = split(device, parts);
    guint i;

    for (i = 0; i < n_parts; i++) {
        const CgDeviceEntry *found = find_wider(self->entries, &parts[i], access);

        if (found) {
            *wider = *found;
            return FALSE;
        }
    }

    for (i = 0; i < n_parts; i++)
        take_away(self->entries, &parts[i], access);
    return TRUE;
}

gboolean
cg_device_rules_apply(CgDeviceRules *self, gboolean allow, const CorralDevice *device, guint access,
                      CgDeviceEntry *wider)
{
    if (cg_device_rules_is_everything(device, access)) {
        self->open = allow;
        g_array_set_size(self->entries, 0);
        return TRUE;
    }
    if (allow == self->open)
        return remove_exception(self, device, access, wider);

    cg_device_rules_add(self, device, access);
    return TRUE;
}

/* As the kernel does it, also where others wrote exceptions that we would not have. */
gboolean
cg_device_rules_check(const CgDeviceRules *self, const CorralDevice *device, guint access,
                      const CgDeviceEntry **decider)
{
    guint i;

    for (i = 0; i < self->entries->len; i++) {
        const CgDeviceEntry *entry = entry_at(self->entries, i);
        gboolean decides =
            self->open ? (access & entry->access) != 0 : (access & ~entry->access) == 0;

        if (decides && covers(&entry->device, device)) {
            *decider = entry;
            return !self->open;
        }
    }

    *decider = NULL;
    return self->open;
}

static gboolean
has_exception(const CgDeviceRules *self, const CgDeviceEntry *wanted)
{
    guint i;

    for (i = 0; i < self->entries->len; i++) {
        const CgDeviceEntry *entry = entry_at(self->entries, i);

        if (covers(&entry->device, &wanted->device) && !(wanted->access & ~entry->access))
            return TRUE;
    }

    return FALSE;
}

static gboolean
meets_exception(const CgDeviceRules *self, const CgDeviceEntry *wanted)
{
    CorralDevice both;
    guint i;

    for (i = 0; i < self->entries->len; i++) {
        const CgDeviceEntry *entry = entry_at(self->entries, i);

        if ((entry->access & wanted->access) && meet(&entry->device, &wanted->device, &both))
            return TRUE;
    }

    return FALSE;
}

gboolean
cg_device_rules_fit_below(const CgDeviceRules *self, const CgDeviceRules *above,
                          CgDeviceEntry *which)
{
    const CgDeviceRules *list = self->open ? above : self;
    guint i;

    if (self->open && !above->open) {
        *which = (CgDeviceEntry){{CORRAL_DEVICE_TYPE_ALL, CORRAL_DEVICE_ANY, CORRAL_DEVICE_ANY},
                                 CORRAL_DEVICE_ACCESS_ALL};
        return FALSE;
    }

    /* Both open: what is denied above is denied here, too. */
    for (i = 0; i < list->entries->len; i++) {
        const CgDeviceEntry *entry = entry_at(list->entries, i);
        gboolean fits = self->open    ? has_exception(self, entry)
                        : above->open ? !meets_exception(above, entry)
                                      : has_exception(above, entry);

        if (!fits) {
            *which = *entry;
            return FALSE;
        }
    }

    return TRUE;
}

GArray *
cg_device_rules_subtract(const CgDeviceRules *self, const CgDeviceRules *other)
{
    GArray *rest = g_array_new(FALSE, FALSE, sizeof(CgDeviceEntry));
    guint i, k;

    for (i = 0; i < self->entries->len; i++) {
        CgDeviceEntry entry = *entry_at(self->entries, i);

        for (k = 0; k < other->entries->len; k++) {
            if (is_same(&entry.device, &entry_at(other->entries, k)->device))
                entry.access &= ~entry_at(other->entries, k)->access;
        }
        if (entry.access != 0)
            g_array_append_val(rest, entry);
    }

    return rest;
}
