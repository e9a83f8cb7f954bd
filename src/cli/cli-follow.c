/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A daemon reads its files again at SIGHUP, and leaves a file that says what it thinks of the
 * policy.  Most processes end at that signal: so it goes only to one that has corral's driver
 * mapped, which is looked up right before.
 */
#include <config.h>

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>

#include "cli-driver.h"
#include "cli-follow.h"
#include "cli-policy.h"
#include "cli-print.h"
#include "cli.h"

/* A daemon with thousands of guests brings a policy into force before it has answered. */
#define PATIENCE_US (20 * G_TIME_SPAN_SECOND)
#define LOOK_US (20 * G_TIME_SPAN_MILLISECOND)

/* (element-type gint64): one daemon may have several drivers. */
static GArray *
list_daemons(void)
{
    g_autoptr(GPtrArray) drivers = cli_driver_list(NULL, CLI_DRIVER_LOOK);
    GArray *pids = g_array_new(FALSE, FALSE, sizeof(gint64));
    guint i, j;

    for (i = 0; i < drivers->len; i++) {
        const CliDriver *driver = g_ptr_array_index(drivers, i);
        const gint64 pid = cli_driver_get_pid(driver);

        if (driver->running != CLI_ANSWER_YES)
            continue;
        for (j = 0; j < pids->len && g_array_index(pids, gint64, j) != pid; j++)
            continue;
        if (j == pids->len)
            g_array_append_val(pids, pid);
    }
    return pids;
}

/* The file is replaced, never written into. */
static gboolean
wait_for_answer(const char *file, const struct stat *before)
{
    const gint64 deadline = g_get_monotonic_time() + PATIENCE_US;
    struct stat now;

    do {
        if (stat(file, &now) == 0 &&
            (now.st_ino != before->st_ino || now.st_mtim.tv_sec != before->st_mtim.tv_sec ||
             now.st_mtim.tv_nsec != before->st_mtim.tv_nsec))
            return TRUE;
        g_usleep(LOOK_US);
    } while (g_get_monotonic_time() < deadline);
    return FALSE;
}

static gboolean
report(gint64 pid, GError **error)
{
    g_autoptr(GHashTable) told = cli_policy_read_status(NULL);
    const char *state = told ? g_hash_table_lookup(told, "state") : NULL;
    const char *reason = told ? g_hash_table_lookup(told, "reason") : NULL;

    if (g_strcmp0(state, "refused") == 0) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_REFUSED,
                    "process %" G_GINT64_FORMAT " goes on with what the policy said before: %s",
                    pid, reason ? reason : "it does not say why");
        return FALSE;
    }
    cli_print_line("process %" G_GINT64_FORMAT ": %s", pid, state ? state : "unknown");
    return TRUE;
}

static gboolean
tell(gint64 pid, GError **error)
{
    g_autofree char *file = cli_policy_find_status(NULL);
    struct stat before = {0};

    (void)!stat(file, &before);
    if (kill((pid_t)pid, SIGHUP) < 0) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_REFUSED,
                    "cannot have process %" G_GINT64_FORMAT " read the policy: %s", pid,
                    g_strerror(errno));
        return FALSE;
    }
    if (!wait_for_answer(file, &before)) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_REFUSED,
                    "process %" G_GINT64_FORMAT " does not say what it thinks of the policy", pid);
        return FALSE;
    }
    return report(pid, error);
}

gboolean
cli_follow(const char *root, GError **error)
{
    g_autoptr(GArray) pids = NULL;
    guint i;

    if (root)
        return TRUE;
    pids = list_daemons();
    for (i = 0; i < pids->len; i++) {
        if (!tell(g_array_index(pids, gint64, i), error))
            return FALSE;
    }
    if (pids->len == 0)
        cli_print_line("No libvirtd runs with corral; the next one follows it.");
    return TRUE;
}
