/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"
#include "policy-machine.h"
#include "policy.h"

/*
 * The partitions at the top, which share the host, with what the policy says of them and of those
 * below them (drv-tops.c).  For one thread at a time.
 */
typedef struct {
    CorralGroup *group;
    const PolicyTerms *terms; /* (nullable): borrowed from the policy */
    guint portions;           /* what they promise is for so many groups */
    gboolean looked_at;       /* since it was settled: it has its share */
    gint64 told_us;           /* when something last went wrong with it */
} DrvTop;

typedef struct {
    CorralHost *host;
    Policy *policy;         /* NULL before the first is followed */
    PolicyMachine *machine; /* likewise */
    GArray *cpus;           /* that guests may run on; NULL: nobody says */
    gboolean shares_memory; /* somebody says that memory is to be shared out */
    gboolean shares_cpu;
    GHashTable *all; /* path -> DrvTop */
} DrvTops;

DrvTops *drv_tops_new(CorralHost *host);
void drv_tops_free(DrvTops *self);

/* From now on it is that @policy on that @machine; takes both.  All that it says is brought into
 * force, but for what is shared out, and what others had said is undone. */
void drv_tops_follow(DrvTops *self, Policy *policy, PolicyMachine *machine);

/* Finds those that are new. */
void drv_tops_survey(DrvTops *self);

/* A guest is about to be in @partition, which is there: whether nothing has to be done for it. */
gboolean drv_tops_know(DrvTops *self, const char *partition);
/* What has to be done is done.  FALSE if it was nothing. */
gboolean drv_tops_meet(DrvTops *self, const char *partition);

/* Whoever shares out has been at all of them. */
void drv_tops_note_look(DrvTops *self);

/* Whether the policy says nothing at all, so that they are as their guests make them. */
gboolean drv_tops_are_free(const DrvTops *self);

/* What all of their guests use. */
guint64 drv_tops_sum_usage(const DrvTops *self);

/* The top that @path is below; NULL if there is none. */
char *drv_tops_find(const char *path);
