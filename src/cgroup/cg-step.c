/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kinds of steps of a transaction: how each is read, written and compared. */
#include <config.h>

#include <stdlib.h>

#include "cg-setting.h"
#include "cg-step.h"
#include "corral-cpu.h"
#include "corral-cpuset.h"
#include "corral-memory.h"

struct _CgStepKind {
    const char *name; /* NULL: the setting's */
    gboolean (*get)(const CgStep *step, CgStepValue *value, GError **error);
    gboolean (*set)(const CgStep *step, CorralGroup *group, const CgStepValue *value,
                    GError **error);
    int (*compare)(const CgStep *step, const CgStepValue *a, const CgStepValue *b);
    /* NULL: the value from before is set like any other. */
    gboolean (*set_back)(const CgStep *step, CorralGroup *group, GError **error);
};

static CgStep *
step_new(const CgStepKind *kind, CorralGroup *group)
{
    CgStep *self = g_new0(CgStep, 1);

    self->kind = kind;
    self->group = g_object_ref(group);
    return self;
}

static void
value_clear(CgStepValue *value)
{
    g_clear_pointer(&value->numbers, g_array_unref);
}

void
cg_step_free(CgStep *self)
{
    value_clear(&self->wanted);
    value_clear(&self->before);
    g_object_unref(self->group);
    g_free(self);
}

static int
compare_u64(guint64 a, guint64 b)
{
    return (a > b) - (a < b);
}

/* ---- numbers ---- */

/* A weight may be what became of shares; these are noted, or they would come back rounded. */
static gboolean
get_number(const CgStep *step, CgStepValue *value, GError **error)
{
    if (!corral_group_get(step->group, step->setting, &value->number, error))
        return FALSE;

    return step->setting != CORRAL_SETTING_CPU_WEIGHT ||
           corral_group_get_cpu_shares(step->group, &value->other, error);
}

static gboolean
set_number(const CgStep *step, CorralGroup *group, const CgStepValue *value, GError **error)
{
    return corral_group_set(group, step->setting, value->number, error);
}

static gboolean
set_number_back(const CgStep *step, CorralGroup *group, GError **error)
{
    if (step->setting == CORRAL_SETTING_CPU_WEIGHT)
        return corral_group_set_cpu_shares(group, step->before.other, error);

    return set_number(step, group, &step->before, error);
}

static int
compare_numbers(const CgStep *step, const CgStepValue *a, const CgStepValue *b)
{
    int order = compare_u64(a->number, b->number);

    return cg_setting_is_inverse(step->setting) ? -order : order;
}

static const CgStepKind number_kind = {NULL, get_number, set_number, compare_numbers,
                                       set_number_back};

CgStep *
cg_step_new_number(CorralGroup *group, CorralSetting setting, guint64 value)
{
    CgStep *self = step_new(&number_kind, group);

    self->setting = setting;
    self->wanted.number = value;
    return self;
}

/* ---- ceilings ---- */

static gboolean
get_ceiling(const CgStep *step, CgStepValue *value, GError **error)
{
    return corral_group_get_cpu_ceiling(step->group, &value->quota_us, &value->other, error);
}

static gboolean
set_ceiling(const CgStep *step G_GNUC_UNUSED, CorralGroup *group, const CgStepValue *value,
            GError **error)
{
    return corral_group_set_cpu_ceiling(group, value->quota_us, value->other, error);
}

/* How many CPUs' worth. */
static double
worth(const CgStepValue *ceiling)
{
    return ceiling->quota_us == CORRAL_CPU_UNLIMITED
               ? G_MAXDOUBLE
               : (double)ceiling->quota_us / (double)ceiling->other;
}

/* Of two that are worth the same, the one with the longer period comes later. */
static int
compare_ceilings(const CgStep *step G_GNUC_UNUSED, const CgStepValue *a, const CgStepValue *b)
{
    double x = worth(a);
    double y = worth(b);

    if (x < y || x > y)
        return x < y ? -1 : 1;
    return compare_u64(a->other, b->other);
}

static const CgStepKind ceiling_kind = {"cpu-ceiling", get_ceiling, set_ceiling, compare_ceilings,
                                        NULL};

CgStep *
cg_step_new_ceiling(CorralGroup *group, gint64 quota_us, guint64 period_us)
{
    CgStep *self = step_new(&ceiling_kind, group);

    self->wanted.quota_us = quota_us;
    self->wanted.other = period_us;
    return self;
}

/* ---- memory, and memory with swap ---- */

static gboolean
get_memory_limits(const CgStep *step, CgStepValue *value, GError **error)
{
    return corral_group_get_memory_limit(step->group, &value->number, error) &&
           corral_group_get_memory_total_limit(step->group, &value->other, error);
}

static gboolean
set_memory_limits(const CgStep *step G_GNUC_UNUSED, CorralGroup *group, const CgStepValue *value,
                  GError **error)
{
    return corral_group_set_memory_limits(group, value->number, value->other, error);
}

static int
compare_memory_limits(const CgStep *step G_GNUC_UNUSED, const CgStepValue *a, const CgStepValue *b)
{
    int order = compare_u64(a->number, b->number);

    return order != 0 ? order : compare_u64(a->other, b->other);
}

static const CgStepKind memory_limits_kind = {"memory-limits", get_memory_limits, set_memory_limits,
                                              compare_memory_limits, NULL};

CgStep *
cg_step_new_memory_limits(CorralGroup *group, guint64 limit, guint64 total)
{
    CgStep *self = step_new(&memory_limits_kind, group);

    self->wanted.number = limit;
    self->wanted.other = total;
    return self;
}

/* ---- sets of CPUs and of memory nodes ---- */

static gint
compare_guints(gconstpointer a, gconstpointer b)
{
    return compare_u64(*(const guint *)a, *(const guint *)b);
}

static GArray *
set_of(const guint *numbers, gsize n)
{
    GArray *array = g_array_sized_new(FALSE, FALSE, sizeof(guint), n);

    if (n > 0)
        g_array_append_vals(array, numbers, n);
    g_array_sort(array, compare_guints);
    return array;
}

static const guint *
numbers_of(const CgStepValue *value)
{
    return (const guint *)(gconstpointer)value->numbers->data;
}

static gboolean
has_all(const GArray *set, const GArray *of)
{
    guint i;

    for (i = 0; i < of->len; i++) {
        if (!bsearch(&g_array_index(of, guint, i), set->data, set->len, sizeof(guint),
                     compare_guints))
            return FALSE;
    }

    return TRUE;
}

/* No set at all means those of the group above, which are more than any.  A set that has
 * some more and some less is a cut: what is given up must not be missed. */
static int
compare_sets(const CgStep *step G_GNUC_UNUSED, const CgStepValue *a, const CgStepValue *b)
{
    if (a->numbers->len == 0 || b->numbers->len == 0)
        return (a->numbers->len == 0) - (b->numbers->len == 0);
    if (!has_all(a->numbers, b->numbers))
        return -1;

    return has_all(b->numbers, a->numbers) ? 0 : 1;
}

static gboolean
get_cpus(const CgStep *step, CgStepValue *value, GError **error)
{
    value->numbers = corral_group_get_cpus(step->group, error);
    return value->numbers != NULL;
}

static gboolean
set_cpus(const CgStep *step G_GNUC_UNUSED, CorralGroup *group, const CgStepValue *value,
         GError **error)
{
    return corral_group_set_cpus(group, numbers_of(value), value->numbers->len, error);
}

static const CgStepKind cpus_kind = {"cpus", get_cpus, set_cpus, compare_sets, NULL};

CgStep *
cg_step_new_cpus(CorralGroup *group, const guint *cpus, gsize n_cpus)
{
    CgStep *self = step_new(&cpus_kind, group);

    self->wanted.numbers = set_of(cpus, n_cpus);
    return self;
}

static gboolean
get_memory_nodes(const CgStep *step, CgStepValue *value, GError **error)
{
    value->numbers = corral_group_get_memory_nodes(step->group, error);
    return value->numbers != NULL;
}

static gboolean
set_memory_nodes(const CgStep *step G_GNUC_UNUSED, CorralGroup *group, const CgStepValue *value,
                 GError **error)
{
    return corral_group_set_memory_nodes(group, numbers_of(value), value->numbers->len, error);
}

static const CgStepKind memory_nodes_kind = {"memory-nodes", get_memory_nodes, set_memory_nodes,
                                             compare_sets, NULL};

CgStep *
cg_step_new_memory_nodes(CorralGroup *group, const guint *nodes, gsize n_nodes)
{
    CgStep *self = step_new(&memory_nodes_kind, group);

    self->wanted.numbers = set_of(nodes, n_nodes);
    return self;
}

/* ---- limits of block I/O ---- */

static gboolean
get_io_limits(const CgStep *step, CgStepValue *value, GError **error)
{
    return corral_group_get_io_limits(step->group, &step->wanted.io.device, &value->io, error);
}

static gboolean
set_io_limits(const CgStep *step G_GNUC_UNUSED, CorralGroup *group, const CgStepValue *value,
              GError **error)
{
    return corral_group_set_io_limits(group, &value->io, error);
}

/* One that is lower makes all of it a cut. */
static int
compare_io_limits(const CgStep *step G_GNUC_UNUSED, const CgStepValue *a, const CgStepValue *b)
{
    const int orders[] = {
        compare_u64(a->io.read_bps, b->io.read_bps),
        compare_u64(a->io.write_bps, b->io.write_bps),
        compare_u64(a->io.read_iops, b->io.read_iops),
        compare_u64(a->io.write_iops, b->io.write_iops),
    };
    int highest = 0;
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(orders); i++) {
        if (orders[i] < 0)
            return -1;
        highest = MAX(highest, orders[i]);
    }

    return highest;
}

static const CgStepKind io_limits_kind = {"io-limits", get_io_limits, set_io_limits,
                                          compare_io_limits, NULL};

CgStep *
cg_step_new_io_limits(CorralGroup *group, const CorralIoLimits *limits)
{
    CgStep *self = step_new(&io_limits_kind, group);

    self->wanted.io = *limits;
    return self;
}

/* ---- any kind ---- */

gboolean
cg_step_is_same(const CgStep *self, const CgStep *other)
{
    const CorralDevice *a = &self->wanted.io.device;
    const CorralDevice *b = &other->wanted.io.device;

    return self->kind == other->kind && self->setting == other->setting && a->type == b->type &&
           a->major == b->major && a->minor == b->minor &&
           corral_group_get_host(self->group) == corral_group_get_host(other->group) &&
           g_str_equal(corral_group_get_path(self->group), corral_group_get_path(other->group));
}

char *
cg_step_get_name(const CgStep *self)
{
    return g_strdup(self->kind->name ? self->kind->name : corral_setting_get_name(self->setting));
}

gboolean
cg_step_look(CgStep *self, GError **error)
{
    value_clear(&self->before);
    return self->kind->get(self, &self->before, error);
}

gboolean
cg_step_write(const CgStep *self, CorralGroup *group, const CgStepValue *value, GError **error)
{
    return self->kind->set(self, group, value, error);
}

gboolean
cg_step_set_back(const CgStep *self, CorralGroup *group, GError **error)
{
    if (self->kind->set_back)
        return self->kind->set_back(self, group, error);

    return self->kind->set(self, group, &self->before, error);
}

int
cg_step_compare(const CgStep *self)
{
    return self->kind->compare(self, &self->wanted, &self->before);
}
