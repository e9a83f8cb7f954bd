/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <sys/types.h>

#include "corral-types.h"

G_BEGIN_DECLS

/**
 * CorralHost:
 *
 * A machine with its cgroup hierarchies, wherever they are mounted and whichever
 * of the kernel's interfaces serves which controller.
 *
 * Since: 0.1
 */
#define CORRAL_TYPE_HOST (corral_host_get_type())
G_DECLARE_FINAL_TYPE(CorralHost, corral_host, CORRAL, HOST, GObject)

/**
 * CorralHostFlags:
 * @CORRAL_HOST_NONE: the usual
 * @CORRAL_HOST_READ_ONLY: nothing is ever made, written or removed through this host
 * @CORRAL_HOST_FILES_ONLY: what belongs to units of systemd's is written to the kernel's files,
 *   and systemd is not told.  For what changes all the time, and what would take systemd
 *   long: it writes to the same files, and a lower %CORRAL_SETTING_MEMORY_HIGH keeps whoever writes
 *   it busy until the memory is taken.  systemd may put back its own value whenever it sees a
 *   reason.
 *
 * How a host will be used.
 *
 * Since: 0.1
 */
typedef enum {
    CORRAL_HOST_NONE = 0,
    CORRAL_HOST_READ_ONLY = 1 << 0,
    CORRAL_HOST_FILES_ONLY = 1 << 1,
} CorralHostFlags;

#define CORRAL_TYPE_HOST_FLAGS (corral_host_flags_get_type())
GType corral_host_flags_get_type(void);

/**
 * CorralGroupFilter:
 * @path: a group's path, without a leading slash
 * @descend: (inout): %TRUE on entry; set to %FALSE to leave out what is below
 * @user_data: as given to corral_host_find_groups()
 *
 * Says whether a group is wanted.
 *
 * Returns: %TRUE if @path is wanted
 * Since: 0.1
 */
typedef gboolean (*CorralGroupFilter)(const char *path, gboolean *descend, gpointer user_data);

CorralHost *corral_host_new(const char *root, CorralHostFlags flags, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

CorralControllers corral_host_get_controllers(CorralHost *self);
gboolean corral_host_is_managed(CorralHost *self);
char *corral_host_find_second_interface(CorralHost *self, char **listed) G_GNUC_WARN_UNUSED_RESULT;
char *corral_host_describe(CorralHost *self);
char *corral_host_find_process(CorralHost *self, CorralController controller, pid_t pid,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_host_find_strays(CorralHost *self, const char *path, pid_t pid,
                                 CorralControllers *strays, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
char **corral_host_find_groups(CorralHost *self, CorralControllers controllers,
                               CorralGroupFilter filter, gpointer user_data, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
