/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory: from whom it is taken, and when.
 *
 * None of this limits anybody: a group may be above or below each of these
 * marks, and they say what the kernel does about it.
 */
#include <config.h>

#include "cg-group.h"
#include "cg-memory.h"
#include "corral-error.h"
#include "corral-memory-reclaim.h"

static const struct {
    const char *name;
    const char *instead; /* what an interface without it has */
} marks[CG_MEMORY_N_MARKS] = {
    [CG_MEMORY_HIGH] = {"memory high mark", ""},
    [CG_MEMORY_LOW] = {"memory low mark", ""},
    [CG_MEMORY_MIN] = {"memory minimum", ""},
    [CG_MEMORY_SOFT_LIMIT] = {"memory soft limit", ": it has a high mark, which slows the group "
                                                   "down, and a low mark, which protects it"},
};

/* How @self's memory is controlled, and where. */
static const CgMemory *
find_memory(CorralGroup *self, const CgPlace **place, GError **error)
{
    *place = cg_group_find_place(self, CORRAL_CONTROLLER_MEMORY, error);
    return *place ? (*place)->hierarchy->backend->memory : NULL;
}

/* The table and the file of @mark; NULL if there is none. */
static const CgMemory *
find_mark(CorralGroup *self, CgMemoryMark mark, const CgPlace **place, GError **error)
{
    const CgMemory *memory = find_memory(self, place, error);

    if (memory && !memory->mark_files[mark]) {
        g_autofree char *what = g_strconcat(marks[mark].name, marks[mark].instead, NULL);

        cg_group_refuse_unsupported(error, *place, what);
        return NULL;
    }

    return memory;
}

/* Always FALSE. */
static gboolean
refuse_amount(GError **error, const char *what, guint64 bytes)
{
    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE,
                "%s of %" G_GUINT64_FORMAT " bytes is out of range [0, %" G_GINT64_FORMAT "]", what,
                bytes, G_MAXINT64);
    return FALSE;
}

static gboolean
set_mark(CorralGroup *self, CgMemoryMark mark, guint64 bytes, GError **error)
{
    const CgPlace *place;
    const CgMemory *memory;

    if (bytes != CORRAL_MEMORY_UNLIMITED && bytes > G_MAXINT64)
        return refuse_amount(error, marks[mark].name, bytes);

    memory = find_mark(self, mark, &place, error);
    return memory && memory->write_amount(place, memory->mark_files[mark], bytes, error);
}

static gboolean
get_mark(CorralGroup *self, CgMemoryMark mark, guint64 *bytes, GError **error)
{
    const CgPlace *place;
    const CgMemory *memory = find_mark(self, mark, &place, error);

    return memory && memory->read_amount(place, memory->mark_files[mark], bytes, error);
}

/**
 * corral_group_set_memory_high:
 * @self: a group
 * @bytes: where it is slowed down, at most 2^63 - 1; %CORRAL_MEMORY_UNLIMITED, as is usual: nowhere
 * @error: where to put what went wrong
 *
 * Above this much the kernel reclaims from the group and puts its processes to
 * sleep when they ask for more, the longer the further above; it never kills
 * for it.  The kernel rounds down to whole pages, and reclaims during this call
 * what is above already, as far as that can be done.
 *
 * %CORRAL_ERROR_RANGE: nothing was written; %CORRAL_ERROR_UNSUPPORTED: always on
 * the legacy interface; %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE if the kernel accepted it
 * Since: 0.1
 */
gboolean
corral_group_set_memory_high(CorralGroup *self, guint64 bytes, GError **error)
{
    return set_mark(self, CG_MEMORY_HIGH, bytes, error);
}

/**
 * corral_group_get_memory_high:
 * @self: a group
 * @bytes: (out): where it is slowed down, or %CORRAL_MEMORY_UNLIMITED
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_UNSUPPORTED: always on the legacy interface.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_memory_high(CorralGroup *self, guint64 *bytes, GError **error)
{
    return get_mark(self, CG_MEMORY_HIGH, bytes, error);
}

/**
 * corral_group_set_memory_low:
 * @self: a group
 * @bytes: what is to be left to it, at most 2^63 - 1 or %CORRAL_MEMORY_UNLIMITED; 0 is usual
 * @error: where to put what went wrong
 *
 * While the group uses less than this nothing is reclaimed from it as long as
 * there is anything to be had from groups above their marks.  It counts only
 * as far as the groups above this one are protected as well.  The kernel rounds
 * down to whole pages.
 *
 * %CORRAL_ERROR_RANGE: nothing was written; %CORRAL_ERROR_UNSUPPORTED: always on
 * the legacy interface; %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE if the kernel accepted it
 * Since: 0.1
 */
gboolean
corral_group_set_memory_low(CorralGroup *self, guint64 bytes, GError **error)
{
    return set_mark(self, CG_MEMORY_LOW, bytes, error);
}

/**
 * corral_group_get_memory_low:
 * @self: a group
 * @bytes: (out): what is to be left to it
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_UNSUPPORTED: always on the legacy interface.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_memory_low(CorralGroup *self, guint64 *bytes, GError **error)
{
    return get_mark(self, CG_MEMORY_LOW, bytes, error);
}

/**
 * corral_group_set_memory_min:
 * @self: a group
 * @bytes: what is left to it whatever happens, at most 2^63 - 1 or %CORRAL_MEMORY_UNLIMITED; 0
 *   is usual
 * @error: where to put what went wrong
 *
 * While the group uses less than this nothing is reclaimed from it; if there
 * is nothing else, somebody is killed.  It counts only as far as the groups
 * above this one are protected as well.  The kernel rounds down to whole pages.
 *
 * %CORRAL_ERROR_RANGE: nothing was written; %CORRAL_ERROR_UNSUPPORTED: always on
 * the legacy interface; %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE if the kernel accepted it
 * Since: 0.1
 */
gboolean
corral_group_set_memory_min(CorralGroup *self, guint64 bytes, GError **error)
{
    return set_mark(self, CG_MEMORY_MIN, bytes, error);
}

/**
 * corral_group_get_memory_min:
 * @self: a group
 * @bytes: (out): what is left to it whatever happens
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_UNSUPPORTED: always on the legacy interface.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_memory_min(CorralGroup *self, guint64 *bytes, GError **error)
{
    return get_mark(self, CG_MEMORY_MIN, bytes, error);
}

/**
 * corral_group_set_memory_soft_limit:
 * @self: a group
 * @bytes: what it is pushed back to, at most 2^63 - 1; %CORRAL_MEMORY_UNLIMITED, as is usual:
 *   nothing
 * @error: where to put what went wrong
 *
 * When the machine, not the group, is short of memory, groups are pushed back
 * to their soft limits first.  The kernel rounds down to whole pages.
 *
 * The unified interface has nothing that does this.  What comes near is the high mark,
 * but that slows the group down while there is memory to spare, and the low
 * mark of the other groups, which says whom to spare and not whom to push back.  So this is not
 * mapped to either; a caller who wants one of them says so.
 *
 * %CORRAL_ERROR_RANGE: nothing was written; %CORRAL_ERROR_UNSUPPORTED: always on
 * the unified interface, and where the kernel was built for real time;
 * %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE if the kernel accepted it
 * Since: 0.1
 */
gboolean
corral_group_set_memory_soft_limit(CorralGroup *self, guint64 bytes, GError **error)
{
    return set_mark(self, CG_MEMORY_SOFT_LIMIT, bytes, error);
}

/**
 * corral_group_get_memory_soft_limit:
 * @self: a group
 * @bytes: (out): what it is pushed back to, or %CORRAL_MEMORY_UNLIMITED
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_UNSUPPORTED: always on the unified interface.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_memory_soft_limit(CorralGroup *self, guint64 *bytes, GError **error)
{
    return get_mark(self, CG_MEMORY_SOFT_LIMIT, bytes, error);
}

/**
 * corral_group_set_swappiness:
 * @self: a group
 * @swappiness: 0 to 200
 * @error: where to put what went wrong
 *
 * Whether the kernel takes from the group memory that has to go to swap, or
 * page cache: 100 treats both as equally dear, 0 does not swap at all.  Older
 * kernels take no more than 100.
 *
 * %CORRAL_ERROR_RANGE: nothing was written; %CORRAL_ERROR_REFUSED: too much for
 * this kernel; %CORRAL_ERROR_UNSUPPORTED: always on the unified interface;
 * %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE if the kernel accepted it
 * Since: 0.1
 */
gboolean
corral_group_set_swappiness(CorralGroup *self, guint swappiness, GError **error)
{
    const CgPlace *place;
    const CgMemory *memory;

    if (swappiness > CORRAL_SWAPPINESS_MAX)
        return cg_group_refuse_range(error, "swappiness", swappiness, 0, CORRAL_SWAPPINESS_MAX);

    memory = find_memory(self, &place, error);
    if (!memory)
        return FALSE;
    if (!memory->set_swappiness)
        return cg_group_refuse_unsupported(error, place, "swappiness");

    return memory->set_swappiness(place, swappiness, error);
}

/**
 * corral_group_get_swappiness:
 * @self: a group
 * @swappiness: (out): 0 to 200
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_UNSUPPORTED: always on the unified interface.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_swappiness(CorralGroup *self, guint *swappiness, GError **error)
{
    const CgPlace *place;
    const CgMemory *memory = find_memory(self, &place, error);

    if (!memory)
        return FALSE;
    if (!memory->get_swappiness)
        return cg_group_refuse_unsupported(error, place, "swappiness");

    return memory->get_swappiness(place, swappiness, error);
}

/**
 * corral_group_reclaim_memory:
 * @self: a group
 * @bytes: how much to take from it and everything below it, at most 2^63 - 1
 * @reclaimed: (out): how much less it uses now
 * @error: where to put what went wrong
 *
 * Takes memory from a group without limiting it: page cache is dropped,
 * anonymous memory goes to swap.  It takes as long as that takes, kills nobody,
 * and the group may have the memory back the next moment.  The kernel takes
 * more than asked for as it pleases, or less if there is no more to be had: that
 * is no error, @reclaimed tells.  It is the difference of two readings of the usage, so what
 * the group takes or frees meanwhile is in it.
 *
 * The legacy interface has nothing like it.  (memory.force_empty takes all
 * that can be had, which with swap is nearly everything.)
 *
 * %CORRAL_ERROR_RANGE; %CORRAL_ERROR_UNSUPPORTED: always on the legacy interface, and
 * before Linux 5.19; %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE if the kernel has tried
 * Since: 0.1
 */
gboolean
corral_group_reclaim_memory(CorralGroup *self, guint64 bytes, guint64 *reclaimed, GError **error)
{
    const CgPlace *place;
    const CgMemory *memory;

    if (bytes > G_MAXINT64)
        return refuse_amount(error, "memory to reclaim", bytes);

    memory = find_memory(self, &place, error);
    if (!memory)
        return FALSE;
    if (!memory->reclaim)
        return cg_group_refuse_unsupported(error, place, "way to reclaim memory");

    return memory->reclaim(place, bytes, reclaimed, error);
}
