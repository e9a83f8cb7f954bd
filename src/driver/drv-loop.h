/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Runs @func once, soon, on the daemon's main loop, and then @free_data, which may
 * be NULL.  Whoever is there keeps everybody waiting: no more than what cannot be done
 * anywhere else.
 *
 * FALSE, with libvirt's error, if there is no main loop; then @data is still the caller's.
 */
gboolean drv_loop_run(void (*func)(gpointer data), gpointer data, GDestroyNotify free_data)
    G_GNUC_WARN_UNUSED_RESULT;

/* Until what it has been given so far is done; not on the loop itself.  FALSE if @patience_us was
 * not enough. */
gboolean drv_loop_wait(gint64 patience_us) G_GNUC_WARN_UNUSED_RESULT;
