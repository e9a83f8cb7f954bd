/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cg-backend.h"

typedef enum {
    CG_CPUSET_CPUS,
    CG_CPUSET_NODES,
} CgCpusetKind;

/*
 * CPUs and memory nodes: the facade is corral-cpuset.  Sets are (element-type
 * guint), ascending, each number once.
 */
struct _CgCpuset {
    /* What the group was given; empty: it has what the group above has. */
    GArray *(*get_own)(const CgPlace *place, CgCpusetKind kind, GError **error);
    GArray *(*get_effective)(const CgPlace *place, CgCpusetKind kind, GError **error);
    /* @own is what get_own() said; @above is the place above, NULL where that is out of sight. */
    gboolean (*set)(const CgPlace *place, const CgPlace *above, CgCpusetKind kind,
                    const GArray *own, const GArray *wanted, GError **error);
    gboolean (*set_migration)(const CgPlace *place, gboolean migrate, GError **error);
    gboolean (*get_migration)(const CgPlace *place, gboolean *migrate, GError **error);
};

extern const CgCpuset cg_cpuset_legacy;
extern const CgCpuset cg_cpuset_unified;

/* For the tables. */
GArray *cg_cpuset_read(const CgPlace *place, const char *file, GError **error);
gboolean cg_cpuset_write(const CgPlace *place, const char *file, const GArray *wanted,
                         GError **error);
gboolean cg_cpuset_equals(const GArray *one, const GArray *other);
/* That @file of @above, which limits what may be asked for, has all of @wanted. */
gboolean cg_cpuset_check_within(const CgPlace *above, const char *file, CgCpusetKind kind,
                                const GArray *wanted, GError **error);
