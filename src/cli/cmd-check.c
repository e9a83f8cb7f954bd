/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * corral check: is a policy one that this host can follow?  A daemon would say so, too, when it is
 * in force; what is said in addition is what it would follow as far as the host has means.
 */
#include <config.h>

#include "cli-policy.h"
#include "cli-print.h"
#include "cli.h"
#include "policy-means.h"

static char *root;

static const GOptionEntry options[] = {
    {"root", 0, 0, G_OPTION_ARG_FILENAME, &root, "Look at the system below DIR.", "DIR"},
    {NULL, 0, 0, 0, NULL, NULL, NULL},
};

static void
print_wants(const char *file, const GPtrArray *wants)
{
    guint i;

    for (i = 0; i < wants->len; i++) {
        const PolicyWant *want = g_ptr_array_index(wants, i);

        if (want->line > 0)
            cli_print_line("'%s', line %u: %s", file, want->line, want->what);
        else
            cli_print_line("'%s': %s", file, want->what);
    }
    if (wants->len > 0)
        cli_print_line("'%s' is good, but for what this host cannot do.", file);
    else
        cli_print_line("'%s' is good.", file);
}

static CliExit
run_check(const char *operand, GError **error)
{
    g_autoptr(CorralHost) host = NULL;
    g_autoptr(CliPolicy) read = cli_policy_read_with_host(root, operand, &host, error);
    g_autoptr(GPtrArray) wants = NULL;
    guint64 swap, unused;

    if (!read)
        return CLI_EXIT_FAILED;

    if (!g_file_test(read->file, G_FILE_TEST_EXISTS)) {
        cli_print_line("There is no '%s': nothing is asked for.", read->file);
        return CLI_EXIT_OK;
    }
    policy_machine_read_swap(root, &swap, &unused);
    wants = policy_means_check(read->policy, host, swap > 0);
    print_wants(read->file, wants);
    return CLI_EXIT_OK;
}

const CliCommand cmd_check = {
    .name = "check",
    .operand = "[FILE]",
    .summary = "Say whether this host can follow a policy.",
    .options = options,
    .run = run_check,
};
