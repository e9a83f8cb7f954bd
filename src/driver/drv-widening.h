/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-access.h"
#include "drv-acl.h"
#include "drv-definition.h"
#include "drv-group.h"

/*
 * One change of what a running guest uses.  Before it, its device list is widened
 * to what it has and what it will have; after it, whatever came of it, the list
 * follows the running definition.  Between begin and end nobody else changes the
 * guest's list, and if the daemon is killed the next one makes the list right.
 */
typedef struct {
    DrvStack *stack;
    DrvSubject *subject;
    DrvClaim *claim;
    DrvGroup *group;   /* NULL if the guest has none: then there is no list */
    virDomainDef *def; /* as it runs */
    GPtrArray *grants; /* (element-type GuestGrant): what it has; add what it will have */
} DrvWidening;

/*
 * For a guest that runs.  FALSE with libvirt's error raised: then nothing is held.
 * The caller has been found to have the right.
 */
gboolean drv_widening_begin(DrvWidening *self, DrvStack *stack, DrvSubject *subject)
    G_GNUC_WARN_UNUSED_RESULT;

/* FALSE with libvirt's error raised; takes @error, what went wrong while adding, or NULL. */
gboolean drv_widening_apply(DrvWidening *self, GError *error) G_GNUC_WARN_UNUSED_RESULT;

/* Always; the error that is raised stays so. */
void drv_widening_end(DrvWidening *self);

/* After a change that needs nothing new. */
void drv_widening_follow(DrvStack *stack, virDomainPtr dom);
