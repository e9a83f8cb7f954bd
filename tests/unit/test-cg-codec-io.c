/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Formats of block I/O's control files: what is read, and what is refused. */
#include <config.h>

#include <stddef.h>
#include <string.h>

#include "cg-codec-io.h"
#include "corral-types.h"

#define NONE CORRAL_IO_UNLIMITED
#define UNKNOWN CORRAL_UNKNOWN
#define BLOCK(major, minor)                                                                        \
    {                                                                                              \
        CORRAL_DEVICE_TYPE_BLOCK, major, minor                                                     \
    }

static void
test_weights(void)
{
    static const struct {
        const char *text;
        gboolean ok;
        guint weight;
        guint n;
        CorralIoWeight weights[2];
    } table[] = {
        {"100\n", TRUE, 100, 0, {{BLOCK(0, 0), 0}}},
        {"default 1\n", TRUE, 1, 0, {{BLOCK(0, 0), 0}}},
        {"default 100\n8:0 10000\n259:3 7\n",
         TRUE,
         100,
         2,
         {{BLOCK(8, 0), 10000}, {BLOCK(259, 3), 7}}},
        {"8:0 200\n", TRUE, 0, 1, {{BLOCK(8, 0), 200}}},
        {"", TRUE, 0, 0, {{BLOCK(0, 0), 0}}},
        {"default\n", FALSE, 0, 0, {{BLOCK(0, 0), 0}}},
        {"0\n", FALSE, 0, 0, {{BLOCK(0, 0), 0}}},
        {"10001\n", FALSE, 0, 0, {{BLOCK(0, 0), 0}}},
        {"default 100\n8:0\n", FALSE, 0, 0, {{BLOCK(0, 0), 0}}},
        {"default 100\n8:* 5\n", FALSE, 0, 0, {{BLOCK(0, 0), 0}}},
        {"default 100\n8:0 5 6\n", FALSE, 0, 0, {{BLOCK(0, 0), 0}}},
        {"default 100\n8:0 -5\n", FALSE, 0, 0, {{BLOCK(0, 0), 0}}},
        {"100\n\n", FALSE, 0, 0, {{BLOCK(0, 0), 0}}},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GArray) weights = g_array_new(FALSE, FALSE, sizeof(CorralIoWeight));
        guint weight = 4711;

        g_test_message("%s", table[i].text);
        g_assert_cmpint(cg_codec_parse_io_weights(table[i].text, &weight, weights), ==,
                        table[i].ok);
        g_assert_cmpuint(weight, ==, table[i].ok ? table[i].weight : 4711);
        g_assert_cmpuint(weights->len, ==, table[i].n);
        if (weights->len > 0)
            g_assert_cmpmem(weights->data, weights->len * sizeof(CorralIoWeight), table[i].weights,
                            table[i].n * sizeof(CorralIoWeight));
    }
}

static void
test_max(void)
{
    static const struct {
        const char *text;
        gboolean ok;
        CorralIoLimits limits;
    } table[] = {
        {"8:16 rbps=2097152 wbps=max riops=max wiops=120\n",
         TRUE,
         {BLOCK(8, 16), 2097152, NONE, NONE, 120}},
        {"8:16 wiops=1 riops=2 wbps=3 rbps=4 new=5\n", TRUE, {BLOCK(8, 16), 4, 3, 2, 1}},
        {"8:16 rbps=1 wbps=max riops=max\n", FALSE, {BLOCK(0, 0), 0, 0, 0, 0}},
        {"8:16 rbps=x wbps=max riops=max wiops=max\n", FALSE, {BLOCK(0, 0), 0, 0, 0, 0}},
        {"8 rbps=1 wbps=max riops=max wiops=max\n", FALSE, {BLOCK(0, 0), 0, 0, 0, 0}},
        {"rbps=1 wbps=max riops=max wiops=max\n", FALSE, {BLOCK(0, 0), 0, 0, 0, 0}},
        {"\n", FALSE, {BLOCK(0, 0), 0, 0, 0, 0}},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(CorralIoLimits));
        g_autoptr(GArray) again = g_array_new(FALSE, FALSE, sizeof(CorralIoLimits));
        g_autofree char *text = NULL;

        g_test_message("%s", table[i].text);
        if (table[i].text[0] == '\n') {
            /* An empty line is an empty text, as for any list. */
            g_assert_true(cg_codec_parse_io_max(table[i].text, list));
            g_assert_cmpuint(list->len, ==, 0);
            continue;
        }
        g_assert_cmpint(cg_codec_parse_io_max(table[i].text, list), ==, table[i].ok);
        g_assert_cmpuint(list->len, ==, table[i].ok ? 1 : 0);
        if (!table[i].ok)
            continue;
        g_assert_cmpmem(list->data, sizeof(CorralIoLimits), &table[i].limits,
                        sizeof(CorralIoLimits));

        text = cg_codec_format_io_max(&table[i].limits);
        g_assert_true(cg_codec_parse_io_max(text, again));
        g_assert_cmpmem(again->data, sizeof(CorralIoLimits), &table[i].limits,
                        sizeof(CorralIoLimits));
    }
}

static void
test_throttle(void)
{
    static const CorralIoLimits expected[] = {
        {BLOCK(7, 0), 1048576, NONE, 5, NONE},
        {BLOCK(8, 0), NONE, NONE, 6, NONE},
    };
    static const char *const bad[] = {"7:0\n", "7:0 1 2\n", "7:0 max\n", "7 1\n", "*:* 1\n"};
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(CorralIoLimits));
    gsize i;

    g_assert_true(
        cg_codec_parse_io_throttle("7:0 1048576\n", offsetof(CorralIoLimits, read_bps), list));
    g_assert_true(
        cg_codec_parse_io_throttle("8:0 6\n7:0 5\n", offsetof(CorralIoLimits, read_iops), list));
    g_assert_true(cg_codec_parse_io_throttle("", offsetof(CorralIoLimits, write_bps), list));
    g_assert_cmpmem(list->data, list->len * sizeof(CorralIoLimits), expected, sizeof(expected));

    /* Half of a text that is refused has left nothing. */
    for (i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *text = g_strconcat("9:0 1\n", bad[i], NULL);

        g_assert_false(cg_codec_parse_io_throttle(text, offsetof(CorralIoLimits, write_bps), list));
        g_assert_cmpmem(list->data, list->len * sizeof(CorralIoLimits), expected, sizeof(expected));
    }
}

static void
test_stat(void)
{
    static const struct {
        const char *text;
        gboolean ok;
        guint n;
        CorralIoStatistics told;
    } table[] = {
        {"8:16 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n",
         TRUE,
         1,
         {BLOCK(8, 16), 1, 2, 3, 4, 5, 6}},
        /* Before Linux 4.20. */
        {"8:16 rbytes=1 wbytes=2 rios=3 wios=4\n",
         TRUE,
         1,
         {BLOCK(8, 16), 1, 2, 3, 4, UNKNOWN, UNKNOWN}},
        {"8:16 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6 cost.vrate=100.00 cost.usage=9\n",
         TRUE,
         1,
         {BLOCK(8, 16), 1, 2, 3, 4, 5, 6}},
        {"7:1 7:0 8:16 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n",
         TRUE,
         1,
         {BLOCK(8, 16), 1, 2, 3, 4, 5, 6}},
        {"8:16 cost.usage=9\n", TRUE, 0, {BLOCK(0, 0), 0, 0, 0, 0, 0, 0}},
        {"8:16 \n", TRUE, 0, {BLOCK(0, 0), 0, 0, 0, 0, 0, 0}},
        {"", TRUE, 0, {BLOCK(0, 0), 0, 0, 0, 0, 0, 0}},
        {"8:16 rbytes=x wbytes=2 rios=3 wios=4\n", FALSE, 0, {BLOCK(0, 0), 0, 0, 0, 0, 0, 0}},
        {"8:16 rbytes=1\n", FALSE, 0, {BLOCK(0, 0), 0, 0, 0, 0, 0, 0}},
        {"sda rbytes=1 wbytes=2 rios=3 wios=4\n", FALSE, 0, {BLOCK(0, 0), 0, 0, 0, 0, 0, 0}},
        {"8:16 nothing\n", FALSE, 0, {BLOCK(0, 0), 0, 0, 0, 0, 0, 0}},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(CorralIoStatistics));

        g_test_message("%s", table[i].text);
        g_assert_cmpint(cg_codec_parse_io_stat(table[i].text, list), ==, table[i].ok);
        g_assert_cmpuint(list->len, ==, table[i].n);
        if (list->len > 0)
            g_assert_cmpmem(list->data, sizeof(CorralIoStatistics), &table[i].told,
                            sizeof(CorralIoStatistics));
    }
}

static void
test_service(void)
{
    static const CorralIoStatistics expected[] = {
        {BLOCK(7, 0), 1048576, 4096, 16, 1, 0, UNKNOWN},
        {BLOCK(8, 0), UNKNOWN, UNKNOWN, UNKNOWN, 2, UNKNOWN, UNKNOWN},
    };
    static const char *const bad[] = {"7:0 Read\n", "7:0 Read x\n", "Total\n", "Total x\n",
                                      "sda Read 1\n"};
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(CorralIoStatistics));
    gsize i;

    g_assert_true(cg_codec_parse_io_service("7:0 Read 1048576\n7:0 Write 4096\n7:0 Sync 1048576\n"
                                            "7:0 Async 0\n7:0 Discard 0\n7:0 Total 1052672\n"
                                            "Total 1052672\n",
                                            TRUE, list));
    g_assert_true(cg_codec_parse_io_service("7:0 Read 16\n7:0 Write 1\n8:0 Write 2\nTotal 19\n",
                                            FALSE, list));
    g_assert_cmpmem(list->data, list->len * sizeof(CorralIoStatistics), expected, sizeof(expected));
    for (i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(cg_codec_parse_io_service(bad[i], TRUE, list));
    g_assert_cmpmem(list->data, list->len * sizeof(CorralIoStatistics), expected, sizeof(expected));
}

static void
test_cost(void)
{
    static const struct {
        const char *text;
        gboolean ok;
        gboolean enabled;
    } table[] = {
        {"", TRUE, FALSE},
        {"8:16 enable=1 ctrl=auto rpct=0.00 rlat=250000 min=1.00 max=10000.00\n", TRUE, TRUE},
        {"8:16 enable=0 ctrl=auto\n", TRUE, FALSE},
        {"18:16 enable=1\n8:160 enable=1\n", TRUE, FALSE},
        {"8:0 enable=0\n8:16 enable=1\n", TRUE, TRUE},
        {"8:16\n", TRUE, FALSE},
        {"sda enable=1\n", FALSE, FALSE},
    };
    static const CorralDevice device = BLOCK(8, 16);
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        gboolean enabled = FALSE;

        g_test_message("%s", table[i].text);
        g_assert_cmpint(cg_codec_parse_io_cost(table[i].text, &device, &enabled), ==, table[i].ok);
        g_assert_cmpint(enabled, ==, table[i].enabled);
    }
}

static void
test_scheduler(void)
{
    static const struct {
        const char *text;
        const char *name;
    } table[] = {
        {"none mq-deadline kyber [bfq] \n", "bfq"},
        {"[none] mq-deadline\n", "none"},
        {"[mq-deadline] none\n", "mq-deadline"},
        {"none\n", NULL},
        {"", NULL},
        {"[bfq\n", NULL},
        {"]bfq[\n", NULL},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *name = cg_codec_parse_scheduler(table[i].text);

        g_assert_cmpstr(name, ==, table[i].name);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/codec-io/weights", test_weights);
    g_test_add_func("/codec-io/max", test_max);
    g_test_add_func("/codec-io/throttle", test_throttle);
    g_test_add_func("/codec-io/stat", test_stat);
    g_test_add_func("/codec-io/service", test_service);
    g_test_add_func("/codec-io/cost", test_cost);
    g_test_add_func("/codec-io/scheduler", test_scheduler);

    return g_test_run();
}
