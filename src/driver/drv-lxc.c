/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt's own object for a container. */
#include <config.h>

#include "drv-error.h"
#include "drv-group.h"
#include "drv-lxc.h"

/* NULL if it has none that we know. */
static char *
dup_group_path(DrvStack *stack, const unsigned char *uuid)
{
    char text[VIR_UUID_STRING_BUFLEN];

    virUUIDFormat(uuid, text);
    return drv_keeper_dup_path(stack->keeper, text);
}

gboolean
drv_lxc_is_kept(DrvStack *stack, virDomainPtr dom)
{
    g_autofree char *path = dup_group_path(stack, dom->uuid);

    return path != NULL;
}

gboolean
drv_lxc_open(DrvStack *stack, virDomainPtr dom, DrvLxc *self)
{
    virLXCDriver *driver = dom->conn->privateData;
    char uuid[VIR_UUID_STRING_BUFLEN];

    memset(self, 0, sizeof(*self));
    /* What lies behind a connection is only known of this one. */
    if (!driver || g_strcmp0(stack->next->name, LXC_DRIVER_NAME) != 0) {
        drv_error_raise(VIR_ERR_NO_SUPPORT, "this is not libvirt's driver of containers");
        return FALSE;
    }

    self->vm = virDomainObjListFindByUUID(driver->domains, dom->uuid);
    self->driver = driver;
    if (self->vm)
        return TRUE;

    virUUIDFormat(dom->uuid, uuid);
    drv_error_raise(VIR_ERR_NO_DOMAIN, "no domain with matching uuid '%s' (%s)", uuid, dom->name);
    return FALSE;
}

void
drv_lxc_clear(DrvLxc *self)
{
    virErrorPtr raised = NULL;

    if (!self->vm)
        return;

    virErrorPreserveLast(&raised);
    if (self->has_job)
        virDomainObjEndJob(self->vm);
    virDomainObjEndAPI(&self->vm);
    virErrorRestore(&raised);
    memset(self, 0, sizeof(*self));
}

gboolean
drv_lxc_begin(DrvLxc *self, virDomainJob job)
{
    if (virDomainObjBeginJob(self->vm, job) < 0)
        return FALSE;

    self->has_job = TRUE;
    return virDomainObjCheckActive(self->vm) == 0;
}

void
drv_lxc_unlock(DrvLxc *self)
{
    virObjectUnlock(self->vm);
}

gboolean
drv_lxc_lock_again(DrvLxc *self, int run)
{
    virObjectLock(self->vm);
    if (virDomainObjCheckActive(self->vm) < 0)
        return FALSE;
    if (self->vm->def->id == run)
        return TRUE;

    drv_error_raise(VIR_ERR_OPERATION_FAILED, "domain '%s' has started anew meanwhile",
                    self->vm->def->name);
    return FALSE;
}

CorralGroup *
drv_lxc_open_group(DrvStack *stack, DrvLxc *self, GError **error)
{
    g_autofree char *path = dup_group_path(stack, self->vm->def->uuid);

    if (path)
        return corral_group_open(drv_keeper_get_host(stack->keeper), path, DRV_GROUP_CONTROLLERS,
                                 error);

    g_set_error_literal(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND, "its group is not known");
    return NULL;
}

void
drv_lxc_send(DrvLxc *self, int event, int detail)
{
    virObjectEventStateQueue(self->driver->domainEventState,
                             virDomainEventLifecycleNewFromObj(self->vm, event, detail));
}

void
drv_lxc_remove_transient(DrvLxc *self)
{
    if (self->has_job)
        virDomainObjEndJob(self->vm);
    self->has_job = FALSE;
    if (!self->vm->persistent)
        virDomainObjListRemove(self->driver->domains, self->vm);
}

virLXCDriverConfig *
drv_lxc_ref_config(virLXCDriver *driver)
{
    virLXCDriverConfig *config;

    virMutexLock(&driver->lock);
    config = virObjectRef(driver->config);
    virMutexUnlock(&driver->lock);
    return config;
}

gboolean
drv_lxc_save(DrvLxc *self)
{
    g_autoptr(virLXCDriverConfig) config = drv_lxc_ref_config(self->driver);

    return virDomainObjSave(self->vm, self->driver->xmlopt, config->stateDir) == 0;
}
