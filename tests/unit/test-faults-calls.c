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

/* A public call gets a line here. */
/* clang-format off */
const Call calls[] = {
    {"host-new", host_new, CALL_READS},
    {"find-process", find_process, CALL_READS},
    {"find-groups", find_groups, CALL_READS},
    {"make", make, 0},
    /* Without labels, what is made on the way stays. */
    {"make-levels", make_levels, 0 | CALL_DIFFERS},
    {"make-again", make_again, 0},
    {"make-for-process", make_for_process, CALL_DIFFERS},
    {"make-threaded", make_threaded, 0},
    {"open", open_group, CALL_READS},
    {"open-child", open_child, CALL_READS},
    {"list-children", list_children, CALL_READS},
    /* A level above that cannot be looked at stays. */
    {"remove", remove_group, CALL_PARTIAL | CALL_DIFFERS},
    {"attach-process", attach_process, CALL_PARTIAL},
    {"attach-thread", attach_thread, CALL_PARTIAL},
    {"list-processes", list_processes, CALL_READS},
    {"list-threads", list_threads, CALL_READS},
    {"kill", kill_group, CALL_PARTIAL},
    /* Without labels, shares read back rounded where the kernel has weights. */
    {"set-shares", set_shares, CALL_DIFFERS},
    {"get-shares", get_shares, CALL_READS | CALL_DIFFERS},
    {"set-weight", set_weight, 0},
    {"get-weight", get_weight, CALL_READS},
    {"set-ceiling", set_ceiling, 0},
    {"get-ceiling", get_ceiling, CALL_READS},
    {"set-burst", set_burst, 0},
    {"get-burst", get_burst, CALL_READS},
    {"set-idle", set_idle, 0},
    {"get-idle", get_idle, CALL_READS},
    {"get-throttling", get_throttling, CALL_READS},
    {"get-cpu-time", get_cpu_time, CALL_READS},
    {"get-cpu-time-per-cpu", get_cpu_time_per_cpu, CALL_READS},
    {"set-cpus", set_cpus, 0},
    {"get-cpus", get_cpus, CALL_READS},
    {"get-effective-cpus", get_effective_cpus, CALL_READS},
    {"set-memory-nodes", set_memory_nodes, 0},
    {"get-memory-nodes", get_memory_nodes, CALL_READS},
    {"get-effective-memory-nodes", get_effective_memory_nodes, CALL_READS},
    {"set-memory-migration", set_memory_migration, 0},
    {"get-memory-migration", get_memory_migration, CALL_READS},
    {"set-memory-limit", set_memory_limit, 0},
    {"get-memory-limit", get_memory_limit, CALL_READS},
    {"get-memory-usage", get_memory_usage, CALL_READS},
    {"get-pressure", get_pressure, CALL_READS},
    {"get-pressure-of-host", get_pressure_of_host, CALL_READS},
    {"deny-all-devices", deny_all_devices, 0},
    {"allow-device", allow_device, 0},
    {"deny-device", deny_device, 0},
    {"deny-device-node", deny_device_node, 0},
    {"set-device-rules", set_device_rules, 0},
    {"list-device-rules", list_device_rules, CALL_READS},
    {"ask-device", ask_device, CALL_READS},
    {"set-label", set_label, CALL_PARTIAL},
    {"get-label", get_label, CALL_READS},
    {"read-sample", read_sample, CALL_READS},
    {"commit", commit, 0},
};
/* clang-format on */

const gsize n_calls = G_N_ELEMENTS(calls);
