/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a host can do of what a policy asks for.  The kernel says it by a group's files: so one that
 * is there is asked.  The root is not, for under the unified interface it has none of them.
 */
#include <config.h>

#include <stdarg.h>

#include "policy-io.h"
#include "policy-means.h"
#include "policy-partition.h"
#include "policy-reserve.h"

/* Enough, should most of them be in the wrong hierarchies. */
#define PROBES_MAX 64

typedef struct {
    CorralHost *host;
    gboolean has_swap;
    char **groups; /* paths of those at the top */
    GPtrArray *wants;
} Means;

void
policy_want_free(PolicyWant *self)
{
    if (!self)
        return;

    g_free(self->what);
    g_free(self);
}

static void G_GNUC_PRINTF(3, 4) add(Means *self, const PolicyTerms *terms, const char *format, ...)
{
    PolicyWant *want = g_new0(PolicyWant, 1);
    g_autofree char *what = NULL;
    va_list arguments;

    va_start(arguments, format);
    what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    want->line = terms ? terms->line : 0;
    want->what =
        terms ? g_strdup_printf("partition '%s': %s", terms->name, what) : g_steal_pointer(&what);
    g_ptr_array_add(self->wants, want);
}

/* ---- asking a group ---- */

typedef gboolean (*AskFunc)(CorralGroup *group, GError **error);

static gboolean
ask_low(CorralGroup *group, GError **error)
{
    guint64 unused;

    return corral_group_get_memory_low(group, &unused, error);
}

static gboolean
ask_total(CorralGroup *group, GError **error)
{
    guint64 unused;

    return corral_group_get_memory_total_limit(group, &unused, error);
}

static gboolean
ask_idle(CorralGroup *group, GError **error)
{
    gboolean unused;

    return corral_group_get_cpu_idle(group, &unused, error);
}

static gboolean
ask_ceiling(CorralGroup *group, GError **error)
{
    guint64 period;
    gint64 quota;

    return corral_group_get_cpu_ceiling(group, &quota, &period, error);
}

static gboolean
ask_weight(CorralGroup *group, GError **error)
{
    guint unused;

    return corral_group_get_io_weight(group, &unused, error);
}

static gboolean
ask_label(CorralGroup *group, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *text = corral_group_get_label(group, POLICY_LABEL_TERMS, &failure);

    if (text || !g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

/* Of the first group that knows; none is no reason to complain. */
static gboolean
can(const Means *self, CorralControllers controllers, AskFunc ask)
{
    gsize i;

    for (i = 0; self->groups[i] && i < PROBES_MAX; i++) {
        g_autoptr(CorralGroup) group =
            corral_group_open(self->host, self->groups[i], controllers, NULL);
        g_autoptr(GError) failure = NULL;

        if (!group || !(corral_group_get_controllers(group) & controllers))
            continue;
        if (ask(group, &failure))
            return TRUE;
        if (g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED))
            return FALSE;
    }
    return TRUE;
}

static gboolean
has(const Means *self, CorralControllers controllers)
{
    return (corral_host_get_controllers(self->host) & controllers) != 0;
}

/* ---- what terms ask for ---- */

static void
check_cpu(Means *self, const PolicyTerms *terms)
{
    const GuestBandwidth *ceiling = &terms->cputune.bandwidth[GUEST_PART_GLOBAL];
    const gboolean limited = ceiling->quota_us > 0 || ceiling->period_us > 0;

    if (!limited && !terms->cputune.has_shares && terms->cpu_guarantee == 0)
        return;
    if (!has(self, CORRAL_CONTROLLERS_CPU)) {
        add(self, terms, "cputune: this host has no 'cpu' controller");
        return;
    }
    if (limited && !can(self, CORRAL_CONTROLLERS_CPU, ask_ceiling))
        add(self, terms, "global_quota: this kernel caps no processor time");
}

static gboolean
is_limited(guint64 kib)
{
    return kib < GUEST_MEMORY_UNLIMITED_KIB;
}

static void
check_memory(Means *self, const PolicyTerms *terms)
{
    const GuestMemtune *tune = &terms->memtune;

    if (!is_limited(tune->hard_limit_kib) && !is_limited(tune->soft_limit_kib) &&
        !is_limited(tune->swap_hard_limit_kib) && terms->guarantee_kib == 0)
        return;
    if (!has(self, CORRAL_CONTROLLERS_MEMORY)) {
        add(self, terms, "memtune: this host has no 'memory' controller");
        return;
    }
    if (is_limited(tune->swap_hard_limit_kib) && !can(self, CORRAL_CONTROLLERS_MEMORY, ask_total))
        add(self, terms, "swap_hard_limit: this kernel does not account for swap");
    if (terms->guarantee_kib > 0 && !can(self, CORRAL_CONTROLLERS_MEMORY, ask_low))
        add(self, terms,
            "min_guarantee: there is no memory.low on cgroup v1; it is kept by the limits of the "
            "others alone");
}

static void
check_io(Means *self, const PolicyTerms *terms)
{
    const GuestBlkiotune *tune = &terms->blkiotune;
    guint i;

    if (tune->weight == 0 && tune->devices->len == 0)
        return;
    if (!has(self, CORRAL_CONTROLLERS_IO)) {
        add(self, terms, "blkiotune: this host has no 'io' controller");
        return;
    }
    if (tune->weight > 0 && !can(self, CORRAL_CONTROLLERS_IO, ask_weight))
        add(self, terms, "blkiotune, weight: nothing weighs block I/O in this kernel");
    for (i = 0; i < tune->devices->len; i++) {
        const GuestBlkioDevice *device = g_ptr_array_index(tune->devices, i);
        CorralDevice unused;

        if (!policy_io_find_device(device->path, &unused))
            add(self, terms, "blkiotune: there is no block device '%s'", device->path);
    }
}

static void
check_rest(Means *self, const PolicyTerms *terms)
{
    if ((terms->cpus || terms->nodes) && !has(self, CORRAL_CONTROLLERS_CPUSET))
        add(self, terms, "%s: this host has no 'cpuset' controller",
            terms->cpus ? "cpuset" : "numatune");
    if (terms->pids > 0 && !has(self, CORRAL_CONTROLLERS_PIDS))
        add(self, terms, "pids: this host has no 'pids' controller");
}

/* ---- what the policy asks for as a whole ---- */

static void
check_layout(Means *self, const Policy *policy)
{
    const gboolean managed = corral_host_is_managed(self->host);

    if (managed && policy->layout != GUEST_LAYOUT_FLAT && policy->layout != GUEST_LAYOUT_STOCK)
        add(self, NULL, "layout '%s': systemd manages the groups of this host, and its own is had",
            guest_layout_format(policy->layout));
}

static void
check_shares(Means *self, const Policy *policy)
{
    if (policy_reserve_has_cpus(&policy->reserve) && !has(self, CORRAL_CONTROLLERS_CPUSET))
        add(self, NULL, "reserve, cpus: this host has no 'cpuset' controller");
    if (policy_shares_cpu(policy) && has(self, CORRAL_CONTROLLERS_CPU) &&
        !can(self, CORRAL_CONTROLLERS_CPU, ask_idle))
        add(self, NULL,
            "priorities: this kernel has no cpu.idle; who has to give way has the fewest shares");
    if (!policy_shares_memory(policy))
        return;
    if (!has(self, CORRAL_CONTROLLERS_MEMORY))
        add(self, NULL, "this host has no 'memory' controller: no memory is shared out");
    else if (!self->has_swap)
        add(self, NULL,
            "this host has no swap: memory that was lent to a partition can be taken back only as "
            "far as it is page cache, or given back");
}

static void
check_labels(Means *self, const Policy *policy)
{
    if ((policy->terms->len > 0 || policy_shares_memory(policy)) &&
        !can(self, CORRAL_CONTROLLERS_ALL, ask_label))
        add(self, NULL,
            "groups have no attributes on this host: what a partition is given cannot be taken "
            "back by a daemon that starts later");
}

static char **
list_groups(CorralHost *host)
{
    g_autoptr(CorralGroup) root = corral_group_open(host, "", CORRAL_CONTROLLERS_ALL, NULL);
    char **names = root ? corral_group_list_children(root, NULL) : NULL;

    return names ? names : g_new0(char *, 1);
}

GPtrArray *
policy_means_check(const Policy *policy, CorralHost *host, gboolean has_swap)
{
    g_auto(GStrv) groups = list_groups(host);
    Means self = {
        .host = host,
        .has_swap = has_swap,
        .groups = groups,
        .wants = g_ptr_array_new_with_free_func((GDestroyNotify)policy_want_free),
    };
    guint i;

    check_layout(&self, policy);
    check_shares(&self, policy);
    check_labels(&self, policy);
    for (i = 0; i < policy->terms->len; i++) {
        const PolicyTerms *terms = g_ptr_array_index(policy->terms, i);

        check_cpu(&self, terms);
        check_memory(&self, terms);
        check_io(&self, terms);
        check_rest(&self, terms);
    }
    return self.wants;
}
