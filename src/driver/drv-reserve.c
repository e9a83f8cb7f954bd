/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the host keeps for itself, read and set over a connection.
 *
 * libvirt has one call for how the host as a whole deals with its memory, which takes parameters
 * by name: virNodeSetMemoryParameters().  Those of stock are about pages that guests share.
 * Ours stand behind them under names that begin with "corral.", and a client that does not know
 * them shows them or passes them over.
 *
 * What is set holds until the policy file says something new (drv-policy.c).
 */
#include <config.h>

#include <string.h>

#include "drv-error.h"
#include "drv-planner.h"
#include "drv-policy.h"
#include "drv-reserve.h"
#include "drv-stack.h"
#include "guest-set.h"
#include "policy-reserve.h"

#define KIB ((guint64)1024)

#define PREFIX "corral."
#define MEMORY PREFIX "reserve_memory"      /* KiB */
#define CPUS PREFIX "reserve_cpus"          /* "0-1": which; those that a number has come to */
#define N_CPUS PREFIX "reserve_cpu_count"   /* so many, whichever; to be set only */
#define GUESTS_MEMORY PREFIX "guest_memory" /* KiB that are left to guests; to be read only */

#define N_OURS 3

static gboolean
is_ours(const virTypedParameter *param)
{
    return g_str_has_prefix(param->field, PREFIX);
}

/* ---- get ---- */

/* Of the machine's CPUs those that guests do not get. */
static char *
format_reserved(const PolicyReserve *reserve, const PolicyMachine *machine)
{
    g_autoptr(GArray) kept = policy_reserve_find_kept_cpus(reserve, machine);

    return guest_set_format(kept);
}

static int
add_ours(virTypedParameterPtr params, int n, int room, unsigned int flags)
{
    g_autoptr(Policy) policy = drv_policy_get();
    g_autoptr(GError) error = NULL;
    g_autoptr(PolicyMachine) machine = policy_machine_read(NULL, &error);
    g_autofree char *cpus = machine ? format_reserved(&policy->reserve, machine) : NULL;

    if (!machine) {
        drv_error_report(g_steal_pointer(&error), NULL);
        return -1;
    }
    if (n < room && virTypedParameterAssign(&params[n++], MEMORY, VIR_TYPED_PARAM_ULLONG,
                                            (unsigned long long)policy->reserve.memory_kib) < 0)
        return -1;
    if (n < room &&
        virTypedParameterAssign(
            &params[n++], GUESTS_MEMORY, VIR_TYPED_PARAM_ULLONG,
            (unsigned long long)(policy_reserve_find_memory(&policy->reserve, machine) / KIB)) < 0)
        return -1;
    if (n < room && (flags & VIR_TYPED_PARAM_STRING_OKAY) &&
        virTypedParameterAssign(&params[n++], CPUS, VIR_TYPED_PARAM_STRING,
                                g_steal_pointer(&cpus)) < 0)
        return -1;
    return n;
}

int
drv_reserve_get(virConnectPtr conn, virTypedParameterPtr params, int *nparams, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(conn);
    const int room = *nparams;
    int stocks = 0;
    int n;

    /* Stock leaves the number as it is, also where there is room for more than it has. */
    if (stack->next->nodeGetMemoryParameters(conn, NULL, &stocks, flags) < 0)
        return -1;
    if (room == 0) {
        *nparams = stocks + N_OURS;
        return 0;
    }
    n = MIN(stocks, room);
    if (stack->next->nodeGetMemoryParameters(conn, params, &n, flags) < 0)
        return -1;
    n = add_ours(params, n, room, flags);
    if (n < 0)
        return -1;
    *nparams = n;
    return 0;
}

/* ---- set ---- */

typedef struct {
    guint64 memory_kib;
    guint n_cpus;
    GArray *cpus;
    DrvReserveChange change;
} Wanted;

static void
wanted_clear(Wanted *self)
{
    g_clear_pointer(&self->cpus, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wanted, wanted_clear)

static gboolean
take(Wanted *self, const virTypedParameter *param)
{
    if (g_str_equal(param->field, MEMORY)) {
        self->memory_kib = param->value.ul;
        self->change.memory_kib = &self->memory_kib;
    } else if (g_str_equal(param->field, N_CPUS)) {
        self->n_cpus = param->value.ui;
        self->change.n_cpus = &self->n_cpus;
    } else {
        self->cpus = guest_set_parse(param->value.s);
        if (!self->cpus || self->cpus->len == 0) {
            drv_error_raise(VIR_ERR_INVALID_ARG, "%s: '%s' is no set of CPUs", CPUS,
                            param->value.s);
            return FALSE;
        }
        self->change.cpus = self->cpus;
    }
    return TRUE;
}

static gboolean
parse(Wanted *self, virTypedParameterPtr params, int n)
{
    int i;

    if (virTypedParamsValidate(params, n, MEMORY, VIR_TYPED_PARAM_ULLONG, N_CPUS,
                               VIR_TYPED_PARAM_UINT, CPUS, VIR_TYPED_PARAM_STRING, NULL) < 0)
        return FALSE;
    for (i = 0; i < n; i++) {
        if (!take(self, &params[i]))
            return FALSE;
    }
    if (self->change.n_cpus && self->change.cpus) {
        drv_error_raise(VIR_ERR_INVALID_ARG, "%s and %s exclude each other", N_CPUS, CPUS);
        return FALSE;
    }
    return TRUE;
}

static gboolean
put_in_force(const DrvReserveChange *change)
{
    g_autoptr(GError) error = NULL;

    if (!drv_policy_set_reserve(change, &error)) {
        drv_error_raise(VIR_ERR_INVALID_ARG, "%s", error->message);
        return FALSE;
    }
    drv_planner_follow_policy();
    return TRUE;
}

/* As it was before; it was good then. */
static void
take_back(const PolicyReserve *before)
{
    const DrvReserveChange change = {&before->memory_kib, &before->n_cpus, before->cpus};
    virErrorPtr raised = NULL;

    virErrorPreserveLast(&raised);
    (void)!put_in_force(&change);
    virErrorRestore(&raised);
}

static int
set_ours(virConnectPtr conn, virTypedParameterPtr ours, int n_ours, virTypedParameterPtr stocks,
         int n_stocks, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(conn);
    g_autoptr(Policy) before = drv_policy_get();
    g_auto(Wanted) wanted = {0};

    if (virNodeSetMemoryParametersEnsureACL(conn) < 0 || !parse(&wanted, ours, n_ours) ||
        !put_in_force(&wanted.change))
        return -1;
    if (n_stocks == 0 || stack->next->nodeSetMemoryParameters(conn, stocks, n_stocks, flags) == 0)
        return 0;
    take_back(&before->reserve);
    return -1;
}

int
drv_reserve_set(virConnectPtr conn, virTypedParameterPtr params, int nparams, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(conn);
    g_autofree virTypedParameterPtr ours = g_new(virTypedParameter, nparams);
    g_autofree virTypedParameterPtr stocks = g_new(virTypedParameter, nparams);
    int n_ours = 0;
    int n_stocks = 0;
    int i;

    virCheckFlags(0, -1);
    /* Borrowed, strings and all. */
    for (i = 0; i < nparams; i++) {
        if (is_ours(&params[i]))
            ours[n_ours++] = params[i];
        else
            stocks[n_stocks++] = params[i];
    }
    if (n_ours == 0)
        return stack->next->nodeSetMemoryParameters(conn, params, nparams, flags);
    return set_ours(conn, ours, n_ours, stocks, n_stocks, flags);
}
