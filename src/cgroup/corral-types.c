/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of the controllers. */
#include <config.h>

#include "corral-types.h"

G_STATIC_ASSERT(CORRAL_CONTROLLERS_THREADED ==
                (CORRAL_CONTROLLERS_CPU | CORRAL_CONTROLLERS_CPUACCT | CORRAL_CONTROLLERS_CPUSET));

static const struct {
    const char *name;
    const char *alias; /* the legacy interface's name, where it differs */
} controllers[CORRAL_N_CONTROLLERS] = {
    [CORRAL_CONTROLLER_CPU] = {"cpu", NULL},
    [CORRAL_CONTROLLER_CPUACCT] = {"cpuacct", NULL},
    [CORRAL_CONTROLLER_CPUSET] = {"cpuset", NULL},
    [CORRAL_CONTROLLER_MEMORY] = {"memory", NULL},
    [CORRAL_CONTROLLER_IO] = {"io", "blkio"},
    [CORRAL_CONTROLLER_DEVICES] = {"devices", NULL},
    [CORRAL_CONTROLLER_FREEZER] = {"freezer", NULL},
    [CORRAL_CONTROLLER_PIDS] = {"pids", NULL},
    [CORRAL_CONTROLLER_NET_CLS] = {"net_cls", NULL},
    [CORRAL_CONTROLLER_NET_PRIO] = {"net_prio", NULL},
    [CORRAL_CONTROLLER_PERF_EVENT] = {"perf_event", NULL},
    [CORRAL_CONTROLLER_HUGETLB] = {"hugetlb", NULL},
    [CORRAL_CONTROLLER_RDMA] = {"rdma", NULL},
    [CORRAL_CONTROLLER_MISC] = {"misc", NULL},
    [CORRAL_CONTROLLER_CORE] = {"core", NULL},
};

/**
 * corral_controller_get_name:
 * @controller: a controller
 *
 * Returns: (transfer none): its name, e.g. "cpuset"; "?" if there is no such controller
 * Since: 0.1
 */
const char *
corral_controller_get_name(CorralController controller)
{
    if ((guint)controller >= CORRAL_N_CONTROLLERS)
        return "?";

    return controllers[controller].name;
}

/**
 * corral_controller_from_name:
 * @name: a name the kernel uses, of either interface ("io" and "blkio" are one)
 * @controller: (out): the controller; untouched if the name is not known
 *
 * Returns: %TRUE if @name is a controller's
 * Since: 0.1
 */
gboolean
corral_controller_from_name(const char *name, CorralController *controller)
{
    guint i;

    for (i = 0; i < CORRAL_N_CONTROLLERS; i++) {
        if (g_str_equal(controllers[i].name, name) || g_strcmp0(controllers[i].alias, name) == 0) {
            *controller = i;
            return TRUE;
        }
    }

    return FALSE;
}
