/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules about devices under the kernel's unified interface: a program attached to
 * the group (see cg-bpf-libbpf.c).  To open a device a process has to pass the
 * programs of its group and of all groups above.
 *
 * A group without a program of ours is not restricted by itself.  It has the
 * rules of the nearest group above that has some, as a new group of the legacy
 * interface has: what is changed in it starts from these.
 */
#include <config.h>

#include <string.h>

#include "cg-bpf.h"
#include "cg-devices.h"
#include "corral-error.h"

/* ---- level by level ---- */

/* A group, or one above it, with what is attached there. */
typedef struct {
    CgPlace place;
    CgFd dir; /* ours to close */
    CgBpfPrograms *programs;
} Level;

static void
level_clear(Level *level)
{
    cg_fd_close(&level->dir);
    g_clear_pointer(&level->programs, cg_bpf_programs_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Level, level_clear);

static gboolean
level_start(Level *level, const CgPlace *place, GError **error)
{
    level->place = *place;
    level->place.files = NULL;
    level->programs = cg_bpf_list(place->dir, error);
    return level->programs != NULL;
}

/* One up; *done if there is none. */
static gboolean
level_rise(Level *level, gboolean *done, GError **error)
{
    CgFd above;

    if (!cg_place_is_top(&level->place, done, error))
        return FALSE;
    if (*done)
        return TRUE;

    above = cg_tree_open_dir(level->place.dir, "..", error);
    if (above < 0)
        return FALSE;
    level_clear(level);
    level->dir = level->place.dir = above;
    level->programs = cg_bpf_list(above, error);
    return level->programs != NULL;
}

static const CgBpfProgram *
get_program(const Level *level, guint i)
{
    return &g_array_index(level->programs->programs, CgBpfProgram, i);
}

/* The first of ours from @from on, or NULL. */
static const CgBpfProgram *
find_ours(const Level *level, guint from)
{
    guint i;

    for (i = from; i < level->programs->programs->len; i++) {
        if (get_program(level, i)->ours)
            return get_program(level, i);
    }

    return NULL;
}

/* ---- the table ---- */

static gboolean
read_rules(const CgPlace *place, CgDeviceRules **rules, GError **error)
{
    g_auto(Level) level = {.dir = -1};
    const CgBpfProgram *ours;
    CgDeviceRules *found;
    gboolean done = FALSE;

    if (!level_start(&level, place, error))
        return FALSE;
    while (!(ours = find_ours(&level, 0)) && !done) {
        if (!level_rise(&level, &done, error))
            return FALSE;
    }

    found = ours ? cg_bpf_read(level.place.dir, ours->id, error) : cg_device_rules_new(TRUE);
    if (!found)
        return FALSE;

    *rules = found;
    return TRUE;
}

static gboolean
refuse_exclusive(const Level *level, GError **error)
{
    g_autofree char *name = cg_tree_name(level->place.dir, "");
    const CgBpfProgram *program = get_program(level, 0);

    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY,
                "cannot restrict devices: program '%s' (id %u), attached to '%s', suffers no other "
                "beside or below it",
                program->name, program->id, name);
    return FALSE;
}

/* As the kernel, which would only say that it is not permitted. */
static gboolean
check_room(const CgPlace *place, GError **error)
{
    g_auto(Level) level = {.dir = -1};
    gboolean done = FALSE;

    if (!level_start(&level, place, error))
        return FALSE;
    if (!level.programs->shares_group)
        return refuse_exclusive(&level, error);

    while (level_rise(&level, &done, error)) {
        if (done)
            return TRUE;
        if (!level.programs->shares_below)
            return refuse_exclusive(&level, error);
        if (level.programs->programs->len > 0)
            return TRUE;
    }

    return FALSE;
}

/* Those that two who did the same at once left behind. */
static gboolean
detach_ours(const Level *level, guint from, GError **error)
{
    guint i;

    for (i = from; i < level->programs->programs->len; i++) {
        if (get_program(level, i)->ours &&
            !cg_bpf_detach(level->place.dir, get_program(level, i)->id, error))
            return FALSE;
    }

    return TRUE;
}

static gboolean
write_rules(const CgPlace *place, const CgDeviceRules *before, const CgDeviceRules *after,
            gboolean whole, GError **error)
{
    g_auto(Level) level = {.dir = -1};
    const CgBpfProgram *ours;
    guint next;

    if (!level_start(&level, place, error))
        return FALSE;
    if (after->open && after->entries->len == 0)
        return detach_ours(&level, 0, error);

    ours = find_ours(&level, 0);
    if (!ours)
        return check_room(place, error) && cg_bpf_attach(place->dir, 0, after, error);

    next = ours - get_program(&level, 0) + 1;
    if (!whole && before->open == after->open) {
        gboolean full = FALSE;

        if (cg_bpf_update(place->dir, ours->id, before, after, &full, error))
            return detach_ours(&level, next, error);
        if (!full)
            return FALSE;
    }

    return cg_bpf_attach(place->dir, ours->id, after, error) && detach_ours(&level, next, error);
}

static gboolean
detach_all(const CgPlace *place, GError **error)
{
    g_autoptr(CgBpfPrograms) found = cg_bpf_list(place->dir, error);
    guint i;

    for (i = 0; found && i < found->programs->len; i++) {
        if (!cg_bpf_detach(place->dir, g_array_index(found->programs, CgBpfProgram, i).id, error))
            return FALSE;
    }

    return found != NULL;
}

/* ---- asking ---- */

/* Takes @id out of @ids; FALSE if it is not there. */
static gboolean
strike_out(GArray *ids, guint32 id)
{
    guint i;

    for (i = 0; i < ids->len; i++) {
        if (g_array_index(ids, guint32, i) == id) {
            g_array_remove_index_fast(ids, i);
            return TRUE;
        }
    }

    return FALSE;
}

/* Keeps the first answer of the nearest level, unless a later one weighs more. */
static void
weigh(CorralDeviceAnswer **answer, CorralDeviceAnswer *other)
{
    static const int weights[] = {
        [CORRAL_DEVICE_VERDICT_ALLOWED] = 0,
        [CORRAL_DEVICE_VERDICT_UNKNOWN] = 1,
        [CORRAL_DEVICE_VERDICT_DENIED] = 2,
    };

    if (*answer && weights[(*answer)->verdict] >= weights[other->verdict]) {
        corral_device_answer_free(other);
        return;
    }

    g_clear_pointer(answer, corral_device_answer_free);
    *answer = other;
}

static CorralDeviceAnswer *
ask_program(const Level *level, const char *path, const CgBpfProgram *program,
            const CorralDevice *device, guint access, GError **error)
{
    g_autoptr(CgDeviceRules) rules = NULL;

    if (!program->ours) {
        g_autofree char *name = g_strdup_printf("program '%s' (id %u)", program->name, program->id);

        return cg_device_answer_new_unknown(path, name, device, access);
    }

    rules = cg_bpf_read(level->place.dir, program->id, error);
    return rules ? cg_device_answer_new(rules, path, device, access) : NULL;
}

static void
cut_component(char *path)
{
    char *slash = strrchr(path, '/');

    *(slash ? slash : path) = '\0';
}

static CorralDeviceAnswer *
ask(const CgPlace *place, const char *path, const CorralDevice *device, guint access,
    GError **error)
{
    g_autoptr(GArray) effective = cg_bpf_list_effective(place->dir, error);
    g_autoptr(CorralDeviceAnswer) answer = NULL;
    g_auto(Level) level = {.dir = -1};
    g_autofree char *here = g_strdup(path);
    gboolean done = FALSE;
    guint i;

    if (!effective || !level_start(&level, place, error))
        return NULL;

    while (!done) {
        for (i = 0; i < level.programs->programs->len; i++) {
            const CgBpfProgram *program = get_program(&level, i);
            CorralDeviceAnswer *one;

            if (!strike_out(effective, program->id))
                continue;
            one = ask_program(&level, here, program, device, access, error);
            if (!one)
                return NULL;
            weigh(&answer, one);
        }
        if (!level_rise(&level, &done, error))
            return NULL;
        cut_component(here);
    }

    if (effective->len > 0)
        weigh(&answer, cg_device_answer_new_unknown(NULL, "a program", device, access));
    if (!answer)
        return cg_device_answer_new_free(device, access);
    return g_steal_pointer(&answer);
}

const CgDevices cg_devices_unified = {
    .read = read_rules,
    .write = write_rules,
    .detach = detach_all,
    .ask = ask,
};
