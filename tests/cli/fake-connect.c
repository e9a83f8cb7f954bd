/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In the place of cli-connect.c: a daemon that is a file.  fake:FILE has a group for each
 * guest, named after it, with what virsh domstats would say; and uuid=.  Or it has a group
 * [reserve], with what the host keeps.
 */
#include <config.h>

#include <string.h>

#include "cli-connect.h"
#include "cli.h"

#define SCHEME "fake:"

static CliStatistics *
read_guest(GKeyFile *file, const char *name)
{
    g_auto(GStrv) keys = g_key_file_get_keys(file, name, NULL, NULL);
    CliStatistics *self = g_new0(CliStatistics, 1);
    GVariantBuilder fields;
    gsize i;

    g_variant_builder_init(&fields, G_VARIANT_TYPE_VARDICT);
    for (i = 0; keys[i]; i++) {
        g_autofree char *text = g_key_file_get_string(file, name, keys[i], NULL);
        guint64 number;

        g_variant_builder_add(&fields, "{sv}", keys[i],
                              g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, &number, NULL)
                                  ? g_variant_new_uint64(number)
                                  : g_variant_new_string(text));
    }

    self->name = g_strcompress(name);
    self->uuid = g_key_file_get_string(file, name, "uuid", NULL);
    self->fields = g_variant_ref_sink(g_variant_builder_end(&fields));
    return self;
}

CliDaemon *
cli_connect_ask(const char *uri, guint patience_ms G_GNUC_UNUSED, GError **error)
{
    g_set_error(error, CLI_ERROR, CLI_ERROR_REFUSED, "%s is not asked", uri);
    return NULL;
}

GPtrArray *
cli_connect_list_memory(const char *uri, guint patience_ms G_GNUC_UNUSED, GError **error)
{
    const char *path = g_str_has_prefix(uri, SCHEME) ? uri + strlen(SCHEME) : "";
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_auto(GStrv) names = NULL;
    GPtrArray *guests;
    gsize i;

    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, NULL)) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_REFUSED, "%s does not answer", uri);
        return NULL;
    }

    guests = g_ptr_array_new_with_free_func((GDestroyNotify)cli_statistics_free);
    names = g_key_file_get_groups(file, NULL);
    for (i = 0; names[i]; i++)
        g_ptr_array_add(guests, read_guest(file, names[i]));
    return guests;
}

/* ---- what the host keeps ---- */

#define RESERVE "reserve"

static const char *
open_file(GKeyFile *file, const char *uri, GError **error)
{
    const char *path = g_str_has_prefix(uri, SCHEME) ? uri + strlen(SCHEME) : "";

    if (g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, NULL))
        return path;
    g_set_error(error, CLI_ERROR, CLI_ERROR_REFUSED, "%s does not answer", uri);
    return NULL;
}

CliReserve *
cli_connect_get_reserve(const char *uri, guint patience_ms G_GNUC_UNUSED, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    CliReserve *self;

    if (!open_file(file, uri, error))
        return NULL;
    self = g_new0(CliReserve, 1);
    self->memory_kib = g_key_file_get_uint64(file, RESERVE, "memory_kib", NULL);
    self->guest_memory_kib = g_key_file_get_uint64(file, RESERVE, "guest_memory_kib", NULL);
    self->cpus = g_key_file_get_string(file, RESERVE, "cpus", NULL);
    return self;
}

gboolean
cli_connect_set_reserve(const char *uri, const CliReserveChange *change,
                        guint patience_ms G_GNUC_UNUSED, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    const char *path = open_file(file, uri, error);

    if (!path)
        return FALSE;
    if (change->memory_kib)
        g_key_file_set_uint64(file, RESERVE, "memory_kib", *change->memory_kib);
    if (change->n_cpus)
        g_key_file_set_uint64(file, RESERVE, "n_cpus", *change->n_cpus);
    if (change->cpuset)
        g_key_file_set_string(file, RESERVE, "cpus", change->cpuset);
    return g_key_file_save_to_file(file, path, error);
}

/* ---- where a guest is ---- */

#define PARTITION "partition"

/* What it was told is noted, with how. */
gboolean
cli_connect_move(const char *uri, const CliMove *move, guint patience_ms G_GNUC_UNUSED,
                 GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    const char *path = open_file(file, uri, error);
    g_autofree char *told = g_strconcat(move->partition, move->live ? " live" : "",
                                        move->config ? " config" : "", NULL);

    if (!path)
        return FALSE;
    if (!g_key_file_has_group(file, move->guest)) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_REFUSED, "%s has no guest '%s'", uri, move->guest);
        return FALSE;
    }
    g_key_file_set_string(file, move->guest, PARTITION, told);
    return g_key_file_save_to_file(file, path, error);
}
