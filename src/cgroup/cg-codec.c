/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Formats of control files. */
#include <config.h>

#include <string.h>

#include "cg-codec.h"
#include "corral-device.h"
#include "corral-types.h"

/* A control file ends its one value with a newline, or not. */
static char *
chomp(const char *text)
{
    gsize len = strlen(text);

    if (len > 0 && text[len - 1] == '\n')
        len--;

    return g_strndup(text, len);
}

gboolean
cg_codec_parse_u64(const char *text, guint64 *value)
{
    g_autofree char *word = chomp(text);

    return g_ascii_string_to_unsigned(word, 10, 0, G_MAXUINT64, value, NULL);
}

gboolean
cg_codec_parse_i64(const char *text, gint64 *value)
{
    g_autofree char *word = chomp(text);

    return g_ascii_string_to_signed(word, 10, G_MININT64, G_MAXINT64, value, NULL);
}

gboolean
cg_codec_parse_limit(const char *text, guint64 *value)
{
    g_autofree char *word = chomp(text);

    if (g_str_equal(word, "max")) {
        *value = G_MAXUINT64;
        return TRUE;
    }

    return cg_codec_parse_u64(word, value);
}

gboolean
cg_codec_parse_cpu_max(const char *text, gint64 *quota_us, guint64 *period_us)
{
    g_autofree char *line = chomp(text);
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    gint64 quota = CORRAL_CPU_UNLIMITED;
    guint64 period;

    if (g_strv_length(words) != 2 || !cg_codec_parse_u64(words[1], &period))
        return FALSE;
    if (!g_str_equal(words[0], "max") &&
        !g_ascii_string_to_signed(words[0], 10, 0, G_MAXINT64, &quota, NULL))
        return FALSE;

    *quota_us = quota;
    *period_us = period;
    return TRUE;
}

char *
cg_codec_format_cpu_max(gint64 quota_us, guint64 period_us)
{
    if (quota_us < 0)
        return g_strdup_printf("max %" G_GUINT64_FORMAT, period_us);

    return g_strdup_printf("%" G_GINT64_FORMAT " %" G_GUINT64_FORMAT, quota_us, period_us);
}

static gint
compare_ids(gconstpointer a, gconstpointer b)
{
    pid_t x = *(const pid_t *)a;
    pid_t y = *(const pid_t *)b;

    return (x > y) - (x < y);
}

static gboolean
is_set(GArray *numbers, GCompareFunc compare)
{
    const gsize size = g_array_get_element_size(numbers);
    guint i;

    for (i = 1; i < numbers->len; i++) {
        const char *here = numbers->data + i * size;

        if (compare(here - size, here) >= 0)
            return FALSE;
    }

    return TRUE;
}

/* Sorts and keeps one of each.  The kernel mostly has it so already. */
static void
make_set(GArray *numbers, GCompareFunc compare)
{
    const guint size = g_array_get_element_size(numbers);
    guint kept = 0;
    guint i;

    if (is_set(numbers, compare))
        return;

    g_array_sort(numbers, compare);
    for (i = 0; i < numbers->len; i++) {
        char *here = numbers->data + (gsize)i * size;
        char *last = numbers->data + (gsize)kept * size;

        if (kept > 0 && compare(here, last - size) == 0)
            continue;
        memmove(last, here, size);
        kept++;
    }
    g_array_set_size(numbers, kept);
}

gboolean
cg_codec_parse_ids(const char *text, GArray **ids)
{
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(pid_t));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    guint i;

    for (i = 0; lines[i]; i++) {
        guint64 value;
        pid_t id;

        if (lines[i][0] == '\0')
            continue;
        if (!g_ascii_string_to_unsigned(lines[i], 10, 0, G_MAXINT, &value, NULL))
            return FALSE;
        id = value;
        /* 0 is a process of another PID namespace: present, but not ours to name. */
        if (id != 0)
            g_array_append_val(list, id);
    }

    /* The legacy interface promises neither order nor uniqueness. */
    make_set(list, compare_ids);

    *ids = g_steal_pointer(&list);
    return TRUE;
}

guint32
cg_codec_parse_controllers(const char *text)
{
    g_autofree char *line = chomp(text);
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    CorralControllers set = 0;
    gsize i;

    for (i = 0; words[i]; i++) {
        CorralController controller;

        if (corral_controller_from_name(words[i], &controller))
            set |= CORRAL_CONTROLLER_BIT(controller);
    }

    return set;
}

/* One line after the other, without its newline; the last may lack it. */
static char **
split_lines(const char *text)
{
    g_autofree char *whole = chomp(text);

    return whole[0] ? g_strsplit(whole, "\n", -1) : g_new0(char *, 1);
}

static const CgCodecField *
find_field(const CgCodecField *fields, gsize n_fields, const char *key)
{
    gsize i;

    for (i = 0; i < n_fields; i++) {
        if (g_str_equal(fields[i].key, key))
            return &fields[i];
    }

    return NULL;
}

gboolean
cg_codec_parse_keyed(const char *text, const CgCodecField *fields, gsize n_fields)
{
    g_auto(GStrv) lines = split_lines(text);
    g_autofree guint64 *values = g_new(guint64, n_fields);
    gsize i;

    for (i = 0; i < n_fields; i++)
        values[i] = CORRAL_UNKNOWN;

    for (i = 0; lines[i]; i++) {
        char *blank = strchr(lines[i], ' ');
        const CgCodecField *field;

        if (!blank || blank == lines[i])
            return FALSE;
        *blank = '\0';
        field = find_field(fields, n_fields, lines[i]);
        if (field && !cg_codec_parse_u64(blank + 1, &values[field - fields]))
            return FALSE;
    }

    for (i = 0; i < n_fields; i++)
        *fields[i].value = values[i];
    return TRUE;
}

static gint
compare_numbers(gconstpointer a, gconstpointer b)
{
    guint x = *(const guint *)a;
    guint y = *(const guint *)b;

    return (x > y) - (x < y);
}

static gboolean
parse_range(const char *word, GArray *numbers)
{
    g_auto(GStrv) ends = g_strsplit(word, "-", 2);
    guint64 first, last;
    guint number;

    if (!ends[0] || !g_ascii_string_to_unsigned(ends[0], 10, 0, CG_CODEC_LIST_MAX, &first, NULL))
        return FALSE;
    last = first;
    if (ends[1] && !g_ascii_string_to_unsigned(ends[1], 10, first, CG_CODEC_LIST_MAX, &last, NULL))
        return FALSE;

    for (number = first; number <= last; number++)
        g_array_append_val(numbers, number);
    return TRUE;
}

gboolean
cg_codec_parse_list(const char *text, GArray **numbers)
{
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autofree char *line = chomp(text);
    g_auto(GStrv) words = g_strsplit(line, ",", -1);
    gsize i;

    for (i = 0; words[i]; i++) {
        if (!parse_range(words[i], list))
            return FALSE;
        /* No list of the kernel's repeats itself; one that does must not exhaust us. */
        if (list->len > CG_CODEC_LIST_MAX + 1)
            return FALSE;
    }

    make_set(list, compare_numbers);
    *numbers = g_steal_pointer(&list);
    return TRUE;
}

char *
cg_codec_format_list(const guint *numbers, gsize n_numbers)
{
    g_autoptr(GArray) list = g_array_sized_new(FALSE, FALSE, sizeof(guint), n_numbers);
    GString *text = g_string_new(NULL);
    guint i, end;

    if (n_numbers > 0)
        g_array_append_vals(list, numbers, n_numbers);
    make_set(list, compare_numbers);

    for (i = 0; i < list->len; i = end) {
        guint first = g_array_index(list, guint, i);

        for (end = i + 1; end < list->len; end++) {
            if (g_array_index(list, guint, end) != first + (end - i))
                break;
        }
        g_string_append_printf(text, "%s%u", text->len ? "," : "", first);
        if (end - i > 1)
            g_string_append_printf(text, "-%u", first + (end - i) - 1);
    }

    return g_string_free(text, FALSE);
}

gboolean
cg_codec_each_line(const char *text, CgCodecLine line, gpointer user_data)
{
    g_auto(GStrv) lines = split_lines(text);
    gsize i;

    for (i = 0; lines[i]; i++) {
        g_auto(GStrv) words = NULL;

        /* The legacy interface ends some lines with a blank. */
        words = g_strsplit(g_strchomp(lines[i]), " ", -1);
        if (!line(words, user_data))
            return FALSE;
    }

    return TRUE;
}

static gboolean
parse_device_part(const char *word, guint *number)
{
    guint64 value;

    if (g_str_equal(word, "*")) {
        *number = CORRAL_DEVICE_ANY;
        return TRUE;
    }
    if (!g_ascii_string_to_unsigned(word, 10, 0, CORRAL_DEVICE_ANY - 1, &value, NULL))
        return FALSE;

    *number = value;
    return TRUE;
}

gboolean
cg_codec_parse_device(const char *word, guint *major, guint *minor)
{
    g_auto(GStrv) parts = g_strsplit(word, ":", 2);
    guint first, second;

    if (g_strv_length(parts) != 2 || !parse_device_part(parts[0], &first) ||
        !parse_device_part(parts[1], &second))
        return FALSE;

    *major = first;
    *minor = second;
    return TRUE;
}

static void
append_device_part(GString *text, guint number)
{
    if (number == CORRAL_DEVICE_ANY)
        g_string_append_c(text, '*');
    else
        g_string_append_printf(text, "%u", number);
}

char *
cg_codec_format_device(guint major, guint minor)
{
    GString *text = g_string_new(NULL);

    append_device_part(text, major);
    g_string_append_c(text, ':');
    append_device_part(text, minor);
    return g_string_free(text, FALSE);
}

gboolean
cg_codec_find_pair(char *const *words, const char *key, guint64 *value)
{
    const gsize length = strlen(key);
    gsize i;

    for (i = 0; words[i]; i++) {
        if (strncmp(words[i], key, length) == 0 && words[i][length] == '=')
            return cg_codec_parse_limit(words[i] + length + 1, value);
    }

    return FALSE;
}

/* "KEY=12.34" with two digits after the point, 0 to 100. */
static gboolean
parse_share(const char *word, const char *key, double *percent)
{
    const gsize length = strlen(key);
    g_auto(GStrv) parts = NULL;
    guint64 whole, hundredths;

    if (strncmp(word, key, length) != 0 || word[length] != '=')
        return FALSE;
    parts = g_strsplit(word + length + 1, ".", 2);
    if (g_strv_length(parts) != 2 || strlen(parts[1]) != 2 ||
        !g_ascii_string_to_unsigned(parts[0], 10, 0, 100, &whole, NULL) ||
        !g_ascii_string_to_unsigned(parts[1], 10, 0, whole == 100 ? 0 : 99, &hundredths, NULL))
        return FALSE;

    *percent = (double)(whole * 100 + hundredths) / 100;
    return TRUE;
}

typedef struct {
    CorralPressure pressure;
    gboolean some;
    gboolean full;
} PressureLines;

static gboolean
parse_pressure_line(char *const *words, gpointer user_data)
{
    PressureLines *lines = user_data;
    CorralPressure *pressure = &lines->pressure;
    double avg10, avg60, avg300;
    guint64 total;

    if (g_strv_length((char **)words) != 5 || !parse_share(words[1], "avg10", &avg10) ||
        !parse_share(words[2], "avg60", &avg60) || !parse_share(words[3], "avg300", &avg300) ||
        !g_str_has_prefix(words[4], "total=") ||
        !g_ascii_string_to_unsigned(words[4] + strlen("total="), 10, 0, G_MAXUINT64, &total, NULL))
        return FALSE;

    if (g_str_equal(words[0], "some") && !lines->some) {
        pressure->some_avg10 = avg10;
        pressure->some_avg60 = avg60;
        pressure->some_avg300 = avg300;
        pressure->some_total_us = total;
        lines->some = TRUE;
        return TRUE;
    }
    if (g_str_equal(words[0], "full") && !lines->full) {
        pressure->full_avg10 = avg10;
        pressure->full_avg60 = avg60;
        pressure->full_avg300 = avg300;
        pressure->full_total_us = total;
        lines->full = TRUE;
        return TRUE;
    }

    return FALSE;
}

gboolean
cg_codec_parse_pressure(const char *text, CorralPressure *pressure)
{
    PressureLines lines = {
        .pressure =
            {
                CORRAL_PRESSURE_UNKNOWN,
                CORRAL_PRESSURE_UNKNOWN,
                CORRAL_PRESSURE_UNKNOWN,
                CORRAL_UNKNOWN,
                CORRAL_PRESSURE_UNKNOWN,
                CORRAL_PRESSURE_UNKNOWN,
                CORRAL_PRESSURE_UNKNOWN,
                CORRAL_UNKNOWN,
            },
    };

    if (!cg_codec_each_line(text, parse_pressure_line, &lines) || (!lines.some && !lines.full))
        return FALSE;

    *pressure = lines.pressure;
    return TRUE;
}

char *
cg_codec_format_trigger(gboolean full, guint64 stall_us, guint64 window_us)
{
    /* The files in /proc take the last character for the end, whatever it is. */
    return g_strdup_printf("%s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n",
                           full ? "full" : "some", stall_us, window_us);
}
