/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-access.h"
#include "drv-group.h"
#include "drv-stack.h"

/*
 * What every call on a guest's tuning asks first: does the guest run, which of
 * its two definitions is meant, where is its group?  All of them raise stock's
 * own errors.
 */

/* Whom the flags of a call concern. */
typedef enum {
    DRV_REACH_FAILED = -1,
    DRV_REACH_STOCK, /* the persistent definition alone, or an error that is stock's to tell */
    DRV_REACH_LIVE,  /* the running guest alone */
    DRV_REACH_BOTH,  /* the running guest and its persistent definition */
} DrvReach;

/* The checks of access that libvirt generates: with the flags of the call, and without. */
typedef int (*DrvEnsureChange)(virConnectPtr conn, virDomainDef *def, unsigned int flags);
typedef int (*DrvEnsureRead)(virConnectPtr conn, virDomainDef *def);

/*
 * What a call has to find out once its flags and parameters make sense: whom it is about, whether
 * the caller may, and whom the flags concern.  A call that reads has the running guest alone or
 * the persistent definition alone; without a live one all is stock's.
 */
DrvReach drv_running_begin_change(virDomainPtr dom, DrvEnsureChange ensure, unsigned int flags,
                                  DrvSubject *subject);
DrvReach drv_running_begin_read(virDomainPtr dom, DrvEnsureRead ensure, unsigned int flags,
                                DrvSubject *subject);

/* 1 or 0; -1 with stock's error. */
int drv_running_is_active(DrvStack *stack, DrvSubject *subject);

/* For VIR_DOMAIN_AFFECT_* in @flags of a call that sets something; others are not looked at. */
DrvReach drv_running_find_reach(DrvStack *stack, DrvSubject *subject, unsigned int flags);

/*
 * The group of a running guest as far as it has any of @controllers; if it has
 * none, raises VIR_ERR_OPERATION_INVALID with @complaint.
 */
DrvGroup *drv_running_open_group(DrvStack *stack, DrvSubject *subject,
                                 CorralControllers controllers, const char *complaint);

/* The whole group of a running guest; NULL, without an error, if it has none. */
DrvGroup *drv_running_find_group(DrvStack *stack, DrvSubject *subject);

/*
 * The right to change the guest while nobody else does: libvirt's own job for
 * modifications, of which ours have none.  Whoever comes to look after the guest
 * meanwhile leaves that to us, and on release it is done.
 */
DrvClaim *drv_running_claim(DrvStack *stack, DrvSubject *subject);
void drv_running_release(DrvStack *stack, DrvSubject *subject, DrvClaim *claim);

/*
 * A call that sets parameters of a running guest, of its persistent definition, or of both.  The
 * running guest is ours and comes first, the definition is stock's; where stock then fails, what
 * was done to the running guest is undone.
 */
typedef struct {
    DrvStack *stack;
    DrvSubject *subject;
    virTypedParameterPtr params;
    int nparams;
    gboolean config_too;
    virTypedParameterPtr config; /* what stock is given: @params unless prepare() says otherwise */
    int nconfig;
    gpointer data; /* the caller's */
} DrvChange;

typedef int (*DrvSetParameters)(virDomainPtr dom, virTypedParameterPtr params, int nparams,
                                unsigned int flags);

typedef struct {
    DrvEnsureChange ensure;
    DrvSetParameters stock;
    /* Of a call that is stock's alone; NULL: stock() */
    int (*pass)(DrvChange *change, virDomainPtr dom, unsigned int flags);
    /* With the claim held, like all that follows: finds out what is and what is to be, and
     * checks it; 0, or -1 with libvirt's error. */
    int (*prepare)(DrvChange *change);
    /* All of it or nothing; 0, or -1 with libvirt's error. */
    int (*write)(DrvChange *change);
    /* Takes it back; raises nothing that outlasts it. */
    void (*undo)(DrvChange *change);
    /* All is done; may be NULL. */
    void (*done)(DrvChange *change);
} DrvSetter;

/*
 * Once the flags and the types of @params are those that stock takes.  Of a container stock is told
 * of everything: it keeps its live definition, which it shows, and its group, in which it
 * writes some numbers in other units than ours; so what is ours is written after it once more.
 */
int drv_running_set(const DrvSetter *setter, virDomainPtr dom, virTypedParameterPtr params,
                    int nparams, unsigned int flags, gpointer data);
