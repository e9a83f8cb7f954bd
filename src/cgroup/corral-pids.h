/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-group.h"

G_BEGIN_DECLS

/**
 * CORRAL_PIDS_LIMIT_MAX:
 *
 * The highest limit of processes and threads: PID_MAX_LIMIT of the kernel.
 *
 * Since: 0.1
 */
#define CORRAL_PIDS_LIMIT_MAX G_GUINT64_CONSTANT(4194304)

/**
 * CORRAL_PIDS_UNLIMITED:
 *
 * The limit of processes and threads that is none.
 *
 * Since: 0.1
 */
#define CORRAL_PIDS_UNLIMITED G_GUINT64_CONSTANT(18446744073709551615)

gboolean corral_group_set_pids_limit(CorralGroup *self, guint64 limit, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_pids_limit(CorralGroup *self, guint64 *limit, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_pids_usage(CorralGroup *self, guint64 *usage, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_pids_peak(CorralGroup *self, guint64 *peak, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_pids_failures(CorralGroup *self, guint64 *failures, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
