/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets of CPUs and memory nodes in files: what both of the kernel's interfaces share. */
#include <config.h>

#include <string.h>

#include "cg-codec.h"
#include "cg-cpuset.h"
#include "corral-error.h"

GArray *
cg_cpuset_read(const CgPlace *place, const char *file, GError **error)
{
    g_autofree char *text = cg_place_read(place, file, error);
    GArray *numbers = NULL;

    if (text && !cg_codec_parse_list(text, &numbers))
        cg_place_refuse_format(place, file, text, error);

    return numbers;
}

/* An empty list is a line of its own: a write of no bytes never gets to the kernel. */
gboolean
cg_cpuset_write(const CgPlace *place, const char *file, const GArray *wanted, GError **error)
{
    g_autofree char *text = cg_codec_format_list((const guint *)wanted->data, wanted->len);

    return cg_place_write(place, file, text[0] ? text : "\n", error);
}

gboolean
cg_cpuset_equals(const GArray *one, const GArray *other)
{
    return one->len == other->len &&
           (one->len == 0 || memcmp(one->data, other->data, one->len * sizeof(guint)) == 0);
}

/* Both ascend. */
gboolean
cg_cpuset_check_within(const CgPlace *above, const char *file, CgCpusetKind kind,
                       const GArray *wanted, GError **error)
{
    g_autoptr(GArray) had = cg_cpuset_read(above, file, error);
    guint h = 0;
    guint w;

    if (!had)
        return FALSE;

    for (w = 0; w < wanted->len; w++) {
        guint number = g_array_index(wanted, guint, w);

        while (h < had->len && g_array_index(had, guint, h) < number)
            h++;
        if (h == had->len || g_array_index(had, guint, h) != number) {
            g_autofree char *name = cg_tree_name(above->dir, file);
            g_autofree char *list = cg_codec_format_list((const guint *)had->data, had->len);

            g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED,
                        "%s %u is not among those of the group above: '%s' has '%s'",
                        kind == CG_CPUSET_CPUS ? "CPU" : "memory node", number, name, list);
            return FALSE;
        }
    }

    return TRUE;
}
