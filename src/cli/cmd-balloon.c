/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * corral balloon: what became of memory that guests were asked for.  The daemon knows, and
 * tells it among its statistics (docs/domstats.md); a guest that is asked for nothing has no
 * state there, and one that is in no group of corral's does not even have a usage.
 */
#include <config.h>

#include <string.h>

#include "cli-connect.h"
#include "cli-print.h"
#include "cli.h"

#define KIB ((guint64)1024)
#define MIB (KIB * 1024)

#define DEFAULT_URI "qemu:///system"
#define PATIENCE_MS 10000

static char *uri;
static gboolean json;

static const GOptionEntry options[] = {
    {"connect", 0, 0, G_OPTION_ARG_STRING, &uri, "Ask the daemon at URI.", "URI"},
    {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON.", NULL},
    {NULL, 0, 0, 0, NULL, NULL, NULL},
};

/* ---- what is known of a guest ---- */

typedef enum {
    AMOUNT_MOST,
    AMOUNT_TARGET,
    AMOUNT_ACTUAL,
    AMOUNT_OVERHEAD,
    AMOUNT_GOAL,
    AMOUNT_LIMIT,
    AMOUNT_USAGE,
    AMOUNT_SWAP,
    N_AMOUNTS
} Amount;

static const struct {
    const char *field;
    const char *heading; /* of its column */
    const char *label;   /* where there is but one guest */
    const char *key;     /* in JSON */
} amounts[] = {
    [AMOUNT_MOST] = {"balloon.maximum", "most", "may have", "most_bytes"},
    [AMOUNT_TARGET] = {"cgroup.balloon.target", "asked", "is asked for", "target_bytes"},
    [AMOUNT_ACTUAL] = {"cgroup.balloon.actual", "has", "has", "actual_bytes"},
    [AMOUNT_OVERHEAD] = {"cgroup.balloon.overhead", "qemu", "QEMU's own", "overhead_bytes"},
    [AMOUNT_GOAL] = {"cgroup.balloon.goal", "goal", "goal", "goal_bytes"},
    [AMOUNT_LIMIT] = {"cgroup.balloon.limit", "limit", "limit", "limit_bytes"},
    [AMOUNT_USAGE] = {"cgroup.memory.current", "uses", "uses", "usage_bytes"},
    [AMOUNT_SWAP] = {"cgroup.swap.current", "swap", "in swap", "swap_bytes"},
};

static const struct {
    const char *state;
    const char *reason; /* NULL: any */
    const char *meaning;
} meanings[] = {
    {"waiting", NULL, "the guest has some time to give it back by itself"},
    {"enforcing", NULL, "the host takes what is missing, step by step"},
    {"enforced", NULL, "the guest is held to what it was left"},
    {"unreachable", "no-swap", "there is no swap to put the rest in"},
    {"unreachable", "pinned", "the guest's memory has to stay where it is"},
    {"unreachable", "busy", "the guest is using all of it"},
};

typedef struct {
    const char *state;  /* NULL if it is asked for nothing */
    const char *reason; /* why that cannot be had, or NULL */
    gboolean known[N_AMOUNTS];
    guint64 bytes[N_AMOUNTS];
} Memory;

static gboolean
look_up_kib(GVariant *fields, const char *name, guint64 *bytes)
{
    guint64 kib;

    if (!g_variant_lookup(fields, name, "t", &kib) || kib > G_MAXUINT64 / KIB)
        return FALSE;
    *bytes = kib * KIB;
    return TRUE;
}

/* Borrows from @guest. */
static void
read_memory(const CliStatistics *guest, Memory *memory)
{
    guint i;

    memset(memory, 0, sizeof(*memory));
    g_variant_lookup(guest->fields, "cgroup.balloon.state", "&s", &memory->state);
    g_variant_lookup(guest->fields, "cgroup.balloon.reason", "&s", &memory->reason);
    for (i = 0; i < N_AMOUNTS; i++)
        memory->known[i] =
            i == AMOUNT_MOST
                ? look_up_kib(guest->fields, amounts[i].field, &memory->bytes[i])
                : g_variant_lookup(guest->fields, amounts[i].field, "t", &memory->bytes[i]);

    /* libvirt knows that of a guest that is asked for nothing, too. */
    if (!memory->known[AMOUNT_ACTUAL])
        memory->known[AMOUNT_ACTUAL] =
            look_up_kib(guest->fields, "balloon.current", &memory->bytes[AMOUNT_ACTUAL]);
}

/* Whether the daemon that was asked has the guest in a group. */
static gboolean
is_corrals(const Memory *memory)
{
    return memory->state || memory->known[AMOUNT_USAGE];
}

static gboolean
is_called(const CliStatistics *guest, const char *name)
{
    return !name || g_str_equal(guest->name, name) || g_ascii_strcasecmp(guest->uuid, name) == 0;
}

/* ---- for people ---- */

static char *
spell_state(const Memory *memory)
{
    if (!memory->state)
        return g_strdup(is_corrals(memory) ? "-" : "not corral's");
    return memory->reason ? g_strdup_printf("%s: %s", memory->state, memory->reason)
                          : g_strdup(memory->state);
}

/* In whole MiB, as there are eight of them in a line. */
static char *
spell_cell(const Memory *memory, Amount amount)
{
    return memory->known[amount]
               ? g_strdup_printf("%" G_GUINT64_FORMAT, memory->bytes[amount] / MIB +
                                                           (memory->bytes[amount] % MIB >= MIB / 2))
               : g_strdup("-");
}

/* How wide the two columns of words are. */
typedef struct {
    int name;
    int state;
} Widths;

static void
print_row(const Widths *widths, const char *name, const char *state, const Memory *memory)
{
    g_autoptr(GString) sizes = g_string_new(NULL);
    guint i;

    for (i = 0; i < N_AMOUNTS; i++) {
        g_autofree char *cell = memory ? spell_cell(memory, i) : g_strdup(amounts[i].heading);

        g_string_append_printf(sizes, " %7s", cell);
    }
    cli_print_line("%-*s %-*s%s", widths->name, name, widths->state, state, sizes->str);
}

static void
print_table(const GPtrArray *guests)
{
    static const char state_heading[] = "state, sizes in MiB";
    g_autofree Memory *memories = g_new0(Memory, guests->len);
    g_autoptr(GPtrArray) states = g_ptr_array_new_with_free_func(g_free);
    Widths widths = {(int)strlen("guest"), (int)strlen(state_heading)};
    guint i;

    if (guests->len == 0) {
        cli_print_line("There are no guests.");
        return;
    }

    for (i = 0; i < guests->len; i++) {
        const CliStatistics *guest = g_ptr_array_index(guests, i);

        read_memory(guest, &memories[i]);
        g_ptr_array_add(states, spell_state(&memories[i]));
        widths.name = MAX(widths.name, (int)strlen(guest->name));
        widths.state = MAX(widths.state, (int)strlen(g_ptr_array_index(states, i)));
    }

    print_row(&widths, "guest", state_heading, NULL);
    for (i = 0; i < guests->len; i++) {
        const CliStatistics *guest = g_ptr_array_index(guests, i);

        print_row(&widths, guest->name, g_ptr_array_index(states, i), &memories[i]);
    }
}

static const char *
find_meaning(const Memory *memory)
{
    gsize i;

    if (!memory->state)
        return is_corrals(memory) ? "asked for nothing" : "in no group of corral's";
    for (i = 0; i < G_N_ELEMENTS(meanings); i++) {
        if (g_str_equal(memory->state, meanings[i].state) &&
            (!meanings[i].reason || g_strcmp0(memory->reason, meanings[i].reason) == 0))
            return meanings[i].meaning;
    }
    return NULL;
}

static void
print_fact(const char *label, const char *value, const char *remark)
{
    cli_print_line("  %-14s %s%s%s", label, value, remark ? ": " : "", remark ? remark : "");
}

static void
print_guest(const CliStatistics *guest)
{
    g_autofree char *state = NULL;
    Memory memory;
    guint i;

    read_memory(guest, &memory);
    cli_print_line("%s:", guest->name);
    if (memory.state) {
        state = spell_state(&memory);
        print_fact("state", state, find_meaning(&memory));
    } else {
        print_fact("state", find_meaning(&memory), NULL);
    }
    for (i = 0; i < N_AMOUNTS; i++) {
        g_autofree char *size = NULL;

        if (memory.known[i])
            size = g_strdup_printf("%.1f MiB", (double)memory.bytes[i] / (double)MIB);
        else if (i == AMOUNT_LIMIT && is_corrals(&memory))
            size = g_strdup("none");
        if (size)
            print_fact(amounts[i].label, size, NULL);
    }
}

/* ---- for programs ---- */

static void
add_null(GVariantBuilder *object, const char *key, const GVariantType *type)
{
    g_variant_builder_add(object, "{sv}", key, g_variant_new_maybe(type, NULL));
}

static GVariant *
guest_to_variant(const CliStatistics *guest)
{
    GVariantBuilder object;
    Memory memory;
    guint i;

    read_memory(guest, &memory);
    g_variant_builder_init(&object, G_VARIANT_TYPE_VARDICT);
    cli_print_add_string(&object, "name", guest->name);
    cli_print_add_string(&object, "uuid", guest->uuid);
    cli_print_add_string(&object, "state", memory.state);
    cli_print_add_string(&object, "reason", memory.reason);
    if (!memory.state && is_corrals(&memory))
        add_null(&object, "state", G_VARIANT_TYPE_STRING);
    for (i = 0; i < N_AMOUNTS; i++) {
        if (memory.known[i])
            g_variant_builder_add(&object, "{sv}", amounts[i].key,
                                  g_variant_new_uint64(memory.bytes[i]));
        else if (i == AMOUNT_LIMIT && is_corrals(&memory))
            add_null(&object, amounts[i].key, G_VARIANT_TYPE_UINT64);
    }

    return g_variant_builder_end(&object);
}

static void
print_json(const GPtrArray *guests)
{
    GVariantBuilder object;
    GVariantBuilder list;
    guint i;

    g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
    for (i = 0; i < guests->len; i++)
        g_variant_builder_add_value(&list, guest_to_variant(g_ptr_array_index(guests, i)));
    g_variant_builder_init(&object, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(&object, "{sv}", "guests", g_variant_builder_end(&list));
    cli_print_json(g_variant_builder_end(&object));
}

/* ---- the command ---- */

/* What a container may have is a limit in the first place. */
static gboolean
check_uri(const char *asked, GError **error)
{
    if (!g_str_has_prefix(asked, "lxc"))
        return TRUE;

    g_set_error(error, CLI_ERROR, CLI_ERROR_REFUSED, "%s has containers, which have no balloon",
                asked);
    return FALSE;
}

static void
keep_only(GPtrArray *guests, const char *name)
{
    guint i = 0;

    while (i < guests->len) {
        if (is_called(g_ptr_array_index(guests, i), name))
            i++;
        else
            g_ptr_array_remove_index(guests, i);
    }
}

static CliExit
run_balloon(const char *operand, GError **error)
{
    const char *asked = uri ? uri : DEFAULT_URI;
    g_autoptr(GPtrArray) guests = NULL;

    if (!check_uri(asked, error))
        return CLI_EXIT_FAILED;
    guests = cli_connect_list_memory(asked, PATIENCE_MS, error);
    if (!guests)
        return CLI_EXIT_FAILED;

    keep_only(guests, operand);
    if (operand && guests->len == 0) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_REFUSED, "no guest '%s' runs", operand);
        return CLI_EXIT_FAILED;
    }

    if (json)
        print_json(guests);
    else if (operand)
        print_guest(g_ptr_array_index(guests, 0));
    else
        print_table(guests);
    return CLI_EXIT_OK;
}

const CliCommand cmd_balloon = {
    .name = "balloon",
    .operand = "[GUEST]",
    .summary = "Show what became of memory that guests were asked for.",
    .options = options,
    .run = run_balloon,
};
