/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What switches corral on: a directory of driver modules in which corral's own
 * take the place of libvirt's, drop-ins that make libvirtd look there, and a
 * setting by which libvirt leaves the guests' groups alone.
 *
 * The order matters if the machine fails in between.  A directory nobody looks
 * into does no harm; a corral that finds libvirt managing groups steps aside;
 * but a libvirt without corral that was told to leave groups alone would run
 * guests without limits.  So the setting comes last, and goes first.
 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <glib/gstdio.h>

#include "cli-block.h"
#include "cli-switch.h"
#include "cli.h"

#define SHIM "libvirt_driver_qemu.so"
#define SYSTEMD_DIR "/etc/systemd/system"

/* It may hold passwords, so it is nobody else's business. */
#define QEMU_CONF_MODE 0600
#define DROP_IN_MODE 0644

#define ENVIRONMENT "Environment=LIBVIRT_DRIVER_DIR=" CLI_DRIVER_DIR

static void G_GNUC_PRINTF(2, 3) tell(GPtrArray *report, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_ptr_array_add(report, g_strdup_vprintf(format, args));
    va_end(args);
}

/* What is in @path; *@content is NULL if there is no such file. */
static gboolean
read_file(const char *path, char **content, gsize *length, GError **error)
{
    g_autoptr(GError) failure = NULL;

    if (g_file_get_contents(path, content, length, &failure))
        return TRUE;

    *content = NULL;
    *length = 0;
    if (g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

/* Removes a file of ours, and the directories that were only made for it. */
static gboolean
remove_made(CliChange *change, const char *path, const CliOrigin *origin, GError **error)
{
    return cli_change_unlink(change, path, error) &&
           cli_change_remove_parents(change, path, origin->made_dirs, error);
}

/* ---- the directory of modules ---- */

static gboolean
is_module(const char *name)
{
    return g_str_has_prefix(name, "libvirt_driver_") && g_str_has_suffix(name, ".so");
}

static gint
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The modules in a directory, sorted; NULL if it cannot be read. */
static char **
list_modules(const char *path, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, error);
    g_autoptr(GPtrArray) names = NULL;
    const char *name;

    if (!dir)
        return NULL;

    names = g_ptr_array_new_with_free_func(g_free);
    while ((name = g_dir_read_name(dir))) {
        if (is_module(name))
            g_ptr_array_add(names, g_strdup(name));
    }
    g_ptr_array_sort(names, compare_names);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_steal(names, NULL);
}

static gboolean
is_link(const char *path)
{
    return g_file_test(path, G_FILE_TEST_IS_SYMLINK);
}

static gboolean
is_own_module(const char *path)
{
    return g_file_test(path, G_FILE_TEST_IS_REGULAR) && !is_link(path);
}

/* Where a link of ours leads: the machine's path, since the root is not there later. */
static char *
stock_module(const char *name)
{
    return g_build_filename(STOCK_DRIVER_DIR, name, NULL);
}

static gboolean
leads_to_stock(const char *path)
{
    g_autofree char *target = g_file_read_link(path, NULL);

    return target && g_str_has_prefix(target, STOCK_DRIVER_DIR "/");
}

/* The target of a link is a path of the machine, so it is below the root, too. */
static gboolean
leads_somewhere(CliChange *change, const char *path)
{
    g_autofree char *target = g_file_read_link(path, NULL);
    g_autofree char *there = NULL;

    if (!target || !g_path_is_absolute(target))
        return g_file_test(path, G_FILE_TEST_EXISTS);

    there = g_strconcat(cli_change_get_root(change), target, NULL);
    return g_file_test(there, G_FILE_TEST_EXISTS);
}

/* Links to what is no more, or to what corral now replaces, or into a directory of old. */
static gboolean
remove_stale(CliChange *change, const char *dir, char **stock, guint *n_removed, GError **error)
{
    g_auto(GStrv) names = list_modules(dir, error);
    gsize i;

    if (!names)
        return FALSE;

    for (i = 0; names[i]; i++) {
        g_autofree char *path = g_build_filename(dir, names[i], NULL);
        g_autofree char *target = stock_module(names[i]);
        g_autofree char *found = is_link(path) ? g_file_read_link(path, NULL) : NULL;
        const gboolean wanted = g_strv_contains((const char *const *)stock, names[i]);

        if (!found || (wanted && g_str_equal(found, target)))
            continue;
        /* Somebody's own module that works stays. */
        if (!leads_to_stock(path) && leads_somewhere(change, path))
            continue;
        if (!cli_change_unlink(change, path, error))
            return FALSE;
        (*n_removed)++;
    }

    return TRUE;
}

static gboolean
check_modules(const char *dir, const char *stock_dir, char **stock, GError **error)
{
    g_autofree char *shim = g_build_filename(dir, SHIM, NULL);

    if (!is_own_module(shim)) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_REFUSED, "corral's driver '%s' is not installed",
                    shim);
        return FALSE;
    }
    if (!g_strv_contains((const char *const *)stock, SHIM)) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_REFUSED,
                    "libvirt's driver '%s/" SHIM "' is not installed", stock_dir);
        return FALSE;
    }

    return TRUE;
}

static gboolean
modules_on(const CliPart *self, CliChange *change, GPtrArray *report, GError **error)
{
    g_autofree char *dir = cli_change_resolve(change, self->path, error);
    g_autofree char *stock_dir = dir ? cli_change_resolve(change, STOCK_DRIVER_DIR, error) : NULL;
    g_auto(GStrv) stock = stock_dir ? list_modules(stock_dir, error) : NULL;
    guint n_removed = 0;
    guint n_made = 0;
    gsize i;

    if (!stock || !check_modules(dir, stock_dir, stock, error) ||
        !remove_stale(change, dir, stock, &n_removed, error))
        return FALSE;

    for (i = 0; stock[i]; i++) {
        g_autofree char *path = g_build_filename(dir, stock[i], NULL);
        g_autofree char *target = stock_module(stock[i]);
        g_autofree char *found = is_link(path) ? g_file_read_link(path, NULL) : NULL;

        if (is_own_module(path) || g_strcmp0(found, target) == 0)
            continue;
        if (found && leads_somewhere(change, path)) {
            tell(report, "left alone: %s leads to %s", path, found);
            continue;
        }
        if (!cli_change_symlink(change, target, path, error))
            return FALSE;
        n_made++;
    }

    if (n_removed > 0)
        tell(report, "removed from %s: %u stale links", dir, n_removed);
    if (n_made > 0)
        tell(report, "linked in %s: %u modules of libvirt's", dir, n_made);
    if (n_made == 0 && n_removed == 0)
        tell(report, "already linked in %s: libvirt's modules", dir);
    return TRUE;
}

/* The package may be gone, and the directory with it. */
static gboolean
modules_off(const CliPart *self, CliChange *change, GPtrArray *report, GError **error)
{
    g_autofree char *dir = cli_change_resolve(change, self->path, error);
    g_auto(GStrv) names = NULL;
    guint n_removed = 0;
    gsize i;

    if (!dir)
        return FALSE;
    if (g_file_test(dir, G_FILE_TEST_EXISTS)) {
        names = list_modules(dir, error);
        if (!names)
            return FALSE;
    }

    for (i = 0; names && names[i]; i++) {
        g_autofree char *path = g_build_filename(dir, names[i], NULL);

        if (!is_link(path) || !leads_to_stock(path))
            continue;
        if (!cli_change_unlink(change, path, error))
            return FALSE;
        n_removed++;
    }

    if (n_removed > 0)
        tell(report, "removed from %s: %u links", dir, n_removed);
    else
        tell(report, "already without links: %s", dir);
    return TRUE;
}

/* ---- the drop-ins ---- */

/* Reads one; refuses if it is not ours.  *@content is NULL if there is none. */
static gboolean
read_drop_in(const char *path, char **content, CliOrigin *origin, gboolean *ours, GError **error)
{
    gsize length;

    if (!read_file(path, content, &length, error))
        return FALSE;

    *ours = *content && cli_block_is_our_file(*content, origin);
    return TRUE;
}

static gboolean
drop_in_on(const CliPart *self, CliChange *change, GPtrArray *report, GError **error)
{
    g_autofree char *path = cli_change_resolve(change, self->path, error);
    g_autofree char *found = NULL;
    g_autofree char *wanted = NULL;
    CliOrigin origin = {TRUE, 0};
    gboolean ours;

    if (!path || !read_drop_in(path, &found, &origin, &ours, error))
        return FALSE;
    if (found && !ours) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_REFUSED,
                    "'%s' was not made by corral; it is in the way", path);
        return FALSE;
    }
    /* What an administrator added to it is no reason to write it anew. */
    if (found && strstr(found, "\n" ENVIRONMENT "\n")) {
        tell(report, "already there: %s", path);
        return TRUE;
    }

    if (!found && !cli_change_make_parents(change, path, &origin.made_dirs, error))
        return FALSE;
    wanted = cli_block_compose_file(&origin, "[Service]\n" ENVIRONMENT "\n");
    if (!cli_change_write(change, path, wanted, strlen(wanted), DROP_IN_MODE, error))
        return FALSE;
    tell(report, "made: %s", path);
    return TRUE;
}

static gboolean
drop_in_off(const CliPart *self, CliChange *change, GPtrArray *report, GError **error)
{
    g_autofree char *path = cli_change_resolve(change, self->path, error);
    g_autofree char *found = NULL;
    CliOrigin origin;
    gboolean ours;

    if (!path || !read_drop_in(path, &found, &origin, &ours, error))
        return FALSE;

    if (!found) {
        tell(report, "already gone: %s", path);
    } else if (!ours) {
        tell(report, "left alone: %s was not made by corral", path);
    } else {
        if (!remove_made(change, path, &origin, error))
            return FALSE;
        tell(report, "removed: %s", path);
    }
    return TRUE;
}

/* ---- qemu.conf ---- */

/* What is in the file without our block; @found is what is in it now, NULL if it is missing. */
static gboolean
read_conf(const char *path, char **found, GString *rest, CliOrigin *origin, gboolean *has_block,
          GError **error)
{
    gsize length;

    if (!read_file(path, found, &length, error))
        return FALSE;

    g_string_append_len(rest, *found ? *found : "", (gssize)length);
    if (!cli_block_take_out(rest, origin, has_block, error)) {
        g_prefix_error(error, "'%s' is damaged: ", path);
        g_clear_pointer(found, g_free);
        return FALSE;
    }

    return TRUE;
}

static gboolean
conf_on(const CliPart *self, CliChange *change, GPtrArray *report, GError **error)
{
    g_autofree char *path = cli_change_resolve(change, self->path, error);
    g_autoptr(GString) wanted = g_string_new(NULL);
    g_autofree char *found = NULL;
    g_autofree char *block = NULL;
    CliOrigin origin;
    gboolean has_block;

    if (!path || !read_conf(path, &found, wanted, &origin, &has_block, error))
        return FALSE;
    if (!found) {
        origin.made_file = TRUE;
        if (!cli_change_make_parents(change, path, &origin.made_dirs, error))
            return FALSE;
    }

    block = cli_block_compose(&origin);
    if (found && has_block && g_str_has_prefix(found, block)) {
        tell(report, "already set: cgroup_controllers = [ ] in %s", path);
        return TRUE;
    }
    g_string_prepend(wanted, block);
    if (!cli_change_write(change, path, wanted->str, wanted->len, QEMU_CONF_MODE, error))
        return FALSE;
    tell(report, "set: cgroup_controllers = [ ] in %s", path);
    return TRUE;
}

static gboolean
conf_off(const CliPart *self, CliChange *change, GPtrArray *report, GError **error)
{
    g_autofree char *path = cli_change_resolve(change, self->path, error);
    g_autoptr(GString) rest = g_string_new(NULL);
    g_autofree char *found = NULL;
    CliOrigin origin;
    gboolean has_block;

    if (!path || !read_conf(path, &found, rest, &origin, &has_block, error))
        return FALSE;

    if (!has_block) {
        tell(report, "already as it was: %s", path);
    } else if (origin.made_file && rest->len == 0) {
        if (!remove_made(change, path, &origin, error))
            return FALSE;
        tell(report, "removed: %s", path);
    } else {
        if (!cli_change_write(change, path, rest->str, rest->len, QEMU_CONF_MODE, error))
            return FALSE;
        tell(report, "restored: %s", path);
    }
    return TRUE;
}

/* ---- all of it ---- */

const CliPart cli_parts[] = {
    {"modules", CLI_DRIVER_DIR, modules_on, modules_off},
    {"libvirtd.service", SYSTEMD_DIR "/libvirtd.service.d/corral.conf", drop_in_on, drop_in_off},
    {"virtqemud.service", SYSTEMD_DIR "/virtqemud.service.d/corral.conf", drop_in_on, drop_in_off},
    {"virtlxcd.service", SYSTEMD_DIR "/virtlxcd.service.d/corral.conf", drop_in_on, drop_in_off},
    {"qemu.conf", LIBVIRT_SYSCONFDIR "/libvirt/qemu.conf", conf_on, conf_off},
};
const guint cli_n_parts = G_N_ELEMENTS(cli_parts);

/* Returns FALSE, with what could not be undone told in the error. */
static gboolean
undo(CliChange *change, GError **error)
{
    g_autoptr(GError) failure = NULL;

    if (!cli_change_undo(change, &failure) && error)
        g_prefix_error(error,
                       "what was changed could not all be changed back (%s): ", failure->message);
    return FALSE;
}

static gboolean
lock(CliChange *change, GError **error)
{
    g_autofree char *dir = cli_change_resolve(change, CLI_DRIVER_DIR, error);

    return dir && cli_change_lock(change, dir, error);
}

gboolean
cli_switch_on(CliChange *change, GPtrArray **report, GError **error)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    guint i;

    if (!lock(change, error))
        return FALSE;
    for (i = 0; i < cli_n_parts; i++) {
        if (!cli_parts[i].on(&cli_parts[i], change, lines, error))
            return undo(change, error);
    }

    *report = g_steal_pointer(&lines);
    return TRUE;
}

gboolean
cli_switch_off(CliChange *change, GPtrArray **report, GError **error)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    guint i;

    if (!lock(change, error))
        return FALSE;
    for (i = cli_n_parts; i > 0; i--) {
        if (!cli_parts[i - 1].off(&cli_parts[i - 1], change, lines, error))
            return undo(change, error);
    }

    *report = g_steal_pointer(&lines);
    return TRUE;
}

gboolean
cli_switch_ask(const CliPart *part, const char *root, gboolean *on, GError **error)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(CliChange) rehearsal = cli_change_new(root, CLI_CHANGE_REHEARSAL, error);

    if (!rehearsal || !part->on(part, rehearsal, lines, error))
        return FALSE;

    *on = cli_change_get_n_steps(rehearsal) == 0;
    return TRUE;
}
