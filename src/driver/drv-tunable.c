/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tunable events.
 *
 * The list of those who want stock's events is inside the stock driver, where
 * nothing of ours can be added.  So for this one kind of event there is a list
 * of our own.  Clients are on ours alone, and we are on stock's: what stock
 * sends is passed on, and what we send goes the same way.  So a client has one
 * registration, gets each event once and in order, and its data is freed when
 * libvirt's own rules say so.
 *
 * The numbers of registrations are a list's own, each from 0 on.  Those of ours
 * are told to clients with FIRST_OF_OURS added, which stock does not reach: it
 * never uses a number twice, but would have to be asked a thousand million times.
 *
 * The callback on stock's list runs on the daemon's main loop; it only queues.
 */
#include <config.h>

#include "drv-tunable.h"

VIR_LOG_INIT("corral.tunable");

#define FIRST_OF_OURS (1 << 30)

struct _DrvTunable {
    virObjectEventState *state;
    virConnectPtr conn;
    int callback; /* on stock's list; -1: not followed */
};

static void
queue(DrvTunable *self, virDomainPtr dom, virTypedParameterPtr *params, int nparams)
{
    virObjectEvent *event = virDomainEventTunableNewFromDom(dom, params, nparams);

    if (event)
        virObjectEventStateQueue(self->state, event);
    else
        virResetLastError();
}

static void
on_stocks(virConnectPtr conn G_GNUC_UNUSED, virDomainPtr dom, virTypedParameterPtr params,
          int nparams, void *opaque)
{
    virTypedParameterPtr copies = NULL;

    virTypedParamsCopy(&copies, params, nparams);
    queue(opaque, dom, &copies, nparams);
}

void
drv_tunable_follow(DrvStack *stack, virConnectPtr conn)
{
    DrvTunable *self;

    if (stack->tunable || !stack->next->connectDomainEventRegisterAny ||
        !stack->next->connectDomainEventDeregisterAny)
        return;

    self = g_new0(DrvTunable, 1);
    self->callback = -1;
    self->state = virObjectEventStateNew();
    if (self->state)
        self->callback = stack->next->connectDomainEventRegisterAny(
            conn, NULL, VIR_DOMAIN_EVENT_ID_TUNABLE, VIR_DOMAIN_EVENT_CALLBACK(on_stocks), self,
            NULL);
    if (self->callback < 0) {
        VIR_WARN("corral: no tunable events of ours: %s", virGetLastErrorMessage());
        virResetLastError();
        drv_tunable_free(self);
        return;
    }

    self->conn = virObjectRef(conn);
    g_atomic_pointer_set(&stack->tunable, self);
}

/* Whoever is on our list stays there, and may still leave it. */
void
drv_tunable_unfollow(DrvStack *stack)
{
    DrvTunable *self = stack->tunable;

    if (!self || self->callback < 0)
        return;

    if (stack->next->connectDomainEventDeregisterAny(self->conn, self->callback) < 0)
        virResetLastError();
    self->callback = -1;
    g_clear_pointer(&self->conn, virObjectUnref);
}

void
drv_tunable_free(DrvTunable *self)
{
    if (!self)
        return;

    virObjectUnref(self->state);
    g_free(self);
}

void
drv_tunable_send(DrvStack *stack, virDomainPtr dom, virTypedParameterPtr *params, int *nparams)
{
    DrvTunable *self = g_atomic_pointer_get(&stack->tunable);

    if (self && *nparams > 0)
        queue(self, dom, params, *nparams);
    else
        virTypedParamsFree(*params, *nparams);

    *params = NULL;
    *nparams = 0;
}

void
drv_tunable_send_string(DrvStack *stack, virDomainPtr dom, const char *field, const char *value)
{
    virTypedParameterPtr params = NULL;
    int nparams = 0;
    int max = 0;

    if (virTypedParamsAddString(&params, &nparams, &max, field, value) < 0)
        virResetLastError();
    drv_tunable_send(stack, dom, &params, &nparams);
}

int
drv_tunable_register_any(virConnectPtr conn, virDomainPtr dom, int event,
                         virConnectDomainEventGenericCallback callback, void *opaque,
                         virFreeCallback freecb)
{
    DrvStack *stack = drv_stack_of(conn);
    DrvTunable *self = g_atomic_pointer_get(&stack->tunable);
    int id;

    if (event != VIR_DOMAIN_EVENT_ID_TUNABLE || !self)
        return stack->next->connectDomainEventRegisterAny(conn, dom, event, callback, opaque,
                                                          freecb);

    if (virConnectDomainEventRegisterAnyEnsureACL(conn) < 0 ||
        virDomainEventStateRegisterID(conn, self->state, dom, event, callback, opaque, freecb,
                                      &id) < 0)
        return -1;
    return FIRST_OF_OURS + id;
}

int
drv_tunable_deregister_any(virConnectPtr conn, int callback)
{
    DrvStack *stack = drv_stack_of(conn);
    DrvTunable *self = g_atomic_pointer_get(&stack->tunable);

    if (callback < FIRST_OF_OURS || !self)
        return stack->next->connectDomainEventDeregisterAny(conn, callback);

    if (virConnectDomainEventDeregisterAnyEnsureACL(conn) < 0 ||
        virObjectEventStateDeregisterID(conn, self->state, callback - FIRST_OF_OURS, true) < 0)
        return -1;
    return 0;
}
