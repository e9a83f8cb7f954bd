/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* corral plan: what would a policy change here?  Nothing is changed. */
#include <config.h>

#include "cli-policy.h"
#include "cli-print.h"
#include "cli.h"
#include "policy-forecast.h"

static char *root;
static gboolean json;

static const GOptionEntry options[] = {
    {"root", 0, 0, G_OPTION_ARG_FILENAME, &root, "Look at the system below DIR.", "DIR"},
    {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON.", NULL},
    {NULL, 0, 0, 0, NULL, NULL, NULL},
};

static void
print_text(const GPtrArray *changes)
{
    guint i;

    if (changes->len == 0)
        cli_print_line("Nothing would change.");
    for (i = 0; i < changes->len; i++) {
        const PolicyDifference *change = g_ptr_array_index(changes, i);

        cli_print_line("%s: %s: %s -> %s", change->partition, change->what, change->from,
                       change->to);
    }
}

static GVariant *
change_to_variant(const PolicyDifference *change)
{
    GVariantBuilder object;

    g_variant_builder_init(&object, G_VARIANT_TYPE_VARDICT);
    cli_print_add_string(&object, "partition", change->partition);
    cli_print_add_string(&object, "what", change->what);
    cli_print_add_string(&object, "from", change->from);
    cli_print_add_string(&object, "to", change->to);
    return g_variant_builder_end(&object);
}

static void
print_json(const GPtrArray *changes)
{
    GVariantBuilder object;
    GVariantBuilder list;
    guint i;

    g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
    for (i = 0; i < changes->len; i++)
        g_variant_builder_add_value(&list, change_to_variant(g_ptr_array_index(changes, i)));
    g_variant_builder_init(&object, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(&object, "{sv}", "changes", g_variant_builder_end(&list));
    cli_print_json(g_variant_builder_end(&object));
}

static CliExit
run_plan(const char *operand, GError **error)
{
    g_autoptr(CorralHost) host = NULL;
    g_autoptr(CliPolicy) read = cli_policy_read_with_host(root, operand, &host, error);
    g_autoptr(GPtrArray) changes = NULL;
    guint64 swap, swap_room;

    if (!read)
        return CLI_EXIT_FAILED;

    policy_machine_read_swap(root, &swap, &swap_room);
    changes = policy_forecast(host, read->policy, read->machine, swap_room);
    (json ? print_json : print_text)(changes);
    return CLI_EXIT_OK;
}

const CliCommand cmd_plan = {
    .name = "plan",
    .operand = "[FILE]",
    .summary = "Show what a policy would change on this host.",
    .options = options,
    .run = run_plan,
};
