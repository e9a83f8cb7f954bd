/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Labels: what the kernel cannot hold is kept as extended attributes of the
 * group's directories (trusted.corral.NAME), so that it lives exactly as long
 * as the group.
 */
#include <config.h>

#include "cg-group.h"
#include "corral-error.h"
#include "corral-label.h"

/**
 * corral_group_set_label:
 * @self: a group
 * @name: of the label
 * @value: at most 4096 bytes
 * @error: where to put what went wrong
 *
 * Needs the CAP_SYS_ADMIN capability, as all trusted attributes do.  The label
 * is put on the group's directory in every hierarchy, so whichever of them
 * survives an accident tells what it is.
 *
 * Returns: (skip): %TRUE if it is set everywhere
 * Since: 0.1
 */
gboolean
corral_group_set_label(CorralGroup *self, const char *name, const char *value, GError **error)
{
    guint i;

    if (!cg_group_check_places(self, error))
        return FALSE;

    for (i = 0; i < cg_group_get_n_places(self); i++) {
        if (!cg_place_set_label(cg_group_get_place(self, i), name, value, error))
            return FALSE;
    }

    return TRUE;
}

/**
 * corral_group_get_label:
 * @self: a group
 * @name: of the label
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_NOT_FOUND: it has none of this name, or the caller may not see it.
 *
 * Returns: (transfer full): the value, from the first hierarchy that has it
 * Since: 0.1
 */
char *
corral_group_get_label(CorralGroup *self, const char *name, GError **error)
{
    const guint n = cg_group_get_n_places(self);
    guint i;

    if (!cg_group_check_places(self, error))
        return NULL;

    for (i = 0; i < n; i++) {
        /* That it is in none, the last one says: an error costs more than the look. */
        char *value =
            cg_place_get_label(cg_group_get_place(self, i), name, i + 1 < n ? NULL : error);

        if (value)
            return value;
    }

    return NULL;
}
