/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CPUs and memory nodes under the kernel's legacy interface.
 *
 * A group must have a set of its own before a process can enter it, so one that
 * is to have what the group above has is given a copy.  The kernel answers
 * EACCES to a CPU that the group above lacks, which looks like a matter of
 * permissions and is none: what the group above has is looked at here.
 */
#include <config.h>

#include "cg-cpuset.h"
#include "corral-error.h"

static const char *
file_of(CgCpusetKind kind)
{
    return kind == CG_CPUSET_CPUS ? "cpuset.cpus" : "cpuset.mems";
}

static GArray *
get_own(const CgPlace *place, CgCpusetKind kind, GError **error)
{
    return cg_cpuset_read(place, file_of(kind), error);
}

static GArray *
get_effective(const CgPlace *place, CgCpusetKind kind, GError **error)
{
    return cg_cpuset_read(
        place, kind == CG_CPUSET_CPUS ? "cpuset.effective_cpus" : "cpuset.effective_mems", error);
}

static gboolean
set(const CgPlace *place, const CgPlace *above, CgCpusetKind kind, const GArray *own,
    const GArray *wanted, GError **error)
{
    const char *file = file_of(kind);
    g_autoptr(GArray) copy = NULL;
    g_autoptr(GError) failure = NULL;

    if (above && wanted->len == 0) {
        copy = get_own(above, kind, error);
        if (!copy)
            return FALSE;
        wanted = copy;
    }
    if (cg_cpuset_equals(own, wanted))
        return TRUE;
    if (above && !cg_cpuset_check_within(above, file, kind, wanted, error))
        return FALSE;

    if (cg_cpuset_write(place, file, wanted, &failure))
        return TRUE;

    /* The group above may just have lost it. */
    if (above && g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_PERMISSION) &&
        !cg_cpuset_check_within(above, file, kind, wanted, error))
        return FALSE;

    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static gboolean
set_migration(const CgPlace *place, gboolean migrate, GError **error)
{
    return cg_place_write_bool(place, "cpuset.memory_migrate", migrate, error);
}

static gboolean
get_migration(const CgPlace *place, gboolean *migrate, GError **error)
{
    return cg_place_read_bool(place, "cpuset.memory_migrate", migrate, error);
}

const CgCpuset cg_cpuset_legacy = {
    .get_own = get_own,
    .get_effective = get_effective,
    .set = set,
    .set_migration = set_migration,
    .get_migration = get_migration,
};
