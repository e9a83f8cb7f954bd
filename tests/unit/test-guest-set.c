/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets of numbers as domain XML writes them. */
#include <config.h>

#include "guest-set.h"

static const struct {
    const char *text;
    const char *means; /* as it is written back; NULL: no set */
} sets[] = {
    {"0", "0"},
    {"0-3", "0-3"},
    {"3,1,2,2", "1-3"},
    {"0-3,^2", "0-1,3"},
    {"^2,0-3", "0-3"},
    {"0,^0", ""},
    {"0-7,^3,^5,10", "0-2,4,6-7,10"},
    {" 0 - 1 , 3 ", "0-1,3"},
    {"1-1", "1"},
    {"0,", "0"},
    {"007", "7"},
    {"16383", "16383"},
    {"16384", NULL},
    {"0-16384", NULL},
    {"4294967296", NULL},
    {"99999999999999999999", NULL},
    {"", NULL},
    {" ", NULL},
    {",0", NULL},
    {"0,,1", NULL},
    {"3-1", NULL},
    {"-1", NULL},
    {"^0-1", NULL},
    {"^", NULL},
    {"0 1", NULL},
    {"a", NULL},
    {"0x1", NULL},
    {"0-", NULL},
};

static void
test_parses(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(sets); i++) {
        g_autoptr(GArray) set = guest_set_parse(sets[i].text);
        g_autofree char *text = set ? guest_set_format(set) : NULL;

        g_test_message("'%s'", sets[i].text);
        g_assert_cmpstr(text, ==, sets[i].means);
    }
}

static const struct {
    const char *one;
    const char *other;
    const char *both;
} unions[] = {
    {"0", "1", "0-1"},
    {"0-3", "2-5", "0-5"},
    {"7", "0,7", "0,7"},
    {"0,^0", "4", "4"},
};

static void
test_unites(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(unions); i++) {
        g_autoptr(GArray) one = guest_set_parse(unions[i].one);
        g_autoptr(GArray) other = guest_set_parse(unions[i].other);
        g_autoptr(GArray) both = guest_set_unite(one, other);
        g_autoptr(GArray) turned = guest_set_unite(other, one);
        g_autofree char *text = guest_set_format(both);

        g_assert_cmpstr(text, ==, unions[i].both);
        g_assert_true(guest_set_equals(both, turned));
        g_assert_false(guest_set_equals(both, one));
    }
}

/* What the one has that the other has, too, and what it alone has. */
static void
test_parts(void)
{
    static const struct {
        const char *set;
        const char *other;
        const char *common;
        const char *rest;
    } table[] = {
        {"0-3", "2-5", "2-3", "0-1"},
        {"0-3", "0-3", "0-3", ""},
        {"0-3", "7", "", "0-3"},
        {"1,4,6", "0-4", "1,4", "6"},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GArray) set = guest_set_parse(table[i].set);
        g_autoptr(GArray) other = guest_set_parse(table[i].other);
        g_autoptr(GArray) common = guest_set_intersect(set, other);
        g_autoptr(GArray) rest = guest_set_subtract(set, other);
        g_autofree char *common_text = guest_set_format(common);
        g_autofree char *rest_text = guest_set_format(rest);

        g_assert_cmpstr(common_text, ==, table[i].common);
        g_assert_cmpstr(rest_text, ==, table[i].rest);
    }
}

static void
test_contains(void)
{
    g_autoptr(GArray) set = guest_set_parse("1-2,5");

    g_assert_false(guest_set_contains(set, 0));
    g_assert_true(guest_set_contains(set, 1));
    g_assert_true(guest_set_contains(set, 5));
    g_assert_false(guest_set_contains(set, 6));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/guest-set/parses", test_parses);
    g_test_add_func("/guest-set/unites", test_unites);
    g_test_add_func("/guest-set/parts", test_parts);
    g_test_add_func("/guest-set/contains", test_contains);

    return g_test_run();
}
