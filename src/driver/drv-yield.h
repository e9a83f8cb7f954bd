/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-stack.h"
#include "policy-plan.h"

/*
 * The guests of partitions that have to give way, as policy-plan sees them, and what it asks of
 * them (drv-yield.c).  For one thread at a time.
 */
typedef struct _DrvYield DrvYield;

/* Borrows @stack, one of QEMU's guests. */
DrvYield *drv_yield_new(DrvStack *stack, virConnectPtr conn);
void drv_yield_free(DrvYield *self);

/* (element-type PolicyGuest): those that run below the partitions at @tops: path ->
 * index + 1.  Borrowed until the next call. */
const GArray *drv_yield_list(DrvYield *self, GHashTable *tops);

/* The guest of that index is asked to get by with @bytes, unless it is still being asked. */
void drv_yield_ask(DrvYield *self, guint index, guint64 bytes);

/* Nobody wants any of it any more: those that have been asked for some get it back.  FALSE
 * if there are none. */
gboolean drv_yield_give_back(DrvYield *self);

/* What its partition was promised may be another now, for every guest. */
void drv_yield_consider(DrvYield *self);

/* Nobody has to give way for now. */
void drv_yield_rest(DrvYield *self);
