/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a daemon leaves for others to read. */
#include <config.h>

#include <string.h>

#include "cli-told.h"

GHashTable *
cli_told_parse(const char *text)
{
    GHashTable *told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    gsize i;

    for (i = 0; lines[i]; i++) {
        const char *equals = strchr(lines[i], '=');

        if (equals && equals[1])
            g_hash_table_replace(told, g_strndup(lines[i], (gsize)(equals - lines[i])),
                                 g_strdup(equals + 1));
    }

    return told;
}

GHashTable *
cli_told_read(const char *file, GError **error)
{
    g_autofree char *text = NULL;

    return g_file_get_contents(file, &text, NULL, error) ? cli_told_parse(text) : NULL;
}
