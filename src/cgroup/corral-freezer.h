/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-group.h"

G_BEGIN_DECLS

/**
 * CorralFreezerState:
 * @CORRAL_FREEZER_THAWED: nobody has asked for the group to stop
 * @CORRAL_FREEZER_SELF: the group itself is asked to stop
 * @CORRAL_FREEZER_ABOVE: a group above it is, which holds for the group, too
 * @CORRAL_FREEZER_COMPLETE: everybody in the group and below it has stopped
 *
 * What holds of a group's freezing, as flags.
 *
 * Since: 0.1
 */
typedef enum {
    CORRAL_FREEZER_THAWED = 0,
    CORRAL_FREEZER_SELF = 1 << 0,
    CORRAL_FREEZER_ABOVE = 1 << 1,
    CORRAL_FREEZER_COMPLETE = 1 << 2,
} CorralFreezerState;

#define CORRAL_TYPE_FREEZER_STATE (corral_freezer_state_get_type())
GType corral_freezer_state_get_type(void);

gboolean corral_group_freeze(CorralGroup *self, guint patience_ms, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_thaw(CorralGroup *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_is_frozen(CorralGroup *self, gboolean *frozen, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_freezer_state(CorralGroup *self, CorralFreezerState *state,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
