/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes nothing: for hosts opened read-only. */
#include <config.h>

#include "cg-writer.h"
#include "corral-error.h"

static gboolean
refuse(const CgPlace *place, const char *file, const char *text, GError **error)
{
    g_autofree char *name = cg_tree_name(place->dir, file);

    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION,
                "not writing '%s' to '%s': the host was opened read-only", text, name);
    return FALSE;
}

const CgWriter cg_writer_none = {
    .name = "none",
    .write = refuse,
};
