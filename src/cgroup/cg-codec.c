/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Formats of control files. */
#include <config.h>

#include <string.h>

#include "cg-codec.h"
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

gboolean
cg_codec_parse_ids(const char *text, GArray **ids)
{
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(pid_t));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    guint kept = 0;
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
    g_array_sort(list, compare_ids);
    for (i = 0; i < list->len; i++) {
        pid_t id = g_array_index(list, pid_t, i);

        if (kept == 0 || g_array_index(list, pid_t, kept - 1) != id)
            g_array_index(list, pid_t, kept++) = id;
    }
    g_array_set_size(list, kept);

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
