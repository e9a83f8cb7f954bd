/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads that come and go.
 *
 * Stock plugs and unplugs.  A new thread is born in `emulator`, which is opened
 * meanwhile, so that stock can pin it and KVM finds memory for it; then the
 * groups follow the guest's description, as they do when it is adopted.  That is
 * done whatever stock answers: of several vCPUs some may have come, and what
 * the guest is slow to let go of goes with the next round (drv-events).
 */
#include <config.h>

#include "drv-cpuset.h"
#include "drv-error.h"
#include "drv-plug.h"
#include "drv-running.h"
#include "drv-settle.h"
#include "drv-threads.h"

typedef enum {
    SET_VCPUS,
    SET_VCPU,
    ADD_IOTHREAD,
    DELETE_IOTHREAD
} Kind;

/* One call. */
typedef struct {
    Kind kind;
    unsigned int number; /* of vCPUs, or an iothread's */
    const char *vcpus;
    int state;
    unsigned int flags;
} Plug;

static int
plug_stock(DrvStack *stack, virDomainPtr dom, const Plug *plug)
{
    const virHypervisorDriver *next = stack->next;

    switch (plug->kind) {
    case SET_VCPU:
        return next->domainSetVcpu(dom, plug->vcpus, plug->state, plug->flags);
    case ADD_IOTHREAD:
        return next->domainAddIOThread(dom, plug->number, plug->flags);
    case DELETE_IOTHREAD:
        return next->domainDelIOThread(dom, plug->number, plug->flags);
    default:
        return next->domainSetVcpusFlags(dom, plug->number, plug->flags);
    }
}

/* What cannot be done now is tried again by whoever settles the guest next. */
static void
follow(DrvStack *stack, DrvSubject *subject, DrvClaim *claim, DrvGroup *group)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    g_autoptr(GError) error = NULL;
    virErrorPtr raised = NULL;

    (void)caller;
    virErrorPreserveLast(&raised);
    if (!drv_settle_adopt(stack, subject->dom, claim, &error))
        drv_error_log(g_steal_pointer(&error), subject->def.name, "place its threads");
    if (!drv_cpuset_close(group, drv_threads_find_guest(group), &error))
        drv_error_log(g_steal_pointer(&error), subject->def.name, "narrow its emulator again");
    virErrorRestore(&raised);
}

static int
plug_live(DrvStack *stack, DrvSubject *subject, virDomainPtr dom, const Plug *plug, DrvClaim *claim)
{
    g_autoptr(DrvGroup) group = drv_running_find_group(stack, subject);
    g_autoptr(GError) error = NULL;
    int result;

    if (group && !drv_cpuset_open(group, &error)) {
        drv_error_report(g_steal_pointer(&error), subject->def.name);
        return -1;
    }
    result = plug_stock(stack, dom, plug);
    if (group)
        follow(stack, subject, claim, group);
    return result;
}

static int
perform(virDomainPtr dom, DrvEnsureChange ensure, const Plug *plug)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    g_auto(DrvSubject) subject = {NULL};
    const DrvReach reach = drv_running_begin_change(dom, ensure, plug->flags, &subject);
    DrvClaim *claim;
    int result;

    if (reach == DRV_REACH_FAILED)
        return -1;
    if (reach == DRV_REACH_STOCK)
        return plug_stock(stack, dom, plug);

    claim = drv_running_claim(stack, &subject);
    result = plug_live(stack, &subject, dom, plug, claim);
    drv_running_release(stack, &subject, claim);
    return result;
}

int
drv_plug_set_vcpus_flags(virDomainPtr dom, unsigned int count, unsigned int flags)
{
    const Plug plug = {.kind = SET_VCPUS, .number = count, .flags = flags};

    /* The agent switches vCPUs off inside of the guest, and their threads stay. */
    if (flags & (VIR_DOMAIN_VCPU_GUEST | VIR_DOMAIN_VCPU_MAXIMUM))
        return plug_stock(drv_stack_of(dom->conn), dom, &plug);

    virCheckFlags(VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_VCPU_HOTPLUGGABLE,
                  -1);
    return perform(dom, virDomainSetVcpusFlagsEnsureACL, &plug);
}

int
drv_plug_set_vcpus(virDomainPtr dom, unsigned int count)
{
    return drv_plug_set_vcpus_flags(dom, count, VIR_DOMAIN_AFFECT_LIVE);
}

int
drv_plug_set_vcpu(virDomainPtr dom, const char *vcpus, int state, unsigned int flags)
{
    const Plug plug = {.kind = SET_VCPU, .vcpus = vcpus, .state = state, .flags = flags};

    virCheckFlags(VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG, -1);
    return perform(dom, virDomainSetVcpuEnsureACL, &plug);
}

int
drv_plug_add_iothread(virDomainPtr dom, unsigned int id, unsigned int flags)
{
    const Plug plug = {.kind = ADD_IOTHREAD, .number = id, .flags = flags};

    virCheckFlags(VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG, -1);
    return perform(dom, virDomainAddIOThreadEnsureACL, &plug);
}

int
drv_plug_delete_iothread(virDomainPtr dom, unsigned int id, unsigned int flags)
{
    const Plug plug = {.kind = DELETE_IOTHREAD, .number = id, .flags = flags};

    virCheckFlags(VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG, -1);
    return perform(dom, virDomainDelIOThreadEnsureACL, &plug);
}
