/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes for groups that systemd manages.
 *
 * A group that is a unit has two who know its values: the kernel, and systemd, which writes
 * its own to the kernel whenever it sees a reason, be it a daemon-reload or a property that
 * somebody else sets.  What only the file says would be lost then.  So the file is written, and
 * systemd is told.
 *
 * In this order, because the kernel is the one that may refuse a value for what is
 * in force around it, because what it has to do for a lower limit of memory is done in the
 * caller and not in process 1, and because there is an order among files that systemd
 * does not keep.  What systemd then writes is what is there.  It answers before it does that, so
 * the file alone makes sure that a value holds when a setter returns.  Should systemd refuse,
 * the file is set back.
 *
 * Below a unit, and where systemd has no word for it, the file is all there is.
 */
#include <config.h>

#include "cg-memo.h"
#include "cg-property.h"
#include "cg-unit.h"
#include "cg-writer.h"

/* The file as it was; what it is now has been refused. */
static void
set_back(const CgPlace *place, const CgProperty *property, const char *file, const char *before,
         const char *text, GError **failure)
{
    g_autofree char *old = before ? cg_property_undo(property, before, text) : NULL;
    g_autofree char *name = NULL;

    if (old && cg_tree_write(place->dir, file, old, NULL))
        return;

    name = cg_tree_name(place->dir, file);
    g_prefix_error(failure, "'%s' was changed and cannot be changed back: ", name);
}

static gboolean
write_and_tell(const CgPlace *place, const char *file, const char *text, GError **error)
{
    const CgProperty *property =
        place->unit ? cg_property_find(place->hierarchy->mount->unified, file) : NULL;
    g_autofree char *before = NULL;
    g_autoptr(CgUnitCall) call = NULL;
    g_autoptr(GError) failure = NULL;

    if (property && !place->call)
        before = cg_tree_read(place->dir, file, NULL);
    if (!cg_tree_write(place->dir, file, text, error))
        return FALSE;
    if (!property)
        return TRUE;
    if (place->call) {
        cg_unit_call_add(place->call, place, file, text);
        return TRUE;
    }

    call = cg_unit_call_new(place->hierarchy->manager, place->unit);
    cg_unit_call_add(call, place, file, text);
    if (cg_unit_call_send(call, &failure))
        return TRUE;

    set_back(place, property, file, before, text, &failure);
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static gboolean
set_label(const CgPlace *place, const char *name, const char *value, GError **error)
{
    return cg_tree_set_label(place->dir, name, value, error);
}

const CgWriter cg_writer_systemd = {
    .name = "systemd",
    .write = write_and_tell,
    .set_label = set_label,
};

static gboolean
write_untold(const CgPlace *place, const char *file, const char *text, GError **error)
{
    if (!cg_tree_write(place->dir, file, text, error))
        return FALSE;

    cg_memo_note(place, file);
    return TRUE;
}

const CgWriter cg_writer_untold = {
    .name = "untold",
    .write = write_untold,
    .set_label = set_label,
};
