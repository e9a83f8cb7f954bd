/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* corral partition: what partitions have and use, and what they are to have. */
#include <config.h>

#include "cli-connect.h"
#include "cli-edit.h"
#include "cli-policy.h"
#include "cli-print.h"
#include "cli-show.h"
#include "cli.h"
#include "guest-path.h"
#include "policy-edit.h"

#define DEFAULT_URI "qemu:///system"
/* A guest that is busy with something else is waited for. */
#define PATIENCE_MS 60000

static char *root;
static gboolean json;
static gboolean terms_only;
static char *uri;
static gboolean live;
static gboolean config;
static char *values[POLICY_N_FIELDS];

#define FIELD(name, field, description, unit)                                                      \
    {                                                                                              \
        name, 0, 0, G_OPTION_ARG_STRING, &values[field], description, unit                         \
    }

static const GOptionEntry options[] = {
    {"root", 0, 0, G_OPTION_ARG_FILENAME, &root, "Work in the system below DIR.", "DIR"},
    {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON.", NULL},
    {"terms-only", 0, 0, G_OPTION_ARG_NONE, &terms_only, "Leave the group and its guests.", NULL},
    {"connect", 'c', 0, G_OPTION_ARG_STRING, &uri, "Move a guest of the daemon at URI.", "URI"},
    {"live", 0, 0, G_OPTION_ARG_NONE, &live, "Move the guest that runs.", NULL},
    {"config", 0, 0, G_OPTION_ARG_NONE, &config, "Move it in its definition.", NULL},
    FIELD("priority", POLICY_FIELD_PRIORITY, "Who has less gives way first.", "N"),
    FIELD("shares", POLICY_FIELD_SHARES, "Its part of the processor time that is wanted.", "N"),
    FIELD("global-period", POLICY_FIELD_GLOBAL_PERIOD, "The period of its quota.", "US"),
    FIELD("global-quota", POLICY_FIELD_GLOBAL_QUOTA, "Processor time in each period.", "US"),
    FIELD("cpu-guarantee", POLICY_FIELD_CPU_GUARANTEE, "CPUs that it can have any time.", "CPUS"),
    FIELD("hard-limit", POLICY_FIELD_HARD_LIMIT, "Memory that it never has more of.", "SIZE"),
    FIELD("soft-limit", POLICY_FIELD_SOFT_LIMIT, "Memory above which it is taken first.", "SIZE"),
    FIELD("swap-hard-limit", POLICY_FIELD_SWAP_HARD_LIMIT, "The same with swap.", "SIZE"),
    FIELD("min-guarantee", POLICY_FIELD_MIN_GUARANTEE, "Memory that it can have any time.", "SIZE"),
    FIELD("io-weight", POLICY_FIELD_IO_WEIGHT, "Its part of block I/O.", "N"),
    FIELD("cpuset", POLICY_FIELD_CPUSET, "The CPUs that its guests may run on.", "LIST"),
    FIELD("nodeset", POLICY_FIELD_NODESET, "The nodes that its memory is on.", "LIST"),
    FIELD("pids", POLICY_FIELD_PIDS, "Processes and threads that it may have.", "N"),
    {NULL, 0, 0, 0, NULL, NULL, NULL},
};

static gboolean
refuse(const char *name, const char *why, GError **error)
{
    g_set_error(error, CLI_ERROR, CLI_ERROR_REFUSED, "partition '%s' %s", name, why);
    return FALSE;
}

static gboolean
has_values(void)
{
    guint i;

    for (i = 0; i < POLICY_N_FIELDS; i++) {
        if (values[i])
            return TRUE;
    }
    return FALSE;
}

/* ---- looking ---- */

/* What is wrong with the file is no reason not to look at what there is. */
static CliPolicy *
read_policy(void)
{
    g_autoptr(GError) failure = NULL;
    CliPolicy *read = cli_policy_read(root, NULL, &failure);

    if (!read) {
        g_printerr("corral: %s\n", failure->message);
        read = g_new0(CliPolicy, 1);
        read->policy = policy_new();
    }
    return read;
}

static gboolean
list(char *const *names G_GNUC_UNUSED, GError **error)
{
    g_autoptr(CliPolicy) read = read_policy();
    g_autoptr(GPtrArray) all = cli_partition_list(root, read->policy, error);

    if (!all)
        return FALSE;
    (json ? cli_show_json : cli_show_table)(all);
    return TRUE;
}

/* Leaves @name alone in @all. */
static CliPartition *
keep_only(GPtrArray *all, const char *name)
{
    CliPartition *partition = cli_partition_find(all, name);
    guint i = 0;

    while (partition && i < all->len) {
        if (g_ptr_array_index(all, i) == (gpointer)partition)
            i++;
        else
            g_ptr_array_remove_index(all, i);
    }
    return partition;
}

static gboolean
show(char *const *names, GError **error)
{
    const char *name = names[0];
    g_autoptr(CliPolicy) read = read_policy();
    g_autoptr(GPtrArray) all = cli_partition_list(root, read->policy, error);
    const CliPartition *partition = all ? keep_only(all, name) : NULL;

    if (!all)
        return FALSE;
    if (!partition)
        return refuse(name, "is neither described nor there", error);
    if (json)
        cli_show_json(all);
    else
        cli_show_partition(partition);
    return TRUE;
}

/* ---- changing ---- */

static char *
edit_values(const char *xml, gpointer data, GError **error)
{
    const char *name = data;
    g_autofree char *edited = g_strdup(xml);
    guint i;

    for (i = 0; i < POLICY_N_FIELDS; i++) {
        char *next;

        if (!values[i])
            continue;
        next = policy_edit_tune(edited, name, i, values[i], error);
        if (!next)
            return NULL;
        g_free(edited);
        edited = next;
    }
    return g_steal_pointer(&edited);
}

static char *
edit_new(const char *xml, gpointer data, GError **error)
{
    g_autofree char *defined = policy_edit_define(xml, data, error);

    return defined ? edit_values(defined, data, error) : NULL;
}

static gboolean
define(char *const *names, GError **error)
{
    return cli_edit(root, edit_new, names[0], error);
}

static gboolean
tune(char *const *names, GError **error)
{
    if (!has_values())
        return refuse(names[0], "is to have nothing else: give at least one option", error);
    return cli_edit(root, edit_values, names[0], error);
}

/* ---- removing ---- */

static char *
edit_away(const char *xml, gpointer data, GError **error)
{
    return policy_edit_remove(xml, data, error);
}

static gboolean
check_empty(const CliPartition *partition, GError **error)
{
    g_autoptr(GString) names = g_string_new("has guests: ");
    guint i;

    for (i = 0; i < partition->guests->len; i++)
        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "",
                               (char *)g_ptr_array_index(partition->guests, i));
    return partition->guests->len == 0 || refuse(partition->name, names->str, error);
}

/* A guest may have been started meanwhile, or others be below it: then it stays. */
static gboolean
remove_groups(const CliPartition *partition, GError **error)
{
    g_autoptr(CorralHost) host = corral_host_new(root, CORRAL_HOST_NONE, error);
    guint i;

    if (!host)
        return FALSE;
    for (i = 0; i < partition->paths->len; i++) {
        const char *path = g_ptr_array_index(partition->paths, i);
        g_autoptr(CorralGroup) group = corral_group_open(host, path, CORRAL_CONTROLLERS_ALL, NULL);
        g_autoptr(GError) failure = NULL;

        if (!group)
            continue;
        if (corral_group_remove(group, 0, &failure))
            cli_print_line("removed: group %s", path);
        else
            cli_print_line("left: group %s: %s", path, failure->message);
    }
    return TRUE;
}

static gboolean
take_away(char *const *names, GError **error)
{
    char *name = names[0];
    g_autoptr(CliPolicy) read = cli_policy_read(root, NULL, error);
    g_autoptr(GPtrArray) all = read ? cli_partition_list(root, read->policy, error) : NULL;
    const CliPartition *partition = all ? cli_partition_find(all, name) : NULL;

    if (!all)
        return FALSE;
    if (!partition || (!partition->terms && terms_only))
        return refuse(name, "is not described", error);
    if (!terms_only && !check_empty(partition, error))
        return FALSE;
    if (partition->terms && !cli_edit(root, edit_away, name, error))
        return FALSE;
    return terms_only || remove_groups(partition, error);
}

/* ---- moving ---- */

static gboolean
move(char *const *names, GError **error)
{
    const CliMove how = {names[0], names[1], live, config};
    g_autofree char *path = guest_path_build_partition(names[1], error);

    return path && cli_connect_move(uri ? uri : DEFAULT_URI, &how, PATIENCE_MS, error);
}

/* ---- the command ---- */

static const struct {
    const char *name;
    gboolean (*run)(char *const *names, GError **error);
    guint n_names;
    gboolean valued;
    gboolean by_daemon;
} actions[] = {
    {"list", list, 0, FALSE, FALSE},        {"show", show, 1, FALSE, FALSE},
    {"define", define, 1, TRUE, FALSE},     {"tune", tune, 1, TRUE, FALSE},
    {"remove", take_away, 1, FALSE, FALSE}, {"move", move, 2, FALSE, TRUE},
};

static CliExit
refuse_usage(const char *why, GError **error)
{
    g_set_error_literal(error, CLI_ERROR, CLI_ERROR_REFUSED, why);
    return CLI_EXIT_USAGE;
}

static CliExit
run_partition(char *const *operands, GError **error)
{
    const guint n = g_strv_length((char **)operands);
    guint i;

    for (i = 0; n > 0 && i < G_N_ELEMENTS(actions); i++) {
        if (!g_str_equal(operands[0], actions[i].name) || n != 1 + actions[i].n_names)
            continue;
        if (has_values() && !actions[i].valued)
            return refuse_usage("values are for 'define' and 'tune'", error);
        if ((uri || live || config) && !actions[i].by_daemon)
            return refuse_usage("--connect, --live and --config are for 'move'", error);
        if ((root || json || terms_only) && actions[i].by_daemon)
            return refuse_usage("'move' has no other options than --connect, --live and --config",
                                error);
        if (root && g_str_equal(root, "/"))
            g_clear_pointer(&root, g_free);
        return actions[i].run(operands + 1, error) ? CLI_EXIT_OK : CLI_EXIT_FAILED;
    }
    return refuse_usage("say 'list', or 'show', 'define', 'tune' or 'remove' and a NAME, or 'move' "
                        "and a GUEST and a NAME",
                        error);
}

const CliCommand cmd_partition = {
    .name = "partition",
    .operand = "list|show|define|tune|remove|move [GUEST] [NAME]",
    .summary = "Show partitions, change what they are to have, and who is in them.",
    .options = options,
    .operands_max = 3,
    .run_all = run_partition,
};
