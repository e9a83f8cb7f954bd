/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-device-rule.h"

/*
 * What a group's rules about devices come to.  Pure: no kernel, no files.
 *
 * A group is open, and all is allowed but the exceptions; or it is not, and
 * nothing is allowed but the exceptions.  These are all of the same kind, which
 * is what the kernel's legacy interface can hold.
 */

/* One exception; the type is block or character, never both. */
typedef struct {
    CorralDevice device;
    guint access;
} CgDeviceEntry;

typedef struct {
    gboolean open;
    GArray *entries; /* CgDeviceEntry */
} CgDeviceRules;

CgDeviceRules *cg_device_rules_new(gboolean open);
CgDeviceRules *cg_device_rules_copy(const CgDeviceRules *self);
void cg_device_rules_free(CgDeviceRules *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgDeviceRules, cg_device_rules_free)

gboolean cg_device_rules_is_everything(const CorralDevice *device, guint access);

/*
 * Afterwards @access to @device is allowed or denied.  FALSE where an exception
 * that goes beyond @device, *wider, says the opposite: no exception can be made
 * to an exception.  Nothing is changed then.
 */
gboolean cg_device_rules_apply(CgDeviceRules *self, gboolean allow, const CorralDevice *device,
                               guint access, CgDeviceEntry *wider);

/* Adds to the exceptions, whichever kind they are. */
void cg_device_rules_add(CgDeviceRules *self, const CorralDevice *device, guint access);

/*
 * What the kernel will say to a process that wants @access to @device, which has
 * no wildcards.  *decider is the exception that decides, NULL if there is none.
 */
gboolean cg_device_rules_check(const CgDeviceRules *self, const CorralDevice *device, guint access,
                               const CgDeviceEntry **decider);

/*
 * Whether a group with the rules @above may have one below it with the rules
 * @self.  If not, *which is what it would have too much, as far as it is one.
 */
gboolean cg_device_rules_fit_below(const CgDeviceRules *self, const CgDeviceRules *above,
                                   CgDeviceEntry *which);

/* (element-type CgDeviceEntry): what exceptions @self has that @other lacks. */
GArray *cg_device_rules_subtract(const CgDeviceRules *self, const CgDeviceRules *other);

static inline const CgDeviceEntry *
cg_device_rules_get(const CgDeviceRules *self, guint i)
{
    return &g_array_index(self->entries, CgDeviceEntry, i);
}
