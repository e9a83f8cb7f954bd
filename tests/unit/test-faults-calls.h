/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"
#include "fake-cgroup.h"

/*
 * The public calls that reach the kernel, each with arguments that give it
 * something to do on a machine with the groups "prod/g" and "prod/g/c", each
 * with a member, and "od/x".
 */
typedef struct {
    FakeCgroup *fake;
    CorralHost *host;
    CorralGroup *group; /* "prod/g" */
} Bed;

/* What a call yields: scalars and structs as they are, the rest written out. */
typedef struct {
    union {
        guint8 bytes[1024]; /* more than any of them has */
        guint64 numbers[2];
        gint64 signed_number;
        guint small;
        gboolean flag;
        CorralCpuThrottling throttling;
        CorralPressure pressure;
        CorralCpuTime time;
        CorralSample sample;
        CorralMemoryStatistics memory;
        CorralMemoryEvents events;
        CorralFreezerState freezer;
        guint32 handle;
    } out;
    char *text;
} Results;

typedef enum {
    CALL_READS = 1 << 0, /* changes nothing, so one machine does for all of its runs */
    CALL_PARTIAL =
        1 << 1, /* a failure leaves what was done before it, and its documentation says so */
    CALL_DIFFERS = 1 << 2, /* may succeed with less than without a fault; why stands beside */
} CallTraits;

typedef struct {
    const char *name;
    gboolean (*call)(Bed *bed, Results *results, GError **error);
    CallTraits traits;
    /* In place of @call: one number of the group, to be had or to be given. */
    gboolean (*get)(CorralGroup *group, guint64 *value, GError **error);
    gboolean (*set)(CorralGroup *group, guint64 value, GError **error);
    guint64 value;
} Call;

extern const Call calls[];
extern const gsize n_calls;
