/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "cg-tree.h"

/*
 * Being woken when directories and control files change.
 *
 * A CgNotify has some of them to look after.  What woke it is not told: its
 * owner looks himself at what he knows, so nothing depends on every change being
 * reported.  It may be used by one thread at a time, different ones by different
 * threads at once.
 */
typedef struct _CgNotify CgNotify;

CgNotify *cg_notify_new(GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cg_notify_free(CgNotify *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgNotify, cg_notify_free)

/* Directories that come or go right below @dir; with @name, those of this name alone. */
gboolean cg_notify_add_dir(CgNotify *self, int dir, const char *name, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
/* What the kernel says about the control file @file, or what somebody writes to it. */
gboolean cg_notify_add_file(CgNotify *self, int dir, const char *file, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/*
 * Two descriptors to poll for input: one is @self's; the other is everybody's, and
 * whoever finds it ready calls cg_notify_pump(), which wakes whom it concerns.
 * @time tells one turn of a main loop from the next, so that it is done once in
 * each.
 */
int cg_notify_get_fd(CgNotify *self);
int cg_notify_get_hub_fd(void);
void cg_notify_pump(gint64 time);

/* Whether it has been woken, and whether it had been, which is over then. */
gboolean cg_notify_is_woken(CgNotify *self);
gboolean cg_notify_take(CgNotify *self);
