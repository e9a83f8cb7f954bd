/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* No programs: for a library built without libbpf. */
#include <config.h>

#include "cg-bpf.h"
#include "cg-tree.h"
#include "corral-error.h"

static void
refuse(GError **error, int dir)
{
    g_autofree char *name = cg_tree_name(dir, "");

    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED,
                "no rules about devices in '%s': it takes libbpf, which this library was built "
                "without",
                name);
}

CgBpfPrograms *
cg_bpf_list(int dir, GError **error)
{
    refuse(error, dir);
    return NULL;
}

void
cg_bpf_programs_free(CgBpfPrograms *programs)
{
    g_array_unref(programs->programs);
    g_free(programs);
}

GArray *
cg_bpf_list_effective(int dir, GError **error)
{
    refuse(error, dir);
    return NULL;
}

CgDeviceRules *
cg_bpf_read(int dir, guint32 id G_GNUC_UNUSED, GError **error)
{
    refuse(error, dir);
    return NULL;
}

gboolean
cg_bpf_update(int dir, guint32 id G_GNUC_UNUSED, const CgDeviceRules *before G_GNUC_UNUSED,
              const CgDeviceRules *after G_GNUC_UNUSED, gboolean *full G_GNUC_UNUSED,
              GError **error)
{
    refuse(error, dir);
    return FALSE;
}

gboolean
cg_bpf_attach(int dir, guint32 replaced G_GNUC_UNUSED, const CgDeviceRules *rules G_GNUC_UNUSED,
              GError **error)
{
    refuse(error, dir);
    return FALSE;
}

gboolean
cg_bpf_detach(int dir, guint32 id G_GNUC_UNUSED, GError **error)
{
    refuse(error, dir);
    return FALSE;
}
