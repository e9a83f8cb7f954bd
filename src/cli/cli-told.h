/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * What a daemon leaves for others to read: lines of key=value.  An empty value is none, and what
 * is no such line says nothing.
 *
 * Returns: (element-type utf8 utf8)
 */
GHashTable *cli_told_parse(const char *text);

/* The same of a file; NULL with an error of G_FILE_ERROR. */
GHashTable *cli_told_read(const char *file, GError **error) G_GNUC_WARN_UNUSED_RESULT;
