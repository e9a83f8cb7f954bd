/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When libvirtd loads a driver of corral's, that leaves a file which says what
 * became of it.  The file outlives the daemon, so what it says is held against
 * the process: corral is running if the process has the implementation mapped.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "cli-driver.h"
#include "cli-told.h"

#define STATUS_DIR LIBVIRT_RUNSTATEDIR "/libvirt/corral"

#define PATIENCE_MS 3000

/* The drivers that corral has a module for, and where their daemon answers. */
static const struct {
    const char *name;
    const char *uri;
} drivers[] = {
    {"qemu", "qemu:///system"},
    {"lxc", "lxc:///system"},
};

static char *
below_root(const char *root, const char *path)
{
    return g_build_filename(root ? root : "/", path, NULL);
}

static void
driver_free(gpointer data)
{
    CliDriver *driver = data;

    g_clear_pointer(&driver->told, g_hash_table_unref);
    g_clear_pointer(&driver->daemon, cli_daemon_free);
    g_free(driver->daemon_silence);
    g_free(driver->remark);
    g_free(driver);
}

const char *
cli_driver_get_told(const CliDriver *driver, const char *key)
{
    return driver->told ? g_hash_table_lookup(driver->told, key) : NULL;
}

gint64
cli_driver_get_pid(const CliDriver *driver)
{
    const char *text = cli_driver_get_told(driver, "pid");
    guint64 pid;

    if (!text || !g_ascii_string_to_unsigned(text, 10, 1, G_MAXINT32, &pid, NULL))
        return 0;
    return (gint64)pid;
}

/* The name at the end of a line of maps; a file that was replaced is "(deleted)". */
static gboolean
find_mapping(const char *maps, const char *file, gboolean *replaced)
{
    g_autofree char *there = g_strconcat(" ", file, NULL);
    g_autofree char *gone = g_strconcat(there, " (deleted)", NULL);
    g_auto(GStrv) lines = g_strsplit(maps, "\n", -1);
    gboolean found = FALSE;
    gsize i;

    *replaced = FALSE;
    for (i = 0; lines[i]; i++) {
        if (g_str_has_suffix(lines[i], there))
            found = TRUE;
        else if (g_str_has_suffix(lines[i], gone))
            found = *replaced = TRUE;
    }

    return found;
}

/* The kernel shows a name without the symbolic links by which it was loaded. */
static gboolean
has_mapped(const char *root, const char *maps, const char *file, gboolean *replaced)
{
    g_autofree char *path = below_root(root, file);
    g_autofree char *target = NULL;

    if (find_mapping(maps, file, replaced))
        return TRUE;
    if (root)
        return FALSE;

    target = realpath(path, NULL);
    return target && find_mapping(maps, target, replaced);
}

static CliAnswer
look_at_process(const char *root, const CliDriver *driver, char **remark)
{
    const char *implementation = cli_driver_get_told(driver, "implementation");
    const gint64 pid = cli_driver_get_pid(driver);
    g_autofree char *dir = NULL;
    g_autofree char *file = NULL;
    g_autofree char *maps = NULL;
    g_autofree char *process = NULL;
    g_autoptr(GError) failure = NULL;
    gboolean replaced;

    if (pid == 0 || !implementation) {
        *remark = g_strdup("the status file is incomplete");
        return CLI_ANSWER_UNKNOWN;
    }

    process = g_strdup_printf("/proc/%" G_GINT64_FORMAT, pid);
    dir = below_root(root, process);
    file = g_build_filename(dir, "maps", NULL);
    if (!g_file_get_contents(file, &maps, NULL, &failure)) {
        if (!g_file_test(dir, G_FILE_TEST_IS_DIR)) {
            *remark = g_strdup_printf("process %" G_GINT64_FORMAT " has ended", pid);
            return CLI_ANSWER_NO;
        }
        *remark = g_strdup(failure->message);
        return CLI_ANSWER_UNKNOWN;
    }

    if (!has_mapped(root, maps, implementation, &replaced)) {
        *remark = g_strdup_printf("process %" G_GINT64_FORMAT " is another one", pid);
        return CLI_ANSWER_NO;
    }
    if (replaced)
        *remark = g_strdup("a copy that was replaced since; restart libvirtd to have the new one");
    return CLI_ANSWER_YES;
}

static CliAnswer
is_running(const char *root, const CliDriver *driver, char **remark)
{
    const char *state = cli_driver_get_told(driver, "state");

    if (g_strcmp0(state, "stacked") == 0)
        return look_at_process(root, driver, remark);
    if (g_strcmp0(state, "aside") == 0) {
        *remark = g_strdup("corral stepped aside");
        return CLI_ANSWER_NO;
    }

    *remark = g_strdup("the status file does not say what became of it");
    return CLI_ANSWER_UNKNOWN;
}

static CliDriver *
look_at_driver(const char *root, gsize which, CliDriverAsking asking)
{
    CliDriver *driver = g_new0(CliDriver, 1);
    g_autofree char *name = g_strdup_printf(STATUS_DIR "/%s.status", drivers[which].name);
    g_autofree char *path = below_root(root, name);
    g_autoptr(GError) failure = NULL;

    driver->name = drivers[which].name;
    driver->told = cli_told_read(path, &failure);
    if (driver->told) {
        driver->running = is_running(root, driver, &driver->remark);
    } else if (g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
        driver->running = CLI_ANSWER_NO;
        driver->is_unseen = TRUE;
        driver->remark = g_strdup("no libvirtd has loaded it since the machine started");
    } else {
        driver->running = CLI_ANSWER_UNKNOWN;
        driver->remark = g_strdup(failure->message);
    }

    /* A question would start a daemon that does not run, and it is not in another root. */
    if (driver->running == CLI_ANSWER_YES && !root && asking == CLI_DRIVER_ASK) {
        g_clear_error(&failure);
        driver->daemon = cli_connect_ask(drivers[which].uri, PATIENCE_MS, &failure);
        if (!driver->daemon)
            driver->daemon_silence = g_strdup(failure->message);
    }

    return driver;
}

/* libvirt's own module: without it there is nothing that corral could be stacked over. */
static gboolean
is_installed(const char *root, const char *name)
{
    g_autofree char *file = g_strdup_printf(STOCK_DRIVER_DIR "/libvirt_driver_%s.so", name);
    g_autofree char *path = below_root(root, file);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

GPtrArray *
cli_driver_list(const char *root, CliDriverAsking asking)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(driver_free);
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(drivers); i++) {
        CliDriver *driver = look_at_driver(root, i, asking);

        /* The first is always told of: without it all may be missing. */
        if (i > 0 && driver->is_unseen && !is_installed(root, driver->name))
            driver_free(driver);
        else
            g_ptr_array_add(all, driver);
    }

    return all;
}
