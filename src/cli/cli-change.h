/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sys/types.h>

/*
 * A change of several files that happens as a whole or not at all: each step
 * remembers what was there, and undoing restores it, last step first.
 *
 * A rehearsal goes through the same steps without taking them, and so tells
 * whether there is anything to do.
 */
typedef struct _CliChange CliChange;

typedef enum {
    CLI_CHANGE_REAL,
    CLI_CHANGE_REHEARSAL,
} CliChangeKind;

/* @root: the directory to take for the machine's root; it must exist. */
CliChange *cli_change_new(const char *root, CliChangeKind kind, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
/* What was changed stays changed. */
void cli_change_free(CliChange *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CliChange, cli_change_free)

const char *cli_change_get_root(CliChange *self);
guint cli_change_get_n_steps(CliChange *self);

/*
 * Keeps others who are about to change the same things waiting, until @self is
 * freed; nobody if there is no directory @dir to hold on to.  Signals that would
 * end the process half way wait as long.
 */
gboolean cli_change_lock(CliChange *self, const char *dir, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/*
 * Where @path of the machine is below the root, symbolic links followed; one
 * that leads out of the root is an error.  What is missing may be missing.
 */
char *cli_change_resolve(CliChange *self, const char *path, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* The steps; paths are resolved ones. */

/* Writes a new file beside the old one and renames it; owner, mode and attributes stay. */
gboolean cli_change_write(CliChange *self, const char *path, const char *content, gsize length,
                          mode_t mode_if_new, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean cli_change_unlink(CliChange *self, const char *path, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean cli_change_symlink(CliChange *self, const char *target, const char *path, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
/* @n_made: (out): how many directories above @path were missing */
gboolean cli_change_make_parents(CliChange *self, const char *path, guint *n_made, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
/* At most @n of them, from the bottom, as long as they are empty. */
gboolean cli_change_remove_parents(CliChange *self, const char *path, guint n, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

gboolean cli_change_undo(CliChange *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
