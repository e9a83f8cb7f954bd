/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-stack.h"

/*
 * VIR_DOMAIN_EVENT_ID_TUNABLE: what stock sends when it has changed a running
 * guest's tuning, and what we send where we have done it in stock's place.
 */

/*
 * From now on who registers for these events gets stock's and ours.  @conn is a
 * connection of the stock driver, kept.  Without this, or if it fails, only
 * stock's are to be had, and a warning in the log says so.
 */
void drv_tunable_follow(DrvStack *stack, virConnectPtr conn);
void drv_tunable_unfollow(DrvStack *stack);
void drv_tunable_free(DrvTunable *self);

/*
 * Tells everybody that @dom, with its right name and id, has new @params.  Takes
 * them and leaves *@params NULL and *@nparams 0; no parameters are no event.  To
 * be called when the change is there to stay.
 */
void drv_tunable_send(DrvStack *stack, virDomainPtr dom, virTypedParameterPtr *params,
                      int *nparams);

/* The same with one parameter that is text: a new pinning, "cputune.vcpupin3". */
void drv_tunable_send_string(DrvStack *stack, virDomainPtr dom, const char *field,
                             const char *value);

/* The slots. */
int drv_tunable_register_any(virConnectPtr conn, virDomainPtr dom, int event,
                             virConnectDomainEventGenericCallback callback, void *opaque,
                             virFreeCallback freecb);
int drv_tunable_deregister_any(virConnectPtr conn, int callback);
