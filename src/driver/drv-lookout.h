/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * A thread that looks, and looks again, until it is told to end or there is nothing more to
 * see: for what nobody tells us of while a guest starts.
 */
typedef struct _DrvLookout DrvLookout;

/* Microseconds from the beginning of this look to that of the next; 0: there need be none. */
typedef gint64 (*DrvLookoutFunc)(gpointer data);

/* NULL if there can be no thread. */
DrvLookout *drv_lookout_begin(const char *name, DrvLookoutFunc look, gpointer data);

/* Once this returns nobody looks any more.  @self may be NULL. */
void drv_lookout_end(DrvLookout *self);
