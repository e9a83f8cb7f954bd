/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * All that corral says on stdout.  Names of guests, groups and threads are
 * other people's text: what could steer a terminal or break a line is shown as
 * \xNN.
 */

/* One line, without the newline. */
void cli_print_line(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* A tree whose nodes' data are text; the root itself is not shown. */
void cli_print_tree(GNode *root);

/* @value is taken over if it is floating. */
void cli_print_json(GVariant *value);

/* For what JSON is made of: any text as a string that a GVariant may hold. */
GVariant *cli_print_new_string(const char *text);
/* The same in a dictionary; without a @value there is no @key either. */
void cli_print_add_string(GVariantBuilder *object, const char *key, const char *value);

/* Whether all of it arrived: a full disk is an error, not a short answer. */
gboolean cli_print_finish(GError **error) G_GNUC_WARN_UNUSED_RESULT;
