/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-stack.h"
#include "guest.h"

/*
 * Watches guests for want of memory, and has done what is to be done then (drv-sentry,
 * drv-remedy, policy-reaction), in threads of its own.  Any thread may call, with any claim held;
 * NULL for a stack without one.
 */
DrvReaction *drv_reaction_new(DrvStack *stack, virConnectPtr conn);
void drv_reaction_free(DrvReaction *self);

/* The guest runs, or its XML is new, or the operator's policy. */
void drv_reaction_consider(DrvReaction *self, const Guest *guest);

/* It does not run any more, and its group is about to be removed. */
void drv_reaction_end(DrvReaction *self, const char *uuid, const char *path);
