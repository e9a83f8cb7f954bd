/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes control files: for groups that nobody else manages. */
#include <config.h>

#include "cg-writer.h"

static gboolean
write_file(const CgPlace *place, const char *file, const char *text, GError **error)
{
    return cg_tree_write(place->dir, file, text, error);
}

static gboolean
set_label(const CgPlace *place, const char *name, const char *value, GError **error)
{
    return cg_tree_set_label(place->dir, name, value, error);
}

const CgWriter cg_writer_file = {
    .name = "file",
    .write = write_file,
    .set_label = set_label,
};
