/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * corral reserve: what a host keeps for itself.  A daemon is told over a connection, from anywhere,
 * and that lasts until the policy's file says something else; the file is this host's.
 */
#include <config.h>

#include "cli-connect.h"
#include "cli-edit.h"
#include "cli-policy.h"
#include "cli-print.h"
#include "cli.h"
#include "guest-number.h"
#include "guest-set.h"
#include "policy-amount.h"
#include "policy-edit.h"
#include "policy-reserve.h"

#define KIB ((guint64)1024)

#define DEFAULT_URI "qemu:///system"
#define PATIENCE_MS 10000

static char *uri;
static char *root;
static char *memory;
static char *n_cpus;
static char *cpuset;
static gboolean config;
static gboolean json;

static const GOptionEntry options[] = {
    {"connect", 'c', 0, G_OPTION_ARG_STRING, &uri, "Ask the daemon at URI.", "URI"},
    {"root", 0, 0, G_OPTION_ARG_FILENAME, &root, "Work in the system below DIR.", "DIR"},
    {"config", 0, 0, G_OPTION_ARG_NONE, &config, "In the policy, not in the daemon alone.", NULL},
    {"memory", 0, 0, G_OPTION_ARG_STRING, &memory, "Memory that guests never get.", "SIZE"},
    {"cpus", 0, 0, G_OPTION_ARG_STRING, &n_cpus, "So many CPUs, whichever.", "N"},
    {"cpuset", 0, 0, G_OPTION_ARG_STRING, &cpuset, "These CPUs.", "LIST"},
    {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON.", NULL},
    {NULL, 0, 0, 0, NULL, NULL, NULL},
};

/* ---- showing ---- */

static void
print_text(const CliReserve *reserve)
{
    g_autofree char *kept = policy_amount_format(reserve->memory_kib * KIB);
    g_autofree char *left = policy_amount_format(reserve->guest_memory_kib * KIB);

    cli_print_line("%-14s %s", "memory", kept);
    cli_print_line("%-14s %s", "cpus", *reserve->cpus ? reserve->cpus : "none");
    cli_print_line("%-14s %s", "left to guests", left);
}

static void
print_json(const CliReserve *reserve)
{
    GVariantBuilder object;

    g_variant_builder_init(&object, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(&object, "{sv}", "memory_bytes",
                          g_variant_new_uint64(reserve->memory_kib * KIB));
    cli_print_add_string(&object, "cpus", reserve->cpus);
    g_variant_builder_add(&object, "{sv}", "guest_memory_bytes",
                          g_variant_new_uint64(reserve->guest_memory_kib * KIB));
    cli_print_json(g_variant_builder_end(&object));
}

/* Of the machine's CPUs those that guests do not get. */
static char *
format_kept(const PolicyReserve *reserve, const PolicyMachine *machine)
{
    g_autoptr(GArray) kept = policy_reserve_find_kept_cpus(reserve, machine);

    return guest_set_format(kept);
}

static CliReserve *
read_file(GError **error)
{
    g_autoptr(CliPolicy) read = cli_policy_read(root, NULL, error);
    CliReserve *reserve;

    if (!read)
        return NULL;
    reserve = g_new0(CliReserve, 1);
    reserve->memory_kib = read->policy->reserve.memory_kib;
    reserve->guest_memory_kib =
        policy_reserve_find_memory(&read->policy->reserve, read->machine) / KIB;
    reserve->cpus = format_kept(&read->policy->reserve, read->machine);
    return reserve;
}

static gboolean
show(GError **error)
{
    g_autoptr(CliReserve) reserve =
        config ? read_file(error)
               : cli_connect_get_reserve(uri ? uri : DEFAULT_URI, PATIENCE_MS, error);

    if (!reserve)
        return FALSE;
    (json ? print_json : print_text)(reserve);
    return TRUE;
}

/* ---- setting ---- */

static char *
edit(const char *xml, gpointer data G_GNUC_UNUSED, GError **error)
{
    return policy_edit_reserve(xml, memory, n_cpus, cpuset, error);
}

static gboolean
refuse_value(const char *text, const char *wanted, GError **error)
{
    g_set_error(error, CLI_ERROR, CLI_ERROR_REFUSED, "'%s' is no %s", text, wanted);
    return FALSE;
}

/* "none" is as good as 0. */
static gboolean
parse_memory(guint64 *kib, GError **error)
{
    *kib = 0;
    return g_str_equal(memory, POLICY_EDIT_NONE) || policy_amount_parse(memory, kib) ||
           refuse_value(memory, "amount of memory", error);
}

static gboolean
parse_cpus(const char *text, guint *n, GError **error)
{
    guint64 value = 0;

    if (!g_str_equal(text, POLICY_EDIT_NONE) &&
        (!guest_number_parse_unsigned(text, &value) || value > G_MAXUINT))
        return refuse_value(text, "number of CPUs", error);
    *n = (guint)value;
    return TRUE;
}

static gboolean
set(GError **error)
{
    const gboolean no_set = cpuset && g_str_equal(cpuset, POLICY_EDIT_NONE);
    CliReserveChange change = {NULL, NULL, no_set ? NULL : cpuset};
    guint64 kib;
    guint n = 0;

    if ((memory && !parse_memory(&kib, error)) || (n_cpus && !parse_cpus(n_cpus, &n, error)))
        return FALSE;
    change.memory_kib = memory ? &kib : NULL;
    change.n_cpus = n_cpus || no_set ? &n : NULL;
    return cli_connect_set_reserve(uri ? uri : DEFAULT_URI, &change, PATIENCE_MS, error);
}

/* ---- the command ---- */

static CliExit
refuse_usage(const char *why, GError **error)
{
    g_set_error_literal(error, CLI_ERROR, CLI_ERROR_REFUSED, why);
    return CLI_EXIT_USAGE;
}

static CliExit
run_reserve(const char *operand G_GNUC_UNUSED, GError **error)
{
    gboolean done;

    if (n_cpus && cpuset)
        return refuse_usage("--cpus and --cpuset exclude each other", error);
    if (config && uri)
        return refuse_usage("--config is for this host, not for the daemon at an URI", error);
    if (root && !config)
        return refuse_usage("--root goes with --config: no daemon in there is asked", error);
    if (root && g_str_equal(root, "/"))
        g_clear_pointer(&root, g_free);

    if (!memory && !n_cpus && !cpuset)
        done = show(error);
    else
        done = config ? cli_edit(root, edit, NULL, error) : set(error);
    return done ? CLI_EXIT_OK : CLI_EXIT_FAILED;
}

const CliCommand cmd_reserve = {
    .name = "reserve",
    .summary = "Show or set what the host keeps for itself.",
    .options = options,
    .run = run_reserve,
};
