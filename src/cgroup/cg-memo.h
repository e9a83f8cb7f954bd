/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cg-place.h"

/*
 * What was in the files of a unit when we last looked or wrote, kept in a label of its
 * directory.  So it can be told what others have changed since, even if that was when none of us
 * was there.  Only of what systemd writes, one value a file, and of cgroup v2.
 */

/* We have just written @file. */
void cg_memo_note(const CgPlace *place, const char *file);

/*
 * Compares all files with what is noted.  What systemd has only rounded is written once more.
 * What else has changed is appended to @changes (owned char *), and noted, as is what was not yet.
 */
gboolean cg_memo_review(const CgPlace *place, GPtrArray *changes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
