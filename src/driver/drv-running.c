/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a guest runs, which definition is meant, where its group is. */
#include <config.h>

#include "drv-error.h"
#include "drv-running.h"
#include "drv-scope.h"
#include "drv-settle.h"

int
drv_running_is_active(DrvStack *stack, DrvSubject *subject)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();

    (void)caller;
    return stack->next->domainIsActive(subject->dom);
}

static int
is_persistent(DrvStack *stack, DrvSubject *subject)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();

    (void)caller;
    return stack->next->domainIsPersistent(subject->dom);
}

DrvReach
drv_running_find_reach(DrvStack *stack, DrvSubject *subject, unsigned int flags)
{
    unsigned int affect = flags & (VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG);
    int active = drv_running_is_active(stack, subject);
    int persistent;

    if (active < 0)
        return DRV_REACH_FAILED;
    if (!active || affect == VIR_DOMAIN_AFFECT_CONFIG)
        return DRV_REACH_STOCK;
    if (!(affect & VIR_DOMAIN_AFFECT_CONFIG))
        return DRV_REACH_LIVE;

    persistent = is_persistent(stack, subject);
    if (persistent < 0)
        return DRV_REACH_FAILED;
    if (!persistent) {
        drv_error_raise(VIR_ERR_OPERATION_INVALID,
                        "transient domains do not have any persistent config");
        return DRV_REACH_FAILED;
    }

    return DRV_REACH_BOTH;
}

DrvReach
drv_running_begin_change(virDomainPtr dom, DrvEnsureChange ensure, unsigned int flags,
                         DrvSubject *subject)
{
    DrvStack *stack = drv_stack_of(dom->conn);

    if (!drv_access_find_subject(stack->next, dom, subject) ||
        ensure(dom->conn, &subject->def, flags) < 0)
        return DRV_REACH_FAILED;

    return drv_running_find_reach(stack, subject, flags);
}

DrvReach
drv_running_begin_read(virDomainPtr dom, DrvEnsureRead ensure, unsigned int flags,
                       DrvSubject *subject)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    int active;

    if (!drv_access_find_subject(stack->next, dom, subject) || ensure(dom->conn, &subject->def) < 0)
        return DRV_REACH_FAILED;

    active = drv_running_is_active(stack, subject);
    if (active < 0)
        return DRV_REACH_FAILED;
    return active && !(flags & VIR_DOMAIN_AFFECT_CONFIG) ? DRV_REACH_LIVE : DRV_REACH_STOCK;
}

static DrvGroup *
open_known(DrvStack *stack, DrvSubject *subject, CorralControllers controllers)
{
    char uuid[VIR_UUID_STRING_BUFLEN];
    g_autofree char *path = NULL;

    virUUIDFormat(subject->def.uuid, uuid);
    path = drv_keeper_dup_path(stack->keeper, uuid);
    return path ? drv_group_open(drv_keeper_get_host(stack->keeper), path, controllers, NULL)
                : NULL;
}

DrvGroup *
drv_running_open_group(DrvStack *stack, DrvSubject *subject, CorralControllers controllers,
                       const char *complaint)
{
    DrvGroup *group = open_known(stack, subject, controllers);

    if (!group || !corral_group_get_controllers(drv_group_get_whole(group))) {
        g_clear_pointer(&group, drv_group_free);
        drv_error_raise(VIR_ERR_OPERATION_INVALID, "%s", complaint);
    }

    return group;
}

DrvGroup *
drv_running_find_group(DrvStack *stack, DrvSubject *subject)
{
    return open_known(stack, subject, DRV_GROUP_CONTROLLERS);
}

DrvClaim *
drv_running_claim(DrvStack *stack, DrvSubject *subject)
{
    char uuid[VIR_UUID_STRING_BUFLEN];

    virUUIDFormat(subject->def.uuid, uuid);
    return drv_keeper_claim(stack->keeper, uuid, DRV_CLAIM_CHANGE);
}

void
drv_running_release(DrvStack *stack, DrvSubject *subject, DrvClaim *claim)
{
    DRV_ELEVATED virIdentity *caller = NULL;
    char uuid[VIR_UUID_STRING_BUFLEN];
    virErrorPtr raised = NULL;

    if (!drv_claim_release(claim))
        return;

    virErrorPreserveLast(&raised);
    caller = drv_access_elevate();
    (void)caller;
    virUUIDFormat(subject->def.uuid, uuid);
    drv_settle(stack, subject->dom->conn, uuid);
    virErrorRestore(&raised);
}

/* The stock half of a call that sets both: the caller may, and has been asked once. */
static int
set_config(const DrvSetter *setter, const DrvChange *change)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();

    (void)caller;
    return setter->stock(change->subject->dom, change->config, change->nconfig,
                         VIR_DOMAIN_AFFECT_CONFIG);
}

/* Stock's idea of a container that runs. */
static int
set_containers_live(const DrvSetter *setter, DrvChange *change)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();

    (void)caller;
    return setter->stock(change->subject->dom, change->params, change->nparams,
                         VIR_DOMAIN_AFFECT_LIVE) < 0
               ? -1
               : setter->write(change);
}

static int
set_claimed(const DrvSetter *setter, DrvChange *change)
{
    virErrorPtr raised = NULL;

    if (setter->prepare(change) < 0 || setter->write(change) < 0)
        return -1;
    if ((change->stack->has_containers && set_containers_live(setter, change) < 0) ||
        (change->config_too && set_config(setter, change) < 0)) {
        virErrorPreserveLast(&raised);
        setter->undo(change);
        virErrorRestore(&raised);
        return -1;
    }

    if (setter->done)
        setter->done(change);
    return 0;
}

/* However it went: libvirt may have tuned it, too.  Only a scope has a level. */
static void
level_out(DrvStack *stack, DrvSubject *subject)
{
    g_autoptr(DrvGroup) group = NULL;

    if (!stack->has_containers || !drv_scope_is_used(drv_keeper_get_host(stack->keeper)))
        return;

    group = drv_running_find_group(stack, subject);
    if (group)
        drv_group_level_out(group);
}

int
drv_running_set(const DrvSetter *setter, virDomainPtr dom, virTypedParameterPtr params, int nparams,
                unsigned int flags, gpointer data)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    g_auto(DrvSubject) subject = {NULL};
    const DrvReach reach = drv_running_begin_change(dom, setter->ensure, flags, &subject);
    DrvChange change = {
        .stack = stack,
        .subject = &subject,
        .params = params,
        .nparams = nparams,
        .config_too = reach == DRV_REACH_BOTH,
        .config = params,
        .nconfig = nparams,
        .data = data,
    };
    DrvClaim *claim;
    int result;

    if (reach == DRV_REACH_FAILED)
        return -1;
    if (reach == DRV_REACH_STOCK)
        return setter->pass ? setter->pass(&change, dom, flags)
                            : setter->stock(dom, params, nparams, flags);

    claim = drv_running_claim(stack, &subject);
    result = set_claimed(setter, &change);
    level_out(stack, &subject);
    drv_running_release(stack, &subject, claim);
    return result;
}
