/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looking at partitions.  The policy says which there should be, labels which have been given
 * anything, and guests which they are in.
 */
#include <config.h>

#include <string.h>

#include "cli-partition.h"
#include "policy-partition.h"

#define OWN ""

static void
partition_free(gpointer data)
{
    CliPartition *self = data;

    g_ptr_array_unref(self->guests);
    g_ptr_array_unref(self->paths);
    g_free(self->name);
    g_free(self);
}

CliPartition *
cli_partition_find(GPtrArray *all, const char *name)
{
    guint i;

    for (i = 0; i < all->len; i++) {
        CliPartition *partition = g_ptr_array_index(all, i);

        if (g_str_equal(partition->name, name))
            return partition;
    }
    return NULL;
}

static CliPartition *
find_or_add(GPtrArray *all, const char *name)
{
    CliPartition *partition = cli_partition_find(all, name);

    if (partition)
        return partition;
    partition = g_new0(CliPartition, 1);
    partition->name = g_strdup(name);
    partition->paths = g_ptr_array_new_with_free_func(g_free);
    partition->guests = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(all, partition);
    return partition;
}

/* ---- which there are ---- */

static gboolean
has_path(const CliPartition *partition, const char *path)
{
    return g_ptr_array_find_with_equal_func(partition->paths, path, g_str_equal, NULL);
}

static void
add_path(CliPartition *partition, CorralHost *host, const char *path)
{
    g_autoptr(CorralGroup) group = corral_group_open(host, path, CORRAL_CONTROLLERS_ALL, NULL);

    if (group && !has_path(partition, path))
        g_ptr_array_add(partition->paths, g_strdup(path));
}

/* By its name both its groups are found. */
static void
add_named(GPtrArray *all, CorralHost *host, const char *name, const PolicyTerms *terms)
{
    g_auto(GStrv) paths = policy_partition_list_paths(host, name, NULL);
    CliPartition *partition = find_or_add(all, name);
    gsize i;

    if (terms)
        partition->terms = terms;
    for (i = 0; paths && paths[i]; i++)
        add_path(partition, host, paths[i]);
}

static void
add_group(GPtrArray *all, CorralHost *host, const char *path)
{
    g_autofree char *name = NULL;
    guint i;

    for (i = 0; i < all->len; i++) {
        if (has_path(g_ptr_array_index(all, i), path))
            return;
    }
    name = policy_partition_find_name(host, path);
    add_named(all, host, name, NULL);
    add_path(find_or_add(all, name), host, path);
}

static void
add_groups(GPtrArray *all, CorralHost *host, char **paths)
{
    gsize i;

    for (i = 0; paths && paths[i]; i++)
        add_group(all, host, paths[i]);
}

static gboolean
is_in(const CliPartition *partition, const CliGuestGroup *guest)
{
    guint i;

    for (i = 0; i < partition->paths->len; i++) {
        const char *path = g_ptr_array_index(partition->paths, i);

        if (g_str_has_prefix(guest->path, path) && guest->path[strlen(path)] == '/')
            return TRUE;
    }
    return FALSE;
}

static void
add_guests(GPtrArray *all, CorralHost *host, const GPtrArray *guests)
{
    guint i, j;

    for (i = 0; i < guests->len; i++) {
        const CliGuestGroup *guest = g_ptr_array_index(guests, i);

        if (strchr(guest->path, '/')) {
            g_autofree char *path = g_path_get_dirname(guest->path);

            add_group(all, host, path);
        }
    }
    for (i = 0; i < guests->len; i++) {
        const CliGuestGroup *guest = g_ptr_array_index(guests, i);

        for (j = 0; j < all->len; j++) {
            CliPartition *partition = g_ptr_array_index(all, j);

            if (is_in(partition, guest))
                g_ptr_array_add(partition->guests,
                                g_strdup_printf("%s (%s)", guest->name, guest->driver));
        }
    }
}

/* ---- what they have ---- */

static void
add_number(CliNumber *sum, CorralGroup *group, CorralSetting setting)
{
    guint64 value;

    if (!corral_group_get(group, setting, &value, NULL))
        return;
    sum->known = TRUE;
    sum->value = sum->value == CORRAL_MEMORY_UNLIMITED || value == CORRAL_MEMORY_UNLIMITED
                     ? CORRAL_MEMORY_UNLIMITED
                     : sum->value + value;
}

static void
add_pressure(CorralPressure *sum, const CorralPressure *one)
{
    sum->some_avg10 = MAX(sum->some_avg10, one->some_avg10);
}

static void
add_sample(CorralSample *sum, const CorralSample *one)
{
    sum->parts |= one->parts;
    sum->cpu_time.total_ns += one->cpu_time.total_ns;
    sum->memory_usage += one->memory_usage;
    sum->swap_usage += one->swap_usage;
    sum->io.read_bytes += one->io.read_bytes;
    sum->io.write_bytes += one->io.write_bytes;
    sum->pids += one->pids;
    add_pressure(&sum->cpu_pressure, &one->cpu_pressure);
    add_pressure(&sum->memory_pressure, &one->memory_pressure);
    add_pressure(&sum->io_pressure, &one->io_pressure);
}

static void
read_group(CliPartition *partition, CorralGroup *group)
{
    g_autoptr(CorralSampler) sampler = corral_sampler_new(group, CORRAL_SAMPLE_ALL);
    CorralSample sample = {0};
    gboolean idle = FALSE;

    if (corral_sampler_read(sampler, &sample, NULL))
        add_sample(&partition->sample, &sample);
    add_number(&partition->memory_limit_bytes, group, CORRAL_SETTING_MEMORY_LIMIT);
    add_number(&partition->memory_low_bytes, group, CORRAL_SETTING_MEMORY_LOW);
    add_number(&partition->cpu_shares, group, CORRAL_SETTING_CPU_SHARES);
    add_number(&partition->pids_limit, group, CORRAL_SETTING_PIDS_LIMIT);
    if (corral_group_get_cpu_idle(group, &idle, NULL))
        partition->cpu_idle = (CliNumber){TRUE, idle};
}

static void
read_groups(CliPartition *partition, CorralHost *host)
{
    guint i;

    for (i = 0; i < partition->paths->len; i++) {
        g_autoptr(CorralGroup) group = corral_group_open(
            host, g_ptr_array_index(partition->paths, i), CORRAL_CONTROLLERS_ALL, NULL);

        if (group)
            read_group(partition, group);
    }
}

/* ---- all of them ---- */

static gint
compare_partitions(gconstpointer a, gconstpointer b)
{
    const CliPartition *one = *(CliPartition *const *)a;
    const CliPartition *other = *(CliPartition *const *)b;

    return strverscmp(one->name, other->name);
}

static void
add_default(GPtrArray *all, CorralHost *host)
{
    g_auto(GStrv) paths = policy_partition_list_paths(host, GUEST_DEFAULT_PARTITION, NULL);
    g_autoptr(CorralGroup) group =
        paths ? corral_group_open(host, paths[0], CORRAL_CONTROLLERS_ALL, NULL) : NULL;

    if (group)
        add_named(all, host, GUEST_DEFAULT_PARTITION, NULL);
}

GPtrArray *
cli_partition_list(const char *root, const Policy *policy, GError **error)
{
    g_autoptr(CorralHost) host = corral_host_new(root, CORRAL_HOST_READ_ONLY, error);
    g_autoptr(GPtrArray) guests = host ? cli_groups_list(root, error) : NULL;
    g_auto(GStrv) tops = NULL;
    g_auto(GStrv) given = NULL;
    GPtrArray *all;
    guint i;

    if (!guests)
        return NULL;

    all = g_ptr_array_new_with_free_func(partition_free);
    for (i = 0; i < policy->terms->len; i++) {
        const PolicyTerms *terms = g_ptr_array_index(policy->terms, i);

        add_named(all, host, terms->name, terms);
    }
    tops = policy_partition_list_tops(host, OWN);
    given = policy_partition_list_with_terms(host);
    add_groups(all, host, tops);
    add_groups(all, host, given);
    add_default(all, host);
    add_guests(all, host, guests);
    for (i = 0; i < all->len; i++)
        read_groups(g_ptr_array_index(all, i), host);
    g_ptr_array_sort(all, compare_partitions);
    return all;
}
