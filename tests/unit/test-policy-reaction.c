/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is done for a guest that wants memory, how often, and what is told of it. */
#include <config.h>

#include "policy-reaction.h"

#define MIB ((guint64)1 << 20)
#define MS G_TIME_SPAN_MILLISECOND
#define S G_TIME_SPAN_SECOND
#define NO_LIMIT CORRAL_MEMORY_UNLIMITED
#define PLENTY (1024 * MIB)

static GuestReaction
wish(GuestAction action, guint64 step_mib, guint64 most_mib)
{
    return (GuestReaction){
        .given = TRUE,
        .action = action,
        .step_kib = step_mib << 10,
        .most_kib = most_mib << 10,
    };
}

/* ---- one decision ---- */

static const struct {
    const char *name;
    GuestAction oom;
    GuestAction pressure;
    guint64 step_mib;
    guint64 most_mib;
    gboolean seen[POLICY_N_EVENTS];
    gboolean others;
    gboolean governed;
    gboolean refused;
    guint64 limit;
    guint64 room;
    PolicyEvent event;
    PolicyReactionKind kind;
    PolicyHindrance hindrance;
    guint64 raised_to;
} decisions[] = {
#define SEEN(...)                                                                                  \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define PRESSURE [POLICY_EVENT_PRESSURE] = TRUE
#define OOM [POLICY_EVENT_OOM] = TRUE
#define KILL [POLICY_EVENT_OOM_KILL] = TRUE
#define END [POLICY_EVENT_END] = TRUE
    {"log", GUEST_ACTION_LOG, 0, 0, 0, SEEN(OOM), 0, 0, 0, 64 * MIB, PLENTY, POLICY_EVENT_OOM,
     POLICY_REACTION_LOGGED, POLICY_HINDRANCE_NONE, 0},
    {"pause", GUEST_ACTION_PAUSE, 0, 0, 0, SEEN(OOM, KILL), 0, 0, 0, 64 * MIB, PLENTY,
     POLICY_EVENT_OOM_KILL, POLICY_REACTION_PAUSED, POLICY_HINDRANCE_NONE, 0},
    {"pause-whoever-is-short", GUEST_ACTION_PAUSE, 0, 0, 0, SEEN(KILL), TRUE, TRUE, 0, NO_LIMIT, 0,
     POLICY_EVENT_OOM_KILL, POLICY_REACTION_PAUSED, POLICY_HINDRANCE_NONE, 0},
    {"raise", GUEST_ACTION_RAISE, 0, 32, 256, SEEN(OOM), 0, 0, 0, 64 * MIB, PLENTY,
     POLICY_EVENT_OOM, POLICY_REACTION_RAISED, POLICY_HINDRANCE_NONE, 96 * MIB},
    {"raise-by-default", GUEST_ACTION_RAISE, 0, 0, 256, SEEN(OOM), 0, 0, 0, 100 * MIB, PLENTY,
     POLICY_EVENT_OOM, POLICY_REACTION_RAISED, POLICY_HINDRANCE_NONE, 164 * MIB},
    {"raise-much-by-a-tenth", GUEST_ACTION_RAISE, 0, 0, 8192, SEEN(OOM), 0, 0, 0, 2000 * MIB,
     PLENTY, POLICY_EVENT_OOM, POLICY_REACTION_RAISED, POLICY_HINDRANCE_NONE, 2200 * MIB},
    {"raise-the-last-bit", GUEST_ACTION_RAISE, 0, 64, 100, SEEN(OOM), 0, 0, 0, 90 * MIB, 10 * MIB,
     POLICY_EVENT_OOM, POLICY_REACTION_RAISED, POLICY_HINDRANCE_NONE, 100 * MIB},
    {"raise-no-more", GUEST_ACTION_RAISE, 0, 64, 100, SEEN(OOM), 0, 0, 0, 100 * MIB, PLENTY,
     POLICY_EVENT_OOM, POLICY_REACTION_LOGGED, POLICY_HINDRANCE_MOST, 0},
    {"raise-what-is-above", GUEST_ACTION_RAISE, 0, 64, 100, SEEN(OOM), 0, 0, 0, 200 * MIB, PLENTY,
     POLICY_EVENT_OOM, POLICY_REACTION_LOGGED, POLICY_HINDRANCE_MOST, 0},
    {"raise-without-room", GUEST_ACTION_RAISE, 0, 64, 256, SEEN(OOM), 0, 0, 0, 64 * MIB,
     64 * MIB - 1, POLICY_EVENT_OOM, POLICY_REACTION_LOGGED, POLICY_HINDRANCE_ROOM, 0},
    {"raise-nothing", GUEST_ACTION_RAISE, 0, 64, 256, SEEN(OOM), 0, 0, 0, NO_LIMIT, PLENTY,
     POLICY_EVENT_OOM, POLICY_REACTION_LOGGED, POLICY_HINDRANCE_NO_LIMIT, 0},
    {"raise-for-others", GUEST_ACTION_RAISE, 0, 64, 256, SEEN(KILL), TRUE, 0, 0, 64 * MIB, PLENTY,
     POLICY_EVENT_OOM_KILL, POLICY_REACTION_LOGGED, POLICY_HINDRANCE_OTHERS, 0},
    {"raise-a-balloons", GUEST_ACTION_RAISE, 0, 64, 256, SEEN(OOM), 0, TRUE, 0, 64 * MIB, PLENTY,
     POLICY_EVENT_OOM, POLICY_REACTION_LOGGED, POLICY_HINDRANCE_GOVERNED, 0},
    {"raise-without-most", GUEST_ACTION_RAISE, 0, 64, 0, SEEN(OOM), 0, 0, 0, 64 * MIB, PLENTY,
     POLICY_EVENT_OOM, POLICY_REACTION_LOGGED, POLICY_HINDRANCE_MOST, 0},
    {"pressure", GUEST_ACTION_LOG, GUEST_ACTION_RAISE, 64, 256, SEEN(PRESSURE), 0, 0, 0, 64 * MIB,
     PLENTY, POLICY_EVENT_PRESSURE, POLICY_REACTION_RAISED, POLICY_HINDRANCE_NONE, 128 * MIB},
    {"pressure-and-oom", GUEST_ACTION_LOG, GUEST_ACTION_RAISE, 64, 256, SEEN(PRESSURE, OOM), 0, 0,
     0, 64 * MIB, PLENTY, POLICY_EVENT_OOM, POLICY_REACTION_LOGGED, POLICY_HINDRANCE_NONE, 0},
    {"refused", GUEST_ACTION_RAISE, 0, 64, 256, SEEN(OOM), 0, 0, TRUE, 64 * MIB, PLENTY,
     POLICY_EVENT_OOM, POLICY_REACTION_LOGGED, POLICY_HINDRANCE_REFUSED, 0},
    {"refused-to-pause", GUEST_ACTION_PAUSE, 0, 0, 0, SEEN(KILL), 0, 0, TRUE, 64 * MIB, PLENTY,
     POLICY_EVENT_OOM_KILL, POLICY_REACTION_LOGGED, POLICY_HINDRANCE_REFUSED, 0},
    {"refused-nothing", GUEST_ACTION_LOG, 0, 0, 0, SEEN(OOM), 0, 0, TRUE, 64 * MIB, PLENTY,
     POLICY_EVENT_OOM, POLICY_REACTION_LOGGED, POLICY_HINDRANCE_NONE, 0},
    {"end", GUEST_ACTION_PAUSE, 0, 0, 0, SEEN(PRESSURE, OOM, KILL, END), 0, 0, 0, 64 * MIB, PLENTY,
     POLICY_EVENT_END, POLICY_REACTION_ENDED, POLICY_HINDRANCE_NONE, 0},
    {"end-of-one-to-raise", GUEST_ACTION_RAISE, 0, 64, 256, SEEN(END), 0, 0, 0, 64 * MIB, PLENTY,
     POLICY_EVENT_END, POLICY_REACTION_ENDED, POLICY_HINDRANCE_NONE, 0},
};

static void
test_decide(void)
{
    gsize i, k;

    for (i = 0; i < G_N_ELEMENTS(decisions); i++) {
        const GuestReactions wishes = {
            .on_oom = wish(decisions[i].oom, decisions[i].step_mib, decisions[i].most_mib),
            .on_pressure =
                wish(decisions[i].pressure, decisions[i].step_mib, decisions[i].most_mib),
        };
        PolicyIncident incident = {
            .own = !decisions[i].others,
            .governed = decisions[i].governed,
            .refused = decisions[i].refused,
            .limit = decisions[i].limit,
            .room = decisions[i].room,
        };
        PolicyReactionMemory memory = {0};
        PolicyReaction reaction;

        g_test_message("%s", decisions[i].name);
        for (k = 0; k < POLICY_N_EVENTS; k++)
            incident.seen_us[k] = decisions[i].seen[k];
        reaction = policy_reaction_decide(&memory, &wishes, &incident, 1);
        g_assert_cmpint(reaction.event, ==, decisions[i].event);
        g_assert_cmpint(reaction.kind, ==, decisions[i].kind);
        g_assert_cmpint(reaction.hindrance, ==, decisions[i].hindrance);
        g_assert_cmpuint(reaction.limit, ==, decisions[i].raised_to);
        g_assert_true(reaction.tell);
        g_assert_cmpuint(reaction.left_out, ==, 0);
    }
}

/* ---- how often ---- */

static PolicyReaction
decide(PolicyReactionMemory *memory, GuestAction action, PolicyEvent event, guint64 limit,
       gint64 now_us)
{
    const GuestReactions wishes = {
        .on_oom = wish(action, 64, 256),
        .on_pressure = wish(action, 64, 256),
    };
    PolicyIncident incident = {.own = TRUE, .limit = limit, .room = PLENTY};

    incident.seen_us[event] = now_us;
    return policy_reaction_decide(memory, &wishes, &incident, now_us);
}

static void
test_wait(void)
{
    PolicyReactionMemory memory = {0};

    /* What belongs together is gathered. */
    g_assert_cmpint(policy_reaction_find_wait(&memory, 100 * S, 100 * S), ==, 50 * MS);
    g_assert_cmpint(policy_reaction_find_wait(&memory, 100 * S, 100 * S + 30 * MS), ==, 20 * MS);
    g_assert_cmpint(policy_reaction_find_wait(&memory, 100 * S, 101 * S), ==, 0);

    /* At most one a second. */
    decide(&memory, GUEST_ACTION_PAUSE, POLICY_EVENT_OOM, 64 * MIB, 200 * S);
    g_assert_cmpint(policy_reaction_find_wait(&memory, 200 * S, 200 * S + 10 * MS), ==, 990 * MS);
    g_assert_cmpint(policy_reaction_find_wait(&memory, 200 * S + 990 * MS, 200 * S + 990 * MS), ==,
                    50 * MS);
    g_assert_cmpint(policy_reaction_find_wait(&memory, 201 * S, 201 * S), ==, 50 * MS);
}

/* The same once a second: which of the first seconds have a line, and what it counts. */
static void
test_told_less_and_less(void)
{
    static const struct {
        gint64 second;
        guint left_out;
    } lines[] = {{0, 0},   {1, 0},    {3, 1},     {7, 3},     {15, 7},    {31, 15},
                 {63, 31}, {127, 63}, {255, 127}, {511, 255}, {811, 299}, {1111, 299}};
    PolicyReactionMemory memory = {0};
    gsize told = 0;
    gint64 second;

    for (second = 0; second < 1200; second++) {
        PolicyReaction reaction =
            decide(&memory, GUEST_ACTION_LOG, POLICY_EVENT_OOM, 64 * MIB, (1 + second) * S);

        if (!reaction.tell)
            continue;
        g_assert_cmpuint(told, <, G_N_ELEMENTS(lines));
        g_assert_cmpint(second, ==, lines[told].second);
        g_assert_cmpuint(reaction.left_out, ==, lines[told].left_out);
        told++;
    }
    g_assert_cmpuint(told, ==, G_N_ELEMENTS(lines));
}

static void
test_told_anew(void)
{
    PolicyReactionMemory memory = {0};
    PolicyReaction reaction;
    gint64 second;

    for (second = 1; second <= 10; second++)
        decide(&memory, GUEST_ACTION_LOG, POLICY_EVENT_OOM, 64 * MIB, second * S);

    /* Something else is news, and does not make the first so. */
    reaction = decide(&memory, GUEST_ACTION_LOG, POLICY_EVENT_PRESSURE, 64 * MIB, 11 * S);
    g_assert_true(reaction.tell);
    reaction = decide(&memory, GUEST_ACTION_LOG, POLICY_EVENT_OOM, 64 * MIB, 12 * S);
    g_assert_false(reaction.tell);

    /* So is another reason; and what was not told before is counted. */
    reaction = decide(&memory, GUEST_ACTION_RAISE, POLICY_EVENT_OOM, 256 * MIB, 13 * S);
    g_assert_true(reaction.tell);
    g_assert_cmpint(reaction.hindrance, ==, POLICY_HINDRANCE_MOST);
    g_assert_cmpuint(reaction.left_out, ==, 3);

    /* What was done is told every time. */
    for (second = 14; second < 30; second++)
        g_assert_true(
            decide(&memory, GUEST_ACTION_PAUSE, POLICY_EVENT_OOM, 64 * MIB, second * S).tell);

    /* And after a minute of peace. */
    g_assert_true(decide(&memory, GUEST_ACTION_LOG, POLICY_EVENT_OOM, 64 * MIB, 30 * S).tell);
    g_assert_true(decide(&memory, GUEST_ACTION_LOG, POLICY_EVENT_OOM, 64 * MIB, 31 * S).tell);
    g_assert_false(decide(&memory, GUEST_ACTION_LOG, POLICY_EVENT_OOM, 64 * MIB, 32 * S).tell);
    g_assert_true(decide(&memory, GUEST_ACTION_LOG, POLICY_EVENT_OOM, 64 * MIB, 92 * S).tell);
    g_assert_true(decide(&memory, GUEST_ACTION_LOG, POLICY_EVENT_OOM, 64 * MIB, 93 * S).tell);
}

/* ---- what was done answers what came before ---- */

static const struct {
    const char *name;
    PolicyReactionKind done; /* at 100 s */
    gint64 seen_us[POLICY_N_EVENTS];
    gboolean tell;
    PolicyEvent event;
    PolicyReactionKind kind;
    PolicyHindrance hindrance;
} answers[] = {
#define AT(event, ms) [POLICY_EVENT_##event] = 100 * S + (ms)*MS
    {"pressure-before", POLICY_REACTION_PAUSED, SEEN(AT(PRESSURE, -1)), FALSE, 0, 0, 0},
    {"pressure-of-its-window", POLICY_REACTION_PAUSED, SEEN(AT(PRESSURE, 1250)), FALSE, 0, 0, 0},
    {"pressure-after", POLICY_REACTION_PAUSED, SEEN(AT(PRESSURE, 1251)), TRUE,
     POLICY_EVENT_PRESSURE, POLICY_REACTION_PAUSED, POLICY_HINDRANCE_NONE},
    {"oom-before", POLICY_REACTION_PAUSED, SEEN(AT(OOM, 250), AT(PRESSURE, 500)), FALSE, 0, 0, 0},
    {"oom-after", POLICY_REACTION_PAUSED, SEEN(AT(OOM, 251)), TRUE, POLICY_EVENT_OOM,
     POLICY_REACTION_PAUSED, POLICY_HINDRANCE_NONE},
    {"kill-before", POLICY_REACTION_PAUSED, SEEN(AT(OOM, 1), AT(OOM_KILL, 2)), TRUE,
     POLICY_EVENT_OOM_KILL, POLICY_REACTION_LOGGED, POLICY_HINDRANCE_ANSWERED},
    {"kill-before-and-oom-after", POLICY_REACTION_PAUSED, SEEN(AT(OOM_KILL, 2), AT(OOM, 300)), TRUE,
     POLICY_EVENT_OOM_KILL, POLICY_REACTION_PAUSED, POLICY_HINDRANCE_NONE},
    {"end", POLICY_REACTION_PAUSED, SEEN(AT(END, 1)), TRUE, POLICY_EVENT_END, POLICY_REACTION_ENDED,
     POLICY_HINDRANCE_NONE},
    /* Who has got more may need more yet. */
    {"before-the-raise", POLICY_REACTION_RAISED, SEEN(AT(OOM, 0), AT(PRESSURE, -10)), FALSE, 0, 0,
     0},
    {"after-the-raise", POLICY_REACTION_RAISED, SEEN(AT(PRESSURE, 1)), TRUE, POLICY_EVENT_PRESSURE,
     POLICY_REACTION_PAUSED, POLICY_HINDRANCE_NONE},
};

static void
test_answered(void)
{
    gsize i, k;

    for (i = 0; i < G_N_ELEMENTS(answers); i++) {
        const GuestReactions wishes = {
            .on_oom = wish(GUEST_ACTION_PAUSE, 0, 0),
            .on_pressure = wish(GUEST_ACTION_PAUSE, 0, 0),
        };
        PolicyIncident incident = {.window_us = 1 * S, .limit = 64 * MIB};
        PolicyReactionMemory memory = {0};
        PolicyReaction reaction;

        g_test_message("%s", answers[i].name);
        policy_reaction_note_done(&memory, answers[i].done, 100 * S);
        for (k = 0; k < POLICY_N_EVENTS; k++)
            incident.seen_us[k] = answers[i].seen_us[k];
        reaction = policy_reaction_decide(&memory, &wishes, &incident, 102 * S);
        g_assert_cmpint(reaction.tell, ==, answers[i].tell);
        g_assert_cmpint(reaction.kind, ==, answers[i].kind);
        g_assert_cmpint(reaction.hindrance, ==, answers[i].hindrance);
        g_assert_cmpint(reaction.event, ==, answers[i].event);
    }
}

/* ---- whatever happens ---- */

typedef struct {
    PolicyReactionMemory memory;
    GuestReactions wishes;
    guint64 limit;
    guint64 room;
    guint left_out[POLICY_N_EVENTS];
} Life;

static void
check(Life *life, const PolicyIncident *incident, const PolicyReaction *reaction)
{
    const GuestReaction *said =
        reaction->event == POLICY_EVENT_PRESSURE ? &life->wishes.on_pressure : &life->wishes.on_oom;

    g_assert_cmpint(incident->seen_us[reaction->event], !=, 0);
    if (reaction->kind == POLICY_REACTION_RAISED) {
        g_assert_cmpint(said->action, ==, GUEST_ACTION_RAISE);
        g_assert_true(incident->own && !incident->governed);
        g_assert_cmpuint(reaction->limit, >, incident->limit);
        g_assert_cmpuint(reaction->limit, <=, said->most_kib << 10);
        g_assert_cmpuint(reaction->limit - incident->limit, <=, incident->room);
    } else {
        g_assert_cmpuint(reaction->limit, ==, 0);
    }
    g_assert_cmpint(reaction->kind == POLICY_REACTION_PAUSED, ==,
                    reaction->event != POLICY_EVENT_END && said->action == GUEST_ACTION_PAUSE);
    /* Nothing is done in silence. */
    g_assert_true(reaction->tell || reaction->kind == POLICY_REACTION_LOGGED);
    /* And nothing is lost. */
    if (reaction->tell)
        g_assert_cmpuint(reaction->left_out, ==, life->left_out[reaction->event]);
    life->left_out[reaction->event] = reaction->tell ? 0 : life->left_out[reaction->event] + 1;
}

static guint64
some_limit(void)
{
    return g_test_rand_int_range(0, 10) == 0 ? NO_LIMIT
                                             : (guint64)g_test_rand_int_range(1, 1 << 20) << 12;
}

static void
live(Life *life, gint64 now_us)
{
    PolicyIncident incident = {
        .own = g_test_rand_bit(),
        .governed = g_test_rand_int_range(0, 5) == 0,
        .limit = life->limit,
        .room = (guint64)g_test_rand_int_range(0, 1 << 10) << 20,
    };
    PolicyReaction reaction;

    incident.seen_us[g_test_rand_int_range(0, POLICY_N_EVENTS)] = now_us;
    incident.seen_us[g_test_rand_int_range(0, POLICY_N_EVENTS)] = now_us;
    reaction = policy_reaction_decide(&life->memory, &life->wishes, &incident, now_us);
    check(life, &incident, &reaction);
    if (reaction.kind == POLICY_REACTION_RAISED)
        life->limit = reaction.limit;
    g_assert_cmpint(policy_reaction_find_wait(&life->memory, now_us, now_us), ==, S);
}

static void
test_properties(void)
{
    guint round, i;

    for (round = 0; round < 200; round++) {
        gint64 now_us = 1;
        Life life = {
            .wishes =
                {
                    .on_oom = wish(g_test_rand_int_range(0, 4), g_test_rand_int_range(0, 200),
                                   g_test_rand_int_range(0, 5000)),
                    .on_pressure = wish(g_test_rand_int_range(0, 4), g_test_rand_int_range(0, 200),
                                        g_test_rand_int_range(0, 5000)),
                },
            .limit = some_limit(),
        };

        for (i = 0; i < 200; i++) {
            now_us += g_test_rand_int_range(1, 10) * S;
            live(&life, now_us);
        }
    }
}

/* ---- words ---- */

static void
test_words(void)
{
    const GuestReactions *defaults = policy_reaction_get_defaults();

    g_assert_true(policy_reaction_is_wanted(&defaults->on_oom));
    g_assert_cmpint(defaults->on_oom.action, ==, GUEST_ACTION_LOG);
    g_assert_false(policy_reaction_is_wanted(&defaults->on_pressure));
    g_assert_cmpstr(policy_event_name(POLICY_EVENT_PRESSURE), ==, "pressure");
    g_assert_cmpstr(policy_event_name(POLICY_EVENT_OOM), ==, "oom");
    g_assert_cmpstr(policy_event_name(POLICY_EVENT_OOM_KILL), ==, "oom-kill");
    g_assert_cmpstr(policy_event_name(POLICY_EVENT_END), ==, "oom-kill");
    g_assert_cmpstr(policy_reaction_name(POLICY_REACTION_LOGGED), ==, "logged");
    g_assert_cmpstr(policy_reaction_name(POLICY_REACTION_RAISED), ==, "raised");
    g_assert_cmpstr(policy_reaction_name(POLICY_REACTION_PAUSED), ==, "paused");
    g_assert_cmpstr(policy_reaction_name(POLICY_REACTION_ENDED), ==, "ended");
    g_assert_cmpstr(policy_hindrance_describe(POLICY_HINDRANCE_NONE), ==, "");
    g_assert_cmpstr(policy_hindrance_describe(POLICY_HINDRANCE_ROOM), ==,
                    "the host has no more to give");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/policy-reaction/decide", test_decide);
    g_test_add_func("/policy-reaction/wait", test_wait);
    g_test_add_func("/policy-reaction/told-less-and-less", test_told_less_and_less);
    g_test_add_func("/policy-reaction/told-anew", test_told_anew);
    g_test_add_func("/policy-reaction/answered", test_answered);
    g_test_add_func("/policy-reaction/properties", test_properties);
    g_test_add_func("/policy-reaction/words", test_words);
    return g_test_run();
}
