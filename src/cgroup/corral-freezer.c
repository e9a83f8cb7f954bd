/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stopping a group and letting it go on.
 *
 * Who freezes a group that he is in himself never gets to thaw it, so that is
 * refused.  It cannot be refused for those whose answer is waited for: a caller
 * that freezes the process which holds a lock of his waits for it until
 * somebody else thaws the group.
 */
#include <config.h>

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cg-freezer.h"
#include "cg-group.h"
#include "corral-error.h"
#include "corral-freezer.h"

/* How @self is stopped, and where.  The place is a copy: what is waited for must not be kept. */
static const CgFreezer *
find_freezer(CorralGroup *self, CgPlace *place, GError **error)
{
    const CgPlace *found = cg_group_find_place(self, CORRAL_CONTROLLER_FREEZER, error);

    if (!found)
        return NULL;

    *place = *found;
    place->files = NULL;
    return found->hierarchy->backend->freezer;
}

/* Neither this process nor this thread of it. */
static gboolean
check_not_inside(CorralGroup *self, GError **error)
{
    const pid_t ids[] = {getpid(), (pid_t)syscall(SYS_gettid)};
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(ids); i++) {
        g_autofree char *path = corral_host_find_process(corral_group_get_host(self),
                                                         CORRAL_CONTROLLER_FREEZER, ids[i], NULL);

        if (path && cg_tree_is_at_or_below(path, corral_group_get_path(self))) {
            g_set_error(
                error, CORRAL_ERROR, CORRAL_ERROR_REFUSED,
                "group '%s' holds process %d, which asks to freeze it and could not thaw it",
                corral_group_get_path(self), (int)ids[i]);
            return FALSE;
        }
    }

    return TRUE;
}

/**
 * corral_group_freeze:
 * @self: a group
 * @patience_ms: how long to wait until everybody has stopped
 * @error: where to put what went wrong
 *
 * Stops every process in the group and below it, and waits until they have.  A
 * process in the middle of a system call that cannot be interrupted stops when
 * that is over; if what it waits for is the answer of one that has stopped
 * already, all of them run for a moment more.  If not all stop in time the group
 * is thawed again, unless somebody had asked for it to freeze before.
 *
 * While a group is frozen, whoever waits for a process in it waits for good:
 * think of locks, pipes and ptrace before freezing others than a guest.
 *
 * %CORRAL_ERROR_BUSY: some did not stop in time; %CORRAL_ERROR_REFUSED: the
 * calling process is in the group; %CORRAL_ERROR_NAME: @self is the root, which
 * holds the whole machine; %CORRAL_ERROR_UNSUPPORTED: the unified interface
 * before Linux 5.2; %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE if everybody has stopped
 * Since: 0.1
 */
gboolean
corral_group_freeze(CorralGroup *self, guint patience_ms, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)patience_ms * G_TIME_SPAN_MILLISECOND;
    g_autoptr(GError) failure = NULL;
    g_autoptr(GError) stuck = NULL;
    const CgFreezer *freezer;
    CorralFreezerState before;
    gboolean complete = FALSE;
    CgPlace place;

    if (corral_group_get_path(self)[0] == '\0') {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME, "the root cannot be frozen");
        return FALSE;
    }
    freezer = find_freezer(self, &place, error);
    if (!freezer || !check_not_inside(self, error) || !freezer->get_state(&place, &before, error))
        return FALSE;

    if (freezer->freeze(&place, deadline, &complete, &failure)) {
        if (complete)
            return TRUE;
        g_set_error(&failure, CORRAL_ERROR, CORRAL_ERROR_BUSY,
                    "not every process in group '%s' has stopped within %u ms",
                    corral_group_get_path(self), patience_ms);
    }

    if (!(before & CORRAL_FREEZER_SELF) && !freezer->thaw(&place, &stuck))
        g_prefix_error(&failure,
                       "group '%s' may be frozen in part (%s): ", corral_group_get_path(self),
                       stuck->message);
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

/**
 * corral_group_thaw:
 * @self: a group
 * @error: where to put what went wrong
 *
 * Lets the group go on.  If a group above it is frozen, too, it stays stopped
 * until that is thawed: corral_group_get_freezer_state() tells.
 *
 * %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE if the group itself is not frozen any more
 * Since: 0.1
 */
gboolean
corral_group_thaw(CorralGroup *self, GError **error)
{
    CgPlace place;
    const CgFreezer *freezer = find_freezer(self, &place, error);

    return freezer && freezer->thaw(&place, error);
}

/**
 * corral_group_is_frozen:
 * @self: a group
 * @frozen: (out): whether everybody in it and below it has stopped
 * @error: where to put what went wrong
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_is_frozen(CorralGroup *self, gboolean *frozen, GError **error)
{
    CorralFreezerState state;

    if (!corral_group_get_freezer_state(self, &state, error))
        return FALSE;

    *frozen = (state & CORRAL_FREEZER_COMPLETE) != 0;
    return TRUE;
}

/**
 * corral_group_get_freezer_state:
 * @self: a group
 * @state: (out): what holds of its freezing
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_UNSUPPORTED: the root cannot be frozen, and tells nothing.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_freezer_state(CorralGroup *self, CorralFreezerState *state, GError **error)
{
    CgPlace place;
    const CgFreezer *freezer = find_freezer(self, &place, error);

    return freezer && freezer->get_state(&place, state, error);
}
