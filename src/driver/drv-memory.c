/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory parameters.
 *
 * As with the scheduler's (drv-sched.c) the persistent definition is stock's and
 * the running guest is ours.  Two things are not as stock has them:
 *
 * A hard limit must not be above the limit of memory and swap.  Whichever of the
 * two a call does not give, stock takes from the live definition, also when it
 * is the persistent one that is changed.  Here the one is taken from where the
 * other goes; for the persistent definition by giving stock both.
 *
 * Stock knows no min_guarantee.  A running guest can have one where the kernel
 * can; it is listed behind stock's three while there is one.  A definition with
 * one would be refused, so it is never part of that.
 */
#include <config.h>

#include <string.h>

#include "drv-error.h"
#include "drv-governor.h"
#include "drv-memory.h"
#include "drv-running.h"
#include "drv-tune-memory.h"

/* In the order in which stock returns them. */
static const char *const names[DRV_N_MEMORY] = {
    [DRV_MEMORY_HARD] = VIR_DOMAIN_MEMORY_HARD_LIMIT,
    [DRV_MEMORY_SOFT] = VIR_DOMAIN_MEMORY_SOFT_LIMIT,
    [DRV_MEMORY_SWAP_HARD] = VIR_DOMAIN_MEMORY_SWAP_HARD_LIMIT,
    [DRV_MEMORY_GUARANTEE] = VIR_DOMAIN_MEMORY_MIN_GUARANTEE,
};

#define N_STOCK DRV_MEMORY_GUARANTEE

/* 2^63 bytes less a page of 64 KiB, the largest there is. */
#define MOST_KIB (GUEST_MEMORY_UNLIMITED_KIB - 63)

static DrvGroup *
open_group(DrvStack *stack, DrvSubject *subject)
{
    return drv_running_open_group(stack, subject, CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_MEMORY),
                                  "cgroup memory controller is not mounted");
}

static gboolean
read_live(DrvGroup *group, const char *name, DrvMemory *now)
{
    g_autoptr(GError) error = NULL;

    if (drv_tune_memory_read(drv_group_get_whole(group), now, &error))
        return TRUE;

    drv_error_report(g_steal_pointer(&error), name);
    return FALSE;
}

static gboolean
has_guarantee(const DrvMemory *memory)
{
    return memory->given[DRV_MEMORY_GUARANTEE] && memory->kib[DRV_MEMORY_GUARANTEE] != 0;
}

/* For room of 0 only the number is wanted, and the group may be missing. */
static int
get_live(DrvStack *stack, DrvSubject *subject, virTypedParameterPtr params, int *nparams)
{
    g_autoptr(DrvGroup) group = open_group(stack, subject);
    DrvMemory now;
    int n, i;

    if (!group && *nparams == 0) {
        virResetLastError();
        *nparams = N_STOCK;
        return 0;
    }
    if (!group || !read_live(group, subject->def.name, &now))
        return -1;

    n = has_guarantee(&now) ? DRV_N_MEMORY : N_STOCK;
    if (*nparams == 0) {
        *nparams = n;
        return 0;
    }

    n = MIN(n, *nparams);
    for (i = 0; i < n; i++) {
        if (virTypedParameterAssign(&params[i], names[i], VIR_TYPED_PARAM_ULLONG,
                                    (unsigned long long)now.kib[i]) < 0)
            return -1;
    }
    *nparams = n;
    return 0;
}

int
drv_memory_get(virDomainPtr dom, virTypedParameterPtr params, int *nparams, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    g_auto(DrvSubject) subject = {NULL};
    DrvReach reach;

    virCheckFlags(VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG | VIR_TYPED_PARAM_STRING_OKAY,
                  -1);

    reach = drv_running_begin_read(dom, virDomainGetMemoryParametersEnsureACL, flags, &subject);
    if (reach == DRV_REACH_FAILED)
        return -1;
    if (reach == DRV_REACH_STOCK)
        return stack->next->domainGetMemoryParameters(dom, params, nparams, flags);

    return get_live(stack, &subject, params, nparams);
}

static void
read_params(const virTypedParameter *params, int nparams, DrvMemory *wanted)
{
    guint field;
    int i;

    memset(wanted, 0, sizeof(*wanted));
    for (i = 0; i < nparams; i++) {
        for (field = 0; field < DRV_N_MEMORY; field++) {
            if (g_str_equal(params[i].field, names[field])) {
                wanted->given[field] = TRUE;
                wanted->kib[field] = params[i].value.ul;
            }
        }
    }
}

static gboolean
sets_limits(const DrvMemory *wanted)
{
    return wanted->given[DRV_MEMORY_HARD] || wanted->given[DRV_MEMORY_SWAP_HARD];
}

/* The last few numbers are more than the kernel can count, and no limit. */
static guint64
as_limit(guint64 kib)
{
    return kib >= MOST_KIB && kib < GUEST_MEMORY_UNLIMITED_KIB ? GUEST_MEMORY_UNLIMITED_KIB : kib;
}

/* @other: what is in force of what @wanted does not change. */
static gboolean
check_limits(const DrvMemory *wanted, const DrvMemory *other)
{
    const DrvMemory *hard = wanted->given[DRV_MEMORY_HARD] ? wanted : other;
    const DrvMemory *swap = wanted->given[DRV_MEMORY_SWAP_HARD] ? wanted : other;

    if (!sets_limits(wanted) ||
        as_limit(hard->kib[DRV_MEMORY_HARD]) <= as_limit(swap->kib[DRV_MEMORY_SWAP_HARD]))
        return TRUE;

    drv_error_raise(VIR_ERR_INVALID_ARG, "memory hard_limit tunable value must be lower "
                                         "than or equal to swap_hard_limit");
    return FALSE;
}

static gboolean
check_range(const DrvMemory *wanted)
{
    guint field;

    for (field = 0; field < DRV_N_MEMORY; field++) {
        if (!wanted->given[field] || wanted->kib[field] <= GUEST_MEMORY_UNLIMITED_KIB)
            continue;
        drv_error_raise(VIR_ERR_INVALID_ARG,
                        "Memory '%" G_GUINT64_FORMAT "' must be less than %" G_GUINT64_FORMAT,
                        wanted->kib[field], GUEST_MEMORY_UNLIMITED_KIB);
        return FALSE;
    }

    return TRUE;
}

/* In stock's words, and why.  Always FALSE. */
static gboolean
refuse_guarantee(const char *why)
{
    drv_error_raise(VIR_ERR_ARGUMENT_UNSUPPORTED, "parameter '%s' not supported %s",
                    names[DRV_MEMORY_GUARANTEE], why);
    return FALSE;
}

/* ---- the persistent definition ---- */

static gboolean
read_config(DrvStack *stack, DrvSubject *subject, DrvMemory *config)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    virTypedParameter params[N_STOCK] = {0};
    int n = N_STOCK;

    (void)caller;
    if (stack->next->domainGetMemoryParameters(subject->dom, params, &n, VIR_DOMAIN_AFFECT_CONFIG) <
        0)
        return FALSE;
    read_params(params, n, config);
    return TRUE;
}

/*
 * *@filled: @params with both limits if they have one of them, so that stock
 * compares nothing with the live definition.  Free with g_free(); nothing in
 * it is allocated.
 */
static gboolean
fill_config(DrvStack *stack, DrvSubject *subject, const DrvMemory *wanted,
            const virTypedParameter *params, int nparams, virTypedParameterPtr *filled, int *n)
{
    static const DrvMemoryField limits[] = {DRV_MEMORY_HARD, DRV_MEMORY_SWAP_HARD};
    g_autofree virTypedParameterPtr list = g_new0(virTypedParameter, nparams + DRV_N_MEMORY);
    DrvMemory config;
    gsize i;

    if (nparams > 0)
        memcpy(list, params, nparams * sizeof(*params));
    *n = nparams;
    if (sets_limits(wanted)) {
        if (!read_config(stack, subject, &config) || !check_limits(wanted, &config))
            return FALSE;
        for (i = 0; i < G_N_ELEMENTS(limits); i++) {
            if (!wanted->given[limits[i]] && config.given[limits[i]] &&
                virTypedParameterAssign(&list[(*n)++], names[limits[i]], VIR_TYPED_PARAM_ULLONG,
                                        (unsigned long long)config.kib[limits[i]]) < 0)
                return FALSE;
        }
    }

    *filled = g_steal_pointer(&list);
    return TRUE;
}

/* What only the persistent definition, or stock's words, can be about. */
static int
pass(DrvChange *change, virDomainPtr dom, unsigned int flags)
{
    const virHypervisorDriver *next = change->stack->next;
    int active = drv_running_is_active(change->stack, change->subject);
    g_autofree virTypedParameterPtr filled = NULL;
    DrvMemory wanted;
    int n;

    if (active < 0)
        return -1;
    if (!active)
        return next->domainSetMemoryParameters(dom, change->params, change->nparams, flags);

    read_params(change->params, change->nparams, &wanted);
    if (!fill_config(change->stack, change->subject, &wanted, change->params, change->nparams,
                     &filled, &n))
        return -1;
    return next->domainSetMemoryParameters(dom, filled, n, flags);
}

/* ---- the running guest ---- */

/* One call on it. */
typedef struct {
    DrvGroup *group;
    DrvMemory wanted;
    DrvMemory before;
    virTypedParameterPtr filled;
} Tuning;

static void
tuning_clear(Tuning *self)
{
    g_clear_pointer(&self->group, drv_group_free);
    g_clear_pointer(&self->filled, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Tuning, tuning_clear)

static gboolean
check(DrvChange *change, Tuning *self)
{
    const DrvMemory *wanted = &self->wanted;

    if (wanted->given[DRV_MEMORY_GUARANTEE] && change->config_too)
        return refuse_guarantee("in a persistent definition");
    if (wanted->given[DRV_MEMORY_GUARANTEE] && !self->before.given[DRV_MEMORY_GUARANTEE])
        return refuse_guarantee("by this kernel's memory controller");
    /* libvirt, which is told of everything, would refuse it. */
    if (wanted->given[DRV_MEMORY_GUARANTEE] && change->stack->has_containers)
        return refuse_guarantee("for containers");
    if (!check_limits(wanted, &self->before) || !check_range(wanted))
        return FALSE;
    if (!change->config_too)
        return TRUE;

    if (!fill_config(change->stack, change->subject, wanted, change->params, change->nparams,
                     &self->filled, &change->nconfig))
        return FALSE;
    change->config = self->filled;
    return TRUE;
}

static int
prepare(DrvChange *change)
{
    Tuning *self = change->data;

    self->group = open_group(change->stack, change->subject);
    if (!self->group || !read_live(self->group, change->subject->def.name, &self->before))
        return -1;
    read_params(change->params, change->nparams, &self->wanted);
    return check(change, self) ? 0 : -1;
}

static int
write_limits(DrvChange *change)
{
    Tuning *self = change->data;
    g_autoptr(GError) error = NULL;

    if (drv_tune_memory_write(drv_group_get_whole(self->group), &self->wanted, &error))
        return 0;

    drv_error_report(g_steal_pointer(&error), change->subject->def.name);
    return -1;
}

static void
undo(DrvChange *change)
{
    Tuning *self = change->data;
    g_autoptr(GError) error = NULL;
    DrvMemory back = self->before;

    memcpy(back.given, self->wanted.given, sizeof(back.given));
    if (!drv_tune_memory_write(drv_group_get_whole(self->group), &back, &error))
        drv_error_log(g_steal_pointer(&error), change->subject->def.name, "take back a change");
}

/* Where systemd is told of one limit, it writes all it knows of, and it does not know the
 * governor's. */
static void
done(DrvChange *change)
{
    char uuid[VIR_UUID_STRING_BUFLEN];

    virUUIDFormat(change->subject->def.uuid, uuid);
    drv_governor_wake(change->stack->governor, uuid);
}

int
drv_memory_set(virDomainPtr dom, virTypedParameterPtr params, int nparams, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    const DrvSetter setter = {
        .ensure = virDomainSetMemoryParametersEnsureACL,
        .stock = stack->next->domainSetMemoryParameters,
        .pass = pass,
        .prepare = prepare,
        .write = write_limits,
        .undo = undo,
        .done = done,
    };
    g_auto(Tuning) tuning = {NULL};

    virCheckFlags(VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG, -1);
    if (virTypedParamsValidate(params, nparams, names[DRV_MEMORY_HARD], VIR_TYPED_PARAM_ULLONG,
                               names[DRV_MEMORY_SOFT], VIR_TYPED_PARAM_ULLONG,
                               names[DRV_MEMORY_SWAP_HARD], VIR_TYPED_PARAM_ULLONG,
                               names[DRV_MEMORY_GUARANTEE], VIR_TYPED_PARAM_ULLONG, NULL) < 0)
        return -1;

    return drv_running_set(&setter, dom, params, nparams, flags, &tuning);
}
