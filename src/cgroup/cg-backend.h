/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cg-place.h"

/*
 * What differs between the kernel's two interfaces.  The facade checks ranges
 * and units; a backend converts and knows file names.  Chosen per hierarchy,
 * so hybrid hosts need no special case.
 */
struct _CgBackend {
    const char *name;

    /* The mandatory half. */

    /* Which of @hierarchy's controllers need no handing down: every group has them. */
    CorralControllers everywhere;
    const char *processes_file;
    const char *threads_file;
    /* Where a process of a single thread best lets itself in from anywhere. */
    const char *entrance_file;

    /* Lets the children of @dir have @wanted; *granted says which of them they get. */
    gboolean (*hand_down)(int dir, CorralControllers wanted, CorralControllers *granted,
                          GError **error);
    /* Makes a group fit for processes; one that is already is left as it is. */
    gboolean (*prepare)(int dir, CorralControllers controllers, GError **error);
    /* Makes a child of @parent a group of threads; likewise. */
    gboolean (*prepare_threaded)(const CgPlace *parent, int dir, GError **error);

    /* The optional half: NULL where the interface has no such control. */

    gboolean (*kill)(const CgPlace *place, GError **error);

    gboolean (*set_cpu_shares)(const CgPlace *place, guint64 shares, GError **error);
    gboolean (*get_cpu_shares)(const CgPlace *place, guint64 *shares, GError **error);
    gboolean (*set_cpu_weight)(const CgPlace *place, guint weight, GError **error);
    gboolean (*get_cpu_weight)(const CgPlace *place, guint *weight, GError **error);
    gboolean (*set_cpu_ceiling)(const CgPlace *place, gint64 quota_us, guint64 period_us,
                                GError **error);
    gboolean (*get_cpu_ceiling)(const CgPlace *place, gint64 *quota_us, guint64 *period_us,
                                GError **error);

    gboolean (*set_memory_limit)(const CgPlace *place, guint64 bytes, GError **error);
    gboolean (*get_memory_limit)(const CgPlace *place, guint64 *bytes, GError **error);
    gboolean (*get_memory_usage)(const CgPlace *place, guint64 *bytes, GError **error);
};

extern const CgBackend cg_backend_legacy;  /* cgroup v1 */
extern const CgBackend cg_backend_unified; /* cgroup v2 */
