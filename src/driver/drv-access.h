/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-libvirt.h"

/*
 * Who may do what.  An override that answers by itself makes exactly the check
 * that the stock one would, before anything has an effect.  The checks look at
 * nothing of a definition but its name and UUID, so those two make one.
 */
typedef struct {
    virDomainPtr dom; /* as stock knows it: the name that a client sent is not to be trusted */
    virDomainDef def; /* zero but for the name and the UUID */
} DrvSubject;

/*
 * Until the end of the scope the thread asks libvirt with its own authority, not
 * with the client's: `DRV_ELEVATED virIdentity *caller = drv_access_elevate();`.
 * For what a client does not see.  If it fails, the client's own rights hold.
 */
virIdentity *drv_access_elevate(void);
#define DRV_ELEVATED VIR_IDENTITY_AUTORESTORE

/*
 * The guest that @dom means, looked up by UUID.  Raises stock's error and
 * returns FALSE if there is none.
 */
gboolean drv_access_find_subject(const virHypervisorDriver *next, virDomainPtr dom,
                                 DrvSubject *subject) G_GNUC_WARN_UNUSED_RESULT;
void drv_access_clear_subject(DrvSubject *subject);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DrvSubject, drv_access_clear_subject)

/* The guest with this UUID, with the authority of whoever is current; NULL with stock's error, or
 * without one where @uuid is none. */
virDomainPtr drv_access_look_up(const virHypervisorDriver *next, virConnectPtr conn,
                                const char *uuid) G_GNUC_WARN_UNUSED_RESULT;

/* For checks on a guest that libvirt does not know yet; borrows @name. */
void drv_access_init_def(virDomainDef *def, const char *name, const char *uuid);
