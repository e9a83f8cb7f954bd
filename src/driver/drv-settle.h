/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-stack.h"

/*
 * Makes a guest's group agree with what libvirt says of the guest, whatever
 * happened in between: a guest that runs has its group with its threads in
 * place, one that does not run has none.  Doing it once too often does no harm.
 *
 * @conn is any connection of @stack's stock driver; the calling thread must be
 * entitled to see every guest.
 */
void drv_settle(DrvStack *stack, virConnectPtr conn, const char *uuid);

/* The same for a thread that has all guests to look after: if somebody is just changing this one,
 * which may take minutes, it is left to him. */
void drv_settle_in_passing(DrvStack *stack, virConnectPtr conn, const char *uuid);

/* The part of it for a guest that runs, under any claim. */
gboolean drv_settle_adopt(DrvStack *stack, virDomainPtr dom, DrvClaim *claim, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/*
 * All guests at once, when the daemon has started: finds the guests' groups
 * again, adopts the guests that run, and removes groups that are no guest's.  A
 * group that still has processes, of a guest that libvirt does not know to run,
 * is left alone and named in the log.
 */
void drv_settle_all(DrvStack *stack, virConnectPtr conn);

/*
 * From time to time after that, in the same thread: guests of which nobody told
 * that they run, or that they do not run any more, and groups that were left
 * alone.  Touches no group where nothing is to be done.
 */
void drv_settle_round(DrvStack *stack, virConnectPtr conn);
