/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes nothing: for hosts opened read-only. */
#include <config.h>

#include "cg-writer.h"
#include "corral-error.h"

static gboolean
refuse_write(const CgPlace *place, const char *file, const char *text, GError **error)
{
    g_autofree char *name = cg_tree_name(place->dir, file);

    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION,
                "not writing '%s' to '%s': the host was opened read-only", text, name);
    return FALSE;
}

static gboolean
refuse_label(const CgPlace *place, const char *name, const char *value G_GNUC_UNUSED,
             GError **error)
{
    g_autofree char *group = cg_tree_name(place->dir, "");

    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION,
                "not labelling '%s' with '%s': the host was opened read-only", group, name);
    return FALSE;
}

const CgWriter cg_writer_none = {
    .name = "none",
    .write = refuse_write,
    .set_label = refuse_label,
};
