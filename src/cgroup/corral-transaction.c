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
 *
 * What systemd has to be told of a group that is a unit is collected while the files
 * are written, and told in one call a unit when all of them are.  A call changes all or
 * nothing; those who were told already are told again what was before.
 */
#include <config.h>

#include "cg-group.h"
#include "cg-host.h"
#include "cg-step.h"
#include "cg-unit.h"
#include "cg-writer.h"
#include "corral-error.h"
#include "corral-transaction.h"

struct _CorralTransaction {
    GObject parent_instance;

    GPtrArray *steps; /* owned CgStep */
};

G_DEFINE_FINAL_TYPE(CorralTransaction, corral_transaction, G_TYPE_OBJECT)

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
    self->steps = g_ptr_array_new_with_free_func((GDestroyNotify)cg_step_free);
}

/* ---- the steps ---- */

/* Takes @step; what was said before of the same setting no longer counts. */
static void
add_step(CorralTransaction *self, CgStep *step)
{
    guint i;

    for (i = 0; i < self->steps->len; i++) {
        if (cg_step_is_same(g_ptr_array_index(self->steps, i), step)) {
            g_ptr_array_remove_index(self->steps, i);
            break;
        }
    }
    g_ptr_array_add(self->steps, step);
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
    add_step(self, cg_step_new_number(group, setting, value));
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
    add_step(self, cg_step_new_ceiling(group, quota_us, period_us));
}

/**
 * corral_transaction_set_memory_limits:
 * @self: a transaction
 * @group: a group
 * @limit: the most memory it may use
 * @total: the most memory and swap together
 *
 * Adds both limits as one, for neither order of the two may do; see
 * corral_transaction_set() and corral_group_set_memory_limits().
 *
 * Since: 0.1
 */
void
corral_transaction_set_memory_limits(CorralTransaction *self, CorralGroup *group, guint64 limit,
                                     guint64 total)
{
    add_step(self, cg_step_new_memory_limits(group, limit, total));
}

/**
 * corral_transaction_set_cpus:
 * @self: a transaction
 * @group: a group
 * @cpus: (array length=n_cpus) (nullable): numbers of CPUs
 * @n_cpus: how many
 *
 * Adds a set of CPUs; see corral_transaction_set() and corral_group_set_cpus().
 *
 * Since: 0.1
 */
void
corral_transaction_set_cpus(CorralTransaction *self, CorralGroup *group, const guint *cpus,
                            gsize n_cpus)
{
    add_step(self, cg_step_new_cpus(group, cpus, n_cpus));
}

/**
 * corral_transaction_set_memory_nodes:
 * @self: a transaction
 * @group: a group
 * @nodes: (array length=n_nodes) (nullable): numbers of memory nodes
 * @n_nodes: how many
 *
 * Adds a set of memory nodes; see corral_transaction_set() and
 * corral_group_set_memory_nodes().
 *
 * Since: 0.1
 */
void
corral_transaction_set_memory_nodes(CorralTransaction *self, CorralGroup *group, const guint *nodes,
                                    gsize n_nodes)
{
    add_step(self, cg_step_new_memory_nodes(group, nodes, n_nodes));
}

/**
 * corral_transaction_set_io_limits:
 * @self: a transaction
 * @group: a group
 * @limits: the limits on one device
 *
 * Adds the limits on one device; see corral_transaction_set() and
 * corral_group_set_io_limits().
 *
 * Since: 0.1
 */
void
corral_transaction_set_io_limits(CorralTransaction *self, CorralGroup *group,
                                 const CorralIoLimits *limits)
{
    add_step(self, cg_step_new_io_limits(group, limits));
}

/* ---- check and commit ---- */

/* "group 'web', cpu-shares: ": a transaction has many culprits. */
static void
name_culprit(const CgStep *step, GError **error)
{
    g_autofree char *name = cg_step_get_name(step);

    g_prefix_error(error, "group '%s', %s: ", corral_group_get_path(step->group), name);
}

/* A value that is refused for what is in force now may be right after the steps before it. */
static gboolean
check_step(const CgStep *step, GError **error)
{
    g_autoptr(CorralGroup) view = NULL;
    g_autoptr(GError) failure = NULL;

    if (!cg_host_check_writable(corral_group_get_host(step->group), "change settings", error))
        return FALSE;

    view = cg_group_new_view(step->group, &cg_writer_check, FALSE);
    if (cg_step_write(step, view, &step->wanted, &failure) ||
        g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_REFUSED))
        return TRUE;

    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

/**
 * corral_transaction_check:
 * @self: a transaction
 * @error: where to put what went wrong
 *
 * Checks all settings as corral_transaction_commit() does at first: every value
 * is in its range, every group is there, has the controller, and may be written
 * by the caller.  Writes nothing.  Whether a value fits to those of the groups above
 * and below is not checked: it may do so only after other settings.
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
        const CgStep *step = g_ptr_array_index(self->steps, i);

        if (!check_step(step, error)) {
            name_culprit(step, error);
            return FALSE;
        }
    }

    return TRUE;
}

static gboolean
raises(const CgStep *step)
{
    return cg_step_compare(step) > 0;
}

static guint
depth(const CgStep *step)
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
    const CgStep *a = *(const CgStep *const *)first;
    const CgStep *b = *(const CgStep *const *)second;
    int order;

    if (raises(a) != raises(b))
        return raises(a) ? -1 : 1;

    order = (int)depth(a) - (int)depth(b);
    if (order == 0)
        order = (int)a->setting - (int)b->setting;
    return raises(a) ? order : -order;
}

/* (element-type CgStep) (transfer container): what has to be written, in order. */
static GPtrArray *
plan(CorralTransaction *self, GError **error)
{
    g_autoptr(GPtrArray) steps = g_ptr_array_new();
    guint i;

    for (i = 0; i < self->steps->len; i++) {
        CgStep *step = g_ptr_array_index(self->steps, i);

        if (!cg_step_look(step, error)) {
            name_culprit(step, error);
            return NULL;
        }
        if (cg_step_compare(step) != 0)
            g_ptr_array_add(steps, step);
    }

    g_ptr_array_sort(steps, compare_steps);
    return g_steal_pointer(&steps);
}

/* ---- groups that are units ---- */

/* How a transaction writes to one group. */
typedef struct {
    CorralGroup *view;
    CgUnitCall *call;
    gboolean told;
} Way;

static void
way_free(Way *self)
{
    g_object_unref(self->view);
    g_clear_pointer(&self->call, cg_unit_call_free);
    g_free(self);
}

/* That of @group, which is there from the first time on. */
static Way *
find_way(GHashTable *ways, CorralGroup *group)
{
    Way *way = g_hash_table_lookup(ways, group);
    const char *unit;
    CgManager *manager;

    if (way)
        return way;

    way = g_new0(Way, 1);
    unit = cg_group_get_unit(group, &manager);
    if (unit) {
        way->view = cg_group_new_view(group, NULL, FALSE);
        way->call = cg_unit_call_new(manager, unit);
        cg_group_collect(way->view, way->call);
    } else {
        way->view = g_object_ref(group);
    }
    g_hash_table_insert(ways, group, way);
    return way;
}

static gboolean
tell(GHashTable *ways, GError **error)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, ways);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Way *way = value;

        if (way->call && !cg_unit_call_send(way->call, error))
            return FALSE;
        way->told = TRUE;
    }

    return TRUE;
}

/* Who was not told of it need not be told that it is over. */
static gboolean
set_step_back(GHashTable *ways, const CgStep *step, GError **error)
{
    const Way *way = find_way(ways, step->group);

    return cg_step_set_back(step, way->told ? step->group : way->view, error);
}

/* The first @n of @steps, as they were; tells in @failure of those that could not be. */
static void
set_back(GHashTable *ways, GPtrArray *steps, guint n, GError **failure)
{
    guint i;

    for (i = n; i > 0; i--) {
        const CgStep *step = g_ptr_array_index(steps, i - 1);
        g_autofree char *name = cg_step_get_name(step);
        g_autoptr(GError) again = NULL;

        if (!set_step_back(ways, step, &again))
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
    g_autoptr(GHashTable) ways = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)way_free);
    g_autoptr(GPtrArray) steps = NULL;
    g_autoptr(GError) failure = NULL;
    guint i;

    if (!corral_transaction_check(self, error))
        return FALSE;
    steps = plan(self, error);
    if (!steps)
        return FALSE;

    for (i = 0; i < steps->len && !failure; i++) {
        const CgStep *step = g_ptr_array_index(steps, i);

        if (!cg_step_write(step, find_way(ways, step->group)->view, &step->wanted, &failure)) {
            name_culprit(step, &failure);
            break;
        }
    }
    if (!failure && tell(ways, &failure))
        return TRUE;

    set_back(ways, steps, i, &failure);
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}
