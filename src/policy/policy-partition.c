/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where partitions are, and what the kernel says of them. */
#include <config.h>

#include <string.h>

#include "guest-path.h"
#include "guest-search.h"
#include "policy-partition.h"

#define KIB ((guint64)1024)

/* "production.partition" is libvirt's name for "/production" (virCgroupSetPartitionSuffix()). */
#define STOCK_SUFFIX ".partition"

guint64
policy_partition_find_bytes(guint64 kib, guint portions)
{
    return kib >= GUEST_MEMORY_UNLIMITED_KIB ? CORRAL_MEMORY_UNLIMITED : kib * KIB / portions;
}

guint64
policy_partition_find_most(const PolicyTerms *terms, guint portions)
{
    if (!terms)
        return CORRAL_MEMORY_UNLIMITED;
    return policy_partition_find_bytes(
        MIN(terms->memtune.hard_limit_kib, terms->memtune.swap_hard_limit_kib), portions);
}

gboolean
policy_partition_has(CorralGroup *group, const char *label)
{
    g_autofree char *text = corral_group_get_label(group, label, NULL);

    return text && *text;
}

/* ---- where ---- */

static char **
list_slice(const char *partition, GError **error)
{
    g_autofree char *slice = corral_unit_slice_from_partition(partition, error);
    g_autofree char *path = slice ? corral_unit_build_path(slice, NULL, error) : NULL;
    char **paths;

    if (!path)
        return NULL;
    paths = g_new0(char *, 2);
    paths[0] = g_steal_pointer(&path);
    return paths;
}

char *
policy_partition_build_stock(const char *partition, GError **error)
{
    g_autoptr(Guest) guest = guest_new("lxc", "any", NULL, partition);

    return guest_path_build_stock_partition(guest, error);
}

char **
policy_partition_list_paths(CorralHost *host, const char *partition, GError **error)
{
    g_autofree char *ours = NULL;
    g_autofree char *stocks = NULL;
    char **paths;

    if (corral_host_is_managed(host))
        return list_slice(partition, error);

    ours = guest_path_build_partition(partition, error);
    stocks = ours ? policy_partition_build_stock(partition, error) : NULL;
    if (!stocks)
        return NULL;
    paths = g_new0(char *, 3);
    if (!g_str_equal(ours, stocks))
        paths[1] = g_steal_pointer(&stocks);
    paths[0] = g_steal_pointer(&ours);
    return paths;
}

/* Without what libvirt appends to each component of its own, and without what tells a component
 * from the kernel's files. */
static char *
strip_stock(const char *path)
{
    g_auto(GStrv) components = g_strsplit(path, "/", -1);
    g_autofree char *joined = NULL;
    gsize i;

    for (i = 0; components[i]; i++) {
        if (g_str_has_suffix(components[i], STOCK_SUFFIX))
            components[i][strlen(components[i]) - strlen(STOCK_SUFFIX)] = '\0';
        if (components[i][0] == '_')
            memmove(components[i], components[i] + 1, strlen(components[i]));
    }
    joined = g_strjoinv("/", components);
    return g_strconcat("/", joined, NULL);
}

char *
policy_partition_find_name(CorralHost *host, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *name = NULL;

    if (corral_host_is_managed(host))
        name = corral_unit_slice_to_partition(slash ? slash + 1 : path, NULL);
    return name ? name : strip_stock(path);
}

char *
policy_partition_find_top(const char *path, const char *own)
{
    gsize skip = 0;
    const char *slash;

    if (*own && g_str_has_prefix(path, own) && path[strlen(own)] == '/')
        skip = strlen(own) + 1;
    slash = strchr(path + skip, '/');
    return slash ? g_strndup(path, (gsize)(slash - path)) : NULL;
}

static void
collect_tops(CorralHost *host, const char *above, GPtrArray *found)
{
    g_autoptr(CorralGroup) root = corral_group_open(host, above, CORRAL_CONTROLLERS_ALL, NULL);
    g_auto(GStrv) names = root ? corral_group_list_children(root, NULL) : NULL;
    gsize i;

    for (i = 0; names && names[i]; i++) {
        g_autofree char *path =
            *above ? g_build_filename(above, names[i], NULL) : g_strdup(names[i]);
        g_autoptr(CorralGroup) group = corral_group_open(host, path, CORRAL_CONTROLLERS_ALL, NULL);

        if (group && policy_partition_has(group, POLICY_LABEL_TOP))
            g_ptr_array_add(found, g_steal_pointer(&path));
    }
}

char **
policy_partition_list_tops(CorralHost *host, const char *own)
{
    GPtrArray *found = g_ptr_array_new();

    collect_tops(host, "", found);
    if (*own)
        collect_tops(host, own, found);
    g_ptr_array_add(found, NULL);
    return (char **)g_ptr_array_free(found, FALSE);
}

static char *
read_driver(const char *path, gpointer host)
{
    g_autoptr(CorralGroup) group = corral_group_open(host, path, CORRAL_CONTROLLERS_ALL, NULL);

    return group ? corral_group_get_label(group, GUEST_PATH_DRIVER_LABEL, NULL) : NULL;
}

/* Partitions are found by walking; there is none below a guest. */
char **
policy_partition_list_with_terms(CorralHost *host)
{
    g_autoptr(GuestSearch) search = guest_search_new(NULL, read_driver, host);
    g_auto(GStrv) paths = corral_host_find_groups(host, CORRAL_CONTROLLERS_ALL,
                                                  guest_search_filter_others, search, NULL);
    GPtrArray *found = g_ptr_array_new();
    gsize i;

    for (i = 0; paths && paths[i]; i++) {
        g_autoptr(CorralGroup) group =
            corral_group_open(host, paths[i], CORRAL_CONTROLLERS_ALL, NULL);

        if (group && (policy_partition_has(group, POLICY_LABEL_TERMS) ||
                      policy_partition_has(group, POLICY_LABEL_CPUS)))
            g_ptr_array_add(found, g_strdup(paths[i]));
    }
    g_ptr_array_add(found, NULL);
    return (char **)g_ptr_array_free(found, FALSE);
}

/* ---- as it is ---- */

static void
read_terms(const PolicyTerms *terms, guint portions, PolicyPartition *now)
{
    now->priority = terms ? terms->priority : POLICY_PRIORITY_DEFAULT;
    now->guarantee = terms ? terms->guarantee_kib * KIB / portions : 0;
    now->cpu_guarantee = terms ? terms->cpu_guarantee / portions : 0;
    now->shares = terms && terms->cputune.has_shares ? terms->cputune.shares : 0;
    now->most = policy_partition_find_most(terms, portions);
}

static void
read_cpu(CorralGroup *group, PolicyPartition *now)
{
    if (!corral_group_get_cpu_shares(group, &now->shares_now, NULL))
        now->shares_now = CORRAL_CPU_SHARES_DEFAULT;
    if (!corral_group_get_cpu_idle(group, &now->idle_now, NULL))
        now->idle_now = FALSE;
}

static gboolean
read_memory(CorralGroup *group, PolicyPartition *now)
{
    CorralMemoryStatistics statistics;

    if (!corral_group_get_memory_usage(group, &now->usage, NULL) ||
        !corral_group_get_memory_limit(group, &now->limit, NULL))
        return FALSE;
    now->has_low = corral_group_get_memory_low(group, &now->low, NULL);
    if (corral_group_get_memory_statistics(group, &statistics, NULL) &&
        statistics.file != CORRAL_UNKNOWN && statistics.shmem != CORRAL_UNKNOWN)
        now->takeable = MIN(statistics.file - MIN(statistics.file, statistics.shmem), now->usage);
    return TRUE;
}

gboolean
policy_partition_read(CorralGroup *group, const PolicyTerms *terms, guint portions,
                      PolicyPartition *now)
{
    const CorralControllers memory = CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_MEMORY);

    *now =
        (PolicyPartition){.name = corral_group_get_path(group), .limit = CORRAL_MEMORY_UNLIMITED};
    read_terms(terms, portions, now);
    read_cpu(group, now);
    return !(corral_group_get_controllers(group) & memory) || read_memory(group, now);
}
