/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A number of CPUs is kept evenly on all nodes, so that no node is all the host's and guests that
 * are bound to one find CPUs there; on each node those of the lowest numbers, where interrupts
 * mostly are.  Who wants whole cores, which have several numbers, gives a list.
 */
#include <config.h>

#include "guest-set.h"
#include "policy-reserve.h"

#define KIB ((guint64)1024)
#define MIB (KIB * 1024)

guint64
policy_reserve_find_memory(const PolicyReserve *self, const PolicyMachine *machine)
{
    const guint64 kept = self->memory_kib * KIB;

    return machine->memory > kept ? machine->memory - kept : 0;
}

gboolean
policy_reserve_has_cpus(const PolicyReserve *self)
{
    return self->n_cpus > 0 || self->cpus;
}

/* In the order in which they would be kept: the first of each node, then the second of each... */
static GArray *
sort_by_turn(const PolicyMachine *machine)
{
    GArray *sorted = g_array_new(FALSE, FALSE, sizeof(guint));
    guint turn, i;

    for (turn = 0; turn < machine->cpus->len; turn++) {
        for (i = 0; i < machine->nodes->len; i++) {
            const GArray *cpus = g_array_index(machine->nodes, PolicyNode, i).cpus;

            if (turn < cpus->len)
                g_array_append_val(sorted, g_array_index(cpus, guint, turn));
        }
    }
    return sorted;
}

static GArray *
choose(guint n, const PolicyMachine *machine)
{
    GArray *kept = sort_by_turn(machine);

    g_array_set_size(kept, MIN(n, kept->len));
    return kept;
}

GArray *
policy_reserve_find_cpus(const PolicyReserve *self, const PolicyMachine *machine)
{
    g_autoptr(GArray) kept = self->cpus ? g_array_ref(self->cpus) : choose(self->n_cpus, machine);
    GArray *left = guest_set_subtract(machine->cpus, kept);

    if (left->len == 0)
        g_array_append_val(left, g_array_index(machine->cpus, guint, machine->cpus->len - 1));
    return left;
}

GArray *
policy_reserve_find_kept_cpus(const PolicyReserve *self, const PolicyMachine *machine)
{
    g_autoptr(GArray) left = policy_reserve_find_cpus(self, machine);

    return guest_set_subtract(machine->cpus, left);
}

GArray *
policy_reserve_limit_cpus(const GArray *cpus, const GArray *allowed)
{
    g_autoptr(GArray) both = guest_set_intersect(cpus, allowed);

    return both->len > 0 ? g_steal_pointer(&both) : g_array_copy((GArray *)allowed);
}

/* ---- checks ---- */

static gboolean G_GNUC_PRINTF(2, 3) refuse(GError **error, const char *format, ...)
{
    g_autofree char *why = NULL;
    va_list arguments;

    va_start(arguments, format);
    why = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, POLICY_ERROR, POLICY_ERROR_TERMS, why);
    return FALSE;
}

static gboolean
has_node(const PolicyMachine *machine, guint number)
{
    guint i;

    for (i = 0; i < machine->nodes->len; i++) {
        if (g_array_index(machine->nodes, PolicyNode, i).number == number)
            return TRUE;
    }
    return FALSE;
}

static gboolean
check_sets(const PolicyTerms *terms, const PolicyMachine *machine, const GArray *cpus,
           GError **error)
{
    guint i;

    if (terms->cpus) {
        g_autoptr(GArray) both = guest_set_intersect(terms->cpus, cpus);

        if (both->len == 0)
            return refuse(error,
                          "line %u: partition '%s': this host has none of its CPUs for guests",
                          terms->line, terms->name);
    }
    for (i = 0; terms->nodes && i < terms->nodes->len; i++) {
        guint number = g_array_index(terms->nodes, guint, i);

        if (!has_node(machine, number))
            return refuse(error, "line %u: partition '%s': this host has no memory node %u",
                          terms->line, terms->name, number);
    }
    return TRUE;
}

/* What is promised at the top has to be there for all at once. */
static gboolean
check_guarantees(const Policy *policy, guint64 memory, guint n_cpus, GError **error)
{
    guint64 kib = 0;
    guint64 cpu = 0;
    guint i;

    for (i = 0; i < policy->terms->len; i++) {
        const PolicyTerms *terms = g_ptr_array_index(policy->terms, i);

        if (policy_terms_are_of_root(terms)) {
            kib += terms->guarantee_kib;
            cpu += terms->cpu_guarantee;
        }
    }
    if (kib > memory / KIB)
        return refuse(error,
                      "partitions are guaranteed %" G_GUINT64_FORMAT " MiB of memory, and guests "
                      "have %" G_GUINT64_FORMAT " MiB on this host",
                      kib / KIB, memory / MIB);
    if (cpu > (guint64)n_cpus * 1000)
        return refuse(error, "partitions are guaranteed %.3f CPUs, and guests have %u on this host",
                      cpu / 1000.0, n_cpus);
    return TRUE;
}

gboolean
policy_reserve_check(const Policy *policy, const PolicyMachine *machine, GError **error)
{
    const guint64 memory = policy_reserve_find_memory(&policy->reserve, machine);
    g_autoptr(GArray) cpus = policy_reserve_find_cpus(&policy->reserve, machine);
    guint i;

    if (memory == 0)
        return refuse(error,
                      "%" G_GUINT64_FORMAT " MiB of memory are reserved, and this host has "
                      "%" G_GUINT64_FORMAT,
                      policy->reserve.memory_kib / KIB, machine->memory / MIB);
    if (policy->reserve.n_cpus >= machine->cpus->len)
        return refuse(error, "%u CPUs are reserved, and this host has %u", policy->reserve.n_cpus,
                      machine->cpus->len);
    if (policy->reserve.cpus) {
        g_autoptr(GArray) left = guest_set_subtract(machine->cpus, policy->reserve.cpus);

        if (left->len == 0)
            return refuse(error, "all CPUs that this host has are reserved");
    }

    for (i = 0; i < policy->terms->len; i++) {
        if (!check_sets(g_ptr_array_index(policy->terms, i), machine, cpus, error))
            return FALSE;
    }
    return check_guarantees(policy, memory, cpus->len, error);
}
