/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-watch.h"

G_BEGIN_DECLS

/**
 * CorralWatcher:
 *
 * A source's events as a signal, for languages that cannot give a source a
 * function that takes a group and an event.
 *
 * Since: 0.1
 */
#define CORRAL_TYPE_WATCHER (corral_watcher_get_type())
G_DECLARE_FINAL_TYPE(CorralWatcher, corral_watcher, CORRAL, WATCHER, GObject)

CorralWatcher *corral_watcher_new(GSource *source, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void corral_watcher_stop(CorralWatcher *self);

G_END_DECLS
