/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What happened to a group. */
#include <config.h>

#include "corral-event.h"

G_DEFINE_BOXED_TYPE(CorralEvent, corral_event, corral_event_copy, corral_event_free)

/**
 * corral_event_copy:
 * @self: an event
 *
 * Returns: (transfer full): another one that is the same; free with corral_event_free()
 * Since: 0.1
 */
CorralEvent *
corral_event_copy(const CorralEvent *self)
{
    CorralEvent *copy = g_memdup2(self, sizeof(*self));

    copy->name = g_strdup(self->name);
    return copy;
}

/**
 * corral_event_free:
 * @self: (transfer full): an event
 *
 * Since: 0.1
 */
void
corral_event_free(CorralEvent *self)
{
    g_free(self->name);
    g_free(self);
}
