/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a partition has, held against what it is to have.  This is the other half of the
 * driver's setters: for each of them there is a comparison here, in the same order, that asks
 * where that one writes.
 */
#include <config.h>

#include <unistd.h>

#include "guest-set.h"
#include "policy-amount.h"
#include "policy-difference.h"
#include "policy-io.h"
#include "policy-partition.h"

#define KIB ((guint64)1024)

PolicyDifference *
policy_difference_new(const char *partition, const char *what, const char *from, const char *to)
{
    PolicyDifference *self = g_new0(PolicyDifference, 1);

    self->partition = g_strdup(partition);
    self->what = g_strdup(what);
    self->from = g_strdup(from);
    self->to = g_strdup(to);
    return self;
}

void
policy_difference_free(PolicyDifference *self)
{
    if (!self)
        return;

    g_free(self->to);
    g_free(self->from);
    g_free(self->what);
    g_free(self->partition);
    g_free(self);
}

/* ---- values ---- */

static void
note(GPtrArray *found, const char *name, const char *what, const char *from, const char *to)
{
    g_ptr_array_add(found, policy_difference_new(name, what, from, to));
}

static char *
format_number(guint64 number, guint64 none)
{
    return number == none ? g_strdup("none") : g_strdup_printf("%" G_GUINT64_FORMAT, number);
}

static void
note_number(GPtrArray *found, const char *name, const char *what, guint64 from, guint64 to,
            guint64 none)
{
    g_autofree char *old = format_number(from, none);
    g_autofree char *new = format_number(to, none);

    if (from != to)
        note(found, name, what, old, new);
}

/* The kernel counts whole pages. */
static guint64
find_pages(guint64 bytes)
{
    return bytes == CORRAL_MEMORY_UNLIMITED ? bytes : bytes / (guint64)sysconf(_SC_PAGESIZE);
}

void
policy_difference_note_memory(GPtrArray *found, const char *name, const char *what, guint64 from,
                              guint64 to)
{
    g_autofree char *old = policy_amount_format(from);
    g_autofree char *new = policy_amount_format(to);

    if (find_pages(from) != find_pages(to))
        note(found, name, what, old, new);
}

/* The unified interface keeps a hundred where there were 1024: what it rounds is no other value. */
static guint64
find_weight(guint64 shares)
{
    return MAX((shares * CORRAL_CPU_WEIGHT_DEFAULT + CORRAL_CPU_SHARES_DEFAULT / 2) /
                   CORRAL_CPU_SHARES_DEFAULT,
               1);
}

void
policy_difference_note_shares(GPtrArray *found, const char *name, guint64 from, guint64 to)
{
    if (find_weight(from) != find_weight(to))
        note_number(found, name, "cpu shares", from, to, 0);
}

void
policy_difference_note_idle(GPtrArray *found, const char *name, gboolean from, gboolean to)
{
    if (!from != !to)
        note(found, name, "cpu idle", from ? "yes" : "no", to ? "yes" : "no");
}

/* ---- what the terms say ---- */

static void
compare_ceiling(CorralGroup *group, const char *name, const PolicyTerms *terms,
                gboolean top G_GNUC_UNUSED, GPtrArray *found)
{
    const GuestBandwidth *said = &terms->cputune.bandwidth[GUEST_PART_GLOBAL];
    const guint64 period = said->period_us ? said->period_us : CORRAL_CPU_PERIOD_DEFAULT_US;
    const gint64 quota = said->quota_us ? said->quota_us : CORRAL_CPU_UNLIMITED;
    guint64 period_now;
    gint64 quota_now;

    if (!corral_group_get_cpu_ceiling(group, &quota_now, &period_now, NULL))
        return;
    note_number(found, name, "cpu quota", (guint64)quota_now, (guint64)quota,
                (guint64)CORRAL_CPU_UNLIMITED);
    note_number(found, name, "cpu period", period_now, period, 0);
}

static guint64
find_shares(const PolicyTerms *terms)
{
    return terms && terms->cputune.has_shares ? terms->cputune.shares : CORRAL_CPU_SHARES_DEFAULT;
}

static void
compare_shares(CorralGroup *group, const char *name, const PolicyTerms *terms, gboolean top,
               GPtrArray *found)
{
    guint64 now;

    if (!top && corral_group_get_cpu_shares(group, &now, NULL))
        policy_difference_note_shares(found, name, now, find_shares(terms));
}

/* Where there is no soft limit the high mark is meant by it. */
static gboolean
get_soft_limit(CorralGroup *group, guint64 *bytes)
{
    return corral_group_get_memory_soft_limit(group, bytes, NULL) ||
           corral_group_get_memory_high(group, bytes, NULL);
}

static void
compare_memory(CorralGroup *group, const char *name, const PolicyTerms *terms, gboolean top,
               GPtrArray *found)
{
    const GuestMemtune *said = &terms->memtune;
    guint64 now;

    if (!top && corral_group_get_memory_limit(group, &now, NULL))
        policy_difference_note_memory(found, name, "memory limit", now,
                                      policy_partition_find_most(terms, 1));
    if (get_soft_limit(group, &now))
        policy_difference_note_memory(found, name, "memory soft limit", now,
                                      policy_partition_find_bytes(said->soft_limit_kib, 1));
    if (!top && corral_group_get_memory_total_limit(group, &now, NULL))
        policy_difference_note_memory(found, name, "memory and swap limit", now,
                                      policy_partition_find_bytes(said->swap_hard_limit_kib, 1));
}

static void
compare_protection(CorralGroup *group, const char *name, const PolicyTerms *terms, gboolean top,
                   GPtrArray *found)
{
    guint64 now;

    if (!top && corral_group_get_memory_low(group, &now, NULL))
        policy_difference_note_memory(found, name, "memory protection", now,
                                      terms->guarantee_kib * KIB);
}

static void
compare_io(CorralGroup *group, const char *name, const PolicyTerms *terms,
           gboolean top G_GNUC_UNUSED, GPtrArray *found)
{
    policy_io_compare(group, name, &terms->blkiotune, found);
}

static void
compare_pids(CorralGroup *group, const char *name, const PolicyTerms *terms,
             gboolean top G_GNUC_UNUSED, GPtrArray *found)
{
    guint64 now;

    if (corral_group_get_pids_limit(group, &now, NULL))
        note_number(found, name, "processes", now,
                    terms->pids ? terms->pids : CORRAL_PIDS_UNLIMITED, CORRAL_PIDS_UNLIMITED);
}

static void (*const comparisons[])(CorralGroup *group, const char *name, const PolicyTerms *terms,
                                   gboolean top, GPtrArray *found) = {
    compare_ceiling, compare_shares, compare_memory, compare_protection, compare_io, compare_pids,
};

/* ---- where guests may run ---- */

static char *
format_set(const GArray *numbers)
{
    return numbers && numbers->len > 0 ? guest_set_format(numbers) : g_strdup("none");
}

typedef struct {
    const char *what;
    const char *label;
    GArray *(*get)(CorralGroup *group, GError **error);
    GArray *(*get_effective)(CorralGroup *group, GError **error);
} Numbers;

static const Numbers cpu_numbers = {"cpus", POLICY_LABEL_CPUS, corral_group_get_cpus,
                                    corral_group_get_effective_cpus};
static const Numbers node_numbers = {"memory nodes", POLICY_LABEL_NODES,
                                     corral_group_get_memory_nodes,
                                     corral_group_get_effective_memory_nodes};

/* A group without a set of its own that has what it is to have from above is left to follow. */
static gboolean
follows(CorralGroup *group, const Numbers *kind, const GArray *now, const GArray *wanted)
{
    g_autoptr(GArray) effective = now->len == 0 ? kind->get_effective(group, NULL) : NULL;

    return effective && wanted && guest_set_equals(effective, wanted);
}

static void
compare_numbers(CorralGroup *group, const char *name, const Numbers *kind, const GArray *wanted,
                GPtrArray *found)
{
    g_autoptr(GArray) now = NULL;
    g_autofree char *old = NULL;
    g_autofree char *new = NULL;

    if (!wanted && !policy_partition_has(group, kind->label))
        return;
    now = kind->get(group, NULL);
    old = format_set(now);
    new = format_set(wanted);
    if (now && !g_str_equal(old, new) && !follows(group, kind, now, wanted))
        note(found, name, kind->what, old, new);
}

void
policy_difference_compare(CorralGroup *group, const char *name, const PolicyTerms *terms,
                          gboolean top, const GArray *cpus, GPtrArray *found)
{
    g_autoptr(PolicyTerms) none = policy_terms_new("/none");
    gsize i;

    if (terms || policy_partition_has(group, POLICY_LABEL_TERMS)) {
        for (i = 0; i < G_N_ELEMENTS(comparisons); i++)
            comparisons[i](group, name, terms ? terms : none, top, found);
    }
    compare_numbers(group, name, &cpu_numbers, cpus, found);
    compare_numbers(group, name, &node_numbers, terms ? terms->nodes : NULL, found);
}

/* ---- what was shared out ---- */

void
policy_difference_compare_unshared_memory(CorralGroup *group, const char *name,
                                          const PolicyTerms *terms, guint portions,
                                          GPtrArray *found)
{
    const guint64 limit = policy_partition_find_most(terms, portions);
    const guint64 total =
        terms ? policy_partition_find_bytes(terms->memtune.swap_hard_limit_kib, portions)
              : CORRAL_MEMORY_UNLIMITED;
    guint64 now;

    if (!policy_partition_has(group, POLICY_LABEL_MEMORY) && limit == CORRAL_MEMORY_UNLIMITED)
        return;
    if (corral_group_get_memory_limit(group, &now, NULL))
        policy_difference_note_memory(found, name, "memory limit", now, limit);
    if (corral_group_get_memory_total_limit(group, &now, NULL))
        policy_difference_note_memory(found, name, "memory and swap limit", now, total);
    if (corral_group_get_memory_low(group, &now, NULL))
        policy_difference_note_memory(found, name, "memory protection", now, 0);
}

void
policy_difference_compare_unshared_cpu(CorralGroup *group, const char *name,
                                       const PolicyTerms *terms, GPtrArray *found)
{
    gboolean idle;
    guint64 now;

    if (!policy_partition_has(group, POLICY_LABEL_CPU))
        return;
    if (corral_group_get_cpu_idle(group, &idle, NULL))
        policy_difference_note_idle(found, name, idle, FALSE);
    if (corral_group_get_cpu_shares(group, &now, NULL))
        policy_difference_note_shares(found, name, now, find_shares(terms));
}
