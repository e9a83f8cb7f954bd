/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Scopes: groups that systemd makes for processes which are there already.
 *
 * The scope is a unit of its own, so nothing that happens to the service which asked for it
 * happens to the processes.  Its groups are ours (Delegate=yes), and it is forgotten when the
 * last process has gone, whatever became of it (CollectMode).  When the machine goes down systemd
 * ends them as it ends any unit's; to leave them to nobody (KillMode=none) would have the
 * power cut off under them.
 *
 * A name that is taken by a scope in which nobody is left is no obstacle: that one is
 * cleared away first.
 */
#include <config.h>

#include <string.h>

#include "cg-host.h"
#include "cg-manager.h"
#include "corral-error.h"
#include "corral-scope.h"
#include "corral-unit.h"

/* How often a name may turn out to be taken, and be cleared. */
#define START_TRIES 3

static CgManager *
find_manager(CorralHost *host, const char *name, GError **error)
{
    CgManager *manager = cg_host_get_manager(host);

    if (!cg_host_check_writable(host, "start or stop scopes", error))
        return NULL;
    if (!g_str_has_suffix(name, ".scope")) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME, "unit '%s' is not a scope", name);
        return NULL;
    }
    if (!manager)
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED,
                    "there is no scope '%s' to be had: systemd does not run this host", name);

    return manager;
}

/* ---- the end of one ---- */

/* (transfer full): numbers of processes, NULL on failure. */
static GArray *
list_processes(CgManager *manager, const char *name, GError **error)
{
    g_autoptr(GVariantIter) iter = NULL;
    g_autoptr(GVariant) reply = NULL;
    GArray *pids;
    gboolean silent;
    guint pid;

    reply = cg_manager_call(manager, "GetUnitProcesses", g_variant_new("(s)", name), "(a(sus))",
                            &silent, error);
    if (!reply)
        return NULL;

    pids = g_array_new(FALSE, FALSE, sizeof(guint));
    g_variant_get(reply, "(a(sus))", &iter);
    while (g_variant_iter_next(iter, "(&su&s)", NULL, &pid, NULL))
        g_array_append_val(pids, pid);
    return pids;
}

/* So that it is forgotten; most are by themselves. */
static void
reset(CgManager *manager, const char *name)
{
    gboolean silent;
    g_autoptr(GVariant) reply = cg_manager_call(manager, "ResetFailedUnit",
                                                g_variant_new("(s)", name), "()", &silent, NULL);

    if (!reply)
        g_debug("'%s' need not be reset", name);
}

/* One that is not there has ended. */
static gboolean
stop(CgManager *manager, const char *name, guint patience_ms, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *result = NULL;
    gboolean silent;

    if (!cg_manager_run_job(manager, "StopUnit", g_variant_new("(ss)", name, "replace"),
                            patience_ms, &result, &silent, &failure)) {
        if (!silent && g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND))
            return TRUE;
        g_prefix_error(&failure, "cannot stop '%s': ", name);
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }

    reset(manager, name);
    return TRUE;
}

static gboolean
clear(CgManager *manager, const char *name, guint patience_ms, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(GVariant) state = NULL;
    g_autoptr(GArray) pids = NULL;
    gboolean silent;

    state = cg_manager_get_property(manager, name, "Unit", "ActiveState", &silent, &failure);
    if (state && (g_str_equal(g_variant_get_string(state, NULL), "failed") ||
                  g_str_equal(g_variant_get_string(state, NULL), "inactive"))) {
        reset(manager, name);
        return TRUE;
    }
    if (state)
        pids = list_processes(manager, name, &failure);
    if (!pids) {
        if (g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND))
            return TRUE;
        g_prefix_error(&failure, "cannot look at '%s': ", name);
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (pids->len > 0) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY, "processes are in '%s', e.g. %u", name,
                    g_array_index(pids, guint, 0));
        return FALSE;
    }

    return stop(manager, name, patience_ms, error);
}

/**
 * corral_scope_stop:
 * @host: where
 * @name: of a scope, e.g. "corral-g1.scope"
 * @patience_ms: how long to wait for its end
 * @error: where to put what went wrong
 *
 * Has systemd end a scope, and all who are in it: first by asking them to (SIGTERM),
 * then for good.  One that is not there has ended.
 *
 * %CORRAL_ERROR_UNSUPPORTED: systemd does not run this host; %CORRAL_ERROR_NAME: @name is
 * not a scope's; %CORRAL_ERROR_PERMISSION.
 *
 * Returns: (skip): %TRUE if there is none of this name any more
 * Since: 0.1
 */
gboolean
corral_scope_stop(CorralHost *host, const char *name, guint patience_ms, GError **error)
{
    CgManager *manager = find_manager(host, name, error);

    return manager && stop(manager, name, patience_ms, error);
}

/**
 * corral_scope_clear:
 * @host: where
 * @name: of a scope, e.g. "corral-g1.scope"
 * @patience_ms: how long to wait for its end
 * @error: where to put what went wrong
 *
 * Does away with what is left of a scope: one that has failed, or in which nobody is any
 * more.  One that is not there is clear.
 *
 * %CORRAL_ERROR_BUSY: processes are in it; it was left alone.  Others as
 * corral_scope_stop().
 *
 * Returns: (skip): %TRUE if there is none of this name any more
 * Since: 0.1
 */
gboolean
corral_scope_clear(CorralHost *host, const char *name, guint patience_ms, GError **error)
{
    CgManager *manager = find_manager(host, name, error);

    return manager && clear(manager, name, patience_ms, error);
}

/* ---- the beginning ---- */

static void
add(GVariantBuilder *list, const char *name, GVariant *value)
{
    g_variant_builder_add(list, "(sv)", name, value);
}

/* What the caller says counts more than what is said here: it comes later. */
static GVariant *
describe(const char *name, const char *slice, const guint *pids, gsize n_pids,
         const char *description, GVariant *properties)
{
    GVariantBuilder list;
    gsize i;

    g_variant_builder_init(&list, G_VARIANT_TYPE("a(sv)"));
    add(&list, "Description", g_variant_new_string(description ? description : name));
    add(&list, "Slice", g_variant_new_string(slice));
    add(&list, "Delegate", g_variant_new_boolean(TRUE));
    add(&list, "CollectMode", g_variant_new_string("inactive-or-failed"));
    add(&list, "PIDs",
        g_variant_new_fixed_array(G_VARIANT_TYPE_UINT32, pids, n_pids, sizeof(*pids)));
    for (i = 0; properties && i < g_variant_n_children(properties); i++)
        g_variant_builder_add_value(&list, g_variant_get_child_value(properties, i));

    return g_variant_new("(ssa(sv)a(sa(sv)))", name, "fail", &list, NULL);
}

/* Somebody may have asked for it before us, and that may have been us. */
static gboolean
is_in(CgManager *manager, const char *name, guint pid)
{
    g_autoptr(GArray) pids = list_processes(manager, name, NULL);
    guint i;

    for (i = 0; pids && i < pids->len; i++) {
        if (g_array_index(pids, guint, i) == pid)
            return TRUE;
    }

    return FALSE;
}

static gboolean
start(CgManager *manager, const char *name, GVariant *parameters, guint patience_ms, GError **error)
{
    g_autofree char *result = NULL;
    gboolean silent;

    if (!cg_manager_run_job(manager, "StartTransientUnit", parameters, patience_ms, &result,
                            &silent, error)) {
        g_prefix_error(error, "cannot start '%s': ", name);
        return FALSE;
    }
    if (g_str_equal(result, "done"))
        return TRUE;

    reset(manager, name);
    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED, "cannot start '%s': systemd says: job %s",
                name, result);
    return FALSE;
}

static gboolean
check_properties(GVariant *properties, GError **error)
{
    if (!properties || g_variant_is_of_type(properties, G_VARIANT_TYPE("a(sv)")))
        return TRUE;

    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE,
                "properties are of type '%s' and not 'a(sv)'",
                g_variant_get_type_string(properties));
    return FALSE;
}

/**
 * corral_scope_start:
 * @host: where
 * @name: of the scope, e.g. "corral-g1.scope"; see corral_unit_escape()
 * @slice: the slice it is to be in, e.g. "machine.slice"; one that is missing is made
 * @pids: (array length=n_pids): who is moved there
 * @n_pids: how many; at least one
 * @description: (nullable): what people are shown; %NULL for the name
 * @properties: (nullable): more of systemd's, an array of pairs "a(sv)"
 * @patience_ms: how long to wait until it is there
 * @error: where to put what went wrong
 *
 * Has systemd make a scope with processes in it.  The groups below are left to the caller
 * (Delegate=yes).  A scope of this name that has failed, or in which nobody is any more, is
 * cleared away first; one that has the first of @pids in it is taken as it is.
 *
 * %CORRAL_ERROR_UNSUPPORTED: systemd does not run this host, or lacks a property;
 * %CORRAL_ERROR_NAME: not a scope's or a slice's name; %CORRAL_ERROR_BUSY: others are in a
 * scope of this name; %CORRAL_ERROR_RANGE: no processes, or properties that are none;
 * %CORRAL_ERROR_REFUSED: a property has a value that it cannot have;
 * %CORRAL_ERROR_PERMISSION; %CORRAL_ERROR_FAILED: e.g. systemd does not answer.
 *
 * Returns: (transfer full): the path of its group, or %NULL
 * Since: 0.1
 */
char *
corral_scope_start(CorralHost *host, const char *name, const char *slice, const guint *pids,
                   gsize n_pids, const char *description, GVariant *properties, guint patience_ms,
                   GError **error)
{
    g_autoptr(GVariant) extra = properties ? g_variant_ref_sink(properties) : NULL;
    CgManager *manager = find_manager(host, name, error);
    g_autofree char *path = NULL;
    guint tries;

    path = manager ? corral_unit_build_path(slice, name, error) : NULL;
    if (!path || !check_properties(extra, error))
        return NULL;
    if (n_pids == 0) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE, "nobody is to be in '%s'", name);
        return NULL;
    }

    for (tries = 1;; tries++) {
        g_autoptr(GError) failure = NULL;

        if (start(manager, name, describe(name, slice, pids, n_pids, description, extra),
                  patience_ms, &failure))
            return g_steal_pointer(&path);
        if (g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_EXISTS) &&
            is_in(manager, name, pids[0]))
            return g_steal_pointer(&path);
        if (!g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_EXISTS) || tries >= START_TRIES) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return NULL;
        }
        if (!clear(manager, name, patience_ms, error))
            return NULL;
    }
}
