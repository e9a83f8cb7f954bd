/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Amounts of memory, as people write them and as they are shown. */
#include <config.h>

#include "corral.h"
#include "policy-amount.h"

static void
test_parse(void)
{
    static const struct {
        const char *text;
        gboolean good;
        guint64 kib;
    } cases[] = {
        {"4G", TRUE, 4 << 20},
        {"512MiB", TRUE, 512 << 10},
        {"1000", TRUE, 1000},
        {" 2 GiB ", TRUE, 2 << 20},
        {"1025b", TRUE, 2},
        {"1MB", TRUE, 977},
        {"0", TRUE, 0},
        {"", FALSE, 0},
        {"G", FALSE, 0},
        {"-1", FALSE, 0},
        {"4 apples", FALSE, 0},
        {"1.5G", FALSE, 0},
        {"4G G", FALSE, 0},
        {"none", FALSE, 0},
        {"99999999999E", FALSE, 0},
        {"0x10", FALSE, 0},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint64 kib = 0;

        g_test_message("'%s'", cases[i].text);
        g_assert_cmpint(policy_amount_parse(cases[i].text, &kib), ==, cases[i].good);
        g_assert_cmpuint(kib, ==, cases[i].kib);
    }
}

static void
test_format(void)
{
    static const struct {
        guint64 bytes;
        const char *text;
    } cases[] = {
        {0, "0 B"},
        {1023, "1023 B"},
        {1024, "1 KiB"},
        {1025, "1025 B"},
        {G_GUINT64_CONSTANT(4) << 30, "4 GiB"},
        {(G_GUINT64_CONSTANT(4) << 30) + 4096, "4194308 KiB"},
        {G_GUINT64_CONSTANT(2048) << 40, "2048 TiB"},
        {CORRAL_MEMORY_UNLIMITED, "none"},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = policy_amount_format(cases[i].bytes);

        g_assert_cmpstr(text, ==, cases[i].text);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/policy-amount/parse", test_parse);
    g_test_add_func("/policy-amount/format", test_format);

    return g_test_run();
}
