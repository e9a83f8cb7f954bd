/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Partitions for people and for programs. */
#include <config.h>

#include <string.h>

#include "cli-print.h"
#include "cli-show.h"

#define KIB ((guint64)1024)
#define MIB (KIB * 1024)

typedef struct {
    gboolean known;
    guint64 value; /* CORRAL_MEMORY_UNLIMITED: no limit */
} Cell;

typedef enum {
    CELL_USAGE,
    CELL_LIMIT,
    CELL_GUARANTEE,
    CELL_LOW,
    CELL_SWAP,
    CELL_SHARES,
    CELL_CPU_TIME,
    CELL_IO_READ,
    CELL_IO_WRITTEN,
    CELL_PIDS,
    CELL_PIDS_LIMIT,
    N_CELLS
} Kind;

typedef enum {
    UNIT_BYTES,
    UNIT_SECONDS, /* of nanoseconds */
    UNIT_COUNT,
} Unit;

static const struct {
    const char *heading; /* of its column; NULL: it has none */
    const char *label;
    const char *key; /* in JSON */
    Unit unit;
} kinds[] = {
    [CELL_USAGE] = {"uses", "memory used", "memory_usage_bytes", UNIT_BYTES},
    [CELL_LIMIT] = {"limit", "memory limit", "memory_limit_bytes", UNIT_BYTES},
    [CELL_GUARANTEE] = {"promised", "guarantee", "memory_guarantee_bytes", UNIT_BYTES},
    [CELL_LOW] = {"low", "protected", "memory_low_bytes", UNIT_BYTES},
    [CELL_SWAP] = {NULL, "swap used", "swap_usage_bytes", UNIT_BYTES},
    [CELL_SHARES] = {"shares", "cpu shares", "cpu_shares", UNIT_COUNT},
    [CELL_CPU_TIME] = {NULL, "cpu time", "cpu_time_ns", UNIT_SECONDS},
    [CELL_IO_READ] = {NULL, "read", "io_read_bytes", UNIT_BYTES},
    [CELL_IO_WRITTEN] = {NULL, "written", "io_write_bytes", UNIT_BYTES},
    [CELL_PIDS] = {"pids", "processes", "processes", UNIT_COUNT},
    [CELL_PIDS_LIMIT] = {NULL, "at most", "processes_limit", UNIT_COUNT},
};

static Cell
of_sample(const CliPartition *partition, CorralSampleParts part, guint64 value)
{
    return (Cell){(partition->sample.parts & part) != 0, value};
}

static Cell
of_number(CliNumber number)
{
    return (Cell){number.known, number.value};
}

static Cell
find_cell(const CliPartition *partition, Kind kind)
{
    const CorralSample *sample = &partition->sample;
    const PolicyTerms *terms = partition->terms;

    switch (kind) {
    case CELL_USAGE:
        return of_sample(partition, CORRAL_SAMPLE_MEMORY_USAGE, sample->memory_usage);
    case CELL_SWAP:
        return of_sample(partition, CORRAL_SAMPLE_SWAP_USAGE, sample->swap_usage);
    case CELL_CPU_TIME:
        return of_sample(partition, CORRAL_SAMPLE_CPU_TIME, sample->cpu_time.total_ns);
    case CELL_IO_READ:
        return of_sample(partition, CORRAL_SAMPLE_IO, sample->io.read_bytes);
    case CELL_IO_WRITTEN:
        return of_sample(partition, CORRAL_SAMPLE_IO, sample->io.write_bytes);
    case CELL_PIDS:
        return of_sample(partition, CORRAL_SAMPLE_PIDS, sample->pids);
    case CELL_GUARANTEE:
        return (Cell){terms && terms->guarantee_kib > 0, terms ? terms->guarantee_kib * KIB : 0};
    case CELL_LIMIT:
        return of_number(partition->memory_limit_bytes);
    case CELL_LOW:
        return of_number(partition->memory_low_bytes);
    case CELL_SHARES:
        return of_number(partition->cpu_shares);
    case CELL_PIDS_LIMIT:
    default:
        return of_number(partition->pids_limit);
    }
}

/* ---- a table ---- */

/* In whole MiB, as there are several of them in a line. */
static char *
spell_cell(Kind kind, Cell cell)
{
    if (!cell.known)
        return g_strdup("-");
    if (cell.value == CORRAL_MEMORY_UNLIMITED)
        return g_strdup("none");
    if (kinds[kind].unit == UNIT_BYTES)
        cell.value = cell.value / MIB + (cell.value % MIB >= MIB / 2);
    return g_strdup_printf("%" G_GUINT64_FORMAT, cell.value);
}

static void
print_row(int width, const char *name, const char *priority, const char *guests,
          const CliPartition *partition)
{
    g_autoptr(GString) rest = g_string_new(NULL);
    guint i;

    for (i = 0; i < N_CELLS; i++) {
        g_autofree char *text = NULL;

        if (!kinds[i].heading)
            continue;
        text = partition ? spell_cell(i, find_cell(partition, i)) : g_strdup(kinds[i].heading);
        g_string_append_printf(rest, " %9s", text);
    }
    cli_print_line("%-*s %8s %6s%s", width, name, priority, guests, rest->str);
}

void
cli_show_table(const GPtrArray *all)
{
    static const char heading[] = "partition, sizes in MiB";
    int width = (int)strlen(heading);
    guint i;

    if (all->len == 0) {
        cli_print_line("There are no partitions.");
        return;
    }
    for (i = 0; i < all->len; i++) {
        const CliPartition *partition = g_ptr_array_index(all, i);

        width = MAX(width, (int)strlen(partition->name));
    }
    print_row(width, heading, "priority", "guests", NULL);
    for (i = 0; i < all->len; i++) {
        const CliPartition *partition = g_ptr_array_index(all, i);
        g_autofree char *guests = g_strdup_printf("%u", partition->guests->len);
        g_autofree char *priority =
            partition->terms ? g_strdup_printf("%u", partition->terms->priority) : g_strdup("-");

        print_row(width, partition->name, priority, guests, partition);
    }
}

/* ---- one of them ---- */

static void
print_fact(const char *label, const char *value)
{
    cli_print_line("  %-14s %s", label, value);
}

static char *
spell_value(Kind kind, Cell cell)
{
    if (cell.value == CORRAL_MEMORY_UNLIMITED)
        return g_strdup("none");
    switch (kinds[kind].unit) {
    case UNIT_BYTES:
        return g_strdup_printf("%.1f MiB", (double)cell.value / (double)MIB);
    case UNIT_SECONDS:
        return g_strdup_printf("%.3f s", (double)cell.value / 1e9);
    case UNIT_COUNT:
    default:
        return g_strdup_printf("%" G_GUINT64_FORMAT, cell.value);
    }
}

static void
print_described(const PolicyTerms *terms)
{
    g_autofree char *line = NULL;
    g_autofree char *priority = NULL;
    g_autofree char *cpus = NULL;

    if (!terms) {
        print_fact("described", "no");
        return;
    }
    line = g_strdup_printf("in line %u of the policy", terms->line);
    priority = g_strdup_printf("%u", terms->priority);
    print_fact("described", line);
    print_fact("priority", priority);
    if (terms->cpu_guarantee > 0) {
        cpus = g_strdup_printf("%.3f", terms->cpu_guarantee / 1000.0);
        print_fact("cpu guarantee", cpus);
    }
}

static void
print_pressure(const CliPartition *partition)
{
    const CorralSample *sample = &partition->sample;
    g_autofree char *text = NULL;

    if (!(sample->parts & CORRAL_SAMPLE_PRESSURE))
        return;
    text = g_strdup_printf("cpu %.2f, memory %.2f, io %.2f", sample->cpu_pressure.some_avg10,
                           sample->memory_pressure.some_avg10, sample->io_pressure.some_avg10);
    print_fact("pressure", text);
}

void
cli_show_partition(const CliPartition *partition)
{
    guint i;

    cli_print_line("%s:", partition->name);
    print_described(partition->terms);
    if (partition->paths->len == 0)
        print_fact("group", "none");
    for (i = 0; i < partition->paths->len; i++)
        print_fact("group", g_ptr_array_index(partition->paths, i));
    for (i = 0; i < partition->guests->len; i++)
        print_fact("guest", g_ptr_array_index(partition->guests, i));
    for (i = 0; i < N_CELLS; i++) {
        const Cell cell = find_cell(partition, i);
        g_autofree char *text = cell.known ? spell_value(i, cell) : NULL;

        if (text)
            print_fact(kinds[i].label, text);
    }
    if (partition->cpu_idle.known && partition->cpu_idle.value)
        print_fact("cpu idle", "yes: it has what nobody else wants");
    print_pressure(partition);
}

/* ---- for programs ---- */

static void
add_cell(GVariantBuilder *object, const char *key, Cell cell)
{
    if (!cell.known)
        return;
    if (cell.value == CORRAL_MEMORY_UNLIMITED)
        g_variant_builder_add(object, "{sv}", key,
                              g_variant_new_maybe(G_VARIANT_TYPE_UINT64, NULL));
    else
        g_variant_builder_add(object, "{sv}", key, g_variant_new_uint64(cell.value));
}

static GVariant *
strings_to_variant(const GPtrArray *strings)
{
    GVariantBuilder list;
    guint i;

    g_variant_builder_init(&list, G_VARIANT_TYPE_STRING_ARRAY);
    for (i = 0; i < strings->len; i++)
        g_variant_builder_add_value(&list, cli_print_new_string(g_ptr_array_index(strings, i)));
    return g_variant_builder_end(&list);
}

static void
add_pressure(GVariantBuilder *object, const CorralSample *sample)
{
    if (!(sample->parts & CORRAL_SAMPLE_PRESSURE))
        return;
    g_variant_builder_add(object, "{sv}", "cpu_pressure",
                          g_variant_new_double(sample->cpu_pressure.some_avg10));
    g_variant_builder_add(object, "{sv}", "memory_pressure",
                          g_variant_new_double(sample->memory_pressure.some_avg10));
    g_variant_builder_add(object, "{sv}", "io_pressure",
                          g_variant_new_double(sample->io_pressure.some_avg10));
}

static GVariant *
partition_to_variant(const CliPartition *partition)
{
    const PolicyTerms *terms = partition->terms;
    GVariantBuilder object;
    guint i;

    g_variant_builder_init(&object, G_VARIANT_TYPE_VARDICT);
    cli_print_add_string(&object, "name", partition->name);
    g_variant_builder_add(&object, "{sv}", "described", g_variant_new_boolean(terms != NULL));
    g_variant_builder_add(&object, "{sv}", "groups", strings_to_variant(partition->paths));
    g_variant_builder_add(&object, "{sv}", "guests", strings_to_variant(partition->guests));
    if (terms) {
        g_variant_builder_add(&object, "{sv}", "priority", g_variant_new_uint32(terms->priority));
        g_variant_builder_add(&object, "{sv}", "cpu_guarantee",
                              g_variant_new_double(terms->cpu_guarantee / 1000.0));
    }
    for (i = 0; i < N_CELLS; i++)
        add_cell(&object, kinds[i].key, find_cell(partition, i));
    if (partition->cpu_idle.known)
        g_variant_builder_add(&object, "{sv}", "cpu_idle",
                              g_variant_new_boolean(partition->cpu_idle.value != 0));
    add_pressure(&object, &partition->sample);
    return g_variant_builder_end(&object);
}

void
cli_show_json(const GPtrArray *all)
{
    GVariantBuilder object;
    GVariantBuilder list;
    guint i;

    g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
    for (i = 0; i < all->len; i++)
        g_variant_builder_add_value(&list, partition_to_variant(g_ptr_array_index(all, i)));
    g_variant_builder_init(&object, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(&object, "{sv}", "partitions", g_variant_builder_end(&list));
    cli_print_json(g_variant_builder_end(&object));
}
