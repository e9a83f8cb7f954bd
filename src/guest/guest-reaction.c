/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is to be done when a guest runs out of memory, or waits for it.  Its users write that below
 * <metadata> (guest-limits.c, xml/limits.rng):
 *
 *   <corral:limits>
 *     <corral:on_oom action='raise'>
 *       <corral:step unit='MiB'>64</corral:step>
 *       <corral:most unit='GiB'>4</corral:most>
 *     </corral:on_oom>
 *     <corral:on_pressure action='pause' some_ms='150' window_ms='1000'/>
 *
 * An element counts as a whole: what is not in it is not looked for farther away.
 */
#include <config.h>

#include "corral.h"
#include "guest-number.h"
#include "guest-reaction.h"

#define US_PER_MS 1000
#define WINDOW_LEAST_MS (CORRAL_PRESSURE_WINDOW_MIN_US / US_PER_MS)
#define WINDOW_MOST_MS (CORRAL_PRESSURE_WINDOW_MAX_US / US_PER_MS)

static const char *const actions[] = {
    [GUEST_ACTION_IGNORE] = "ignore",
    [GUEST_ACTION_LOG] = "log",
    [GUEST_ACTION_RAISE] = "raise",
    [GUEST_ACTION_PAUSE] = "pause",
};

const char *
guest_action_name(GuestAction action)
{
    return actions[action];
}

static gboolean
refuse(GError **error, const char *what, const char *text, const char *why)
{
    g_set_error(error, GUEST_ERROR, GUEST_ERROR_LIMIT, "<%s>: '%s' is %s", what, text ? text : "",
                why);
    return FALSE;
}

static gboolean
refuse_attribute(GError **error, const xmlNode *node, const char *name, const char *text,
                 const char *why)
{
    g_set_error(error, GUEST_ERROR, GUEST_ERROR_LIMIT, "<%s>, attribute %s: '%s' is %s",
                (const char *)node->name, name, text ? text : "", why);
    return FALSE;
}

static gboolean
read_action(const xmlNode *node, GuestAction *action, GError **error)
{
    g_autofree char *text = guest_tree_dup_attribute(node, "action");
    gsize i;

    for (i = 0; text && i < G_N_ELEMENTS(actions); i++) {
        if (g_str_equal(text, actions[i])) {
            *action = i;
            return TRUE;
        }
    }
    return refuse_attribute(error, node, "action", text,
                            "none of 'ignore', 'log', 'raise' and 'pause'");
}

/* 0 if it is not given: nobody is helped by nothing. */
static gboolean
read_amount(const xmlNode *parent, const char *namespace, const char *name, guint64 *kib,
            GError **error)
{
    const xmlNode *node = guest_tree_find_child(parent, namespace, name);
    g_autofree char *text = guest_tree_dup_content(node);

    if (!node || (text && guest_tree_parse_kib(node, text, kib) && *kib > 0))
        return TRUE;
    return refuse(error, name, text, "no amount of memory");
}

static gboolean
read_ms(const xmlNode *node, const char *name, guint least, guint most, guint *ms, GError **error)
{
    g_autofree char *text = guest_tree_dup_attribute(node, name);
    g_autofree char *why = NULL;
    guint64 number;

    if (!text)
        return TRUE;
    if (guest_number_parse_unsigned(text, &number) && number >= least && number <= most) {
        *ms = (guint)number;
        return TRUE;
    }

    why = g_strdup_printf("no number of milliseconds between %u and %u", least, most);
    return refuse_attribute(error, node, name, text, why);
}

static gboolean
read_pressure(const xmlNode *node, GuestReaction *read, GError **error)
{
    read->some_ms = GUEST_REACTION_SOME_MS;
    read->window_ms = GUEST_REACTION_WINDOW_MS;
    return read_ms(node, "window_ms", WINDOW_LEAST_MS, WINDOW_MOST_MS, &read->window_ms, error) &&
           read_ms(node, "some_ms", 1, read->window_ms, &read->some_ms, error);
}

static gboolean
read_one(const xmlNode *node, const char *namespace, GuestReaction *reaction, GError **error)
{
    GuestReaction read = {.given = TRUE};

    if (!read_action(node, &read.action, error) ||
        !read_amount(node, namespace, "step", &read.step_kib, error) ||
        !read_amount(node, namespace, "most", &read.most_kib, error))
        return FALSE;
    /* A limit that goes up for ever is none. */
    if (read.action == GUEST_ACTION_RAISE && read.most_kib == 0)
        return refuse_attribute(error, node, "action", "raise", "nothing without a <most>");

    *reaction = read;
    return TRUE;
}

gboolean
guest_reaction_read(const xmlNode *parent, const char *namespace, GuestReactions *reactions,
                    GError **error)
{
    const xmlNode *oom = guest_tree_find_child(parent, namespace, "on_oom");
    const xmlNode *pressure = guest_tree_find_child(parent, namespace, "on_pressure");
    GuestReactions read = {.on_oom = {.given = FALSE}};

    if ((oom && !read_one(oom, namespace, &read.on_oom, error)) ||
        (pressure && (!read_one(pressure, namespace, &read.on_pressure, error) ||
                      !read_pressure(pressure, &read.on_pressure, error))))
        return FALSE;

    *reactions = read;
    return TRUE;
}

void
guest_reactions_fall_back(GuestReactions *reactions, const GuestReactions *farther)
{
    if (!reactions->on_oom.given)
        reactions->on_oom = farther->on_oom;
    if (!reactions->on_pressure.given)
        reactions->on_pressure = farther->on_pressure;
}

gboolean
guest_reactions_equal(const GuestReactions *a, const GuestReactions *b)
{
    const GuestReaction *const pairs[][2] = {
        {&a->on_oom, &b->on_oom},
        {&a->on_pressure, &b->on_pressure},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(pairs); i++) {
        const GuestReaction *one = pairs[i][0];
        const GuestReaction *other = pairs[i][1];

        if (one->given != other->given || one->action != other->action ||
            one->step_kib != other->step_kib || one->most_kib != other->most_kib ||
            one->some_ms != other->some_ms || one->window_ms != other->window_ms)
            return FALSE;
    }
    return TRUE;
}
