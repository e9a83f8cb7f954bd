/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sys/types.h>

/*
 * The guests' groups as they are at this moment, and who is in them.  What a
 * host does not have, or the caller may not see, is left unknown.
 */
typedef struct {
    pid_t tid;
    char *name; /* NULL if it has ended meanwhile */
} CliThread;

typedef struct {
    gboolean known;
    gint64 quota_us; /* CORRAL_CPU_UNLIMITED if there is no ceiling */
    guint64 period_us;
} CliCeiling;

typedef struct {
    gboolean known;
    guint64 value;
} CliNumber;

typedef struct {
    char *name; /* "vcpu0" */
    CliCeiling ceiling;
    GPtrArray *threads; /* owned CliThread, sorted */
} CliChildGroup;

typedef struct {
    char *path;         /* of the group, without a leading slash */
    char *partition;    /* "/machine" */
    const char *driver; /* "qemu" */
    char *name;         /* the guest's, or what its group is called where there is no label */
    char *uuid;         /* NULL without a label */
    CliNumber cpu_shares;
    CliCeiling ceiling;
    CliNumber memory_limit_bytes; /* CORRAL_MEMORY_UNLIMITED if there is none */
    CliNumber memory_usage_bytes;
    GArray *processes;   /* pid_t, sorted; in the group or below it */
    GPtrArray *threads;  /* owned CliThread, sorted; those in no child */
    GPtrArray *children; /* owned CliChildGroup, vcpu10 after vcpu9 */
} CliGuestGroup;

/*
 * @root: (nullable): the directory to take for the machine's root
 *
 * Returns: (element-type CliGuestGroup): owned, sorted by partition and name
 */
GPtrArray *cli_groups_list(const char *root, GError **error) G_GNUC_WARN_UNUSED_RESULT;
