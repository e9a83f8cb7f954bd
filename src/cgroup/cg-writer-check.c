/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes nothing, but says whether it could: for a look before the leap. */
#include <config.h>

#include "cg-writer.h"

static gboolean
check_file(const CgPlace *place, const char *file, const char *text G_GNUC_UNUSED, GError **error)
{
    return cg_tree_check_file(place->dir, file, error);
}

static gboolean
check_label(const CgPlace *place G_GNUC_UNUSED, const char *name G_GNUC_UNUSED,
            const char *value G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    return TRUE;
}

const CgWriter cg_writer_check = {
    .name = "check",
    .write = check_file,
    .set_label = check_label,
};
