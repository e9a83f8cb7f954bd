/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who makes groups where systemd owns them.
 *
 * At the root and in slices only systemd does: what anybody else makes there loses its
 * controllers as soon as the last unit that wants them has gone.  Slices are made by starting
 * them, and get a controller by a property that needs it; there is none for cpuset, which
 * comes with the first unit in the slice that has been given its groups to itself.  Below a
 * unit that is no slice all is ours.
 */
#include <config.h>

#include <string.h>

#include "cg-backend.h"
#include "cg-host.h"
#include "cg-manager.h"
#include "cg-slice.h"
#include "corral-error.h"
#include "corral-unit.h"

#define SLICE ".slice"

#define PATIENCE_MS 10000

gboolean
cg_slice_is_at(const char *path)
{
    gboolean inside = FALSE;
    g_autofree char *unit = corral_unit_find(path, &inside);

    return path[0] == '\0' || (unit && !inside && g_str_has_suffix(unit, SLICE));
}

gboolean
cg_slice_refuse(const char *path, GError **error)
{
    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION,
                "there is no group '%s', and it is systemd that makes groups there: ask it for a "
                "scope (corral_scope_start) or a slice, or make the group below one that has "
                "Delegate=yes",
                path);
    return FALSE;
}

/* The group of the unit that @path is below. */
static char *
path_of_unit(const char *path)
{
    const char *slash = path;
    gboolean inside;

    while ((slash = strchr(slash, '/'))) {
        g_autofree char *above = g_strndup(path, slash - path);
        g_autofree char *unit = corral_unit_find(above, &inside);

        if (unit && !g_str_has_suffix(unit, SLICE))
            return g_steal_pointer(&above);
        slash++;
    }

    return g_strdup(path);
}

/*
 * In the hierarchies that systemd owns and that shall serve something.  Under the legacy
 * interface a unit has a group only where it needs one, so one of them is enough.
 */
static gboolean
check_is_there(CorralHost *host, const char *path, CorralControllers controllers, GError **error)
{
    guint n_there = 0;
    guint n_missing = 0;
    guint i;

    for (i = 0; i < cg_host_get_n_hierarchies(host); i++) {
        const CgHierarchy *hierarchy = cg_host_get_hierarchy(host, i);
        g_autoptr(GError) failure = NULL;
        CG_AUTO_FD dir = -1;

        if (!hierarchy->manager ||
            (hierarchy->mount->unified && !(hierarchy->controllers & controllers)))
            continue;
        dir = cg_tree_open_dir(hierarchy->root, path, &failure);
        if (dir >= 0) {
            n_there++;
            continue;
        }
        if (!g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        if (hierarchy->mount->unified)
            return cg_slice_refuse(path, error);
        n_missing++;
    }

    return n_there > 0 || n_missing == 0 || cg_slice_refuse(path, error);
}

/* ---- slices ---- */

/*
 * Properties that need a controller and change nothing else: what is unset counts as this.
 * Under the legacy interface one of the newer names would have systemd overlook the older
 * ones, which is what it is told there.
 */
static const struct {
    CorralController controller;
    gboolean unified;
    const char *name;
    gboolean is_weight;
} wishes[] = {
    {CORRAL_CONTROLLER_CPU, TRUE, "CPUWeight", TRUE},
    {CORRAL_CONTROLLER_CPU, FALSE, "CPUAccounting", FALSE},
    {CORRAL_CONTROLLER_IO, TRUE, "IOAccounting", FALSE},
    {CORRAL_CONTROLLER_IO, FALSE, "BlockIOAccounting", FALSE},
    {CORRAL_CONTROLLER_MEMORY, TRUE, "MemoryAccounting", FALSE},
    {CORRAL_CONTROLLER_MEMORY, FALSE, "MemoryAccounting", FALSE},
    {CORRAL_CONTROLLER_PIDS, TRUE, "TasksAccounting", FALSE},
    {CORRAL_CONTROLLER_PIDS, FALSE, "TasksAccounting", FALSE},
};

/* Those of a host's controllers that the unified interface serves. */
static CorralControllers
find_unified(CorralHost *host)
{
    guint i;

    for (i = 0; i < cg_host_get_n_hierarchies(host); i++) {
        const CgHierarchy *hierarchy = cg_host_get_hierarchy(host, i);

        if (hierarchy->mount->unified)
            return hierarchy->controllers;
    }

    return 0;
}

/* Those of @controllers that the group @path does not have where systemd owns it; *is_there: if
 * it is anywhere. */
static CorralControllers
find_missing(CorralHost *host, const char *path, CorralControllers controllers, gboolean *is_there)
{
    CorralControllers missing = 0;
    guint i;

    *is_there = FALSE;
    for (i = 0; i < cg_host_get_n_hierarchies(host); i++) {
        const CgHierarchy *hierarchy = cg_host_get_hierarchy(host, i);
        CorralControllers wanted = hierarchy->controllers & controllers;
        g_autofree char *listed = NULL;
        CG_AUTO_FD dir = -1;

        if (!hierarchy->manager || wanted == 0)
            continue;
        dir = cg_tree_open_dir(hierarchy->root, path, NULL);
        *is_there = *is_there || dir >= 0;
        if (dir < 0)
            missing |= wanted;
        else if (hierarchy->mount->unified)
            listed = cg_tree_read(dir, "cgroup.controllers", NULL);
        if (listed)
            missing |=
                wanted & ~(cg_codec_parse_controllers(listed) | hierarchy->backend->everywhere);
    }

    return missing;
}

static gboolean
ask_for(CorralHost *host, const char *slice, CorralControllers controllers, GError **error)
{
    const CorralControllers unified = find_unified(host);
    CgManager *manager = cg_host_get_manager(host);
    g_autoptr(GVariant) reply = NULL;
    GVariantBuilder list;
    gboolean silent;
    gsize i, n = 0;

    g_variant_builder_init(&list, G_VARIANT_TYPE("a(sv)"));
    for (i = 0; i < G_N_ELEMENTS(wishes); i++) {
        const CorralControllers bit = CORRAL_CONTROLLER_BIT(wishes[i].controller);

        if (!(controllers & bit) || wishes[i].unified != !!(unified & bit))
            continue;
        g_variant_builder_add(&list, "(sv)", wishes[i].name,
                              wishes[i].is_weight ? g_variant_new_uint64(CORRAL_CPU_WEIGHT_DEFAULT)
                                                  : g_variant_new_boolean(TRUE));
        n++;
    }
    if (n == 0) {
        g_variant_builder_clear(&list);
        return TRUE;
    }

    reply = cg_manager_call(manager, "SetUnitProperties",
                            g_variant_new("(sba(sv))", slice, TRUE, &list), "()", &silent, error);
    return reply && (cg_manager_settle(manager) || TRUE);
}

static gboolean
run_slice_job(CgManager *manager, const char *method, const char *slice, guint patience_ms,
              GError **error)
{
    g_autofree char *result = NULL;
    gboolean silent;

    if (!cg_manager_run_job(manager, method, g_variant_new("(ss)", slice, "fail"), patience_ms,
                            &result, &silent, error)) {
        g_prefix_error(error, "%s of '%s': ", method, slice);
        return FALSE;
    }
    if (g_str_equal(result, "done"))
        return TRUE;

    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED, "%s of '%s': systemd says: job %s",
                method, slice, result);
    return FALSE;
}

gboolean
cg_slice_stop(CgManager *manager, const char *slice, guint patience_ms, GError **error)
{
    return run_slice_job(manager, "StopUnit", slice, MAX(patience_ms, PATIENCE_MS), error);
}

/* One that is there with all that is asked for is left alone. */
static gboolean
make_slice(CorralHost *host, const char *slice, const char *path, CorralControllers controllers,
           gboolean *is_new, GError **error)
{
    CgManager *manager = cg_host_get_manager(host);
    gboolean before, after;

    if (find_missing(host, path, controllers, &before) == 0 && before)
        return TRUE;
    if (!run_slice_job(manager, "StartUnit", slice, PATIENCE_MS, error))
        return FALSE;

    *is_new = !before;
    return ask_for(host, slice, find_missing(host, path, controllers, &after), error);
}

gboolean
cg_slice_prepare(CorralHost *host, const char *path, CorralControllers controllers,
                 gboolean *is_ours, gboolean *is_new, GError **error)
{
    gboolean inside = FALSE;
    g_autofree char *unit = NULL;
    g_autofree char *above = NULL;

    *is_ours = TRUE;
    *is_new = FALSE;
    if (!cg_host_get_manager(host))
        return TRUE;

    unit = corral_unit_find(path, &inside);
    if (unit && inside) {
        above = path_of_unit(path);
        return check_is_there(host, above, controllers, error);
    }

    *is_ours = FALSE;
    return !unit || !g_str_has_suffix(unit, SLICE) ||
           make_slice(host, unit, path, controllers, is_new, error);
}
