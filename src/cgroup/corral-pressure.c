/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pressure: how much time is lost waiting for what is short.
 *
 * The kernel measures it for the machine (/proc/pressure) and, under the
 * unified interface, for every group, whether or not that has the resource's
 * controller.  So a group's pressure is read wherever the group is in a unified
 * hierarchy, and says something about those processes that are in it there.
 */
#include <config.h>

#include "cg-codec.h"
#include "cg-group.h"
#include "cg-host.h"
#include "cg-pressure.h"
#include "corral-error.h"

G_DEFINE_BOXED_TYPE(CorralPressure, corral_pressure, corral_pressure_copy, corral_pressure_free)

/**
 * corral_pressure_copy:
 * @self: a pressure
 *
 * Returns: (transfer full): another one that is the same
 * Since: 0.1
 */
CorralPressure *
corral_pressure_copy(const CorralPressure *self)
{
    return g_memdup2(self, sizeof(*self));
}

/**
 * corral_pressure_free:
 * @self: (transfer full): a pressure
 *
 * Since: 0.1
 */
void
corral_pressure_free(CorralPressure *self)
{
    g_free(self);
}

const char *
cg_pressure_get_host_file(CorralPressureResource resource, GError **error)
{
    static const char *const files[] = {
        [CORRAL_PRESSURE_CPU] = "pressure/cpu",
        [CORRAL_PRESSURE_MEMORY] = "pressure/memory",
        [CORRAL_PRESSURE_IO] = "pressure/io",
        [CORRAL_PRESSURE_IRQ] = "pressure/irq",
    };

    if ((guint)resource >= G_N_ELEMENTS(files)) {
        cg_group_refuse_range(error, "pressure resource", resource, CORRAL_PRESSURE_CPU,
                              CORRAL_PRESSURE_IRQ);
        return NULL;
    }

    return files[resource];
}

const CgPlace *
cg_pressure_find_place(CorralGroup *self, GError **error)
{
    guint i;

    for (i = 0; i < cg_group_get_n_places(self); i++) {
        const CgPlace *place = cg_group_get_place(self, i);

        if (place->hierarchy->backend->pressure)
            return place;
    }

    if (cg_group_check_places(self, error))
        cg_group_refuse_unsupported(error, cg_group_get_place(self, 0), "pressure of a group");
    return NULL;
}

void
cg_pressure_refuse_host(CorralHost *host, const char *file, GError *failure, GError **error)
{
    g_autofree char *name = cg_tree_name(cg_host_get_proc(host), file);

    /* Not built, not of this kernel's, or switched off by psi=0. */
    if (!g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_PERMISSION) &&
        !g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_FAILED)) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED,
                    "this kernel does not measure '%s'", name);
        g_error_free(failure);
        return;
    }

    g_propagate_error(error, failure);
}

/**
 * corral_group_get_pressure:
 * @self: a group
 * @resource: of which resource
 * @pressure: (out caller-allocates): how much time its tasks lose
 * @error: where to put what went wrong
 *
 * The tasks of the group and of those below it count.  Only the unified
 * interface measures groups; on a hybrid host that is the group's directory in
 * the unified hierarchy (%CORRAL_CONTROLLER_CORE), and its tasks there.
 *
 * %CORRAL_ERROR_UNSUPPORTED: @self is in no unified hierarchy, the kernel does
 * not measure @resource, or it was told not to (`psi=0`, `cgroup.pressure`);
 * %CORRAL_ERROR_RANGE: no such resource; %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_pressure(CorralGroup *self, CorralPressureResource resource,
                          CorralPressure *pressure, GError **error)
{
    const CgPlace *place;
    const char *file;
    g_autofree char *text = NULL;

    if (!cg_pressure_get_host_file(resource, error))
        return FALSE;
    place = cg_pressure_find_place(self, error);
    if (!place)
        return FALSE;

    file = place->hierarchy->backend->pressure->file_of(resource);
    text = cg_place_read(place, file, error);
    if (!text)
        return FALSE;
    if (!cg_codec_parse_pressure(text, pressure))
        return cg_place_refuse_format(place, file, text, error);

    return TRUE;
}

/**
 * corral_host_get_pressure:
 * @self: a host
 * @resource: of which resource
 * @pressure: (out caller-allocates): how much time the machine's tasks lose
 * @error: where to put what went wrong
 *
 * The whole machine's, whatever cgroups it has.
 *
 * %CORRAL_ERROR_UNSUPPORTED: the kernel does not measure @resource;
 * %CORRAL_ERROR_RANGE: no such resource.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_host_get_pressure(CorralHost *self, CorralPressureResource resource,
                         CorralPressure *pressure, GError **error)
{
    const char *file = cg_pressure_get_host_file(resource, error);
    g_autofree char *text = NULL;
    GError *failure = NULL;

    if (!file)
        return FALSE;

    text = cg_tree_read(cg_host_get_proc(self), file, &failure);
    if (!text) {
        cg_pressure_refuse_host(self, file, failure, error);
        return FALSE;
    }
    if (!cg_codec_parse_pressure(text, pressure)) {
        g_autofree char *name = cg_tree_name(cg_host_get_proc(self), file);

        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED, "cannot make sense of '%s'", name);
        return FALSE;
    }

    return TRUE;
}
