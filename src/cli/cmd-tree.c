/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* corral tree: the guests' groups, drawn for people and as JSON for programs. */
#include <config.h>

#include <string.h>

#include "cli-groups.h"
#include "cli-print.h"
#include "cli.h"
#include "corral.h"

#define KIB ((guint64)1024)
#define MIB (KIB * 1024)

static char *root;
static gboolean json;

static const GOptionEntry options[] = {
    {"root", 0, 0, G_OPTION_ARG_FILENAME, &root, "Look at the system below DIR.", "DIR"},
    {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON.", NULL},
    {NULL, 0, 0, 0, NULL, NULL, NULL},
};

/* Walks the runs of guests that share a partition: @start and @end are those of the next one. */
static gboolean
next_partition(const GPtrArray *guests, guint *start, guint *end)
{
    const CliGuestGroup *first;

    *start = *end;
    if (*start >= guests->len)
        return FALSE;

    first = g_ptr_array_index(guests, *start);
    while (*end < guests->len) {
        const CliGuestGroup *guest = g_ptr_array_index(guests, *end);

        if (!g_str_equal(guest->partition, first->partition))
            break;
        (*end)++;
    }

    return TRUE;
}

/* ---- for people ---- */

static char *
spell_bytes(guint64 bytes)
{
    if (bytes == CORRAL_MEMORY_UNLIMITED)
        return g_strdup("unlimited");
    if (bytes % MIB == 0)
        return g_strdup_printf("%" G_GUINT64_FORMAT " MiB", bytes / MIB);
    if (bytes < MIB)
        return g_strdup_printf("%.1f KiB", (double)bytes / (double)KIB);

    return g_strdup_printf("%.1f MiB", (double)bytes / (double)MIB);
}

static char *
spell_ceiling(const CliCeiling *ceiling)
{
    if (!ceiling->known)
        return g_strdup("unknown");
    if (ceiling->quota_us == CORRAL_CPU_UNLIMITED)
        return g_strdup("unlimited");

    return g_strdup_printf("%" G_GINT64_FORMAT " us every %" G_GUINT64_FORMAT " us",
                           ceiling->quota_us, ceiling->period_us);
}

static void G_GNUC_PRINTF(2, 3) add_line(GNode *parent, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_node_append_data(parent, g_strdup_vprintf(format, args));
    va_end(args);
}

static void
add_threads(GNode *parent, const GPtrArray *threads)
{
    guint i;

    for (i = 0; i < threads->len; i++) {
        const CliThread *thread = g_ptr_array_index(threads, i);

        add_line(parent, "%d %s", (int)thread->tid, thread->name ? thread->name : "(ended)");
    }
}

static void
add_children(GNode *parent, const GPtrArray *children)
{
    guint i;

    for (i = 0; i < children->len; i++) {
        const CliChildGroup *child = g_ptr_array_index(children, i);
        g_autofree char *ceiling = spell_ceiling(&child->ceiling);

        add_line(parent, "%s: ceiling %s", child->name, ceiling);
        add_threads(g_node_last_child(parent), child->threads);
    }
}

static void
add_settings(GNode *parent, const CliGuestGroup *guest)
{
    g_autofree char *ceiling = spell_ceiling(&guest->ceiling);
    g_autofree char *limit = spell_bytes(guest->memory_limit_bytes.value);
    g_autofree char *usage = spell_bytes(guest->memory_usage_bytes.value);

    if (guest->cpu_shares.known)
        add_line(parent, "cpu: shares %" G_GUINT64_FORMAT ", ceiling %s", guest->cpu_shares.value,
                 ceiling);
    else
        add_line(parent, "cpu: shares unknown, ceiling %s", ceiling);
    add_line(parent, "memory: limit %s, in use %s",
             guest->memory_limit_bytes.known ? limit : "unknown",
             guest->memory_usage_bytes.known ? usage : "unknown");
}

static char *
spell_processes(const GArray *processes)
{
    GString *text = g_string_new(processes->len == 0   ? "no process: an orphan"
                                 : processes->len == 1 ? "process"
                                                       : "processes");
    guint i;

    for (i = 0; i < processes->len; i++)
        g_string_append_printf(text, " %d", (int)g_array_index(processes, pid_t, i));

    return g_string_free(text, FALSE);
}

static void
add_guest(GNode *parent, const CliGuestGroup *guest)
{
    g_autofree char *processes = spell_processes(guest->processes);
    GNode *node;

    add_line(parent, "%s (%s)%s%s, %s", guest->name, guest->driver, guest->uuid ? ", uuid " : "",
             guest->uuid ? guest->uuid : "", processes);
    node = g_node_last_child(parent);
    add_settings(node, guest);
    add_threads(node, guest->threads);
    add_children(node, guest->children);
}

/* The node of the nearest partition above @partition that has guests, too; else @top. */
static GNode *
find_above(GHashTable *nodes, const char *partition, GNode *top)
{
    g_autofree char *above = g_strdup(partition);
    char *slash;

    while ((slash = strrchr(above, '/'))) {
        GNode *node;

        *slash = '\0';
        node = g_hash_table_lookup(nodes, above);
        if (node)
            return node;
    }

    return top;
}

static gboolean
free_line(GNode *node, gpointer user_data G_GNUC_UNUSED)
{
    g_free(node->data);
    return FALSE;
}

/* A partition sorts before those below it, so what it hangs on is there already. */
static void
print_text(const GPtrArray *guests)
{
    g_autoptr(GHashTable) nodes = g_hash_table_new(g_str_hash, g_str_equal);
    GNode *top = g_node_new(NULL);
    guint start = 0;
    guint end = 0;

    while (next_partition(guests, &start, &end)) {
        const CliGuestGroup *first = g_ptr_array_index(guests, start);
        GNode *above = find_above(nodes, first->partition, top);
        guint i;

        add_line(above, "%s", first->partition);
        g_hash_table_insert(nodes, first->partition, g_node_last_child(above));
        for (i = start; i < end; i++)
            add_guest(g_node_last_child(above), g_ptr_array_index(guests, i));
    }

    if (guests->len == 0)
        add_line(top, "There are no guests.");
    cli_print_tree(top);
    g_node_traverse(top, G_PRE_ORDER, G_TRAVERSE_ALL, -1, free_line, NULL);
    g_node_destroy(top);
}

/* ---- for programs ---- */

/* What is unknown is left out; what is @unlimited is null. */
static void
add_number(GVariantBuilder *object, const char *key, const CliNumber *number, guint64 unlimited)
{
    GVariant *value;

    if (!number->known)
        return;
    value = number->value == unlimited ? NULL : g_variant_new_int64((gint64)number->value);
    g_variant_builder_add(object, "{sv}", key, g_variant_new_maybe(G_VARIANT_TYPE_INT64, value));
}

static void
add_ceiling(GVariantBuilder *object, const CliCeiling *ceiling)
{
    GVariantBuilder inner;
    GVariant *value = NULL;

    if (!ceiling->known)
        return;
    if (ceiling->quota_us != CORRAL_CPU_UNLIMITED) {
        g_variant_builder_init(&inner, G_VARIANT_TYPE_VARDICT);
        g_variant_builder_add(&inner, "{sv}", "quota_us", g_variant_new_int64(ceiling->quota_us));
        g_variant_builder_add(&inner, "{sv}", "period_us",
                              g_variant_new_int64((gint64)ceiling->period_us));
        value = g_variant_builder_end(&inner);
    }
    g_variant_builder_add(object, "{sv}", "cpu_ceiling",
                          g_variant_new_maybe(G_VARIANT_TYPE_VARDICT, value));
}

static GVariant *
threads_to_variant(const GPtrArray *threads)
{
    GVariantBuilder list;
    guint i;

    g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
    for (i = 0; i < threads->len; i++) {
        const CliThread *thread = g_ptr_array_index(threads, i);

        g_variant_builder_open(&list, G_VARIANT_TYPE_VARDICT);
        g_variant_builder_add(&list, "{sv}", "tid", g_variant_new_int32(thread->tid));
        cli_print_add_string(&list, "name", thread->name);
        g_variant_builder_close(&list);
    }

    return g_variant_builder_end(&list);
}

static GVariant *
children_to_variant(const GPtrArray *children)
{
    GVariantBuilder list;
    guint i;

    g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
    for (i = 0; i < children->len; i++) {
        const CliChildGroup *child = g_ptr_array_index(children, i);

        g_variant_builder_open(&list, G_VARIANT_TYPE_VARDICT);
        cli_print_add_string(&list, "name", child->name);
        add_ceiling(&list, &child->ceiling);
        g_variant_builder_add(&list, "{sv}", "threads", threads_to_variant(child->threads));
        g_variant_builder_close(&list);
    }

    return g_variant_builder_end(&list);
}

static GVariant *
guest_to_variant(const CliGuestGroup *guest)
{
    GVariantBuilder object;

    g_variant_builder_init(&object, G_VARIANT_TYPE_VARDICT);
    cli_print_add_string(&object, "name", guest->name);
    cli_print_add_string(&object, "driver", guest->driver);
    cli_print_add_string(&object, "uuid", guest->uuid);
    cli_print_add_string(&object, "group", guest->path);
    g_variant_builder_add(&object, "{sv}", "orphan",
                          g_variant_new_boolean(guest->processes->len == 0));
    g_variant_builder_add(&object, "{sv}", "processes",
                          g_variant_new_fixed_array(G_VARIANT_TYPE_INT32, guest->processes->data,
                                                    guest->processes->len, sizeof(gint32)));
    add_number(&object, "cpu_shares", &guest->cpu_shares, G_MAXUINT64);
    add_ceiling(&object, &guest->ceiling);
    add_number(&object, "memory_limit_bytes", &guest->memory_limit_bytes, CORRAL_MEMORY_UNLIMITED);
    add_number(&object, "memory_usage_bytes", &guest->memory_usage_bytes, G_MAXUINT64);
    g_variant_builder_add(&object, "{sv}", "threads", threads_to_variant(guest->threads));
    g_variant_builder_add(&object, "{sv}", "children", children_to_variant(guest->children));
    return g_variant_builder_end(&object);
}

static void
print_json(const GPtrArray *guests)
{
    GVariantBuilder object;
    GVariantBuilder partitions;
    guint start = 0;
    guint end = 0;

    g_variant_builder_init(&partitions, G_VARIANT_TYPE("aa{sv}"));
    while (next_partition(guests, &start, &end)) {
        const CliGuestGroup *first = g_ptr_array_index(guests, start);
        GVariantBuilder list;
        guint i;

        g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
        for (i = start; i < end; i++)
            g_variant_builder_add_value(&list, guest_to_variant(g_ptr_array_index(guests, i)));

        g_variant_builder_open(&partitions, G_VARIANT_TYPE_VARDICT);
        cli_print_add_string(&partitions, "path", first->partition);
        g_variant_builder_add(&partitions, "{sv}", "guests", g_variant_builder_end(&list));
        g_variant_builder_close(&partitions);
    }

    g_variant_builder_init(&object, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(&object, "{sv}", "partitions", g_variant_builder_end(&partitions));
    cli_print_json(g_variant_builder_end(&object));
}

/* ---- the command ---- */

static CliExit
run_tree(const char *operand G_GNUC_UNUSED, GError **error)
{
    g_autoptr(GPtrArray) guests = cli_groups_list(root, error);

    if (!guests)
        return CLI_EXIT_FAILED;

    if (json)
        print_json(guests);
    else
        print_text(guests);
    return CLI_EXIT_OK;
}

const CliCommand cmd_tree = {
    .name = "tree",
    .summary = "Show the guests' groups, who is in them and what limits them.",
    .options = options,
    .run = run_tree,
};
