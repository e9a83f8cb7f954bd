/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is to be done for a guest that wants memory: as it is written, and whose word counts. */
#include <config.h>

#include <string.h>

#include "guest-reaction.h"
#include "guest-xml.h"

#define LIMITS(inside)                                                                             \
    "<domain type='qemu'><name>g</name><metadata><c:limits xmlns:c='" GUEST_XML_NAMESPACE          \
    "'>" inside "</c:limits></metadata></domain>"

#define NOTHING                                                                                    \
    {                                                                                              \
        .given = FALSE                                                                             \
    }

static void
assert_reaction(const GuestReaction *got, const GuestReaction *wanted)
{
    g_assert_cmpint(got->given, ==, wanted->given);
    g_assert_cmpint(got->action, ==, wanted->action);
    g_assert_cmpuint(got->step_kib, ==, wanted->step_kib);
    g_assert_cmpuint(got->most_kib, ==, wanted->most_kib);
    g_assert_cmpuint(got->some_ms, ==, wanted->some_ms);
    g_assert_cmpuint(got->window_ms, ==, wanted->window_ms);
}

static const struct {
    const char *xml;
    GuestReactions reactions;
} readable[] = {
    {"<domain><name>g</name></domain>", {NOTHING, NOTHING}},
    {LIMITS(""), {NOTHING, NOTHING}},
    {LIMITS("<c:on_oom action='ignore'/>"), {{TRUE, GUEST_ACTION_IGNORE, 0, 0, 0, 0}, NOTHING}},
    {LIMITS("<c:on_oom action='log'/>"), {{TRUE, GUEST_ACTION_LOG, 0, 0, 0, 0}, NOTHING}},
    {LIMITS("<c:on_oom action='pause'/>"), {{TRUE, GUEST_ACTION_PAUSE, 0, 0, 0, 0}, NOTHING}},
    {LIMITS("<c:on_oom action='raise'><c:most unit='GiB'>4</c:most></c:on_oom>"),
     {{TRUE, GUEST_ACTION_RAISE, 0, 4 << 20, 0, 0}, NOTHING}},
    {LIMITS("<c:on_oom action='raise'><c:step unit='MiB'>64</c:step><c:most>7</c:most></c:on_oom>"),
     {{TRUE, GUEST_ACTION_RAISE, 64 << 10, 7, 0, 0}, NOTHING}},
    {LIMITS("<c:on_oom action='log'><c:step>3</c:step></c:on_oom>"),
     {{TRUE, GUEST_ACTION_LOG, 3, 0, 0, 0}, NOTHING}},
    {LIMITS("<c:on_pressure action='log'/>"), {NOTHING, {TRUE, GUEST_ACTION_LOG, 0, 0, 150, 1000}}},
    {LIMITS("<c:on_pressure action='pause' some_ms='500' window_ms='500'/>"),
     {NOTHING, {TRUE, GUEST_ACTION_PAUSE, 0, 0, 500, 500}}},
    {LIMITS("<c:on_pressure action='log' some_ms='1' window_ms='10000'/><c:on_oom action='log'/>"),
     {{TRUE, GUEST_ACTION_LOG, 0, 0, 0, 0}, {TRUE, GUEST_ACTION_LOG, 0, 0, 1, 10000}}},
    /* the first counts, in ours, and only there; <on_oom> waits for nobody */
    {LIMITS("<c:on_oom action='log'/><c:on_oom action='pause'/>"),
     {{TRUE, GUEST_ACTION_LOG, 0, 0, 0, 0}, NOTHING}},
    {LIMITS("<on_oom action='kill'/><x:on_oom xmlns:x='urn:x'/>"), {NOTHING, NOTHING}},
    {LIMITS("<c:on_oom action='log' some_ms='many'/>"),
     {{TRUE, GUEST_ACTION_LOG, 0, 0, 0, 0}, NOTHING}},
};

static void
test_read(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(readable); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Guest) guest = guest_xml_parse("qemu", readable[i].xml, &error);

        g_test_message("%s", readable[i].xml);
        g_assert_no_error(error);
        assert_reaction(&guest_get_reactions(guest)->on_oom, &readable[i].reactions.on_oom);
        assert_reaction(&guest_get_reactions(guest)->on_pressure,
                        &readable[i].reactions.on_pressure);
    }
}

static const struct {
    const char *xml;
    const char *message; /* as it begins */
} refused[] = {
    {LIMITS("<c:on_oom/>"), "metadata element <on_oom>, attribute action: '' is none of"},
    {LIMITS("<c:on_oom action='kill'/>"), "metadata element <on_oom>, attribute action: 'kill' is"},
    {LIMITS("<c:on_oom action='LOG'/>"), "metadata element <on_oom>, attribute action: 'LOG' is"},
    {LIMITS("<c:on_pressure action=' log'/>"),
     "metadata element <on_pressure>, attribute action: ' log' is"},
    {LIMITS("<c:on_oom action='raise'/>"),
     "metadata element <on_oom>, attribute action: 'raise' is nothing without a <most>"},
    {LIMITS("<c:on_pressure action='raise'><c:step>1</c:step></c:on_pressure>"),
     "metadata element <on_pressure>, attribute action: 'raise' is nothing without a <most>"},
    {LIMITS("<c:on_oom action='raise'><most>1</most></c:on_oom>"),
     "metadata element <on_oom>, attribute action: 'raise' is nothing without a <most>"},
    {LIMITS("<c:on_oom action='log'><c:most>0</c:most></c:on_oom>"),
     "metadata element <most>: '0' is no amount of memory"},
    {LIMITS("<c:on_oom action='log'><c:step/></c:on_oom>"), "metadata element <step>: '' is"},
    {LIMITS("<c:on_oom action='log'><c:step unit='pages'>1</c:step></c:on_oom>"),
     "metadata element <step>: '1' is"},
    {LIMITS("<c:on_pressure action='log' some_ms='0'/>"),
     "metadata element <on_pressure>, attribute some_ms: '0' is no number of milliseconds between "
     "1 and 1000"},
    {LIMITS("<c:on_pressure action='log' some_ms='501' window_ms='500'/>"),
     "metadata element <on_pressure>, attribute some_ms: '501' is no number of milliseconds "
     "between 1 and 500"},
    {LIMITS("<c:on_pressure action='log' window_ms='499'/>"),
     "metadata element <on_pressure>, attribute window_ms: '499' is no number of milliseconds "
     "between 500 and 10000"},
    {LIMITS("<c:on_pressure action='log' window_ms='10001'/>"),
     "metadata element <on_pressure>, attribute window_ms: '10001' is"},
    {LIMITS("<c:on_pressure action='log' window_ms='1s'/>"),
     "metadata element <on_pressure>, attribute window_ms: '1s' is"},
};

static void
test_refused(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autoptr(GError) error = NULL;

        g_test_message("%s", refused[i].xml);
        g_assert_null(guest_xml_parse("qemu", refused[i].xml, &error));
        g_assert_error(error, GUEST_ERROR, GUEST_ERROR_LIMIT);
        g_assert_cmpuint(strncmp(error->message, refused[i].message, strlen(refused[i].message)),
                         ==, 0);
    }
}

/* Whoever runs the host writes the same without a namespace. */
static void
test_elsewhere(void)
{
    g_autoptr(xmlDoc) doc = guest_tree_read_any(
        "<corral><on_oom action='pause'/><c:on_pressure xmlns:c='" GUEST_XML_NAMESPACE
        "' action='log'/></corral>",
        NULL);
    g_autoptr(xmlDoc) wrong = guest_tree_read_any("<corral><on_oom action='kill'/></corral>", NULL);
    const GuestReaction pause = {.given = TRUE, .action = GUEST_ACTION_PAUSE};
    const GuestReaction nothing = NOTHING;
    g_autoptr(GError) error = NULL;
    GuestReactions reactions;

    g_assert_true(guest_reaction_read(xmlDocGetRootElement(doc), NULL, &reactions, &error));
    assert_reaction(&reactions.on_oom, &pause);
    assert_reaction(&reactions.on_pressure, &nothing);

    g_assert_true(guest_reaction_read(NULL, NULL, &reactions, &error));
    assert_reaction(&reactions.on_oom, &nothing);

    /* Outputs only on success. */
    reactions.on_oom = pause;
    g_assert_false(guest_reaction_read(xmlDocGetRootElement(wrong), NULL, &reactions, &error));
    g_assert_cmpstr(error->message, ==,
                    "<on_oom>, attribute action: 'kill' is none of 'ignore', 'log', 'raise' and "
                    "'pause'");
    assert_reaction(&reactions.on_oom, &pause);
}

/* ---- whose word counts ---- */

static void
test_nearest(void)
{
    const GuestReaction near = {TRUE, GUEST_ACTION_LOG, 0, 0, 0, 0};
    const GuestReaction far = {TRUE, GUEST_ACTION_RAISE, 64, 128, 0, 0};
    GuestReactions both = {.on_oom = near};
    const GuestReactions partition = {.on_oom = far, .on_pressure = far};
    const GuestReactions host = {.on_oom = near, .on_pressure = near};

    guest_reactions_fall_back(&both, &partition);
    guest_reactions_fall_back(&both, &host);
    /* As a whole: nothing of the other's step and most. */
    assert_reaction(&both.on_oom, &near);
    assert_reaction(&both.on_pressure, &far);
}

static void
test_equal(void)
{
    const GuestReaction some = {TRUE, GUEST_ACTION_RAISE, 64, 128, 1, 500};
    const GuestReaction others[] = {
        {FALSE, GUEST_ACTION_RAISE, 64, 128, 1, 500}, {TRUE, GUEST_ACTION_LOG, 64, 128, 1, 500},
        {TRUE, GUEST_ACTION_RAISE, 65, 128, 1, 500},  {TRUE, GUEST_ACTION_RAISE, 64, 129, 1, 500},
        {TRUE, GUEST_ACTION_RAISE, 64, 128, 2, 500},  {TRUE, GUEST_ACTION_RAISE, 64, 128, 1, 501},
    };
    const GuestReactions a = {.on_oom = some, .on_pressure = some};
    gsize i;

    g_assert_true(guest_reactions_equal(&a, &a));
    for (i = 0; i < G_N_ELEMENTS(others); i++) {
        const GuestReactions oom = {.on_oom = others[i], .on_pressure = some};
        const GuestReactions pressure = {.on_oom = some, .on_pressure = others[i]};

        g_assert_false(guest_reactions_equal(&a, &oom));
        g_assert_false(guest_reactions_equal(&pressure, &a));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/guest-reaction/read", test_read);
    g_test_add_func("/guest-reaction/refused", test_refused);
    g_test_add_func("/guest-reaction/elsewhere", test_elsewhere);
    g_test_add_func("/guest-reaction/nearest", test_nearest);
    g_test_add_func("/guest-reaction/equal", test_equal);
    return g_test_run();
}
