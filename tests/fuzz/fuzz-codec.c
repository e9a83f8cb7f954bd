/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every parser and formatter of cg-codec.  The first byte of the input chooses
 * one, by its key below, and the rest is the text of a file.
 *
 * What holds for all of them: a text that is refused leaves the results as they
 * were; a text that is accepted yields values which, written the way the kernel
 * or we would write them, are accepted and yield the same values.
 */
#include <config.h>

#include <string.h>
#include <sys/types.h>

#include "cg-codec.h"
#include "cg-codec-devices.h"
#include "cg-codec-io.h"
#include "cg-codec-pages.h"
#include "corral-device.h"
#include "corral-pressure.h"
#include "corral-types.h"
#include "fuzz.h"

/* Stays in a result that must not be written. */
#define UNTOUCHED G_GUINT64_CONSTANT(0x5a5a5a5a5a5a5a5a)
#define UNTOUCHED_UINT 0x5a5a5a5aU

/* ---- lone numbers ---- */

static void
check_u64(const char *text)
{
    guint64 value = UNTOUCHED;
    guint64 again = 0;
    char number[32];

    if (!cg_codec_parse_u64(text, &value)) {
        g_assert_cmpuint(value, ==, UNTOUCHED);
        return;
    }

    g_snprintf(number, sizeof(number), "%" G_GUINT64_FORMAT "\n", value);
    g_assert_true(cg_codec_parse_u64(number, &again));
    g_assert_cmpuint(again, ==, value);
}

static void
check_i64(const char *text)
{
    gint64 value = UNTOUCHED;
    gint64 again = 0;
    char number[32];

    if (!cg_codec_parse_i64(text, &value)) {
        g_assert_cmpint(value, ==, UNTOUCHED);
        return;
    }

    g_snprintf(number, sizeof(number), "%" G_GINT64_FORMAT, value);
    g_assert_true(cg_codec_parse_i64(number, &again));
    g_assert_cmpint(again, ==, value);
}

static void
check_limit(const char *text)
{
    guint64 value = UNTOUCHED;
    guint64 number = UNTOUCHED;
    gboolean is_max = g_str_equal(text, "max") || g_str_equal(text, "max\n");

    if (!cg_codec_parse_limit(text, &value)) {
        g_assert_cmpuint(value, ==, UNTOUCHED);
        g_assert_false(is_max);
        g_assert_false(cg_codec_parse_u64(text, &number));
        return;
    }

    if (is_max)
        g_assert_cmpuint(value, ==, G_MAXUINT64);
    else if (cg_codec_parse_u64(text, &number))
        g_assert_cmpuint(value, ==, number);
}

static void
check_cpu_max(const char *text)
{
    gint64 quota = UNTOUCHED;
    guint64 period = UNTOUCHED;
    gint64 quota_again = 0;
    guint64 period_again = 0;
    g_autofree char *line = NULL;
    g_autofree char *line_again = NULL;

    if (!cg_codec_parse_cpu_max(text, &quota, &period)) {
        g_assert_cmpint(quota, ==, UNTOUCHED);
        g_assert_cmpuint(period, ==, UNTOUCHED);
        return;
    }

    g_assert_cmpint(quota, >=, CORRAL_CPU_UNLIMITED);
    line = cg_codec_format_cpu_max(quota, period);
    g_assert_true(cg_codec_parse_cpu_max(line, &quota_again, &period_again));
    g_assert_cmpint(quota_again, ==, quota);
    g_assert_cmpuint(period_again, ==, period);
    line_again = cg_codec_format_cpu_max(quota_again, period_again);
    g_assert_cmpstr(line_again, ==, line);
}

/* ---- sets ---- */

static void
check_ids(const char *text)
{
    GArray *const untouched = GSIZE_TO_POINTER(1);
    GArray *ids = untouched;
    g_autoptr(GArray) again = NULL;
    g_autoptr(GString) lines = g_string_new(NULL);
    guint i;

    if (!cg_codec_parse_ids(text, &ids)) {
        g_assert_true(ids == untouched);
        return;
    }

    for (i = 0; i < ids->len; i++) {
        pid_t id = g_array_index(ids, pid_t, i);

        g_assert_cmpint(id, >, i > 0 ? g_array_index(ids, pid_t, i - 1) : 0);
        g_string_append_printf(lines, "%d\n", (int)id);
    }
    g_assert_true(cg_codec_parse_ids(lines->str, &again));
    g_assert_cmpmem(again->data, again->len * sizeof(pid_t), ids->data, ids->len * sizeof(pid_t));
    g_array_unref(ids);
}

static void
check_controllers(const char *text)
{
    CorralControllers set = cg_codec_parse_controllers(text);
    g_autoptr(GString) names = g_string_new(NULL);
    guint i;

    g_assert_cmpuint(set >> CORRAL_N_CONTROLLERS, ==, 0);
    for (i = 0; i < CORRAL_N_CONTROLLERS; i++) {
        if (set & CORRAL_CONTROLLER_BIT(i))
            g_string_append_printf(names, "%s%s", names->len ? " " : "",
                                   corral_controller_get_name(i));
    }
    g_assert_cmpuint(cg_codec_parse_controllers(names->str), ==, set);
}

static void
assert_list_survives(GArray *numbers)
{
    g_autofree char *list =
        cg_codec_format_list((const guint *)(void *)numbers->data, numbers->len);
    g_autofree char *list_again = NULL;
    g_autoptr(GArray) again = NULL;

    g_assert_true(cg_codec_parse_list(list, &again));
    g_assert_cmpmem(again->data, again->len * sizeof(guint), numbers->data,
                    numbers->len * sizeof(guint));
    list_again = cg_codec_format_list((const guint *)(void *)again->data, again->len);
    g_assert_cmpstr(list_again, ==, list);
}

static void
check_list(const char *text)
{
    GArray *const untouched = GSIZE_TO_POINTER(1);
    GArray *numbers = untouched;
    guint i;

    if (!cg_codec_parse_list(text, &numbers)) {
        g_assert_true(numbers == untouched);
        return;
    }

    for (i = 0; i < numbers->len; i++) {
        g_assert_cmpuint(g_array_index(numbers, guint, i), <=, CG_CODEC_LIST_MAX);
        if (i > 0)
            g_assert_cmpuint(g_array_index(numbers, guint, i), >,
                             g_array_index(numbers, guint, i - 1));
    }
    /* Of the large ones enough are seen as they are: they take their time. */
    if (numbers->len <= 4096)
        assert_list_survives(numbers);
    g_array_unref(numbers);
}

/* The other way round: any numbers, in any order, each two bytes of the text. */
static void
check_list_of_numbers(const char *text)
{
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(GArray) parsed = NULL;
    g_autofree char *list = NULL;
    gsize i;

    for (i = 0; text[i] && text[i + 1]; i += 2) {
        guint number = (guchar)text[i] * 256U + (guchar)text[i + 1];

        g_array_append_val(numbers, number);
    }

    list = cg_codec_format_list((const guint *)(void *)numbers->data, numbers->len);
    g_assert_true(cg_codec_parse_list(list, &parsed));
    assert_list_survives(parsed);
    g_assert_cmpuint(parsed->len, <=, numbers->len);
    for (i = 0; i < numbers->len; i++) {
        guint at;

        for (at = 0; at < parsed->len; at++) {
            if (g_array_index(parsed, guint, at) == g_array_index(numbers, guint, i))
                break;
        }
        g_assert_cmpuint(at, <, parsed->len);
    }
}

/* ---- tables ---- */

static void
check_keyed(const char *text)
{
    guint64 values[] = {UNTOUCHED, UNTOUCHED, UNTOUCHED};
    guint64 again[] = {0, 0, 0};
    const CgCodecField fields[] = {{"low", &values[0]}, {"high", &values[1]}, {"x", &values[2]}};
    const CgCodecField fields_again[] = {{"low", &again[0]}, {"high", &again[1]}, {"x", &again[2]}};
    g_autoptr(GString) lines = g_string_new(NULL);
    gsize i;

    if (!cg_codec_parse_keyed(text, fields, G_N_ELEMENTS(fields))) {
        for (i = 0; i < G_N_ELEMENTS(fields); i++)
            g_assert_cmpuint(values[i], ==, UNTOUCHED);
        return;
    }

    for (i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (values[i] == CORRAL_UNKNOWN)
            continue;
        g_assert_nonnull(strstr(text, fields[i].key));
        g_string_append_printf(lines, "%s %" G_GUINT64_FORMAT "\n", fields[i].key, values[i]);
    }
    g_assert_true(cg_codec_parse_keyed(lines->str, fields_again, G_N_ELEMENTS(fields)));
    g_assert_cmpmem(again, sizeof(again), values, sizeof(values));
}

typedef struct {
    guint n;
    guint refuse; /* this one */
} Lines;

static gboolean
look_at_line(char *const *words, gpointer user_data)
{
    Lines *lines = user_data;
    guint64 value = UNTOUCHED;
    gsize i;

    for (i = 0; words[i]; i++)
        g_assert_null(strpbrk(words[i], " \n"));
    if (!cg_codec_find_pair(words, "rbps", &value))
        g_assert_cmpuint(value, ==, UNTOUCHED);
    if (!cg_codec_find_pair(words, "", &value))
        g_assert_true(value == UNTOUCHED || i > 0);

    return lines->n++ != lines->refuse;
}

static void
check_lines(const char *text)
{
    Lines all = {0, G_MAXUINT};
    guint i;

    g_assert_true(cg_codec_each_line(text, look_at_line, &all));
    for (i = 0; i < MIN(all.n, 4); i++) {
        Lines some = {0, i};

        g_assert_false(cg_codec_each_line(text, look_at_line, &some));
        g_assert_cmpuint(some.n, ==, i + 1);
    }
}

static void
check_device(const char *text)
{
    guint major = UNTOUCHED_UINT;
    guint minor = UNTOUCHED_UINT;
    guint major_again = 0;
    guint minor_again = 0;
    g_autofree char *word = NULL;
    g_autofree char *word_again = NULL;

    if (!cg_codec_parse_device(text, &major, &minor)) {
        g_assert_cmpuint(major, ==, UNTOUCHED_UINT);
        g_assert_cmpuint(minor, ==, UNTOUCHED_UINT);
        return;
    }

    word = cg_codec_format_device(major, minor);
    g_assert_true(cg_codec_parse_device(word, &major_again, &minor_again));
    g_assert_cmpuint(major_again, ==, major);
    g_assert_cmpuint(minor_again, ==, minor);
    word_again = cg_codec_format_device(major_again, minor_again);
    g_assert_cmpstr(word_again, ==, word);
}

static void
assert_share(double share)
{
    g_assert_true(share == CORRAL_PRESSURE_UNKNOWN || (share >= 0 && share <= G_MAXDOUBLE));
}

static void
check_pressure(const char *text)
{
    CorralPressure pressure;
    CorralPressure untouched;

    memset(&pressure, 0x5a, sizeof(pressure));
    memset(&untouched, 0x5a, sizeof(untouched));
    if (!cg_codec_parse_pressure(text, &pressure)) {
        g_assert_cmpmem(&pressure, sizeof(pressure), &untouched, sizeof(untouched));
        return;
    }

    assert_share(pressure.some_avg10);
    assert_share(pressure.some_avg60);
    assert_share(pressure.some_avg300);
    assert_share(pressure.full_avg10);
    assert_share(pressure.full_avg60);
    assert_share(pressure.full_avg300);
    g_assert_cmpint(pressure.some_avg10 < 0, ==, pressure.some_avg300 < 0);
    g_assert_cmpint(pressure.full_avg10 < 0, ==, pressure.full_avg300 < 0);
    g_assert_true(pressure.some_avg10 >= 0 || pressure.full_avg10 >= 0);
}

/* What one group may do, written as its rules; and again. */
static void
check_device_rules(const char *text)
{
    g_autoptr(CgDeviceRules) rules = cg_codec_parse_device_rules(text);
    g_autoptr(CgDeviceRules) again = NULL;
    g_autofree char *exceptions = NULL;
    g_autofree char *exceptions_again = NULL;
    guint i;

    if (!rules)
        return;

    for (i = 0; i < rules->entries->len; i++) {
        const CgDeviceEntry *entry = cg_device_rules_get(rules, i);

        g_assert_cmpint(entry->device.type, !=, CORRAL_DEVICE_TYPE_ALL);
        g_assert_cmpuint(entry->access, !=, 0);
        g_assert_cmpuint(entry->access & ~(guint)CORRAL_DEVICE_ACCESS_ALL, ==, 0);
    }
    exceptions = cg_codec_format_device_exceptions(rules);
    again = cg_codec_parse_device_rules(exceptions);
    g_assert_nonnull(again);
    exceptions_again = cg_codec_format_device_exceptions(again);
    g_assert_cmpstr(exceptions_again, ==, exceptions);
}

/* ---- block I/O and huge pages ---- */

/* Appended to, and only by what is accepted.  The first is about no device there is. */
static void
assert_appended(GArray *list, gboolean accepted)
{
    const guint size = g_array_get_element_size(list);
    guint i;

    for (i = 0; i < size; i++)
        g_assert_cmpint(list->data[i], ==, 0x5a);
    g_assert_true(accepted || list->len == 1);
}

static GArray *
list_with_one(guint size)
{
    GArray *list = g_array_new(FALSE, TRUE, size);

    g_array_set_size(list, 1);
    memset(list->data, 0x5a, size);
    return list;
}

static void
check_io_weights(const char *text)
{
    g_autoptr(GArray) list = list_with_one(sizeof(CorralIoWeight));
    guint weight = UNTOUCHED_UINT;
    gboolean accepted = cg_codec_parse_io_weights(text, &weight, list);

    assert_appended(list, accepted);
    if (!accepted)
        g_assert_cmpuint(weight, ==, UNTOUCHED_UINT);
}

static void
check_io_max(const char *text)
{
    g_autoptr(GArray) list = list_with_one(sizeof(CorralIoLimits));
    gboolean accepted = cg_codec_parse_io_max(text, list);
    guint i;

    assert_appended(list, accepted);
    for (i = 1; i < list->len; i++) {
        const CorralIoLimits *limits = &g_array_index(list, CorralIoLimits, i);
        g_autoptr(GArray) again = g_array_new(FALSE, TRUE, sizeof(CorralIoLimits));
        g_autofree char *line = cg_codec_format_io_max(limits);
        g_autofree char *line_again = NULL;

        g_assert_true(cg_codec_parse_io_max(line, again));
        g_assert_cmpuint(again->len, ==, 1);
        line_again = cg_codec_format_io_max(&g_array_index(again, CorralIoLimits, 0));
        g_assert_cmpstr(line_again, ==, line);
    }
}

static void
check_io_throttle(const char *text)
{
    g_autoptr(GArray) list = list_with_one(sizeof(CorralIoLimits));

    assert_appended(
        list, cg_codec_parse_io_throttle(text, G_STRUCT_OFFSET(CorralIoLimits, write_bps), list));
}

static void
check_io_stat(const char *text)
{
    g_autoptr(GArray) list = list_with_one(sizeof(CorralIoStatistics));

    assert_appended(list, cg_codec_parse_io_stat(text, list));
}

static void
check_io_service(const char *text)
{
    g_autoptr(GArray) list = list_with_one(sizeof(CorralIoStatistics));

    assert_appended(list, cg_codec_parse_io_service(text, strlen(text) % 2, list));
}

static void
check_io_cost(const char *text)
{
    static const CorralDevice device = {CORRAL_DEVICE_TYPE_BLOCK, 8, 16};
    gboolean enabled = UNTOUCHED_UINT;

    if (cg_codec_parse_io_cost(text, &device, &enabled))
        g_assert_true(enabled == TRUE || enabled == FALSE);
    else
        g_assert_cmphex((guint)enabled, ==, UNTOUCHED_UINT);
}

static void
check_scheduler(const char *text)
{
    g_autofree char *scheduler = cg_codec_parse_scheduler(text);

    if (scheduler)
        g_assert_nonnull(strstr(text, scheduler));
}

static void
check_page_dir(const char *text)
{
    guint64 bytes = UNTOUCHED;

    if (!cg_codec_parse_page_dir(text, &bytes)) {
        g_assert_cmpuint(bytes, ==, UNTOUCHED);
        return;
    }

    g_free(cg_codec_format_page_size(bytes));
}

/* A parser gets a line here, and a key that nobody else has. */
/* clang-format off */
static const struct {
    char key;
    void (*check)(const char *text);
} parsers[] = {
    {'u', check_u64},
    {'i', check_i64},
    {'l', check_limit},
    {'c', check_cpu_max},
    {'p', check_ids},
    {'n', check_controllers},
    {'k', check_keyed},
    {'s', check_list},
    {'S', check_list_of_numbers},
    {'t', check_lines},
    {'d', check_device},
    {'P', check_pressure},
    {'D', check_device_rules},
    {'w', check_io_weights},
    {'m', check_io_max},
    {'o', check_io_throttle},
    {'O', check_io_stat},
    {'v', check_io_service},
    {'q', check_io_cost},
    {'h', check_scheduler},
    {'g', check_page_dir},
};
/* clang-format on */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = NULL;
    gsize i;

    if (size == 0)
        return 0;

    for (i = 0; i < G_N_ELEMENTS(parsers) - 1; i++) {
        if (parsers[i].key == (char)data[0])
            break;
    }
    if (parsers[i].key != (char)data[0])
        i = data[0] % G_N_ELEMENTS(parsers);

    text = g_strndup((const char *)data + 1, size - 1);
    parsers[i].check(text);
    return 0;
}
