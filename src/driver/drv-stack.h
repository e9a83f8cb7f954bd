/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-keeper.h"
#include "drv-libvirt.h"

typedef struct _DrvGovernor DrvGovernor;
typedef struct _DrvNursery DrvNursery;
typedef struct _DrvReaction DrvReaction;
typedef struct _DrvSamples DrvSamples;
typedef struct _DrvTunable DrvTunable;

/*
 * Our driver, stacked over the stock one: a copy of its table with some slots
 * replaced (drv-slots.def says which, and how).  What is not replaced runs the
 * stock code at no cost; what is replaced calls `stack->next->slot()` visibly
 * and at most once for what the caller asked.  drv-slots-lxc.def is the same list
 * for libvirt's driver of containers.
 *
 * The table is registered before the stock driver exists, with nothing in it
 * but open, and filled by the first open.
 */
typedef struct {
    virHypervisorDriver ops; /* what libvirt calls */
    const virHypervisorDriver *next;
    virConnectDriver registration;
    const char *schemes[2];

    const char *driver; /* "qemu": in group names and in labels */
    /*
     * The guests are containers, of the driver "lxc": libvirt makes their groups itself, before
     * there is a container.  We see that it can, and take them over.  QEMU's are ours from the
     * start, and libvirt has none.
     */
    gboolean has_containers;
    const char *uri;  /* where the stock driver is found */
    const char *path; /* the URI path that we serve; any other is the stock driver's alone */
    DrvKeeper *keeper;
    GMutex mutex;           /* of filling the table */
    GHashTable *left_alone; /* set of paths: orphans to look at again; drv-settle's own */
    DrvNursery
        *nursery; /* locks itself; NULL before the main loop runs, and where none is needed */
    DrvGovernor *governor; /* locks itself; NULL before the guests are known, and for containers */
    DrvReaction *reaction; /* locks itself; NULL before the guests are known */
    DrvSamples *samples;   /* locks itself */
    DrvTunable *tunable;   /* drv-tunable's own; NULL before somebody follows stock's events */
} DrvStack;

/* @name is the stock driver's own, e.g. "QEMU": access rules are written against it.
 * Takes @keeper.  All strings are borrowed for good. */
DrvStack *drv_stack_new(const char *name, const char *driver, const char *scheme, const char *uri,
                        const char *path, DrvKeeper *keeper);
void drv_stack_free(DrvStack *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DrvStack, drv_stack_free)

/* Copies @next and replaces the slots; for a table that has been found. */
void drv_stack_fill(DrvStack *self, const virHypervisorDriver *next);

/* The stack that serves @conn, a connection opened through one.  Errors that the thread raises are
 * its driver's from then on. */
DrvStack *drv_stack_of(virConnectPtr conn);
