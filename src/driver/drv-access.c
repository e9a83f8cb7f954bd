/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The subject of an access check. */
#include <config.h>

#include "drv-access.h"
#include "drv-error.h"

/* Its parts do not change, but finding them means asking for users and groups by number. */
static gpointer
get_system(gpointer data G_GNUC_UNUSED)
{
    virIdentity *system = virIdentityGetSystem();

    if (!system)
        virResetLastError();
    return system;
}

/*
 * Not virIdentityElevateCurrent(): that marks the client's identity for the
 * secret driver's sake, and access rules still see the client.
 */
virIdentity *
drv_access_elevate(void)
{
    static GOnce once = G_ONCE_INIT;
    g_autoptr(virIdentity) caller = virIdentityGetCurrent();
    virIdentity *system;

    /* Outside of a daemon nobody has an identity, and nobody checks one. */
    if (!caller)
        return NULL;

    system = g_once(&once, get_system, NULL);
    if (!system || virIdentitySetCurrent(system) < 0) {
        virResetLastError();
        return NULL;
    }
    return g_steal_pointer(&caller);
}

gboolean
drv_access_find_subject(const virHypervisorDriver *next, virDomainPtr dom, DrvSubject *subject)
{
    /* Stock finds the guest without asking; who may only write need not be able to look it up. */
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    char uuid[VIR_UUID_STRING_BUFLEN];

    (void)caller;
    memset(subject, 0, sizeof(*subject));
    subject->dom = next->domainLookupByUUID(dom->conn, dom->uuid);
    if (!subject->dom) {
        virUUIDFormat(dom->uuid, uuid);
        drv_error_raise(VIR_ERR_NO_DOMAIN, "no domain with matching uuid '%s' (%s)", uuid,
                        dom->name);
        return FALSE;
    }

    subject->def.name = subject->dom->name;
    memcpy(subject->def.uuid, subject->dom->uuid, VIR_UUID_BUFLEN);
    return TRUE;
}

void
drv_access_clear_subject(DrvSubject *subject)
{
    virErrorPtr raised = NULL;

    if (!subject->dom)
        return;

    virErrorPreserveLast(&raised);
    virObjectUnref(subject->dom);
    virErrorRestore(&raised);
    memset(subject, 0, sizeof(*subject));
}

virDomainPtr
drv_access_look_up(const virHypervisorDriver *next, virConnectPtr conn, const char *uuid)
{
    unsigned char raw[VIR_UUID_BUFLEN];

    return virUUIDParse(uuid, raw) == 0 ? next->domainLookupByUUID(conn, raw) : NULL;
}

void
drv_access_init_def(virDomainDef *def, const char *name, const char *uuid)
{
    memset(def, 0, sizeof(*def));
    def->name = (char *)name;
    if (uuid && virUUIDParse(uuid, def->uuid) < 0)
        memset(def->uuid, 0, VIR_UUID_BUFLEN);
}
