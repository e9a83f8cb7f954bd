/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Formats of control files: what is read, and what is refused. */
#include <config.h>

#include <string.h>

#include "cg-codec.h"
#include "corral-device.h"
#include "corral-types.h"

/* Stays in a result that must not be written. */
#define UNTOUCHED 4711

static void
test_u64(void)
{
    static const struct {
        const char *text;
        gboolean ok;
        guint64 value;
    } table[] = {
        {"0", TRUE, 0},
        {"0\n", TRUE, 0},
        {"1024\n", TRUE, 1024},
        {"007\n", TRUE, 7},
        {"18446744073709551614\n", TRUE, G_MAXUINT64 - 1},
        {"18446744073709551615\n", TRUE, G_MAXUINT64},
        {"18446744073709551616\n", FALSE, 0},
        {"99999999999999999999999999999999999999\n", FALSE, 0},
        {"", FALSE, 0},
        {"\n", FALSE, 0},
        {"1\n\n", FALSE, 0},
        {"1\n2\n", FALSE, 0},
        {" 1\n", FALSE, 0},
        {"1 \n", FALSE, 0},
        {"+1\n", FALSE, 0},
        {"-1\n", FALSE, 0},
        {"0x10\n", FALSE, 0},
        {"1k\n", FALSE, 0},
        {"max\n", FALSE, 0},
        {"\xff\xfe\n", FALSE, 0},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        guint64 value = UNTOUCHED;

        g_test_message("\"%s\"", table[i].text);
        g_assert_cmpint(cg_codec_parse_u64(table[i].text, &value), ==, table[i].ok);
        g_assert_cmpuint(value, ==, table[i].ok ? table[i].value : UNTOUCHED);
    }
}

static void
test_i64(void)
{
    static const struct {
        const char *text;
        gboolean ok;
        gint64 value;
    } table[] = {
        {"0\n", TRUE, 0},
        {"-1\n", TRUE, -1},
        {"-1", TRUE, -1},
        {"9223372036854775807\n", TRUE, G_MAXINT64},
        {"9223372036854775808\n", FALSE, 0},
        {"-9223372036854775808\n", TRUE, G_MININT64},
        {"-9223372036854775809\n", FALSE, 0},
        {"", FALSE, 0},
        {"-\n", FALSE, 0},
        {"--1\n", FALSE, 0},
        {"- 1\n", FALSE, 0},
        {"1.5\n", FALSE, 0},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        gint64 value = UNTOUCHED;

        g_test_message("\"%s\"", table[i].text);
        g_assert_cmpint(cg_codec_parse_i64(table[i].text, &value), ==, table[i].ok);
        g_assert_cmpint(value, ==, table[i].ok ? table[i].value : UNTOUCHED);
    }
}

static void
test_limit(void)
{
    static const struct {
        const char *text;
        gboolean ok;
        guint64 value;
    } table[] = {
        {"max\n", TRUE, G_MAXUINT64},
        {"max", TRUE, G_MAXUINT64},
        {"4096\n", TRUE, 4096},
        {"0\n", TRUE, 0},
        {"maximum\n", FALSE, 0},
        {"MAX\n", FALSE, 0},
        {"max \n", FALSE, 0},
        {"-1\n", FALSE, 0},
        {"", FALSE, 0},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        guint64 value = UNTOUCHED;

        g_test_message("\"%s\"", table[i].text);
        g_assert_cmpint(cg_codec_parse_limit(table[i].text, &value), ==, table[i].ok);
        g_assert_cmpuint(value, ==, table[i].ok ? table[i].value : UNTOUCHED);
    }
}

static void
test_cpu_max(void)
{
    static const struct {
        const char *text;
        gboolean ok;
        gint64 quota_us;
        guint64 period_us;
    } table[] = {
        {"max 100000\n", TRUE, CORRAL_CPU_UNLIMITED, 100000},
        {"20000 100000\n", TRUE, 20000, 100000},
        {"20000 100000", TRUE, 20000, 100000},
        {"17592186044415 1000000\n", TRUE, CORRAL_CPU_QUOTA_MAX_US, 1000000},
        {"9223372036854775807 1\n", TRUE, G_MAXINT64, 1},
        {"9223372036854775808 1\n", FALSE, 0, 0},
        {"-1 100000\n", FALSE, 0, 0},
        {"max\n", FALSE, 0, 0},
        {"max \n", FALSE, 0, 0},
        {"max max\n", FALSE, 0, 0},
        {" 100000\n", FALSE, 0, 0},
        {"max  100000\n", FALSE, 0, 0},
        {"20000 100000 5\n", FALSE, 0, 0},
        {"20000\t100000\n", FALSE, 0, 0},
        {"20000 -1\n", FALSE, 0, 0},
        {"", FALSE, 0, 0},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        gint64 quota_us = UNTOUCHED;
        guint64 period_us = UNTOUCHED;

        g_test_message("\"%s\"", table[i].text);
        g_assert_cmpint(cg_codec_parse_cpu_max(table[i].text, &quota_us, &period_us), ==,
                        table[i].ok);
        g_assert_cmpint(quota_us, ==, table[i].ok ? table[i].quota_us : UNTOUCHED);
        g_assert_cmpuint(period_us, ==, table[i].ok ? table[i].period_us : UNTOUCHED);
    }
}

static void
test_format_cpu_max(void)
{
    static const struct {
        gint64 quota_us;
        guint64 period_us;
        const char *text;
    } table[] = {
        {CORRAL_CPU_UNLIMITED, 100000, "max 100000"},
        {1000, 1000000, "1000 1000000"},
        {CORRAL_CPU_QUOTA_MAX_US, 1000, "17592186044415 1000"},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *text = cg_codec_format_cpu_max(table[i].quota_us, table[i].period_us);
        gint64 quota_us;
        guint64 period_us;

        g_assert_cmpstr(text, ==, table[i].text);
        g_assert_true(cg_codec_parse_cpu_max(text, &quota_us, &period_us));
        g_assert_cmpint(quota_us, ==, table[i].quota_us);
        g_assert_cmpuint(period_us, ==, table[i].period_us);
    }
}

static void
test_ids(void)
{
    static const struct {
        const char *text;
        const char *ids; /* as they come out, NULL where they do not */
    } table[] = {
        {"", ""},
        {"\n", ""},
        {"1\n", "1 "},
        {"1", "1 "},
        {"30\n4\n100\n", "4 30 100 "},
        {"7\n7\n3\n7\n3\n", "3 7 "},
        /* 0 is somebody of another PID namespace. */
        {"0\n0\n12\n", "12 "},
        {"0\n", ""},
        {"2147483647\n", "2147483647 "},
        {"2147483648\n", NULL},
        {"-1\n", NULL},
        {"12\nx\n", NULL},
        {"1 2\n", NULL},
        {"12 \n", NULL},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GString) shown = g_string_new(NULL);
        g_autoptr(GArray) ids = NULL;
        guint k;

        g_test_message("\"%s\"", table[i].text);
        g_assert_cmpint(cg_codec_parse_ids(table[i].text, &ids), ==, table[i].ids != NULL);
        if (!table[i].ids) {
            g_assert_null(ids);
            continue;
        }
        for (k = 0; k < ids->len; k++)
            g_string_append_printf(shown, "%d ", (int)g_array_index(ids, pid_t, k));
        g_assert_cmpstr(shown->str, ==, table[i].ids);
    }
}

/* A full /proc would look like this. */
static void
test_many_ids(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GArray) ids = NULL;
    int id;

    for (id = 100000; id > 0; id--)
        g_string_append_printf(text, "%d\n", id);

    g_assert_true(cg_codec_parse_ids(text->str, &ids));
    g_assert_cmpuint(ids->len, ==, 100000);
    for (id = 1; id <= 100000; id++)
        g_assert_cmpint(g_array_index(ids, pid_t, id - 1), ==, id);
}

static void
test_controllers(void)
{
    const CorralControllers cpu = CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_CPU);
    const CorralControllers io = CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_IO);
    const CorralControllers misc = CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_MISC);
    const struct {
        const char *text;
        CorralControllers set;
    } table[] = {
        {"", 0},
        {"\n", 0},
        {"cpu\n", cpu},
        {"cpu", cpu},
        {"cpu io misc\n", cpu | io | misc},
        {"misc cpu cpu\n", cpu | misc},
        /* The name it has elsewhere, and one that is yet to be invented. */
        {"blkio\n", io},
        {"cpu dmem\n", cpu},
        {"CPU cpus cp\n", 0},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_test_message("\"%s\"", table[i].text);
        g_assert_cmphex(cg_codec_parse_controllers(table[i].text), ==, table[i].set);
    }
}

/* Every controller has a name of its own, and answers to it. */
static void
test_controller_names(void)
{
    CorralController found;
    guint i;

    for (i = 0; i < CORRAL_N_CONTROLLERS; i++) {
        found = CORRAL_N_CONTROLLERS;
        g_assert_true(corral_controller_from_name(corral_controller_get_name(i), &found));
        g_assert_cmpuint(found, ==, i);
    }
    g_assert_true(corral_controller_from_name("blkio", &found));
    g_assert_cmpuint(found, ==, CORRAL_CONTROLLER_IO);

    found = UNTOUCHED;
    g_assert_false(corral_controller_from_name("", &found));
    g_assert_false(corral_controller_from_name("?", &found));
    g_assert_cmpuint(found, ==, UNTOUCHED);
    g_assert_cmpstr(corral_controller_get_name(CORRAL_N_CONTROLLERS), ==, "?");
}

/* ---- keyed files, lists and tables ---- */

static void
test_keyed(void)
{
    static const struct {
        const char *text;
        gboolean ok;
        guint64 anon;
        guint64 file;
    } table[] = {
        {"anon 1\nfile 2\n", TRUE, 1, 2},
        {"file 2\nanon 1", TRUE, 1, 2},
        {"kernel 7\nanon 1\n", TRUE, 1, CORRAL_UNKNOWN},
        {"anon_thp 9\nfile_mapped 8\n", TRUE, CORRAL_UNKNOWN, CORRAL_UNKNOWN},
        {"", TRUE, CORRAL_UNKNOWN, CORRAL_UNKNOWN},
        {"kernel x\n", TRUE, CORRAL_UNKNOWN, CORRAL_UNKNOWN},
        {"anon x\n", FALSE, 0, 0},
        {"anon 1\nfile -2\n", FALSE, 0, 0},
        {"anon\n", FALSE, 0, 0},
        {" 1\n", FALSE, 0, 0},
        {"anon 1\n\nfile 2\n", FALSE, 0, 0},
        {"anon  1\n", FALSE, 0, 0},
        {"anon 18446744073709551616\n", FALSE, 0, 0},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        guint64 anon = UNTOUCHED;
        guint64 file = UNTOUCHED;
        const CgCodecField fields[] = {{"anon", &anon}, {"file", &file}};

        g_test_message("\"%s\"", table[i].text);
        g_assert_cmpint(cg_codec_parse_keyed(table[i].text, fields, G_N_ELEMENTS(fields)), ==,
                        table[i].ok);
        g_assert_cmpuint(anon, ==, table[i].ok ? table[i].anon : UNTOUCHED);
        g_assert_cmpuint(file, ==, table[i].ok ? table[i].file : UNTOUCHED);
    }
}

static void
test_list(void)
{
    static const struct {
        const char *text;
        const char *canonical; /* NULL: refused */
    } table[] = {
        {"\n", ""},           {"", ""},
        {"0\n", "0"},         {"0-3\n", "0-3"},
        {"0-3,8\n", "0-3,8"}, {"8,0-3\n", "0-3,8"},
        {"0,1,2,3\n", "0-3"}, {"1-2,2-4,4\n", "1-4"},
        {"0,2,4\n", "0,2,4"}, {"7-7\n", "7"},
        {"65535\n", "65535"}, {"65536\n", NULL},
        {"0-65536\n", NULL},  {"0-4294967295\n", NULL},
        {"3-1\n", NULL},      {"0-\n", NULL},
        {"-1\n", NULL},       {"0-1-2\n", NULL},
        {"0,,1\n", NULL},     {"0,\n", NULL},
        {"0 1\n", NULL},      {"0\n1\n", NULL},
        {"all\n", NULL},      {"0-65535,0-65535,0-65535\n", NULL},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GArray) numbers = NULL;
        g_autofree char *canonical = NULL;

        g_test_message("\"%s\"", table[i].text);
        g_assert_cmpint(cg_codec_parse_list(table[i].text, &numbers), ==,
                        table[i].canonical != NULL);
        if (!numbers)
            continue;
        canonical = cg_codec_format_list((const guint *)(gpointer)numbers->data, numbers->len);
        g_assert_cmpstr(canonical, ==, table[i].canonical);
    }
}

static void
test_format_list(void)
{
    static const guint unsorted[] = {5, 1, 2, 2, 3, 9};
    g_autofree char *none = cg_codec_format_list(NULL, 0);
    g_autofree char *some = cg_codec_format_list(unsorted, G_N_ELEMENTS(unsorted));

    g_assert_cmpstr(none, ==, "");
    g_assert_cmpstr(some, ==, "1-3,5,9");
}

static gboolean
note_line(char *const *words, gpointer user_data)
{
    g_autofree char *joined = g_strjoinv("|", (char **)words);

    g_string_append_printf(user_data, "%s;", joined);
    return !g_str_equal(words[0], "bad");
}

static void
test_each_line(void)
{
    static const struct {
        const char *text;
        gboolean ok;
        const char *seen;
    } table[] = {
        {"8:0 rbytes=1 wbytes=2\n8:16 rbytes=3\n", TRUE, "8:0|rbytes=1|wbytes=2;8:16|rbytes=3;"},
        {"8:0 Read 1\nTotal 1", TRUE, "8:0|Read|1;Total|1;"},
        {"1 2 3 \n", TRUE, "1|2|3;"},
        {"", TRUE, ""},
        {"good\nbad\nnever\n", FALSE, "good;bad;"},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GString) seen = g_string_new(NULL);

        g_test_message("\"%s\"", table[i].text);
        g_assert_cmpint(cg_codec_each_line(table[i].text, note_line, seen), ==, table[i].ok);
        g_assert_cmpstr(seen->str, ==, table[i].seen);
    }
}

static void
test_device(void)
{
    static const struct {
        const char *text;
        gboolean ok;
        guint major;
        guint minor;
    } table[] = {
        {"8:16", TRUE, 8, 16},
        {"0:0", TRUE, 0, 0},
        {"*:*", TRUE, CORRAL_DEVICE_ANY, CORRAL_DEVICE_ANY},
        {"136:*", TRUE, 136, CORRAL_DEVICE_ANY},
        {"*:3", TRUE, CORRAL_DEVICE_ANY, 3},
        {"4294967294:4294967294", TRUE, 4294967294U, 4294967294U},
        {"4294967295:0", FALSE, 0, 0},
        {"8", FALSE, 0, 0},
        {"8:", FALSE, 0, 0},
        {":8", FALSE, 0, 0},
        {"8:1:2", FALSE, 0, 0},
        {"8:-1", FALSE, 0, 0},
        {"a:b", FALSE, 0, 0},
        {"**:1", FALSE, 0, 0},
        {"", FALSE, 0, 0},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *text = NULL;
        guint major = UNTOUCHED;
        guint minor = UNTOUCHED;

        g_test_message("\"%s\"", table[i].text);
        g_assert_cmpint(cg_codec_parse_device(table[i].text, &major, &minor), ==, table[i].ok);
        g_assert_cmpuint(major, ==, table[i].ok ? table[i].major : UNTOUCHED);
        g_assert_cmpuint(minor, ==, table[i].ok ? table[i].minor : UNTOUCHED);
        text = table[i].ok ? cg_codec_format_device(major, minor) : NULL;
        g_assert_cmpstr(text, ==, table[i].ok ? table[i].text : NULL);
    }
}

static void
test_pair(void)
{
    static const struct {
        const char *line;
        gboolean ok;
        guint64 value;
    } table[] = {
        {"8:0 rbps=max wbps=1000", TRUE, 1000},
        {"8:0 wbps=max", TRUE, G_MAXUINT64},
        {"8:0 wbps=0 wbps=1", TRUE, 0},
        {"8:0 wbpsx=1", FALSE, 0},
        {"8:0 xwbps=1", FALSE, 0},
        {"8:0 wbps=", FALSE, 0},
        {"8:0 wbps", FALSE, 0},
        {"8:0", FALSE, 0},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_auto(GStrv) words = g_strsplit(table[i].line, " ", -1);
        guint64 value = UNTOUCHED;

        g_test_message("\"%s\"", table[i].line);
        g_assert_cmpint(cg_codec_find_pair(words, "wbps", &value), ==, table[i].ok);
        g_assert_cmpuint(value, ==, table[i].ok ? table[i].value : UNTOUCHED);
    }
}

static void
test_pressure(void)
{
    static const struct {
        const char *text;
        gboolean ok;
        double some_avg10;
        guint64 some_total_us;
        double full_avg300;
        guint64 full_total_us;
    } table[] = {
        {"some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
         "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
         TRUE, 0, 0, 0, 0},
        {"some avg10=12.34 avg60=0.00 avg300=0.00 total=18446744073709551615\n"
         "full avg10=0.00 avg60=0.00 avg300=100.00 total=7",
         TRUE, 12.34, G_MAXUINT64, 100, 7},
        /* cpu.pressure before Linux 5.13; irq.pressure. */
        {"some avg10=1.00 avg60=0.00 avg300=0.00 total=5\n", TRUE, 1, 5, CORRAL_PRESSURE_UNKNOWN,
         CORRAL_UNKNOWN},
        {"full avg10=0.00 avg60=0.00 avg300=99.99 total=6\n", TRUE, CORRAL_PRESSURE_UNKNOWN,
         CORRAL_UNKNOWN, 99.99, 6},
        {"", FALSE, 0, 0, 0, 0},
        {"\n", FALSE, 0, 0, 0, 0},
        {"most avg10=0.00 avg60=0.00 avg300=0.00 total=0\n", FALSE, 0, 0, 0, 0},
        {"some avg10=0.00 avg60=0.00 avg300=0.00\n", FALSE, 0, 0, 0, 0},
        {"some avg10=0.00 avg60=0.00 avg300=0.00 total=0 more=0\n", FALSE, 0, 0, 0, 0},
        {"some avg60=0.00 avg10=0.00 avg300=0.00 total=0\n", FALSE, 0, 0, 0, 0},
        {"some avg10=0.00 avg60=0.00 avg300=0.00 total=-1\n", FALSE, 0, 0, 0, 0},
        {"some avg10=0.00 avg60=0.00 avg300=0.00 total=\n", FALSE, 0, 0, 0, 0},
        {"some avg10=0.0 avg60=0.00 avg300=0.00 total=0\n", FALSE, 0, 0, 0, 0},
        {"some avg10=0 avg60=0.00 avg300=0.00 total=0\n", FALSE, 0, 0, 0, 0},
        {"some avg10=0,00 avg60=0.00 avg300=0.00 total=0\n", FALSE, 0, 0, 0, 0},
        {"some avg10=-1.00 avg60=0.00 avg300=0.00 total=0\n", FALSE, 0, 0, 0, 0},
        {"some avg10=nan avg60=0.00 avg300=0.00 total=0\n", FALSE, 0, 0, 0, 0},
        {"some avg10=100.01 avg60=0.00 avg300=0.00 total=0\n", FALSE, 0, 0, 0, 0},
        {"some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
         "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
         FALSE, 0, 0, 0, 0},
        {"full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n\n", FALSE, 0, 0, 0, 0},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        CorralPressure pressure = {.some_total_us = UNTOUCHED};

        g_test_message("\"%s\"", table[i].text);
        g_assert_cmpint(cg_codec_parse_pressure(table[i].text, &pressure), ==, table[i].ok);
        if (!table[i].ok) {
            g_assert_cmpuint(pressure.some_total_us, ==, UNTOUCHED);
            continue;
        }
        g_assert_cmpfloat(pressure.some_avg10, ==, table[i].some_avg10);
        g_assert_cmpuint(pressure.some_total_us, ==, table[i].some_total_us);
        g_assert_cmpfloat(pressure.full_avg300, ==, table[i].full_avg300);
        g_assert_cmpuint(pressure.full_total_us, ==, table[i].full_total_us);
    }
}

static void
test_trigger(void)
{
    g_autofree char *some = cg_codec_format_trigger(FALSE, 50000, 1000000);
    g_autofree char *full = cg_codec_format_trigger(TRUE, 1, G_MAXUINT64);

    g_assert_cmpstr(some, ==, "some 50000 1000000\n");
    g_assert_cmpstr(full, ==, "full 1 18446744073709551615\n");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/codec/u64", test_u64);
    g_test_add_func("/codec/i64", test_i64);
    g_test_add_func("/codec/limit", test_limit);
    g_test_add_func("/codec/cpu-max", test_cpu_max);
    g_test_add_func("/codec/format-cpu-max", test_format_cpu_max);
    g_test_add_func("/codec/ids", test_ids);
    g_test_add_func("/codec/many-ids", test_many_ids);
    g_test_add_func("/codec/controllers", test_controllers);
    g_test_add_func("/codec/controller-names", test_controller_names);
    g_test_add_func("/codec/keyed", test_keyed);
    g_test_add_func("/codec/list", test_list);
    g_test_add_func("/codec/format-list", test_format_list);
    g_test_add_func("/codec/each-line", test_each_line);
    g_test_add_func("/codec/device", test_device);
    g_test_add_func("/codec/pair", test_pair);
    g_test_add_func("/codec/pressure", test_pressure);
    g_test_add_func("/codec/trigger", test_trigger);

    return g_test_run();
}
