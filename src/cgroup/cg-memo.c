/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A label with a line for each file: its name, a space, and its first line.
 *
 * systemd writes down what it was told in its own units, and after a reload it writes these
 * to the files.  A ceiling is whole per cents of a CPU by then, and no tasks at all are one.  An
 * administrator who changes something has other values, which are his.
 */
#include <config.h>

#include <string.h>

#include "cg-memo.h"
#include "corral-error.h"

#define LABEL "noted"

static const char *const files[] = {
    "cpu.weight",  "cpu.max",    "cpuset.cpus", "cpuset.mems",     "io.weight", "memory.max",
    "memory.high", "memory.low", "memory.min",  "memory.swap.max", "pids.max",
};

static gboolean
is_noted(const CgPlace *place, const char *file)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(files); i++) {
        if (g_str_equal(files[i], file))
            return place->unit && place->hierarchy->mount->unified;
    }
    return FALSE;
}

/* NULL if there is no such file. */
static char *
read_value(const CgPlace *place, const char *file)
{
    g_autofree char *text = cg_tree_read(place->dir, file, NULL);

    return text ? g_strndup(text, strcspn(text, "\n")) : NULL;
}

/* (transfer full): owned names and values. */
static GHashTable *
read_memo(const CgPlace *place)
{
    GHashTable *memo = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autofree char *text = cg_place_get_label(place, LABEL, NULL);
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
    gsize i;

    for (i = 0; lines[i]; i++) {
        char *space = strchr(lines[i], ' ');

        if (space)
            g_hash_table_replace(memo, g_strndup(lines[i], space - lines[i]), g_strdup(space + 1));
    }

    return memo;
}

static gboolean
write_memo(const CgPlace *place, GHashTable *memo, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(files); i++) {
        const char *value = g_hash_table_lookup(memo, files[i]);

        if (value)
            g_string_append_printf(text, "%s %s\n", files[i], value);
    }

    return cg_place_set_label(place, LABEL, text->str, error);
}

void
cg_memo_note(const CgPlace *place, const char *file)
{
    /* They show in each other's. */
    const char *shown = g_str_equal(file, "cpu.idle") ? "cpu.weight" : file;
    g_autoptr(GHashTable) memo = NULL;
    g_autoptr(GError) error = NULL;
    char *value;

    if (!is_noted(place, shown))
        return;
    value = read_value(place, shown);
    if (!value)
        return;

    memo = read_memo(place);
    g_hash_table_replace(memo, g_strdup(shown), value);
    if (!write_memo(place, memo, &error))
        g_debug("not noted: %s", error->message);
}

/* "50000 100000" */
static gboolean
parse_ceiling(const char *text, gint64 *quota_us, gint64 *period_us)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);

    return g_strv_length(words) == 2 && cg_codec_parse_i64(words[0], quota_us) &&
           cg_codec_parse_i64(words[1], period_us) && *quota_us > 0 && *period_us > 0;
}

/* Less than 1 % of a CPU apart. */
static gboolean
is_rounded_ceiling(const char *said, const char *now)
{
    gint64 quotas[2], periods[2];
    double apart;

    if (!parse_ceiling(said, &quotas[0], &periods[0]) ||
        !parse_ceiling(now, &quotas[1], &periods[1]))
        return FALSE;

    apart = (double)quotas[0] / (double)periods[0] - (double)quotas[1] / (double)periods[1];
    return ABS(apart) < 0.01;
}

static gboolean
is_rounded(const char *file, const char *said, const char *now)
{
    if (g_str_equal(file, "cpu.max"))
        return is_rounded_ceiling(said, now);

    return g_str_equal(file, "pids.max") && g_str_equal(said, "0") && g_str_equal(now, "1");
}

static gboolean
review_file(const CgPlace *place, const char *file, GHashTable *memo, gboolean *noted,
            GPtrArray *changes, GError **error)
{
    const char *said = g_hash_table_lookup(memo, file);
    g_autofree char *now = read_value(place, file);

    if (!now || g_strcmp0(said, now) == 0)
        return TRUE;
    if (said && is_rounded(file, said, now))
        return cg_tree_write(place->dir, file, said, error);

    if (said)
        g_ptr_array_add(changes, g_strdup_printf("%s is \"%s\", not \"%s\"", file, now, said));
    g_hash_table_replace(memo, g_strdup(file), g_steal_pointer(&now));
    *noted = TRUE;
    return TRUE;
}

gboolean
cg_memo_review(const CgPlace *place, GPtrArray *changes, GError **error)
{
    const guint told = changes->len;
    g_autoptr(GHashTable) memo = NULL;
    g_autoptr(GError) failure = NULL;
    gboolean noted = FALSE;
    gsize i;

    if (!is_noted(place, files[0]))
        return TRUE;

    memo = read_memo(place);
    for (i = 0; i < G_N_ELEMENTS(files); i++) {
        if (!review_file(place, files[i], memo, &noted, changes, error))
            return FALSE;
    }

    /* Where there are no labels it would be told again and again. */
    if (noted && !write_memo(place, memo, &failure)) {
        g_debug("not noted: %s", failure->message);
        g_ptr_array_set_size(changes, (gint)told);
    }
    return TRUE;
}
