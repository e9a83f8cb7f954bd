/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Several settings of several groups, all or none.
 *
 * Nothing is written before everything has been checked, by the very functions
 * that will write it, on a view of the group whose writer only looks whether it
 * could.  Then what a group gets more of is written before what a group gets
 * less of, so nobody is short of something that another has not given up yet:
 * more from the top down, as a child's share may be bounded by its parent's,
 * and less from the bottom up.  When the kernel refuses one after all, what was
 * written is set back, the last one first.
 *
 * A setting that is as wanted already is not written.
 */
#include <config.h>


#include "cg-group.h"
#include "cg-host.h"
#include "cg-setting.h"
#include "cg-writer.h"
#include "corral-cpu.h"
#include "corral-error.h"
#include "corral-transaction.h"

typedef union {
    guint64 number;
    struct {
        gint64 quota_us;
        guint64 period_us;
    } ceiling;
} Value;

typedef struct _Kind Kind;

typedef struct {
    const Kind *kind;
    CorralGroup *group;
    CorralSetting setting; /* of a number */
    Value wanted;
    Value before;
} Step;

struct _Kind {
    gboolean (*get)(const Step *step, Value *value, GError **error);
    gboolean (*set)(const Step *step, CorralGroup *group, const Value *value, GError **error);
    /* As strcmp(): what lets the group have more is greater. */
    int (*compare)(const Step *step, const Value *a, const Value *b);
    char *(*name)(const Step *step);
};

struct _CorralTransaction {
    GObject parent_instance;

    GPtrArray *steps; /* owned Step */
};

G_DEFINE_FINAL_TYPE(CorralTransaction, corral_transaction, G_TYPE_OBJECT)

static void
step_free(Step *self)
{
    g_object_unref(self->group);
    g_free(self);
}

static void
corral_transaction_finalize(GObject *object)
{
    CorralTransaction *self = CORRAL_TRANSACTION(object);

    g_ptr_array_unref(self->steps);

    G_OBJECT_CLASS(corral_transaction_parent_class)->finalize(object);
}

static void
corral_transaction_class_init(CorralTransactionClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = corral_transaction_finalize;
}

static void
corral_transaction_init(CorralTransaction *self)
{
    self->steps = g_ptr_array_new_with_free_func((GDestroyNotify)step_free);
}

/* ---- numbers ---- */

static gboolean
get_number(const Step *step, Value *value, GError **error)
{
    return corral_group_get(step->group, step->setting, &value->number, error);
}

static gboolean
set_number(const Step *step, CorralGroup *group, const Value *value, GError **error)
{
    return corral_group_set(group, step->setting, value->number, error);
}

static int
compare_numbers(const Step *step, const Value *a, const Value *b)
{
    int order = (a->number > b->number) - (a->number < b->number);

    return cg_setting_is_inverse(step->setting) ? -order : order;
}

static char *
name_number(const Step *step)
{
    return g_strdup(corral_setting_get_name(step->setting));
}

static const Kind number_kind = {get_number, set_number, compare_numbers, name_number};

/* ---- ceilings ---- */

static gboolean
get_ceiling(const Step *step, Value *value, GError **error)
{
    return corral_group_get_cpu_ceiling(step->group, &value->ceiling.quota_us,
                                        &value->ceiling.period_us, error);
}

static gboolean
set_ceiling(const Step *step G_GNUC_UNUSED, CorralGroup *group, const Value *value, GError **error)
{
    return corral_group_set_cpu_ceiling(group, value->ceiling.quota_us, value->ceiling.period_us,
                                        error);
}

/* How many CPUs' worth; of the same, one with a longer period comes later. */
static int
compare_ceilings(const Step *step G_GNUC_UNUSED, const Value *a, const Value *b)
{
    double x = a->ceiling.quota_us == CORRAL_CPU_UNLIMITED
                   ? G_MAXDOUBLE
                   : (double)a->ceiling.quota_us / (double)a->ceiling.period_us;
    double y = b->ceiling.quota_us == CORRAL_CPU_UNLIMITED
                   ? G_MAXDOUBLE
                   : (double)b->ceiling.quota_us / (double)b->ceiling.period_us;

    if (x < y || x > y)
        return x < y ? -1 : 1;
    return (a->ceiling.period_us > b->ceiling.period_us) -
           (a->ceiling.period_us < b->ceiling.period_us);
}

static char *
name_ceiling(const Step *step G_GNUC_UNUSED)
{
    return g_strdup("cpu-ceiling");
}

static const Kind ceiling_kind = {get_ceiling, set_ceiling, compare_ceilings, name_ceiling};

/* ---- the steps ---- */

static gboolean
is_same(const Step *a, const Step *b)
{
    return a->kind == b->kind && a->setting == b->setting &&
           corral_group_get_host(a->group) == corral_group_get_host(b->group) &&
           g_str_equal(corral_group_get_path(a->group), corral_group_get_path(b->group));
}

/* Takes @step; what was said before of the same setting no longer counts. */
static void
add_step(CorralTransaction *self, Step *step)
{
    guint i;

    for (i = 0; i < self->steps->len; i++) {
        if (is_same(g_ptr_array_index(self->steps, i), step)) {
            g_ptr_array_remove_index(self->steps, i);
            break;
        }
    }
    g_ptr_array_add(self->steps, step);
}

static Step *
step_new(const Kind *kind, CorralGroup *group)
{
    Step *step = g_new0(Step, 1);

    step->kind = kind;
    step->group = g_object_ref(group);
    return step;
}

/**
 * corral_transaction_new:
 *
 * Returns: (transfer full): a transaction that changes nothing yet
 * Since: 0.1
 */
CorralTransaction *
corral_transaction_new(void)
{
    return g_object_new(CORRAL_TYPE_TRANSACTION, NULL);
}

/**
 * corral_transaction_set:
 * @self: a transaction
 * @group: a group
 * @setting: which of its settings
 * @value: in the unit and the range that the setting's own function documents
 *
 * Adds a setting.  Nothing is checked or written yet.  Of several values for
 * one setting of one group the last counts.
 *
 * Since: 0.1
 */
void
corral_transaction_set(CorralTransaction *self, CorralGroup *group, CorralSetting setting,
                       guint64 value)
{
    Step *step = step_new(&number_kind, group);

    step->setting = setting;
    step->wanted.number = value;
    add_step(self, step);
}

/**
 * corral_transaction_set_cpu_ceiling:
 * @self: a transaction
 * @group: a group
 * @quota_us: time allowed in each period, or %CORRAL_CPU_UNLIMITED
 * @period_us: length of the period
 *
 * Adds a ceiling; see corral_transaction_set() and corral_group_set_cpu_ceiling().
 *
 * Since: 0.1
 */
void
corral_transaction_set_cpu_ceiling(CorralTransaction *self, CorralGroup *group, gint64 quota_us,
                                   guint64 period_us)
{
    Step *step = step_new(&ceiling_kind, group);

    step->wanted.ceiling.quota_us = quota_us;
    step->wanted.ceiling.period_us = period_us;
    add_step(self, step);
}

/* ---- check and commit ---- */

/* "group 'web', cpu-shares: ": a transaction has many culprits. */
static void
name_culprit(const Step *step, GError **error)
{
    g_autofree char *name = step->kind->name(step);

    g_prefix_error(error, "group '%s', %s: ", corral_group_get_path(step->group), name);
}

static gboolean
check_step(const Step *step, GError **error)
{
    g_autoptr(CorralGroup) view = NULL;

    if (!cg_host_check_writable(corral_group_get_host(step->group), "change settings", error))
        return FALSE;

    view = cg_group_new_view(step->group, &cg_writer_check, FALSE);
    return step->kind->set(step, view, &step->wanted, error);
}

/**
 * corral_transaction_check:
 * @self: a transaction
 * @error: where to put what went wrong
 *
 * Checks all settings as corral_transaction_commit() does at first: every value
 * is in its range, every group is there, has the controller, and may be written
 * by the caller.  Writes nothing.  The kernel may still refuse.
 *
 * %CORRAL_ERROR_RANGE, %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_UNSUPPORTED,
 * %CORRAL_ERROR_GONE, %CORRAL_ERROR_PERMISSION: of the first setting, in the order in
 * which they were added, that is not as it should be.
 *
 * Returns: (skip): %TRUE if nothing is known that speaks against it
 * Since: 0.1
 */
gboolean
corral_transaction_check(CorralTransaction *self, GError **error)
{
    guint i;

    for (i = 0; i < self->steps->len; i++) {
        const Step *step = g_ptr_array_index(self->steps, i);

        if (!check_step(step, error)) {
            name_culprit(step, error);
            return FALSE;
        }
    }

    return TRUE;
}

static gboolean
raises(const Step *step)
{
    return step->kind->compare(step, &step->wanted, &step->before) > 0;
}

static guint
depth(const Step *step)
{
    const char *path = corral_group_get_path(step->group);
    guint levels = path[0] != '\0';

    for (; *path; path++)
        levels += *path == '/';
    return levels;
}

/* Raises before cuts; raises from the top down, cuts from the bottom up. */
static gint
compare_steps(gconstpointer first, gconstpointer second)
{
    const Step *a = *(const Step *const *)first;
    const Step *b = *(const Step *const *)second;
    int order;

    if (raises(a) != raises(b))
        return raises(a) ? -1 : 1;

    order = (int)depth(a) - (int)depth(b);
    if (order == 0)
        order = (int)a->setting - (int)b->setting;
    return raises(a) ? order : -order;
}

/* (element-type Step) (transfer container): what has to be written, in order. */
static GPtrArray *
plan(CorralTransaction *self, GError **error)
{
    g_autoptr(GPtrArray) steps = g_ptr_array_new();
    guint i;

    for (i = 0; i < self->steps->len; i++) {
        Step *step = g_ptr_array_index(self->steps, i);

        if (!step->kind->get(step, &step->before, error)) {
            name_culprit(step, error);
            return NULL;
        }
        if (step->kind->compare(step, &step->wanted, &step->before) != 0)
            g_ptr_array_add(steps, step);
    }

    g_ptr_array_sort(steps, compare_steps);
    return g_steal_pointer(&steps);
}

/* The first @n of @steps, as they were; tells in @failure of those that could not be. */
static void
set_back(GPtrArray *steps, guint n, GError **failure)
{
    guint i;

    for (i = n; i > 0; i--) {
        const Step *step = g_ptr_array_index(steps, i - 1);
        g_autofree char *name = step->kind->name(step);
        g_autoptr(GError) again = NULL;

        if (!step->kind->set(step, step->group, &step->before, &again))
            g_prefix_error(failure, "group '%s' keeps its new %s (%s), after: ",
                           corral_group_get_path(step->group), name, again->message);
    }
}

/**
 * corral_transaction_commit:
 * @self: a transaction
 * @error: where to put what went wrong
 *
 * Checks all settings, then writes those that differ from what is in force:
 * first what gives a group more, then what takes from it.  If the kernel
 * refuses one, those written before are set back as they were; should that
 * fail, too, the message names what was not.
 *
 * A transaction may be committed again, and is then one against what is in
 * force by that time.  Errors are those of corral_transaction_check() and of the
 * settings' own functions, and name the group and the setting.
 *
 * Returns: (skip): %TRUE if all settings are in force
 * Since: 0.1
 */
gboolean
corral_transaction_commit(CorralTransaction *self, GError **error)
{
    g_autoptr(GPtrArray) steps = NULL;
    g_autoptr(GError) failure = NULL;
    guint i;

    if (!corral_transaction_check(self, error))
        return FALSE;
    steps = plan(self, error);
    if (!steps)
        return FALSE;

    for (i = 0; i < steps->len; i++) {
        const Step *step = g_ptr_array_index(steps, i);

        if (!step->kind->set(step, step->group, &step->wanted, &failure)) {
            name_culprit(step, &failure);
            set_back(steps, i, &failure);
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
    }

    return TRUE;
}
