/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* corral activate, corral deactivate: what they say about cli-switch. */
#include <config.h>

#include <gio/gio.h>

#include "cli-print.h"
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

static void
print_restart(CliChange *change)
{
    if (cli_switch_has_systemd(cli_change_get_root(change)))
        cli_print_line("libvirtd must be restarted: "
                       "systemctl daemon-reload && systemctl try-restart libvirtd virtqemud");
    else
        cli_print_line("libvirtd must be restarted.");
}

/* libvirtd would leave the groups to corral, which would step aside: nobody would have them. */
static gboolean
check_manager(const char *within, GError **error)
{
    if (*within || !cli_switch_has_systemd(within))
        return TRUE;

    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                "systemd manages the cgroups of this host, which this version cannot share yet: "
                "with corral, guests would run without groups");
    return FALSE;
}

static CliExit
run_activate(const char *operand G_GNUC_UNUSED, GError **error)
{
    g_autoptr(CliChange) change = cli_change_new(root ? root : "/", CLI_CHANGE_REAL, error);
    g_autoptr(GPtrArray) report = NULL;

    if (!change || !check_manager(cli_change_get_root(change), error) ||
        !cli_switch_on(change, &report, error))
        return CLI_EXIT_FAILED;

    print_report(report);
    if (!cli_switch_has_systemd(cli_change_get_root(change)))
        cli_print_line("There is no systemd here: set LIBVIRT_DRIVER_DIR=" CLI_DRIVER_DIR
                       " in libvirtd's environment.");
    if (cli_change_get_n_steps(change) > 0)
        print_restart(change);
    return CLI_EXIT_OK;
}

static CliExit
run_deactivate(const char *operand G_GNUC_UNUSED, GError **error)
{
    g_autoptr(CliChange) change = cli_change_new(root ? root : "/", CLI_CHANGE_REAL, error);
    g_autoptr(GPtrArray) report = NULL;

    if (!change || !cli_switch_off(change, &report, error))
        return CLI_EXIT_FAILED;

    print_report(report);
    if (!cli_switch_has_systemd(cli_change_get_root(change)))
        cli_print_line("There is no systemd here: take LIBVIRT_DRIVER_DIR out of libvirtd's "
                       "environment if you set it.");
    if (cli_change_get_n_steps(change) > 0)
        print_restart(change);
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
