/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-stack.h"

/*
 * Samplers of the guests' groups, kept from one question for statistics to the
 * next: a sample is then one read a file.  They come when a guest is asked for,
 * and go with its group.  Any thread may ask.
 */
DrvSamples *drv_samples_new(void);
void drv_samples_free(DrvSamples *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DrvSamples, drv_samples_free)

/* What no sample has, because it is not a matter of moments. */
typedef struct {
    CorralSample sample;
    guint64 memory_limit; /* CORRAL_MEMORY_UNLIMITED, also where it is not known */
    guint64 memory_peak;  /* CORRAL_UNKNOWN */
    guint64 swap_limit;   /* CORRAL_MEMORY_UNLIMITED, likewise */
} DrvStatistics;

/* @limits: whether the limits and the peak are wanted.  FALSE if the guest has no group, or
 * none any more. */
gboolean drv_samples_take(DrvSamples *self, DrvKeeper *keeper, const char *uuid, gboolean limits,
                          DrvStatistics *statistics);

/* The guest's group has gone. */
void drv_samples_forget(DrvSamples *self, const char *uuid);

guint drv_samples_count(DrvSamples *self);
