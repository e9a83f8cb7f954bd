/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Has the daemons that run with corral read the policy's file again, and says what became of it.
 * @root: (nullable): a daemon in there is not told.  FALSE if one of them refuses the file, or does
 * not say.
 */
gboolean cli_follow(const char *root, GError **error) G_GNUC_WARN_UNUSED_RESULT;
