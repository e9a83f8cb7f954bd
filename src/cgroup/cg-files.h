/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * The files of one group, kept open by somebody who reads them again and again.
 *
 * Between two calls of cg_files_begin() a file is read once, however many
 * controls ask for something in it, so what they say is of one moment.  A file
 * that this kernel does not have is looked for once.
 */
typedef struct _CgFiles CgFiles;

CgFiles *cg_files_new(void);
void cg_files_free(CgFiles *self);
void cg_files_begin(CgFiles *self);
char *cg_files_read(CgFiles *self, int dir, const char *file, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
guint cg_files_get_n_open(CgFiles *self);
