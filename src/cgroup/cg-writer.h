/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cg-place.h"

/*
 * Who performs a write.  Backends know files and formats and hand the result
 * to the hierarchy's writer, so no caller ever asks who owns a group.
 */
struct _CgWriter {
    const char *name;
    gboolean (*write)(const CgPlace *place, const char *file, const char *text, GError **error);
    /* What the kernel cannot hold; see corral-label. */
    gboolean (*set_label)(const CgPlace *place, const char *name, const char *value,
                          GError **error);
};

extern const CgWriter cg_writer_file;    /* writes the control file */
extern const CgWriter cg_writer_none;    /* refuses: the host was opened to look, not to touch */
extern const CgWriter cg_writer_systemd; /* writes the control file, and tells systemd */
extern const CgWriter cg_writer_untold;  /* writes it, and does not, but notes that it was us */
extern const CgWriter cg_writer_check;   /* as if it did, where the file is there to be written */
