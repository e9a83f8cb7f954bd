/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stopping and continuing under the kernel's unified interface.
 *
 * "cgroup.freeze" is what the group itself was asked for; "cgroup.events" says
 * whether all have stopped, for whatever reason, and wakes those who poll it.
 * What the groups above were asked for stands in their files.
 *
 * One that waits, and cannot be interrupted, for another that has stopped does so for
 * good: whoever reads from a file system in user space that is served inside of the
 * group.  So after each wait in vain all are let run for a moment.
 */
#include <config.h>

#include <poll.h>

#include "cg-codec.h"
#include "cg-freezer.h"
#include "corral-error.h"

/* A wait is looked after now and then, should an event have got lost. */
#define WAIT_MAX_US (100 * G_TIME_SPAN_MILLISECOND)

/* Long enough for an answer, even of one that has to wait for a processor. */
#define MOMENT_US (5 * G_TIME_SPAN_MILLISECOND)

static gboolean
ask(const CgPlace *place, gboolean freeze, GError **error)
{
    return cg_place_write_bool(place, "cgroup.freeze", freeze, error);
}

static gboolean
thaw(const CgPlace *place, GError **error)
{
    return ask(place, FALSE, error);
}

static gboolean
let_run(const CgPlace *place, GError **error)
{
    if (!thaw(place, error))
        return FALSE;
    g_usleep(MOMENT_US);
    return ask(place, TRUE, error);
}

static gboolean
parse_events(const CgPlace *place, const char *text, gboolean *complete, GError **error)
{
    guint64 frozen;
    const CgCodecField fields[] = {{"frozen", &frozen}};

    if (!cg_codec_parse_keyed(text, fields, G_N_ELEMENTS(fields)) || frozen > 1)
        return cg_place_refuse_format(place, "cgroup.events", text, error);

    *complete = frozen == 1;
    return TRUE;
}

/* FALSE if nothing has come. */
static gboolean
wait_for_event(int fd, gint64 patience_us)
{
    struct pollfd waits = {.fd = fd, .events = POLLPRI};

    /* At least 1 ms, or the last one would be spent on asking. */
    return poll(&waits, 1, CLAMP(patience_us, 1000, WAIT_MAX_US) / 1000) != 0;
}

static gboolean
freeze(const CgPlace *place, gint64 deadline, gboolean *complete, GError **error)
{
    /* Not one that is kept open: what was read from it is what it is polled against. */
    CG_AUTO_FD fd = cg_tree_open_file(place->dir, "cgroup.events", error);
    gboolean done = FALSE;
    gboolean in_vain = FALSE;

    if (fd < 0 || !ask(place, TRUE, error))
        return FALSE;

    while (TRUE) {
        g_autofree char *text = cg_tree_read_open(fd, place->dir, "cgroup.events", error);
        gint64 left = deadline - g_get_monotonic_time();

        if (!text || !parse_events(place, text, &done, error))
            return FALSE;
        if (done || left <= 0)
            break;
        if (in_vain && !let_run(place, error))
            return FALSE;
        in_vain = !wait_for_event(fd, left);
    }

    *complete = done;
    return TRUE;
}

/* Whether a group above @place was asked to stop; the top of the hierarchy has no such file. */
static gboolean
look_above(const CgPlace *place, gboolean *asked, GError **error)
{
    CgPlace above = *place;
    CG_AUTO_FD dir = -1;

    above.files = NULL;
    *asked = FALSE;
    while (!*asked) {
        g_autoptr(GError) failure = NULL;
        gboolean top;
        CgFd next;

        if (!cg_place_is_top(&above, &top, error))
            return FALSE;
        if (top)
            break;

        next = cg_tree_open_dir(above.dir, "..", &failure);
        cg_fd_close(&dir);
        dir = next;
        above.dir = dir;
        if (dir >= 0 && cg_place_read_bool(&above, "cgroup.freeze", asked, &failure))
            continue;
        if (g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_FAILED)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        break;
    }

    return TRUE;
}

static gboolean
get_state(const CgPlace *place, CorralFreezerState *state, GError **error)
{
    g_autofree char *text = NULL;
    gboolean self;
    gboolean complete = FALSE;
    gboolean above;

    if (!cg_place_read_bool(place, "cgroup.freeze", &self, error))
        return FALSE;
    text = cg_place_read(place, "cgroup.events", error);
    if (!text || !parse_events(place, text, &complete, error))
        return FALSE;

    if (!look_above(place, &above, error))
        return FALSE;

    *state = (self ? CORRAL_FREEZER_SELF : 0) | (above ? CORRAL_FREEZER_ABOVE : 0) |
             (complete ? CORRAL_FREEZER_COMPLETE : 0);
    return TRUE;
}

const CgFreezer cg_freezer_unified = {
    .freeze = freeze,
    .thaw = thaw,
    .get_state = get_state,
};
