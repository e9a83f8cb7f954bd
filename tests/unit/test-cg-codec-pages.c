/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sizes of huge pages in names. */
#include <config.h>

#include "cg-codec-pages.h"

#define UNTOUCHED 4711

static void
test_format(void)
{
    static const struct {
        guint64 bytes;
        const char *text;
    } table[] = {
        {1024, "1KB"},       {65536, "64KB"},
        {524288, "512KB"},   {1048576, "1MB"},
        {2097152, "2MB"},    {536870912, "512MB"},
        {1073741824, "1GB"}, {G_GUINT64_CONSTANT(17179869184), "16GB"},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *text = cg_codec_format_page_size(table[i].bytes);

        g_assert_cmpstr(text, ==, table[i].text);
    }
}

static void
test_dir(void)
{
    static const struct {
        const char *name;
        gboolean ok;
        guint64 bytes;
    } table[] = {
        {"hugepages-2048kB", TRUE, 2097152},
        {"hugepages-64kB", TRUE, 65536},
        {"hugepages-1048576kB", TRUE, 1073741824},
        {"hugepages-9007199254740991kB", TRUE, G_GUINT64_CONSTANT(9223372036854774784)},
        {"hugepages-9007199254740992kB", FALSE, 0},
        {"hugepages-0kB", FALSE, 0},
        {"hugepages--1kB", FALSE, 0},
        {"hugepages-kB", FALSE, 0},
        {"hugepages-", FALSE, 0},
        {"hugepages-2048", FALSE, 0},
        {"hugepages-2048KB", FALSE, 0},
        {"hugepages-2048kB ", FALSE, 0},
        {"hugepages-0x800kB", FALSE, 0},
        {"2048kB", FALSE, 0},
        {"kB", FALSE, 0},
        {"", FALSE, 0},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        guint64 bytes = UNTOUCHED;

        g_test_message("'%s'", table[i].name);
        g_assert_cmpint(cg_codec_parse_page_dir(table[i].name, &bytes), ==, table[i].ok);
        g_assert_cmpuint(bytes, ==, table[i].ok ? table[i].bytes : UNTOUCHED);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/codec-pages/format", test_format);
    g_test_add_func("/codec-pages/dir", test_dir);

    return g_test_run();
}
