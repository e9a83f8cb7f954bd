/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* corral activate, corral deactivate: what they say about cli-switch. */
#include <config.h>

#include "cli-print.h"
#include "cli-services.h"
#include "cli-switch.h"
#include "cli.h"

static char *root;

static const GOptionEntry options[] = {
    {"root", 0, 0, G_OPTION_ARG_FILENAME, &root, "Work in the system below DIR.", "DIR"},
    {NULL, 0, 0, 0, NULL, NULL, NULL},
};

static void
print_report(const GPtrArray *report)
{
    guint i;

    for (i = 0; i < report->len; i++)
        cli_print_line("%s", (const char *)g_ptr_array_index(report, i));
}

/* Only this machine's systemd can be told from here; whatever is below a root reads for itself. */
static gboolean
reload(const char *within)
{
    g_autoptr(GError) error = NULL;

    if (*within)
        return FALSE;
    if (cli_services_reload(&error)) {
        cli_print_line("told: systemd, to read its units again");
        return TRUE;
    }

    cli_print_line("not told: systemd, to read its units again: %s", error->message);
    return FALSE;
}

/* A daemon that is not running now is started with what has changed. */
static void
print_restart(const char *within)
{
    const gboolean told = reload(within);
    g_auto(GStrv) names = cli_services_list(within);
    g_autofree char *all = g_strjoinv(" ", names);

    if (*all)
        cli_print_line("libvirtd must be restarted: %ssystemctl try-restart %s",
                       told ? "" : "systemctl daemon-reload && ", all);
    else
        cli_print_line("libvirtd must be restarted.");
}

/* What is common to both: @advice is for a machine whose services are not systemd's. */
static void
print_outcome(CliChange *change, const GPtrArray *report, const char *advice, const char *guests)
{
    const char *within = cli_change_get_root(change);
    const gboolean changed = cli_change_get_n_steps(change) > 0;

    print_report(report);
    if (!cli_services_are_systemds(within)) {
        cli_print_line("%s", advice);
        if (changed)
            cli_print_line("libvirtd must be restarted.");
    } else if (changed) {
        print_restart(within);
    }
    if (changed)
        cli_print_line("%s", guests);
}

static CliExit
run_activate(const char *operand G_GNUC_UNUSED, GError **error)
{
    g_autoptr(CliChange) change = cli_change_new(root ? root : "/", CLI_CHANGE_REAL, error);
    g_autoptr(GPtrArray) report = NULL;

    if (!change || !cli_switch_on(change, &report, error))
        return CLI_EXIT_FAILED;

    print_outcome(change, report,
                  "There is no systemd here: set LIBVIRT_DRIVER_DIR=" CLI_DRIVER_DIR
                  " in libvirtd's environment.",
                  "Guests that are running go on, and come under corral then.");
    return CLI_EXIT_OK;
}

static CliExit
run_deactivate(const char *operand G_GNUC_UNUSED, GError **error)
{
    g_autoptr(CliChange) change = cli_change_new(root ? root : "/", CLI_CHANGE_REAL, error);
    g_autoptr(GPtrArray) report = NULL;

    if (!change || !cli_switch_off(change, &report, error))
        return CLI_EXIT_FAILED;

    print_outcome(change, report,
                  "There is no systemd here: take LIBVIRT_DRIVER_DIR out of libvirtd's "
                  "environment if you set it.",
                  "Guests that are running go on within the limits they have now.");
    return CLI_EXIT_OK;
}

const CliCommand cmd_activate = {
    .name = "activate",
    .summary = "Make libvirtd run with corral from its next start on.",
    .options = options,
    .run = run_activate,
};

const CliCommand cmd_deactivate = {
    .name = "deactivate",
    .summary = "Undo what activate did; libvirtd runs without corral again.",
    .options = options,
    .run = run_deactivate,
};
