/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* devices.list and what is written to devices.allow: what is read, and what is refused. */
#include <config.h>

#include "cg-codec-devices.h"

#define R CORRAL_DEVICE_ACCESS_READ
#define W CORRAL_DEVICE_ACCESS_WRITE
#define M CORRAL_DEVICE_ACCESS_MKNOD
#define ANY CORRAL_DEVICE_ANY
#define B CORRAL_DEVICE_TYPE_BLOCK
#define C CORRAL_DEVICE_TYPE_CHARACTER
#define A CORRAL_DEVICE_TYPE_ALL

static void
test_line(void)
{
    static const struct {
        const char *text;
        CgDeviceEntry entry;
    } table[] = {
        {"c 1:3 rwm", {{C, 1, 3}, R | W | M}},
        {"b 8:0 r", {{B, 8, 0}, R}},
        {"c 136:* rw", {{C, 136, ANY}, R | W}},
        {"b *:7 m", {{B, ANY, 7}, M}},
        {"c *:* wm", {{C, ANY, ANY}, W | M}},
        {"c 4294967294:4294967294 w", {{C, 4294967294, 4294967294}, W}},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *text =
            cg_codec_format_device_rule(&table[i].entry.device, table[i].entry.access);
        g_autofree char *line = g_strconcat(table[i].text, "\n", NULL);
        g_autoptr(CgDeviceRules) rules = cg_codec_parse_device_rules(line);
        g_autofree char *again = NULL;

        g_assert_cmpstr(text, ==, table[i].text);
        g_assert_nonnull(rules);
        g_assert_false(rules->open);
        g_assert_cmpuint(rules->entries->len, ==, 1);
        g_assert_cmpint(cg_device_rules_get(rules, 0)->device.type, ==, table[i].entry.device.type);
        g_assert_cmpuint(cg_device_rules_get(rules, 0)->device.major, ==,
                         table[i].entry.device.major);
        g_assert_cmpuint(cg_device_rules_get(rules, 0)->device.minor, ==,
                         table[i].entry.device.minor);
        g_assert_cmpuint(cg_device_rules_get(rules, 0)->access, ==, table[i].entry.access);
        again = cg_codec_format_device_exceptions(rules);
        g_assert_cmpstr(again, ==, line);
    }
}

static void
test_whole(void)
{
    static const struct {
        const char *text;
        gboolean ok;
        gboolean open;
        guint n;
    } table[] = {
        {"", TRUE, FALSE, 0},
        {"a *:* rwm\n", TRUE, TRUE, 0},
        {"a *:* rwm", TRUE, TRUE, 0},
        {"c 1:3 rwm\nb 8:* r\n", TRUE, FALSE, 2},
        {"c 1:3 mwr\n", TRUE, FALSE, 1},
        {"a *:* rw\n", FALSE, FALSE, 0},
        {"a 1:3 rwm\n", FALSE, FALSE, 0},
        {"a *:* rwm\nc 1:3 r\n", FALSE, FALSE, 0},
        {"c 1:3 r\na *:* rwm\n", FALSE, FALSE, 0},
        {"c 1:3\n", FALSE, FALSE, 0},
        {"c 1:3 \n", FALSE, FALSE, 0},
        {"c 1:3 rx\n", FALSE, FALSE, 0},
        {"c 1:3 rr\n", FALSE, FALSE, 0},
        {"c 1:3 rwm r\n", FALSE, FALSE, 0},
        {"d 1:3 rwm\n", FALSE, FALSE, 0},
        {"cc 1:3 rwm\n", FALSE, FALSE, 0},
        {"c 1 rwm\n", FALSE, FALSE, 0},
        {"c 1:3:5 rwm\n", FALSE, FALSE, 0},
        {"c -1:3 rwm\n", FALSE, FALSE, 0},
        {"c 1:4294967296 rwm\n", FALSE, FALSE, 0},
        {"c 1:** rwm\n", FALSE, FALSE, 0},
        {"c  1:3 rwm\n", FALSE, FALSE, 0},
        {"\n", TRUE, FALSE, 0},
        {"c 1:3 r\n\nc 1:5 r\n", FALSE, FALSE, 0},
        {"\xff\n", FALSE, FALSE, 0},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(CgDeviceRules) rules = cg_codec_parse_device_rules(table[i].text);

        g_test_message("row %" G_GSIZE_FORMAT, i);
        g_assert_cmpint(rules != NULL, ==, table[i].ok);
        if (rules) {
            g_assert_cmpint(rules->open, ==, table[i].open);
            g_assert_cmpuint(rules->entries->len, ==, table[i].n);
        }
    }
}

static void
test_words(void)
{
    static const CorralDeviceRule everything = {TRUE, {A, ANY, ANY}, R | W | M};
    static const CorralDeviceRule one = {FALSE, {B, 7, 0}, W};
    g_autofree char *all = corral_device_rule_to_string(&everything);
    g_autofree char *single = corral_device_rule_to_string(&one);

    g_assert_cmpstr(all, ==, "allow a *:* rwm");
    g_assert_cmpstr(single, ==, "deny b 7:0 w");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/codec-devices/line", test_line);
    g_test_add_func("/codec-devices/whole", test_whole);
    g_test_add_func("/codec-devices/words", test_words);

    return g_test_run();
}
