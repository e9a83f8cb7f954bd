/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Containers that stand still and go on.
 *
 * Stock freezes by the legacy interface, and knows no other.  Here the library freezes,
 * and libvirt's object, its events and what it saves follow, as in stock.  Nobody
 * else changes the container meanwhile; but whoever only looks at it need not wait.
 */
#include <config.h>

#include "drv-error.h"
#include "drv-lxc.h"
#include "drv-pause.h"

VIR_LOG_INIT("corral.pause");

/* Stock's is a second; a process that waits for a slow disk takes longer. */
#define PATIENCE_MS 3000

/*
 * What libvirt should say of it: VIR_DOMAIN_NOSTATE as long as only some have stopped,
 * VIR_DOMAIN_LAST if there is nothing to be seen.
 */
static int
look(CorralGroup *group)
{
    CorralFreezerState state;

    if (!corral_group_get_freezer_state(group, &state, NULL))
        return VIR_DOMAIN_LAST;
    if (!(state & CORRAL_FREEZER_SELF))
        return VIR_DOMAIN_RUNNING;

    return state & CORRAL_FREEZER_COMPLETE ? VIR_DOMAIN_PAUSED : VIR_DOMAIN_NOSTATE;
}

static void
set_paused(DrvLxc *lxc)
{
    virDomainObjSetState(lxc->vm, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER);
    drv_lxc_send(lxc, VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
}

/* Always FALSE. */
static gboolean
refuse(const char *what, GError *error)
{
    drv_error_raise(VIR_ERR_OPERATION_FAILED, "%s operation failed: %s", what, error->message);
    return FALSE;
}

static gboolean
freeze(DrvStack *stack, DrvLxc *lxc)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CorralGroup) group = drv_lxc_open_group(stack, lxc, &error);
    const int run = lxc->vm->def->id;
    gboolean frozen;

    if (!group)
        return refuse("Suspend", error);

    drv_lxc_unlock(lxc);
    frozen = corral_group_freeze(group, PATIENCE_MS, &error);
    if (!drv_lxc_lock_again(lxc, run))
        return FALSE;

    return frozen || refuse("Suspend", error);
}

int
drv_pause_suspend(virDomainPtr dom)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    g_auto(DrvLxc) lxc = {NULL};

    if (!drv_lxc_is_kept(stack, dom))
        return stack->next->domainSuspend(dom);

    if (!drv_lxc_open(stack, dom, &lxc) || virDomainSuspendEnsureACL(dom->conn, lxc.vm->def) < 0 ||
        !drv_lxc_begin(&lxc, VIR_JOB_MODIFY))
        return -1;

    if (virDomainObjGetState(lxc.vm, NULL) != VIR_DOMAIN_PAUSED) {
        if (!freeze(stack, &lxc))
            return -1;
        set_paused(&lxc);
    }
    return drv_lxc_save(&lxc) ? 0 : -1;
}

static void
set_running(DrvLxc *lxc)
{
    virDomainObjSetState(lxc->vm, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNPAUSED);
    drv_lxc_send(lxc, VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_UNPAUSED);
}

static gboolean
thaw(DrvStack *stack, DrvLxc *lxc)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CorralGroup) group = drv_lxc_open_group(stack, lxc, &error);

    return (group && corral_group_thaw(group, &error)) || refuse("Resume", error);
}

int
drv_pause_resume(virDomainPtr dom)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    g_auto(DrvLxc) lxc = {NULL};
    int state;

    if (!drv_lxc_is_kept(stack, dom))
        return stack->next->domainResume(dom);

    if (!drv_lxc_open(stack, dom, &lxc) || virDomainResumeEnsureACL(dom->conn, lxc.vm->def) < 0 ||
        !drv_lxc_begin(&lxc, VIR_JOB_MODIFY))
        return -1;

    state = virDomainObjGetState(lxc.vm, NULL);
    if (state == VIR_DOMAIN_RUNNING) {
        drv_error_raise(VIR_ERR_OPERATION_INVALID, "domain is already running");
        return -1;
    }
    if (state == VIR_DOMAIN_PAUSED) {
        if (!thaw(stack, &lxc))
            return -1;
        set_running(&lxc);
    }
    return drv_lxc_save(&lxc) ? 0 : -1;
}

/* Or it is neither running nor paused, or nobody can tell. */
static gboolean
is_told(DrvLxc *lxc, int seen)
{
    int told = virDomainObjGetState(lxc->vm, NULL);

    return told == seen || seen == VIR_DOMAIN_LAST ||
           (told != VIR_DOMAIN_RUNNING && told != VIR_DOMAIN_PAUSED);
}

/* Whoever was about to freeze it is no more: what began is done, or undone. */
static gboolean
finish(DrvLxc *lxc, CorralGroup *group)
{
    const int run = lxc->vm->def->id;
    g_autoptr(GError) error = NULL;

    drv_lxc_unlock(lxc);
    if (!corral_group_freeze(group, PATIENCE_MS, &error) && !corral_group_thaw(group, NULL))
        VIR_WARN("corral: a container stands still in part: %s", error->message);
    return drv_lxc_lock_again(lxc, run);
}

/* FALSE with a libvirt error. */
static gboolean
agree(DrvLxc *lxc, CorralGroup *group)
{
    int seen;

    if (!drv_lxc_begin(lxc, VIR_JOB_MODIFY))
        return FALSE;
    seen = look(group);
    if (seen == VIR_DOMAIN_NOSTATE) {
        if (!finish(lxc, group))
            return FALSE;
        seen = look(group);
    }
    if (is_told(lxc, seen))
        return TRUE;

    if (seen == VIR_DOMAIN_PAUSED)
        set_paused(lxc);
    else if (seen == VIR_DOMAIN_RUNNING)
        set_running(lxc);
    return drv_lxc_save(lxc);
}

void
drv_pause_tell(DrvStack *stack, virDomainPtr dom, CorralGroup *group)
{
    g_auto(DrvLxc) lxc = {NULL};

    /* Without the right to change it, first: this is asked often, and seldom not so. */
    if (drv_lxc_open(stack, dom, &lxc) && !is_told(&lxc, look(group)) && !agree(&lxc, group))
        VIR_WARN("corral: cannot tell libvirt whether container '%s' stands still: %s", dom->name,
                 virGetLastErrorMessage());
    virResetLastError();
}
