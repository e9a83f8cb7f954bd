/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include "corral-group.h"

G_BEGIN_DECLS

CorralGroup *corral_group_make_for_process(CorralHost *host, const char *path, pid_t pid,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_attach_process(CorralGroup *self, pid_t pid, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_attach_thread(CorralGroup *self, pid_t tid, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
char **corral_group_list_entrances(CorralGroup *self, CorralGroup *child);
GArray *corral_group_list_processes(CorralGroup *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
GArray *corral_group_list_threads(CorralGroup *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean corral_group_kill(CorralGroup *self, guint patience_ms, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
