/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Our marks in files of the administrator's: what tells our lines from his, and
 * what must be known to take them away again without a trace.
 */
typedef struct {
    gboolean made_file; /* there was no file before */
    guint made_dirs;    /* nor were there so many directories above it */
} CliOrigin;

/* A block for the top of qemu.conf, its marks included. */
char *cli_block_compose(const CliOrigin *origin);

/*
 * cli_block_take_out:
 * @text: what is in the file; on success less every block of ours
 * @origin: (out): what the block tells
 * @found: (out): whether there was any
 *
 * Fails if a block has no end, which only an editor can have done.
 */
gboolean cli_block_take_out(GString *text, CliOrigin *origin, gboolean *found, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* A file of ours altogether; its first line is the mark. */
char *cli_block_compose_file(const CliOrigin *origin, const char *content);
gboolean cli_block_is_our_file(const char *text, CliOrigin *origin);
