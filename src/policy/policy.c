/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Partitions are a tree.  Those right below the root share the host, by priority and guarantee;
 * what is below them shares what they have, as the kernel lets it.  So a guarantee below must be
 * one above as well, or it is none.
 */
#include <config.h>

#include <string.h>

#include "guest-memtune.h"
#include "policy-partition.h"
#include "policy.h"

G_DEFINE_QUARK(policy - error - quark, policy_error)

Policy *
policy_new(void)
{
    Policy *self = g_new0(Policy, 1);

    g_atomic_ref_count_init(&self->refs);
    self->terms = g_ptr_array_new_with_free_func((GDestroyNotify)policy_terms_free);
    return self;
}

Policy *
policy_copy(const Policy *self)
{
    Policy *copy = policy_new();

    copy->layout = self->layout;
    copy->reactions = self->reactions;
    copy->reserve = self->reserve;
    if (copy->reserve.cpus)
        copy->reserve.cpus = g_array_copy(copy->reserve.cpus);
    g_ptr_array_unref(copy->terms);
    copy->terms = g_ptr_array_ref(self->terms);
    return copy;
}

Policy *
policy_ref(Policy *self)
{
    g_atomic_ref_count_inc(&self->refs);
    return self;
}

void
policy_unref(Policy *self)
{
    if (!self || !g_atomic_ref_count_dec(&self->refs))
        return;

    g_clear_pointer(&self->reserve.cpus, g_array_unref);
    g_ptr_array_unref(self->terms);
    g_free(self);
}

const PolicyTerms *
policy_find(const Policy *self, const char *partition)
{
    guint i;

    for (i = 0; i < self->terms->len; i++) {
        const PolicyTerms *terms = g_ptr_array_index(self->terms, i);

        if (g_str_equal(terms->name, partition))
            return terms;
    }
    return NULL;
}

GuestReactions
policy_find_reactions(const Policy *self, const char *partition)
{
    GuestReactions reactions = {.on_oom = {.given = FALSE}};
    g_autofree char *name = g_strdup(partition);

    while (strlen(name) > 1) {
        const PolicyTerms *terms = policy_find(self, name);
        char *above = g_path_get_dirname(name);

        if (terms)
            guest_reactions_fall_back(&reactions, &terms->reactions);
        g_free(name);
        name = above;
    }
    guest_reactions_fall_back(&reactions, &self->reactions);
    return reactions;
}

PolicyTerms *
policy_terms_new(const char *name)
{
    PolicyTerms *self = g_new0(PolicyTerms, 1);

    self->name = g_strdup(name);
    self->priority = POLICY_PRIORITY_DEFAULT;
    guest_memtune_init(&self->memtune);
    guest_blkiotune_init(&self->blkiotune);
    return self;
}

void
policy_terms_free(PolicyTerms *self)
{
    if (!self)
        return;

    guest_blkiotune_clear(&self->blkiotune);
    g_clear_pointer(&self->cpus, g_array_unref);
    g_clear_pointer(&self->nodes, g_array_unref);
    g_free(self->name);
    g_free(self);
}

gboolean
policy_terms_are_of_root(const PolicyTerms *self)
{
    return strchr(self->name + 1, '/') == NULL;
}

gboolean
policy_shares_memory(const Policy *self)
{
    guint i;

    if (self->reserve.memory_kib > 0)
        return TRUE;
    for (i = 0; i < self->terms->len; i++) {
        const PolicyTerms *terms = g_ptr_array_index(self->terms, i);

        if (policy_terms_are_of_root(terms) && terms->guarantee_kib > 0)
            return TRUE;
    }
    return FALSE;
}

gboolean
policy_shares_cpu(const Policy *self)
{
    guint i;

    for (i = 0; i < self->terms->len; i++) {
        const PolicyTerms *terms = g_ptr_array_index(self->terms, i);

        if (policy_terms_are_of_root(terms) &&
            (terms->cpu_guarantee > 0 || terms->cputune.has_shares ||
             terms->priority != POLICY_PRIORITY_DEFAULT))
            return TRUE;
    }
    return FALSE;
}

static gboolean
is_right_below(const PolicyTerms *below, const PolicyTerms *above)
{
    const gsize length = strlen(above->name);

    return g_str_has_prefix(below->name, above->name) && below->name[length] == '/' &&
           !strchr(below->name + length + 1, '/');
}

static gboolean G_GNUC_PRINTF(3, 4)
    refuse(const PolicyTerms *terms, GError **error, const char *format, ...)
{
    g_autofree char *why = NULL;
    va_list arguments;

    va_start(arguments, format);
    why = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, POLICY_ERROR, POLICY_ERROR_TERMS, "line %u: partition '%s' %s", terms->line,
                terms->name, why);
    return FALSE;
}

static gboolean
check_guarantee(const PolicyTerms *terms, GError **error)
{
    const guint64 most = MIN(terms->memtune.hard_limit_kib, terms->memtune.swap_hard_limit_kib);

    if (most == 0)
        return refuse(terms, error, "may have no memory at all, and so no guests");
    if (terms->guarantee_kib <= most)
        return TRUE;
    return refuse(terms, error,
                  "is guaranteed %" G_GUINT64_FORMAT " KiB of memory, and may have no more than "
                  "%" G_GUINT64_FORMAT,
                  terms->guarantee_kib, most);
}

/* What is promised to those right below has to be there. */
static gboolean
check_below(const Policy *self, const PolicyTerms *terms, GError **error)
{
    guint64 kib = 0;
    guint64 cpu = 0;
    guint i;

    for (i = 0; i < self->terms->len; i++) {
        const PolicyTerms *below = g_ptr_array_index(self->terms, i);

        if (is_right_below(below, terms)) {
            kib += below->guarantee_kib;
            cpu += below->cpu_guarantee;
        }
    }
    if (kib > terms->guarantee_kib)
        return refuse(terms, error,
                      "is guaranteed %" G_GUINT64_FORMAT " KiB of memory, and those below it "
                      "%" G_GUINT64_FORMAT,
                      terms->guarantee_kib, kib);
    if (cpu > terms->cpu_guarantee)
        return refuse(terms, error, "is guaranteed %.3f CPUs, and those below it %.3f",
                      terms->cpu_guarantee / 1000.0, cpu / 1000.0);
    return TRUE;
}

/* A promise below nobody's promise would be kept by chance. */
static gboolean
check_above(const Policy *self, const PolicyTerms *terms, GError **error)
{
    g_autofree char *above = g_path_get_dirname(terms->name);

    if (policy_terms_are_of_root(terms) || policy_find(self, above) ||
        (terms->guarantee_kib == 0 && terms->cpu_guarantee == 0))
        return TRUE;
    return refuse(terms, error, "has a guarantee, and '%s' above it is not described", above);
}

/* "/a" is "a.partition" to libvirt, and so is "/a.partition": what is promised to one would be
 * taken from the other. */
static gboolean
check_name(const Policy *self, const PolicyTerms *terms, GError **error)
{
    g_autofree char *path = policy_partition_build_stock(terms->name, NULL);
    guint i;

    if (policy_find(self, terms->name) != terms)
        return refuse(terms, error, "has been described before");
    for (i = 0; path && g_ptr_array_index(self->terms, i) != terms; i++) {
        const PolicyTerms *other = g_ptr_array_index(self->terms, i);
        g_autofree char *others = policy_partition_build_stock(other->name, NULL);

        if (g_strcmp0(path, others) == 0)
            return refuse(terms, error, "has been described before, as '%s': both are '%s'",
                          other->name, path);
    }
    return TRUE;
}

static gboolean
check_terms(const Policy *self, const PolicyTerms *terms, GError **error)
{
    if (!check_name(self, terms, error))
        return FALSE;
    if (!policy_terms_are_of_root(terms) && terms->priority != POLICY_PRIORITY_DEFAULT)
        return refuse(terms, error, "is below another, and only those at the top have a priority");
    return check_guarantee(terms, error) && check_above(self, terms, error) &&
           check_below(self, terms, error);
}

/* What is to be kept from guests together takes a group that they are in together. */
static gboolean
check_layout(const Policy *self, GError **error)
{
    if (self->layout != GUEST_LAYOUT_SINGLE || self->reserve.memory_kib == 0)
        return TRUE;
    g_set_error(error, POLICY_ERROR, POLICY_ERROR_TERMS,
                "layout '%s' has guests side by side with libvirtd, where no memory can be "
                "reserved from all of them",
                guest_layout_format(self->layout));
    return FALSE;
}

gboolean
policy_check(const Policy *self, GError **error)
{
    guint i;

    if (!check_layout(self, error))
        return FALSE;
    for (i = 0; i < self->terms->len; i++) {
        if (!check_terms(self, g_ptr_array_index(self->terms, i), error))
            return FALSE;
    }
    return TRUE;
}
