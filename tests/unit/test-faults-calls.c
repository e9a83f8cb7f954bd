/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls that test-faults lets fail. */
#include <config.h>

#include <string.h>

#include "test-faults-calls.h"

#define ALL (~(CorralControllers)0)

/* ---- what is not a number, in words ---- */

static gboolean
tell_names(Results *results, char **names)
{
    if (!names)
        return FALSE;

    results->text = g_strjoinv(" ", names);
    g_strfreev(names);
    return TRUE;
}

static gboolean
tell_numbers(Results *results, GArray *numbers)
{
    GString *text;
    guint i;

    if (!numbers)
        return FALSE;

    text = g_string_new(NULL);
    for (i = 0; i < numbers->len; i++)
        g_string_append_printf(text, "%u ", g_array_index(numbers, guint, i));
    results->text = g_string_free(text, FALSE);
    g_array_unref(numbers);
    return TRUE;
}

static gboolean
tell_group(Results *results, CorralGroup *group)
{
    if (!group)
        return FALSE;

    results->text =
        g_strdup_printf("%s %x", corral_group_get_path(group), corral_group_get_controllers(group));
    g_object_unref(group);
    return TRUE;
}

/* ---- hosts ---- */

static gboolean
host_new(Bed *bed, Results *results, GError **error)
{
    g_autoptr(CorralHost) host =
        corral_host_new(fake_cgroup_get_root(bed->fake), CORRAL_HOST_NONE, error);

    results->text = host ? corral_host_describe(host) : NULL;
    return host != NULL;
}

static gboolean
find_process(Bed *bed, Results *results, GError **error)
{
    results->text = corral_host_find_process(bed->host, CORRAL_CONTROLLER_CPU, 4711, error);
    return results->text != NULL;
}

static gboolean
find_strays(Bed *bed, Results *results, GError **error)
{
    CorralControllers strays;
    gboolean success = corral_host_find_strays(bed->host, "a", 4711, &strays, error);

    if (success)
        results->text = g_strdup_printf("%x", (guint)strays);
    return success;
}

static gboolean
any_group(const char *path G_GNUC_UNUSED, gboolean *descend G_GNUC_UNUSED,
          gpointer user_data G_GNUC_UNUSED)
{
    return TRUE;
}

static gboolean
find_groups(Bed *bed, Results *results, GError **error)
{
    return tell_names(results, corral_host_find_groups(bed->host, ALL, any_group, NULL, error));
}

/* ---- groups ---- */

static gboolean
make(Bed *bed, Results *results, GError **error)
{
    return tell_group(results,
                      corral_group_make(bed->host, "prod/new", ALL, CORRAL_MAKE_NEW, error));
}

static gboolean
make_levels(Bed *bed, Results *results, GError **error)
{
    return tell_group(results, corral_group_make(bed->host, "prod/a/new", ALL,
                                                 CORRAL_MAKE_NEW | CORRAL_MAKE_ON_DEMAND, error));
}

static gboolean
make_again(Bed *bed, Results *results, GError **error)
{
    return tell_group(results,
                      corral_group_make(bed->host, "prod/g", ALL, CORRAL_MAKE_NONE, error));
}

static gboolean
make_threaded(Bed *bed, Results *results, GError **error)
{
    return tell_group(results, corral_group_make_threaded(bed->group, "vcpu0", error));
}

static gboolean
open_group(Bed *bed, Results *results, GError **error)
{
    return tell_group(results, corral_group_open(bed->host, "prod/g", ALL, error));
}

static gboolean
open_child(Bed *bed, Results *results, GError **error)
{
    return tell_group(results, corral_group_open_child(bed->group, "c", error));
}

static gboolean
list_children(Bed *bed, Results *results, GError **error)
{
    return tell_names(results, corral_group_list_children(bed->group, error));
}

static gboolean
make_for_process(Bed *bed, Results *results, GError **error)
{
    return tell_group(results, corral_group_make_for_process(bed->host, "lib/new", 4714, error));
}

/* An empty one, with a group below it and one above it that goes as well. */
static gboolean
remove_group(Bed *bed, Results *results G_GNUC_UNUSED, GError **error)
{
    g_autoptr(CorralGroup) group = corral_group_open(bed->host, "od/x", ALL, error);
    g_autofree char *left = NULL;

    if (!group || !corral_group_remove(group, 0, error))
        return FALSE;

    left = fake_cgroup_list(bed->fake);
    g_assert_null(strstr(left, "/od/x\n"));
    return TRUE;
}

/* ---- members ---- */

static gboolean
attach_process(Bed *bed, Results *results G_GNUC_UNUSED, GError **error)
{
    return corral_group_attach_process(bed->group, 4713, error);
}

static gboolean
attach_thread(Bed *bed, Results *results G_GNUC_UNUSED, GError **error)
{
    return corral_group_attach_thread(bed->group, 4713, error);
}

static gboolean
list_processes(Bed *bed, Results *results, GError **error)
{
    return tell_numbers(results, corral_group_list_processes(bed->group, error));
}

static gboolean
list_threads(Bed *bed, Results *results, GError **error)
{
    return tell_numbers(results, corral_group_list_threads(bed->group, error));
}

/* Its members are nobody, so they never go. */
static gboolean
kill_group(Bed *bed, Results *results G_GNUC_UNUSED, GError **error)
{
    return corral_group_kill(bed->group, 0, error);
}

/* ---- processor time ---- */

static gboolean
set_shares(Bed *bed, Results *results G_GNUC_UNUSED, GError **error)
{
    return corral_group_set_cpu_shares(bed->group, 500, error);
}

static gboolean
get_shares(Bed *bed, Results *results, GError **error)
{
    return corral_group_get_cpu_shares(bed->group, results->out.numbers, error);
}

static gboolean
set_weight(Bed *bed, Results *results G_GNUC_UNUSED, GError **error)
{
    return corral_group_set_cpu_weight(bed->group, 50, error);
}

static gboolean
get_weight(Bed *bed, Results *results, GError **error)
{
    return corral_group_get_cpu_weight(bed->group, &results->out.small, error);
}

static gboolean
set_ceiling(Bed *bed, Results *results G_GNUC_UNUSED, GError **error)
{
    return corral_group_set_cpu_ceiling(bed->group, 25000, 50000, error);
}

static gboolean
get_ceiling(Bed *bed, Results *results, GError **error)
{
    return corral_group_get_cpu_ceiling(bed->group, &results->out.signed_number,
                                        &results->out.numbers[1], error);
}

static gboolean
set_burst(Bed *bed, Results *results G_GNUC_UNUSED, GError **error)
{
    return corral_group_set_cpu_burst(bed->group, 0, error);
}

static gboolean
get_burst(Bed *bed, Results *results, GError **error)
{
    return corral_group_get_cpu_burst(bed->group, results->out.numbers, error);
}

static gboolean
set_idle(Bed *bed, Results *results G_GNUC_UNUSED, GError **error)
{
    return corral_group_set_cpu_idle(bed->group, TRUE, error);
}

static gboolean
get_idle(Bed *bed, Results *results, GError **error)
{
    return corral_group_get_cpu_idle(bed->group, &results->out.flag, error);
}

static gboolean
get_throttling(Bed *bed, Results *results, GError **error)
{
    return corral_group_get_cpu_throttling(bed->group, &results->out.throttling, error);
}

static gboolean
get_cpu_time(Bed *bed, Results *results, GError **error)
{
    return corral_group_get_cpu_time(bed->group, &results->out.time, error);
}

static gboolean
get_cpu_time_per_cpu(Bed *bed, Results *results, GError **error)
{
    g_autoptr(GArray) times = corral_group_get_cpu_time_per_cpu(bed->group, error);

    results->text = times ? g_strdup_printf("%u", times->len) : NULL;
    return times != NULL;
}

/* ---- CPUs and memory nodes ---- */

static gboolean
set_cpus(Bed *bed, Results *results G_GNUC_UNUSED, GError **error)
{
    static const guint cpus[] = {1, 3};

    return corral_group_set_cpus(bed->group, cpus, G_N_ELEMENTS(cpus), error);
}

static gboolean
get_cpus(Bed *bed, Results *results, GError **error)
{
    return tell_numbers(results, corral_group_get_cpus(bed->group, error));
}

static gboolean
get_effective_cpus(Bed *bed, Results *results, GError **error)
{
    return tell_numbers(results, corral_group_get_effective_cpus(bed->group, error));
}

static gboolean
set_memory_nodes(Bed *bed, Results *results G_GNUC_UNUSED, GError **error)
{
    static const guint nodes[] = {0};

    return corral_group_set_memory_nodes(bed->group, nodes, G_N_ELEMENTS(nodes), error);
}

static gboolean
get_memory_nodes(Bed *bed, Results *results, GError **error)
{
    return tell_numbers(results, corral_group_get_memory_nodes(bed->group, error));
}

static gboolean
get_effective_memory_nodes(Bed *bed, Results *results, GError **error)
{
    return tell_numbers(results, corral_group_get_effective_memory_nodes(bed->group, error));
}

static gboolean
set_memory_migration(Bed *bed, Results *results G_GNUC_UNUSED, GError **error)
{
    return corral_group_set_memory_migration(bed->group, TRUE, error);
}

static gboolean
get_memory_migration(Bed *bed, Results *results, GError **error)
{
    return corral_group_get_memory_migration(bed->group, &results->out.flag, error);
}

/* ---- memory ---- */

static gboolean
set_memory_limit(Bed *bed, Results *results G_GNUC_UNUSED, GError **error)
{
    return corral_group_set_memory_limit(bed->group, 64 << 20, error);
}

static gboolean
get_memory_limit(Bed *bed, Results *results, GError **error)
{
    return corral_group_get_memory_limit(bed->group, results->out.numbers, error);
}

static gboolean
get_memory_usage(Bed *bed, Results *results, GError **error)
{
    return corral_group_get_memory_usage(bed->group, results->out.numbers, error);
}

/* ---- pressure ---- */

static gboolean
get_pressure(Bed *bed, Results *results, GError **error)
{
    return corral_group_get_pressure(bed->group, CORRAL_PRESSURE_MEMORY, &results->out.pressure,
                                     error);
}

static gboolean
get_pressure_of_host(Bed *bed, Results *results, GError **error)
{
    return corral_host_get_pressure(bed->host, CORRAL_PRESSURE_CPU, &results->out.pressure, error);
}

/* ---- devices ---- */

static const CorralDevice null_device = {CORRAL_DEVICE_TYPE_CHARACTER, 1, 3};

static gboolean
deny_all_devices(Bed *bed, Results *results G_GNUC_UNUSED, GError **error)
{
    return corral_group_deny_all_devices(bed->group, error);
}

static gboolean
allow_device(Bed *bed, Results *results G_GNUC_UNUSED, GError **error)
{
    return corral_group_allow_device(bed->group, &null_device, CORRAL_DEVICE_ACCESS_READ, error);
}

static gboolean
deny_device(Bed *bed, Results *results G_GNUC_UNUSED, GError **error)
{
    return corral_group_deny_device(bed->group, &null_device, CORRAL_DEVICE_ACCESS_WRITE, error);
}

static gboolean
deny_device_node(Bed *bed, Results *results G_GNUC_UNUSED, GError **error)
{
    return corral_group_deny_device_node(bed->group, "/dev/null", CORRAL_DEVICE_ACCESS_READ, error);
}

static gboolean
set_device_rules(Bed *bed, Results *results G_GNUC_UNUSED, GError **error)
{
    static const CorralDevice zero_device = {CORRAL_DEVICE_TYPE_CHARACTER, 1, 5};
    g_autoptr(GPtrArray) rules =
        g_ptr_array_new_with_free_func((GDestroyNotify)corral_device_rule_free);

    g_ptr_array_add(rules, corral_device_rule_new(TRUE, &null_device, CORRAL_DEVICE_ACCESS_READ));
    g_ptr_array_add(rules, corral_device_rule_new(TRUE, &zero_device, CORRAL_DEVICE_ACCESS_READ));
    return corral_group_set_device_rules(bed->group, rules, error);
}

static gboolean
list_device_rules(Bed *bed, Results *results, GError **error)
{
    g_autoptr(GPtrArray) rules = corral_group_list_device_rules(bed->group, error);
    GString *text;
    guint i;

    if (!rules)
        return FALSE;

    text = g_string_new(NULL);
    for (i = 0; i < rules->len; i++) {
        const CorralDeviceRule *rule = g_ptr_array_index(rules, i);

        g_string_append_printf(text, "%d %d %u:%u %x; ", rule->allow, rule->device.type,
                               rule->device.major, rule->device.minor, rule->access);
    }
    results->text = g_string_free(text, FALSE);
    return TRUE;
}

static gboolean
ask_device(Bed *bed, Results *results, GError **error)
{
    g_autoptr(CorralDeviceAnswer) answer =
        corral_group_ask_device(bed->group, &null_device, CORRAL_DEVICE_ACCESS_READ, error);

    results->text = answer ? g_strdup_printf("%d", answer->verdict) : NULL;
    return answer != NULL;
}

/* ---- labels, and several settings at once ---- */

static gboolean
set_label(Bed *bed, Results *results G_GNUC_UNUSED, GError **error)
{
    return corral_group_set_label(bed->group, "colour", "red", error);
}

static gboolean
get_label(Bed *bed, Results *results, GError **error)
{
    results->text = corral_group_get_label(bed->group, "owner", error);
    return results->text != NULL;
}

/* Files that are kept open, read twice. */
static gboolean
read_sample(Bed *bed, Results *results, GError **error)
{
    g_autoptr(CorralSampler) sampler = corral_sampler_new(bed->group, CORRAL_SAMPLE_ALL);
    CorralSample sample = {0};

    if (!corral_sampler_read(sampler, &sample, error) ||
        !corral_sampler_read(sampler, &sample, error))
        return FALSE;

    sample.taken_us = 0;
    results->out.sample = sample;
    return TRUE;
}

static gboolean
commit(Bed *bed, Results *results G_GNUC_UNUSED, GError **error)
{
    g_autoptr(CorralTransaction) transaction = corral_transaction_new();

    corral_transaction_set(transaction, bed->group, CORRAL_SETTING_CPU_WEIGHT, 200);
    corral_transaction_set(transaction, bed->group, CORRAL_SETTING_MEMORY_LIMIT, 64 << 20);
    corral_transaction_set_cpu_ceiling(transaction, bed->group, 25000, 50000);
    return corral_transaction_commit(transaction, error);
}

/* ---- the rest ---- */

static gboolean
get_swappiness(Bed *bed, Results *results, GError **error)
{
    return corral_group_get_swappiness(bed->group, &results->out.small, error);
}

static gboolean
get_oom_group(Bed *bed, Results *results, GError **error)
{
    return corral_group_get_oom_group(bed->group, &results->out.flag, error);
}

static gboolean
get_memory_statistics(Bed *bed, Results *results, GError **error)
{
    return corral_group_get_memory_statistics(bed->group, &results->out.memory, error);
}

static gboolean
get_memory_events(Bed *bed, Results *results, GError **error)
{
    return corral_group_get_memory_events(bed->group, &results->out.events, error);
}

static gboolean
set_memory_limits(Bed *bed, Results *results G_GNUC_UNUSED, GError **error)
{
    return corral_group_set_memory_limits(bed->group, 64 << 20, 96 << 20, error);
}

static gboolean
freeze(Bed *bed, Results *results G_GNUC_UNUSED, GError **error)
{
    return corral_group_freeze(bed->group, 0, error);
}

static gboolean
thaw(Bed *bed, Results *results G_GNUC_UNUSED, GError **error)
{
    return corral_group_thaw(bed->group, error);
}

static gboolean
get_freezer_state(Bed *bed, Results *results, GError **error)
{
    return corral_group_get_freezer_state(bed->group, &results->out.freezer, error);
}

static gboolean
set_net_class(Bed *bed, Results *results G_GNUC_UNUSED, GError **error)
{
    return corral_group_set_net_class(bed->group, 0x100001, error);
}

static gboolean
get_net_class(Bed *bed, Results *results, GError **error)
{
    return corral_group_get_net_class(bed->group, &results->out.handle, error);
}

static gboolean
set_io_weight(Bed *bed, Results *results G_GNUC_UNUSED, GError **error)
{
    return corral_group_set_io_weight(bed->group, 200, error);
}

static gboolean
get_io_weight(Bed *bed, Results *results, GError **error)
{
    return corral_group_get_io_weight(bed->group, &results->out.small, error);
}

static gboolean
count(Results *results, GPtrArray *list)
{
    if (!list)
        return FALSE;

    results->text = g_strdup_printf("%u", list->len);
    g_ptr_array_unref(list);
    return TRUE;
}

static gboolean
set_io_limits(Bed *bed, Results *results G_GNUC_UNUSED, GError **error)
{
    static const CorralDevice device = {CORRAL_DEVICE_TYPE_BLOCK, 8, 16};
    g_autoptr(CorralIoLimits) limits = corral_io_limits_new(&device);

    limits->read_bps = 1 << 20;
    limits->write_iops = 100;
    return corral_group_set_io_limits(bed->group, limits, error);
}

static gboolean
list_io_limits(Bed *bed, Results *results, GError **error)
{
    return count(results, corral_group_list_io_limits(bed->group, error));
}

static gboolean
list_io_statistics(Bed *bed, Results *results, GError **error)
{
    return count(results, corral_group_list_io_statistics(bed->group, error));
}

#define CALL(name, call, traits)                                                                   \
    {                                                                                              \
        name, call, traits, NULL, NULL, 0                                                          \
    }
#define GET(name, get)                                                                             \
    {                                                                                              \
        name, NULL, CALL_READS, get, NULL, 0                                                       \
    }
#define SET(name, set, value, traits)                                                              \
    {                                                                                              \
        name, NULL, traits, NULL, set, value                                                       \
    }

/* A public call gets a line here. */
/* clang-format off */
const Call calls[] = {
    CALL("host-new", host_new, CALL_READS),
    CALL("find-process", find_process, CALL_READS),
    CALL("find-strays", find_strays, CALL_READS),
    CALL("find-groups", find_groups, CALL_READS),
    CALL("make", make, 0),
    /* Without labels, what is made on the way stays. */
    CALL("make-levels", make_levels, 0 | CALL_DIFFERS),
    CALL("make-again", make_again, 0),
    CALL("make-for-process", make_for_process, CALL_DIFFERS),
    CALL("make-threaded", make_threaded, 0),
    CALL("open", open_group, CALL_READS),
    CALL("open-child", open_child, CALL_READS),
    CALL("list-children", list_children, CALL_READS),
    /* A level above that cannot be looked at stays. */
    CALL("remove", remove_group, CALL_PARTIAL | CALL_DIFFERS),
    CALL("attach-process", attach_process, CALL_PARTIAL),
    CALL("attach-thread", attach_thread, CALL_PARTIAL),
    CALL("list-processes", list_processes, CALL_READS),
    CALL("list-threads", list_threads, CALL_READS),
    CALL("kill", kill_group, CALL_PARTIAL),
    /* Without labels, shares read back rounded where the kernel has weights. */
    CALL("set-shares", set_shares, CALL_DIFFERS),
    CALL("get-shares", get_shares, CALL_READS | CALL_DIFFERS),
    CALL("set-weight", set_weight, 0),
    CALL("get-weight", get_weight, CALL_READS),
    CALL("set-ceiling", set_ceiling, 0),
    CALL("get-ceiling", get_ceiling, CALL_READS),
    CALL("set-burst", set_burst, 0),
    CALL("get-burst", get_burst, CALL_READS),
    CALL("set-idle", set_idle, 0),
    CALL("get-idle", get_idle, CALL_READS),
    CALL("get-throttling", get_throttling, CALL_READS),
    CALL("get-cpu-time", get_cpu_time, CALL_READS),
    CALL("get-cpu-time-per-cpu", get_cpu_time_per_cpu, CALL_READS),
    CALL("set-cpus", set_cpus, 0),
    CALL("get-cpus", get_cpus, CALL_READS),
    CALL("get-effective-cpus", get_effective_cpus, CALL_READS),
    CALL("set-memory-nodes", set_memory_nodes, 0),
    CALL("get-memory-nodes", get_memory_nodes, CALL_READS),
    CALL("get-effective-memory-nodes", get_effective_memory_nodes, CALL_READS),
    CALL("set-memory-migration", set_memory_migration, 0),
    CALL("get-memory-migration", get_memory_migration, CALL_READS),
    CALL("set-memory-limit", set_memory_limit, 0),
    CALL("get-memory-limit", get_memory_limit, CALL_READS),
    CALL("get-memory-usage", get_memory_usage, CALL_READS),
    CALL("get-pressure", get_pressure, CALL_READS),
    CALL("get-pressure-of-host", get_pressure_of_host, CALL_READS),
    CALL("deny-all-devices", deny_all_devices, 0),
    CALL("allow-device", allow_device, 0),
    CALL("deny-device", deny_device, 0),
    CALL("deny-device-node", deny_device_node, 0),
    CALL("set-device-rules", set_device_rules, 0),
    CALL("list-device-rules", list_device_rules, CALL_READS),
    CALL("ask-device", ask_device, CALL_READS),
    CALL("set-label", set_label, CALL_PARTIAL),
    CALL("get-label", get_label, CALL_READS),
    CALL("read-sample", read_sample, CALL_READS),
    CALL("commit", commit, 0),
    GET("get-memory-high", corral_group_get_memory_high),
    GET("get-memory-low", corral_group_get_memory_low),
    GET("get-memory-min", corral_group_get_memory_min),
    GET("get-memory-soft-limit", corral_group_get_memory_soft_limit),
    GET("get-swap-usage", corral_group_get_swap_usage),
    GET("get-memory-total-usage", corral_group_get_memory_total_usage),
    GET("get-memory-peak", corral_group_get_memory_peak),
    GET("get-memory-total-limit", corral_group_get_memory_total_limit),
    GET("get-swap-limit", corral_group_get_swap_limit),
    GET("get-pids-limit", corral_group_get_pids_limit),
    GET("get-pids-usage", corral_group_get_pids_usage),
    GET("get-pids-peak", corral_group_get_pids_peak),
    GET("get-pids-failures", corral_group_get_pids_failures),
    SET("set-memory-high", corral_group_set_memory_high, 96 << 20, 0),
    SET("set-memory-low", corral_group_set_memory_low, 1 << 20, 0),
    SET("set-memory-min", corral_group_set_memory_min, 1 << 20, 0),
    SET("set-memory-soft-limit", corral_group_set_memory_soft_limit, 96 << 20, 0),
    /* Without labels, what is kept there of the two limits is made up from what is in force. */
    SET("set-memory-total-limit", corral_group_set_memory_total_limit, 256 << 20, CALL_DIFFERS),
    SET("set-swap-limit", corral_group_set_swap_limit, 64 << 20, CALL_DIFFERS),
    SET("set-pids-limit", corral_group_set_pids_limit, 100, 0),
    CALL("get-swappiness", get_swappiness, CALL_READS),
    CALL("get-oom-group", get_oom_group, CALL_READS),
    CALL("get-memory-statistics", get_memory_statistics, CALL_READS),
    CALL("get-memory-events", get_memory_events, CALL_READS),
    CALL("set-memory-limits", set_memory_limits, CALL_DIFFERS),
    CALL("freeze", freeze, 0),
    CALL("thaw", thaw, 0),
    CALL("get-freezer-state", get_freezer_state, CALL_READS),
    CALL("set-net-class", set_net_class, 0),
    CALL("get-net-class", get_net_class, CALL_READS),
    /* What is set back is the same to the kernel; the fake machine keeps it to the letter. */
    CALL("set-io-weight", set_io_weight, CALL_PARTIAL),
    CALL("get-io-weight", get_io_weight, CALL_READS),
    CALL("set-io-limits", set_io_limits, CALL_PARTIAL),
    CALL("list-io-limits", list_io_limits, CALL_READS),
    CALL("list-io-statistics", list_io_statistics, CALL_READS),
};
/* clang-format on */

const gsize n_calls = G_N_ELEMENTS(calls);
