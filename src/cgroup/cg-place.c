/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading and writing one group's files in one hierarchy. */
#include <config.h>

#include "cg-place.h"
#include "cg-writer.h"
#include "corral-error.h"

gboolean
cg_place_is_top(const CgPlace *place, gboolean *top, GError **error)
{
    return cg_tree_is_same(place->dir, place->hierarchy->root, ".", top, error);
}

gboolean
cg_place_write(const CgPlace *place, const char *file, const char *text, GError **error)
{
    return place->hierarchy->writer->write(place, file, text, error);
}

gboolean
cg_place_write_u64(const CgPlace *place, const char *file, guint64 value, GError **error)
{
    char text[32];

    g_snprintf(text, sizeof(text), "%" G_GUINT64_FORMAT, value);
    return cg_place_write(place, file, text, error);
}

gboolean
cg_place_write_limit(const CgPlace *place, const char *file, guint64 value, GError **error)
{
    if (value == G_MAXUINT64)
        return cg_place_write(place, file, "max", error);

    return cg_place_write_u64(place, file, value, error);
}

char *
cg_place_read(const CgPlace *place, const char *file, GError **error)
{
    if (place->files)
        return cg_files_read(place->files, place->dir, file, error);

    return cg_tree_read(place->dir, file, error);
}

gboolean
cg_place_set_label(const CgPlace *place, const char *name, const char *value, GError **error)
{
    return place->hierarchy->writer->set_label(place, name, value, error);
}

char *
cg_place_get_label(const CgPlace *place, const char *name, GError **error)
{
    return cg_tree_get_label(place->dir, name, error);
}

gboolean
cg_place_refuse_format(const CgPlace *place, const char *file, const char *text, GError **error)
{
    g_autofree char *name = cg_tree_name(place->dir, file);
    g_autofree char *shown = g_strescape(text, NULL);

    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED, "cannot make sense of \"%.80s\" in '%s'",
                shown, name);
    return FALSE;
}

gboolean
cg_place_read_u64(const CgPlace *place, const char *file, guint64 *value, GError **error)
{
    g_autofree char *text = cg_place_read(place, file, error);

    if (!text)
        return FALSE;
    if (!cg_codec_parse_u64(text, value))
        return cg_place_refuse_format(place, file, text, error);

    return TRUE;
}

gboolean
cg_place_read_i64(const CgPlace *place, const char *file, gint64 *value, GError **error)
{
    g_autofree char *text = cg_place_read(place, file, error);

    if (!text)
        return FALSE;
    if (!cg_codec_parse_i64(text, value))
        return cg_place_refuse_format(place, file, text, error);

    return TRUE;
}

gboolean
cg_place_read_limit(const CgPlace *place, const char *file, guint64 *value, GError **error)
{
    g_autofree char *text = cg_place_read(place, file, error);

    if (!text)
        return FALSE;
    if (!cg_codec_parse_limit(text, value))
        return cg_place_refuse_format(place, file, text, error);

    return TRUE;
}

gboolean
cg_place_write_bool(const CgPlace *place, const char *file, gboolean value, GError **error)
{
    return cg_place_write(place, file, value ? "1" : "0", error);
}

gboolean
cg_place_read_bool(const CgPlace *place, const char *file, gboolean *value, GError **error)
{
    g_autofree char *text = cg_place_read(place, file, error);
    guint64 number;

    if (!text)
        return FALSE;
    if (!cg_codec_parse_u64(text, &number) || number > 1)
        return cg_place_refuse_format(place, file, text, error);

    *value = number == 1;
    return TRUE;
}

gboolean
cg_place_read_keyed(const CgPlace *place, const char *file, const CgCodecField *fields,
                    gsize n_fields, GError **error)
{
    g_autofree char *text = cg_place_read(place, file, error);

    if (!text)
        return FALSE;
    if (!cg_codec_parse_keyed(text, fields, n_fields))
        return cg_place_refuse_format(place, file, text, error);

    return TRUE;
}
