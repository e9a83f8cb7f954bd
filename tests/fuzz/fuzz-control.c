/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whole control files, as the public calls read them.  The input is a byte that
 * chooses the kernel interface (odd: unified), one that chooses a call by its
 * key below, and the texts of the files that the call opens, with a byte 0xff
 * between.
 *
 * A call that fails says so in CORRAL_ERROR, names the file, and leaves the
 * results as they were.
 */
#include <config.h>

#include <string.h>

#include "cg-codec.h"
#include "corral.h"
#include "fuzz.h"
#include "pretend-kernel.h"

/* Stays in results that must not be written. */
#define UNTOUCHED 0x5a

typedef struct {
    CorralHost *host;
    CorralGroup *group;
} Machine;

/* Room for whatever a call may yield; "out" of the functions below. */
typedef union {
    guint8 bytes[1024];
    guint64 number;
    guint small;
    gint64 ceiling[2];
    gboolean flag;
    CorralCpuThrottling throttling;
    CorralPressure pressure;
    CorralCpuTime time;
    CorralSample sample;
    CorralMemoryStatistics memory;
    CorralMemoryEvents events;
    CorralFreezerState freezer;
    guint32 handle;
} Results;

typedef gboolean (*Call)(Machine *self, Results *out, GError **error);

static Machine machines[2];

static gboolean
get_shares(Machine *self, Results *out, GError **error)
{
    return corral_group_get_cpu_shares(self->group, &out->number, error);
}

static gboolean
get_weight(Machine *self, Results *out, GError **error)
{
    g_autofree char *text = NULL;
    guint64 number;

    if (!corral_group_get_cpu_weight(self->group, &out->small, error))
        return FALSE;
    if (self == &machines[0])
        return TRUE;

    /* No conversion, so no other number than that in the file. */
    text = pretend_kernel_dup_text(0);
    g_assert_true(cg_codec_parse_u64(text, &number));
    g_assert_cmpuint(out->small, ==, number);
    return TRUE;
}

static gboolean
get_ceiling(Machine *self, Results *out, GError **error)
{
    guint64 period;

    if (!corral_group_get_cpu_ceiling(self->group, &out->ceiling[0], &period, error))
        return FALSE;

    g_assert_cmpint(out->ceiling[0], >=, CORRAL_CPU_UNLIMITED);
    return TRUE;
}

static gboolean
get_burst(Machine *self, Results *out, GError **error)
{
    return corral_group_get_cpu_burst(self->group, &out->number, error);
}

static gboolean
get_idle(Machine *self, Results *out, GError **error)
{
    if (!corral_group_get_cpu_idle(self->group, &out->flag, error))
        return FALSE;

    g_assert_true(out->flag == TRUE || out->flag == FALSE);
    return TRUE;
}

static gboolean
get_throttling(Machine *self, Results *out, GError **error)
{
    return corral_group_get_cpu_throttling(self->group, &out->throttling, error);
}

static gboolean
get_cpu_time(Machine *self, Results *out, GError **error)
{
    return corral_group_get_cpu_time(self->group, &out->time, error);
}

static gboolean
get_cpu_time_per_cpu(Machine *self, Results *out G_GNUC_UNUSED, GError **error)
{
    g_autoptr(GArray) times = corral_group_get_cpu_time_per_cpu(self->group, error);

    return times != NULL;
}

static gboolean
tell_numbers(GArray *numbers)
{
    guint i;

    if (!numbers)
        return FALSE;

    for (i = 1; i < numbers->len; i++)
        g_assert_cmpuint(g_array_index(numbers, guint, i), >, g_array_index(numbers, guint, i - 1));
    g_array_unref(numbers);
    return TRUE;
}

static gboolean
get_cpus(Machine *self, Results *out G_GNUC_UNUSED, GError **error)
{
    return tell_numbers(corral_group_get_cpus(self->group, error));
}

static gboolean
get_effective_nodes(Machine *self, Results *out G_GNUC_UNUSED, GError **error)
{
    return tell_numbers(corral_group_get_effective_memory_nodes(self->group, error));
}

static gboolean
get_migration(Machine *self, Results *out, GError **error)
{
    return corral_group_get_memory_migration(self->group, &out->flag, error);
}

/* The kernel's legacy interface alone: elsewhere the rules are a program. */
static gboolean
list_device_rules(Machine *self G_GNUC_UNUSED, Results *out G_GNUC_UNUSED, GError **error)
{
    g_autoptr(GPtrArray) rules = corral_group_list_device_rules(machines[0].group, error);
    guint i;

    for (i = 0; rules && i < rules->len; i++) {
        g_autofree char *text = corral_device_rule_to_string(g_ptr_array_index(rules, i));

        g_assert_nonnull(text);
    }
    return rules != NULL;
}

static gboolean
sample(Machine *self, Results *out, GError **error)
{
    g_autoptr(CorralSampler) sampler = corral_sampler_new(self->group, CORRAL_SAMPLE_ALL);
    CorralSample taken;

    if (!corral_sampler_read(sampler, &taken, error))
        return FALSE;

    out->sample = taken;
    return TRUE;
}

/* Calls that read one number, each. */
static gboolean (*const numbers[])(CorralGroup *group, guint64 *number, GError **error) = {
    corral_group_get_memory_high,   corral_group_get_memory_low,
    corral_group_get_memory_min,    corral_group_get_memory_soft_limit,
    corral_group_get_swap_usage,    corral_group_get_memory_total_usage,
    corral_group_get_memory_peak,   corral_group_get_memory_total_limit,
    corral_group_get_swap_limit,    corral_group_get_pids_limit,
    corral_group_get_pids_usage,    corral_group_get_pids_peak,
    corral_group_get_pids_failures,
};

/* The first byte of the first file says which; no file is harmed by one more. */
static gboolean
get_number(Machine *self, Results *out, GError **error)
{
    g_autofree char *text = pretend_kernel_dup_text(0);

    return numbers[(guchar)text[0] % G_N_ELEMENTS(numbers)](self->group, &out->number, error);
}

static gboolean
get_swappiness(Machine *self, Results *out, GError **error)
{
    return corral_group_get_swappiness(self->group, &out->small, error);
}

static gboolean
get_oom_group(Machine *self, Results *out, GError **error)
{
    return corral_group_get_oom_group(self->group, &out->flag, error);
}

static gboolean
get_memory_statistics(Machine *self, Results *out, GError **error)
{
    return corral_group_get_memory_statistics(self->group, &out->memory, error);
}

static gboolean
get_memory_events(Machine *self, Results *out, GError **error)
{
    return corral_group_get_memory_events(self->group, &out->events, error);
}

static gboolean
get_freezer_state(Machine *self, Results *out, GError **error)
{
    return corral_group_get_freezer_state(self->group, &out->freezer, error);
}

static gboolean
get_net_class(Machine *self, Results *out, GError **error)
{
    return corral_group_get_net_class(self->group, &out->handle, error);
}

static gboolean
get_net_priority(Machine *self, Results *out, GError **error)
{
    return corral_group_get_net_priority(self->group, "lo", &out->handle, error);
}

static gboolean
get_huge_page_limit(Machine *self, Results *out, GError **error)
{
    return corral_group_get_huge_page_limit(self->group, 2 << 20, &out->number, error);
}

static gboolean
get_io_weight(Machine *self, Results *out, GError **error)
{
    return corral_group_get_io_weight(self->group, &out->small, error);
}

static gboolean
list_io_weights(Machine *self, Results *out G_GNUC_UNUSED, GError **error)
{
    g_autoptr(GPtrArray) list = corral_group_list_io_device_weights(self->group, error);

    return list != NULL;
}

static gboolean
list_io_limits(Machine *self, Results *out G_GNUC_UNUSED, GError **error)
{
    g_autoptr(GPtrArray) list = corral_group_list_io_limits(self->group, error);

    return list != NULL;
}

static gboolean
list_io_statistics(Machine *self, Results *out G_GNUC_UNUSED, GError **error)
{
    g_autoptr(GPtrArray) list = corral_group_list_io_statistics(self->group, error);

    return list != NULL;
}

static void
assert_share(double share)
{
    g_assert_true(share == CORRAL_PRESSURE_UNKNOWN || (share >= 0 && share <= G_MAXDOUBLE));
}

static gboolean
get_pressure(Machine *self, Results *out, GError **error)
{
    if (!corral_group_get_pressure(self->group, CORRAL_PRESSURE_IO, &out->pressure, error))
        return FALSE;

    assert_share(out->pressure.some_avg10);
    assert_share(out->pressure.some_avg60);
    assert_share(out->pressure.some_avg300);
    assert_share(out->pressure.full_avg10);
    assert_share(out->pressure.full_avg60);
    assert_share(out->pressure.full_avg300);
    return TRUE;
}

static gboolean
get_pressure_of_host(Machine *self, Results *out, GError **error)
{
    return corral_host_get_pressure(self->host, CORRAL_PRESSURE_CPU, &out->pressure, error);
}

static gboolean
get_memory_limit(Machine *self, Results *out, GError **error)
{
    return corral_group_get_memory_limit(self->group, &out->number, error);
}

static gboolean
get_memory_usage(Machine *self, Results *out, GError **error)
{
    return corral_group_get_memory_usage(self->group, &out->number, error);
}

static gboolean
list_processes(Machine *self, Results *out G_GNUC_UNUSED, GError **error)
{
    g_autoptr(GArray) ids = corral_group_list_processes(self->group, error);

    return ids != NULL;
}

static gboolean
list_threads(Machine *self, Results *out G_GNUC_UNUSED, GError **error)
{
    g_autoptr(GArray) ids = corral_group_list_threads(self->group, error);

    return ids != NULL;
}

static gboolean
get_label(Machine *self, Results *out G_GNUC_UNUSED, GError **error)
{
    g_autofree char *value = corral_group_get_label(self->group, "x", error);

    return value != NULL;
}

static gboolean
find_process(Machine *self, Results *out G_GNUC_UNUSED, GError **error)
{
    g_autofree char *path = corral_host_find_process(self->host, CORRAL_CONTROLLER_CPU, 1, error);

    if (!path)
        return FALSE;

    /* Fit for corral_group_open(). */
    g_assert_null(strstr(path, "//"));
    g_assert_false(g_str_has_prefix(path, "/"));
    g_assert_false(g_str_has_prefix(path, "../"));
    return TRUE;
}

/* A machine of its own: its mounts, then its controllers. */
static gboolean
open_host(Machine *self G_GNUC_UNUSED, Results *out G_GNUC_UNUSED, GError **error)
{
    g_autoptr(CorralHost) host = corral_host_new("/machine", CORRAL_HOST_NONE, error);
    g_autoptr(CorralGroup) group = NULL;
    g_autofree char *description = NULL;
    CorralControllers controllers;

    if (!host)
        return FALSE;

    controllers = corral_host_get_controllers(host);
    g_assert_cmpuint(controllers, !=, 0);
    description = corral_host_describe(host);
    g_assert_nonnull(description);
    group = corral_group_open(host, "g", controllers, NULL);
    g_assert_nonnull(group);
    g_assert_cmpuint(corral_group_get_controllers(group) & ~controllers, ==, 0);
    return TRUE;
}

/* A call gets a line here, and a key that nobody else has. */
/* clang-format off */
static const struct {
    char key;
    Call call;
} calls[] = {
    {'s', get_shares},
    {'w', get_weight},
    {'c', get_ceiling},
    {'m', get_memory_limit},
    {'u', get_memory_usage},
    {'p', list_processes},
    {'t', list_threads},
    {'l', get_label},
    {'f', find_process},
    {'h', open_host},
    {'b', get_burst},
    {'i', get_idle},
    {'o', get_throttling},
    {'g', get_pressure},
    {'G', get_pressure_of_host},
    {'T', get_cpu_time},
    {'C', get_cpu_time_per_cpu},
    {'q', get_cpus},
    {'n', get_effective_nodes},
    {'M', get_migration},
    {'d', list_device_rules},
    {'S', sample},
    {'N', get_number},
    {'W', get_swappiness},
    {'O', get_oom_group},
    {'R', get_memory_statistics},
    {'E', get_memory_events},
    {'z', get_freezer_state},
    {'x', get_net_class},
    {'y', get_net_priority},
    {'H', get_huge_page_limit},
    {'j', get_io_weight},
    {'k', list_io_weights},
    {'K', list_io_limits},
    {'J', list_io_statistics},
};
/* clang-format on */

static void
open_machine(Machine *self, const char *mountinfo)
{
    g_autofree char *texts = g_strdup_printf("%s%ccpuset cpu io memory hugetlb pids rdma misc\n",
                                             mountinfo, PRETEND_KERNEL_BAR);
    g_autoptr(GError) error = NULL;

    pretend_kernel_give(texts, strlen(texts));
    self->host = corral_host_new("/machine", CORRAL_HOST_NONE, &error);
    g_assert_no_error(error);
    self->group =
        corral_group_open(self->host, "g", corral_host_get_controllers(self->host), &error);
    g_assert_no_error(error);
}

static void
open_machines(void)
{
    static const char *const controllers[] = {
        "cpu",     "cpuacct",  "cpuset",     "memory",  "blkio", "devices", "freezer", "pids",
        "net_cls", "net_prio", "perf_event", "hugetlb", "rdma",  "misc",    NULL};
    g_autoptr(GString) legacy = g_string_new(NULL);
    gsize i;

    for (i = 0; controllers[i]; i++)
        g_string_append_printf(legacy, "1 2 0:3 / /cg/%s rw - cgroup cgroup rw,%s\n",
                               controllers[i], controllers[i]);
    open_machine(&machines[0], legacy->str);
    open_machine(&machines[1], "1 2 0:3 / /cg rw - cgroup2 cgroup2 rw\n");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    Results results;
    Results untouched;
    gsize i;

    if (size < 2)
        return 0;
    if (!machines[0].host)
        open_machines();

    for (i = 0; i < G_N_ELEMENTS(calls) - 1; i++) {
        if (calls[i].key == (char)data[1])
            break;
    }
    if (calls[i].key != (char)data[1])
        i = data[1] % G_N_ELEMENTS(calls);

    memset(&results, UNTOUCHED, sizeof(results));
    memset(&untouched, UNTOUCHED, sizeof(untouched));
    pretend_kernel_give((const char *)data + 2, size - 2);
    if (calls[i].call(&machines[data[0] % 2], &results, &error)) {
        g_assert_no_error(error);
        return 0;
    }

    g_assert_nonnull(error);
    g_assert_true(error->domain == CORRAL_ERROR);
    g_assert_true(strstr(error->message, "/machine") || strstr(error->message, "/cg") ||
                  strstr(error->message, "group 'g'"));
    g_assert_cmpmem(&results, sizeof(results), &untouched, sizeof(untouched));
    return 0;
}
