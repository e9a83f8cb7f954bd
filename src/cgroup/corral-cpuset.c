/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * On which CPUs a group runs, and from which memory nodes it is served.
 *
 * A set that is empty means: what the group above has.  A set that is not must
 * lie within that of the group above.
 */
#include <config.h>

#include "cg-cpuset.h"
#include "cg-group.h"
#include "corral-cpuset.h"
#include "corral-error.h"

/* How @self's sets are controlled, and where. */
static const CgCpuset *
find_cpuset(CorralGroup *self, const CgPlace **place, GError **error)
{
    *place = cg_group_find_place(self, CORRAL_CONTROLLER_CPUSET, error);
    return *place ? (*place)->hierarchy->backend->cpuset : NULL;
}

static gint
compare_numbers(gconstpointer a, gconstpointer b)
{
    guint x = *(const guint *)a;
    guint y = *(const guint *)b;

    return (x > y) - (x < y);
}

static GArray *
make_set(const guint *numbers, gsize n_numbers)
{
    GArray *set = g_array_new(FALSE, FALSE, sizeof(guint));
    guint i;

    if (n_numbers > 0)
        g_array_append_vals(set, numbers, n_numbers);
    g_array_sort(set, compare_numbers);
    for (i = set->len; i > 1; i--) {
        if (g_array_index(set, guint, i - 1) == g_array_index(set, guint, i - 2))
            g_array_remove_index(set, i - 1);
    }

    return set;
}

static gboolean
set_numbers(CorralGroup *self, CgCpusetKind kind, const guint *numbers, gsize n_numbers,
            GError **error)
{
    g_autoptr(GArray) wanted = make_set(numbers, n_numbers);
    g_autoptr(GArray) own = NULL;
    CG_AUTO_FD dir = -1;
    const CgPlace *place;
    const CgCpuset *cpuset = find_cpuset(self, &place, error);
    CgPlace above;

    if (!cpuset)
        return FALSE;
    own = cpuset->get_own(place, kind, error);
    if (!own)
        return FALSE;
    if (corral_group_get_path(self)[0] == '\0')
        return cpuset->set(place, NULL, kind, own, wanted, error);

    dir = cg_tree_open_dir(place->dir, "..", error);
    if (dir < 0)
        return FALSE;
    above = *place;
    above.dir = dir;
    above.files = NULL; /* those that are kept open are the group's own */
    return cpuset->set(place, &above, kind, own, wanted, error);
}

static GArray *
get_own(CorralGroup *self, CgCpusetKind kind, GError **error)
{
    const CgPlace *place;
    const CgCpuset *cpuset = find_cpuset(self, &place, error);

    return cpuset ? cpuset->get_own(place, kind, error) : NULL;
}

static GArray *
get_effective(CorralGroup *self, CgCpusetKind kind, GError **error)
{
    const CgPlace *place;
    const CgCpuset *cpuset = find_cpuset(self, &place, error);

    return cpuset ? cpuset->get_effective(place, kind, error) : NULL;
}

/**
 * corral_group_set_cpus:
 * @self: a group
 * @cpus: (array length=n_cpus) (nullable): numbers of CPUs, in any order
 * @n_cpus: how many; 0: the group shall have what the group above has
 * @error: where to put what went wrong
 *
 * Lets @self run on these CPUs only.  What the group has already is not written
 * again.  Under the unified interface that includes what it has from the group
 * above, which it then goes on to follow; under the legacy interface a group
 * that is to have what the group above has gets a copy, which does not follow,
 * and so does one that holds processes under the unified interface of some
 * kernels (Linux 6.1 is one).
 *
 * %CORRAL_ERROR_REFUSED: the group above has no such CPU; nothing was written;
 * %CORRAL_ERROR_BUSY: a group below has CPUs that are to be taken away (legacy
 * interface only; narrow that first); %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE if the group has these CPUs
 * Since: 0.1
 */
gboolean
corral_group_set_cpus(CorralGroup *self, const guint *cpus, gsize n_cpus, GError **error)
{
    return set_numbers(self, CG_CPUSET_CPUS, cpus, n_cpus, error);
}

/**
 * corral_group_get_cpus:
 * @self: a group
 * @error: where to put what went wrong
 *
 * What the group was given.  Where it runs is for corral_group_get_effective_cpus() to say.
 *
 * Returns: (transfer full) (element-type guint): numbers of CPUs, sorted; none if the group
 *   has what the group above has
 * Since: 0.1
 */
GArray *
corral_group_get_cpus(CorralGroup *self, GError **error)
{
    return get_own(self, CG_CPUSET_CPUS, error);
}

/**
 * corral_group_get_effective_cpus:
 * @self: a group
 * @error: where to put what went wrong
 *
 * Returns: (transfer full) (element-type guint): numbers of the CPUs on which the group
 *   really may run, sorted
 * Since: 0.1
 */
GArray *
corral_group_get_effective_cpus(CorralGroup *self, GError **error)
{
    return get_effective(self, CG_CPUSET_CPUS, error);
}

/**
 * corral_group_set_memory_nodes:
 * @self: a group
 * @nodes: (array length=n_nodes) (nullable): numbers of memory nodes, in any order
 * @n_nodes: how many; 0: the group shall have what the group above has
 * @error: where to put what went wrong
 *
 * Lets @self have memory of these nodes only.  Otherwise as corral_group_set_cpus().
 * Whether memory in use moves is for corral_group_get_memory_migration() to say.
 *
 * %CORRAL_ERROR_REFUSED: the group above has no such node; nothing was written;
 * %CORRAL_ERROR_BUSY: a group below has nodes that are to be taken away (legacy
 * interface only); %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE if the group has these nodes
 * Since: 0.1
 */
gboolean
corral_group_set_memory_nodes(CorralGroup *self, const guint *nodes, gsize n_nodes, GError **error)
{
    return set_numbers(self, CG_CPUSET_NODES, nodes, n_nodes, error);
}

/**
 * corral_group_get_memory_nodes:
 * @self: a group
 * @error: where to put what went wrong
 *
 * Returns: (transfer full) (element-type guint): numbers of the memory nodes that the group
 *   was given, sorted; none if it has what the group above has
 * Since: 0.1
 */
GArray *
corral_group_get_memory_nodes(CorralGroup *self, GError **error)
{
    return get_own(self, CG_CPUSET_NODES, error);
}

/**
 * corral_group_get_effective_memory_nodes:
 * @self: a group
 * @error: where to put what went wrong
 *
 * Returns: (transfer full) (element-type guint): numbers of the memory nodes that really
 *   serve the group, sorted
 * Since: 0.1
 */
GArray *
corral_group_get_effective_memory_nodes(CorralGroup *self, GError **error)
{
    return get_effective(self, CG_CPUSET_NODES, error);
}

/**
 * corral_group_set_memory_migration:
 * @self: a group
 * @migrate: whether memory in use moves when the memory nodes change
 * @error: where to put what went wrong
 *
 * The unified interface always moves it (since Linux 5.15).
 *
 * %CORRAL_ERROR_UNSUPPORTED: it cannot be left where it is;
 * %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE if it is so now
 * Since: 0.1
 */
gboolean
corral_group_set_memory_migration(CorralGroup *self, gboolean migrate, GError **error)
{
    const CgPlace *place;
    const CgCpuset *cpuset = find_cpuset(self, &place, error);

    return cpuset && cpuset->set_migration(place, migrate, error);
}

/**
 * corral_group_get_memory_migration:
 * @self: a group
 * @migrate: (out): whether memory in use moves when the memory nodes change
 * @error: where to put what went wrong
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_memory_migration(CorralGroup *self, gboolean *migrate, GError **error)
{
    const CgPlace *place;
    const CgCpuset *cpuset = find_cpuset(self, &place, error);

    return cpuset && cpuset->get_migration(place, migrate, error);
}
