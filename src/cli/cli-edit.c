/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changing the policy's file: whole, checked first, by one at a time. */
#include <config.h>

#include <string.h>

#include "cli-change.h"
#include "cli-edit.h"
#include "cli-follow.h"
#include "cli-policy.h"
#include "cli-print.h"
#include "cli.h"
#include "policy-edit.h"

/* Nothing secret, but nothing that everybody must know either: as qemu.conf is. */
#define MODE 0600

/* That of a file that is not there yet. */
static char *
read_text(const char *path, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *text = NULL;
    gsize length;

    if (!g_file_get_contents(path, &text, &length, &failure)) {
        if (g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            return g_strdup(POLICY_EDIT_EMPTY);
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }
    if (strlen(text) != length) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_REFUSED, "'%s' has a zero byte in it", path);
        return NULL;
    }
    return g_steal_pointer(&text);
}

/* FALSE without an error: there is nothing to change. */
static gboolean
write_edited(CliChange *change, const char *root, CliEditFunc edit, gpointer data, GError **error)
{
    g_autofree char *path = cli_change_resolve(change, CLI_POLICY_FILE, error);
    g_autofree char *dir = path ? g_path_get_dirname(path) : NULL;
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;
    g_autoptr(CliPolicy) checked = NULL;
    guint unused;

    if (!path || !cli_change_make_parents(change, path, &unused, error) ||
        !cli_change_lock(change, dir, error))
        return FALSE;
    before = read_text(path, error);
    after = before ? edit(before, data, error) : NULL;
    if (!after || g_str_equal(before, after))
        return FALSE;
    checked = cli_policy_parse(root, after, error);
    if (!checked || !cli_change_write(change, path, after, strlen(after), MODE, error))
        return FALSE;
    cli_print_line("changed: %s", path);
    return TRUE;
}

static gboolean
change_file(const char *root, CliEditFunc edit, gpointer data, GError **error)
{
    g_autoptr(CliChange) change = cli_change_new(root ? root : "/", CLI_CHANGE_REAL, error);

    if (!change)
        return FALSE;
    if (write_edited(change, root, edit, data, error))
        return TRUE;
    /* Directories that were missing. */
    if (!cli_change_undo(change, NULL))
        g_debug("'%s' is left with an empty directory", cli_change_get_root(change));
    return FALSE;
}

gboolean
cli_edit(const char *root, CliEditFunc edit, gpointer data, GError **error)
{
    g_autoptr(GError) failure = NULL;

    /* The lock is not held while daemons are waited for. */
    if (change_file(root, edit, data, &failure))
        return cli_follow(root, error);
    if (failure) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    cli_print_line("There is nothing to change.");
    return TRUE;
}
