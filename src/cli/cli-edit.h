/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Makes another text of the policy's file; NULL with the error set. */
typedef char *(*CliEditFunc)(const char *xml, gpointer data, GError **error);

/*
 * Changes the policy's file, if the result is one that this host can follow, and has the daemons
 * that run follow it.  Says what it did.
 *
 * @root: (nullable): the directory to take for the machine's root
 */
gboolean cli_edit(const char *root, CliEditFunc edit, gpointer data, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
