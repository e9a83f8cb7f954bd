/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processor time that a group has had. */
#include <config.h>

#include "cg-cpu-time.h"
#include "cg-group.h"
#include "corral-cpu-time.h"
#include "corral-error.h"

G_DEFINE_BOXED_TYPE(CorralCpuTime, corral_cpu_time, corral_cpu_time_copy, corral_cpu_time_free)

/* How @self's processor time is accounted, and where. */
static const CgCpuTime *
find_cpu_time(CorralGroup *self, const CgPlace **place, GError **error)
{
    *place = cg_group_find_place(self, CORRAL_CONTROLLER_CPUACCT, error);
    return *place ? (*place)->hierarchy->backend->cpu_time : NULL;
}

/**
 * corral_group_get_cpu_time:
 * @self: a group
 * @time: (out caller-allocates): how long it has run
 * @error: where to put what went wrong
 *
 * The total is measured.  User and system time are sampled where the legacy
 * interface serves them, and need not add up to it; the unified interface scales
 * them so that they do.
 *
 * %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_cpu_time(CorralGroup *self, CorralCpuTime *time, GError **error)
{
    const CgPlace *place;
    const CgCpuTime *cpu_time = find_cpu_time(self, &place, error);

    return cpu_time && cpu_time->get(place, time, error);
}

/**
 * corral_group_get_cpu_time_per_cpu:
 * @self: a group
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_UNSUPPORTED: the unified interface adds up all CPUs and does not
 * tell them apart; %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_GONE.
 *
 * Returns: (transfer full) (element-type guint64): nanoseconds; that at index n is for CPU
 *   n, and %CORRAL_UNKNOWN where the machine has no CPU of that number
 * Since: 0.1
 */
GArray *
corral_group_get_cpu_time_per_cpu(CorralGroup *self, GError **error)
{
    const CgPlace *place;
    const CgCpuTime *cpu_time = find_cpu_time(self, &place, error);
    g_autofree char *name = NULL;

    if (!cpu_time)
        return NULL;
    if (cpu_time->get_per_cpu)
        return cpu_time->get_per_cpu(place, error);

    name = cg_tree_name(place->dir, "");
    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED,
                "no file in '%s' tells CPUs apart: the kernel's %s interface accounts processor "
                "time for all of them together",
                name, place->hierarchy->backend->name);
    return NULL;
}

/**
 * corral_cpu_time_copy:
 * @self: statistics
 *
 * Returns: (transfer full): the same again; free with corral_cpu_time_free()
 * Since: 0.1
 */
CorralCpuTime *
corral_cpu_time_copy(const CorralCpuTime *self)
{
    return g_memdup2(self, sizeof(*self));
}

/**
 * corral_cpu_time_free:
 * @self: (transfer full): statistics
 *
 * Since: 0.1
 */
void
corral_cpu_time_free(CorralCpuTime *self)
{
    g_free(self);
}
