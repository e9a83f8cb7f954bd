/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <sys/types.h>

#include "corral-host.h"
#include "corral-types.h"

G_BEGIN_DECLS

/**
 * CorralGroup:
 *
 * A resource group: one path, in every hierarchy that serves one of the
 * controllers it was made or opened with.
 *
 * Since: 0.1
 */
#define CORRAL_TYPE_GROUP (corral_group_get_type())
G_DECLARE_FINAL_TYPE(CorralGroup, corral_group, CORRAL, GROUP, GObject)

/**
 * CorralMakeFlags:
 * @CORRAL_MAKE_NONE: a group that exists is taken as it is
 * @CORRAL_MAKE_NEW: a group that exists in any hierarchy is %CORRAL_ERROR_EXISTS
 * @CORRAL_MAKE_ON_DEMAND: if it is new it may go as soon as it is empty, like the levels that
 *   are made on the way to it: see corral_group_prune()
 * @CORRAL_MAKE_ASIDE: by file even where systemd makes the groups, which does not know of this
 *   one and takes its controllers away as it likes.  For a group that nobody is put in
 *
 * How corral_group_make() goes about it.
 *
 * Since: 0.1
 */
typedef enum {
    CORRAL_MAKE_NONE = 0,
    CORRAL_MAKE_NEW = 1 << 0,
    CORRAL_MAKE_ON_DEMAND = 1 << 1,
    CORRAL_MAKE_ASIDE = 1 << 2,
} CorralMakeFlags;

#define CORRAL_TYPE_MAKE_FLAGS (corral_make_flags_get_type())
GType corral_make_flags_get_type(void);

CorralGroup *corral_group_make(CorralHost *host, const char *path, CorralControllers controllers,
                               CorralMakeFlags flags, GError **error) G_GNUC_WARN_UNUSED_RESULT;
CorralGroup *corral_group_open(CorralHost *host, const char *path, CorralControllers controllers,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
CorralGroup *corral_group_make_threaded(CorralGroup *self, const char *name, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
CorralGroup *corral_group_open_child(CorralGroup *self, const char *name, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

CorralHost *corral_group_get_host(CorralGroup *self);
const char *corral_group_get_path(CorralGroup *self);
CorralControllers corral_group_get_controllers(CorralGroup *self);
char **corral_group_list_children(CorralGroup *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean corral_group_remove(CorralGroup *self, guint patience_ms, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
void corral_group_prune(CorralGroup *self);

G_END_DECLS
