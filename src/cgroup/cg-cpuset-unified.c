/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CPUs and memory nodes under the kernel's unified interface.
 *
 * A group without a set of its own has what the group above has, and follows
 * it.  One that would be given just that is left to follow.  Older kernels do
 * not let a group that holds processes give its set back (ENOSPC); it is given a
 * copy then.  The kernel takes a
 * CPU that the group above lacks and then does as if nothing had been written;
 * here that is refused, as the legacy interface does.
 */
#include <config.h>

#include "cg-cpuset.h"
#include "corral-error.h"

static const char *
file_of(CgCpusetKind kind)
{
    return kind == CG_CPUSET_CPUS ? "cpuset.cpus" : "cpuset.mems";
}

static const char *
effective_file_of(CgCpusetKind kind)
{
    return kind == CG_CPUSET_CPUS ? "cpuset.cpus.effective" : "cpuset.mems.effective";
}

static GArray *
get_own(const CgPlace *place, CgCpusetKind kind, GError **error)
{
    return cg_cpuset_read(place, file_of(kind), error);
}

static GArray *
get_effective(const CgPlace *place, CgCpusetKind kind, GError **error)
{
    return cg_cpuset_read(place, effective_file_of(kind), error);
}

/* Refuses with @failure, unless a copy of what @above has will do. */
static gboolean
set_copy(const CgPlace *place, const CgPlace *above, CgCpusetKind kind, GError *failure,
         GError **error)
{
    g_autoptr(GArray) copy = NULL;

    if (above && g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_REFUSED))
        copy = get_effective(above, kind, NULL);
    if (!copy || copy->len == 0) {
        g_propagate_error(error, failure);
        return FALSE;
    }

    g_error_free(failure);
    return cg_cpuset_write(place, file_of(kind), copy, error);
}

static gboolean
set(const CgPlace *place, const CgPlace *above, CgCpusetKind kind, const GArray *own,
    const GArray *wanted, GError **error)
{
    GError *failure = NULL;

    if (cg_cpuset_equals(own, wanted))
        return TRUE;

    if (above && wanted->len > 0) {
        g_autoptr(GArray) inherited = NULL;

        if (!cg_cpuset_check_within(above, effective_file_of(kind), kind, wanted, error))
            return FALSE;
        inherited = own->len == 0 ? get_effective(above, kind, error) : NULL;
        if (own->len == 0 && !inherited)
            return FALSE;
        if (inherited && cg_cpuset_equals(inherited, wanted))
            return TRUE;
    }

    if (cg_cpuset_write(place, file_of(kind), wanted, &failure))
        return TRUE;
    if (wanted->len == 0)
        return set_copy(place, above, kind, failure, error);

    g_propagate_error(error, failure);
    return FALSE;
}

static gboolean
get_migration(const CgPlace *place, gboolean *migrate, GError **error)
{
    g_autoptr(GArray) nodes = get_effective(place, CG_CPUSET_NODES, error);

    if (!nodes)
        return FALSE;

    *migrate = TRUE;
    return TRUE;
}

static gboolean
set_migration(const CgPlace *place, gboolean migrate, GError **error)
{
    gboolean always;

    if (!get_migration(place, &always, error))
        return FALSE;
    if (!migrate) {
        g_autofree char *name = cg_tree_name(place->dir, "cpuset.mems");

        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED,
                    "writing '%s' always moves the memory in use: the kernel's unified interface "
                    "cannot leave it where it is",
                    name);
        return FALSE;
    }

    return TRUE;
}

const CgCpuset cg_cpuset_unified = {
    .get_own = get_own,
    .get_effective = get_effective,
    .set = set,
    .set_migration = set_migration,
    .get_migration = get_migration,
};
