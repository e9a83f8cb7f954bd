/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Scheduler parameters.
 *
 * What concerns the persistent definition is the stock driver's, which needs no
 * cgroup for it.  What concerns a running guest is answered here from its
 * group, and stock, which has no group, is not asked.  A call that sets both
 * does the running guest first; if the stock half then fails, the running guest
 * gets back what it had.
 *
 * Stock writes parameter by parameter and leaves the first ones in force when a
 * later one is out of range.  Here all are checked before one is written.
 */
#include <config.h>

#include <string.h>

#include "drv-access.h"
#include "drv-error.h"
#include "drv-group.h"
#include "drv-sched.h"
#include "drv-stack.h"

/* Shares, and a period and a quota for each part. */
#define N_PARAMETERS (1 + 2 * GUEST_N_PARTS)

/* In the order in which stock returns them, which is that of GuestPart. */
static const struct {
    const char *period;
    const char *quota;
} part_fields[GUEST_N_PARTS] = {
    [GUEST_PART_VCPU] = {VIR_DOMAIN_SCHEDULER_VCPU_PERIOD, VIR_DOMAIN_SCHEDULER_VCPU_QUOTA},
    [GUEST_PART_EMULATOR] = {VIR_DOMAIN_SCHEDULER_EMULATOR_PERIOD,
                             VIR_DOMAIN_SCHEDULER_EMULATOR_QUOTA},
    [GUEST_PART_GLOBAL] = {VIR_DOMAIN_SCHEDULER_GLOBAL_PERIOD, VIR_DOMAIN_SCHEDULER_GLOBAL_QUOTA},
    [GUEST_PART_IOTHREAD] = {VIR_DOMAIN_SCHEDULER_IOTHREAD_PERIOD,
                             VIR_DOMAIN_SCHEDULER_IOTHREAD_QUOTA},
};

/* 1 or 0; -1 with stock's error. */
static int
is_active(DrvStack *stack, DrvSubject *subject)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();

    (void)caller;
    return stack->next->domainIsActive(subject->dom);
}

/* The group of a running guest, for its processor time; raises stock's error if there is none. */
static DrvGroup *
open_group(DrvStack *stack, DrvSubject *subject)
{
    char uuid[VIR_UUID_STRING_BUFLEN];
    g_autofree char *path = NULL;
    DrvGroup *group = NULL;

    virUUIDFormat(subject->def.uuid, uuid);
    path = drv_keeper_dup_path(stack->keeper, uuid);
    if (path)
        group = drv_group_open(drv_keeper_get_host(stack->keeper), path,
                               CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_CPU), NULL);
    if (!group || !corral_group_get_controllers(drv_group_get_whole(group))) {
        g_clear_pointer(&group, drv_group_free);
        drv_error_raise(VIR_ERR_OPERATION_INVALID, "cgroup CPU controller is not mounted");
    }

    return group;
}

/* A kernel may be built without ceilings: then there are only shares. */
static gboolean
has_ceilings(DrvGroup *group)
{
    gint64 quota;
    guint64 period;
    g_autoptr(GError) error = NULL;

    return corral_group_get_cpu_ceiling(drv_group_get_whole(group), &quota, &period, &error) ||
           !g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
}

char *
drv_sched_get_type(virDomainPtr dom, int *nparams)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    g_auto(DrvSubject) subject = {NULL};
    g_autoptr(DrvGroup) group = NULL;
    int active;

    if (!drv_access_find_subject(stack->next, dom, &subject) ||
        virDomainGetSchedulerTypeEnsureACL(dom->conn, &subject.def) < 0)
        return NULL;
    active = is_active(stack, &subject);
    if (active < 0)
        return NULL;
    if (!active)
        return stack->next->domainGetSchedulerType(dom, nparams);

    group = open_group(stack, &subject);
    if (!group)
        return NULL;

    if (nparams)
        *nparams = has_ceilings(group) ? N_PARAMETERS : 1;
    return g_strdup("posix");
}

static gboolean
read_live(DrvGroup *group, int wanted, guint64 *shares, GuestBandwidth *bandwidth, int *n,
          GError **error)
{
    guint part;

    if (!corral_group_get_cpu_shares(drv_group_get_whole(group), shares, error))
        return FALSE;
    *n = 1;
    if (wanted <= 1 || !has_ceilings(group))
        return TRUE;

    for (part = 0; part < GUEST_N_PARTS && *n < wanted; part++, *n += 2) {
        if (!drv_group_get_bandwidth(group, part, &bandwidth[part], error))
            return FALSE;
    }

    *n = MIN(*n, wanted);
    return TRUE;
}

/* The @i-th parameter as stock numbers them. */
static int
assign(virTypedParameterPtr param, int i, guint64 shares, const GuestBandwidth *bandwidth)
{
    guint part = (i - 1) / 2;

    if (i == 0)
        return virTypedParameterAssign(param, VIR_DOMAIN_SCHEDULER_CPU_SHARES,
                                       VIR_TYPED_PARAM_ULLONG, (unsigned long long)shares);
    if (i % 2 == 1)
        return virTypedParameterAssign(param, part_fields[part].period, VIR_TYPED_PARAM_ULLONG,
                                       (unsigned long long)bandwidth[part].period_us);

    return virTypedParameterAssign(param, part_fields[part].quota, VIR_TYPED_PARAM_LLONG,
                                   (long long)bandwidth[part].quota_us);
}

int
drv_sched_get_flags(virDomainPtr dom, virTypedParameterPtr params, int *nparams, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    g_auto(DrvSubject) subject = {NULL};
    g_autoptr(DrvGroup) group = NULL;
    g_autoptr(GError) error = NULL;
    GuestBandwidth bandwidth[GUEST_N_PARTS] = {0};
    guint64 shares;
    int active;
    int n, i;

    virCheckFlags(VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG | VIR_TYPED_PARAM_STRING_OKAY,
                  -1);

    if (!drv_access_find_subject(stack->next, dom, &subject) ||
        virDomainGetSchedulerParametersFlagsEnsureACL(dom->conn, &subject.def) < 0)
        return -1;
    active = is_active(stack, &subject);
    if (active < 0)
        return -1;
    if (!active || (flags & VIR_DOMAIN_AFFECT_CONFIG))
        return stack->next->domainGetSchedulerParametersFlags(dom, params, nparams, flags);

    group = open_group(stack, &subject);
    if (!group)
        return -1;
    if (!read_live(group, *nparams, &shares, bandwidth, &n, &error)) {
        drv_error_report(g_steal_pointer(&error), subject.def.name);
        return -1;
    }

    for (i = 0; i < n; i++) {
        if (assign(&params[i], i, shares, bandwidth) < 0)
            return -1;
    }
    *nparams = n;
    return 0;
}

int
drv_sched_get(virDomainPtr dom, virTypedParameterPtr params, int *nparams)
{
    return drv_sched_get_flags(dom, params, nparams, VIR_DOMAIN_AFFECT_CURRENT);
}

static gboolean
is_in_range(const char *field, gint64 value, gboolean too_big, gint64 min, gint64 max)
{
    if (!too_big && (value <= 0 || value >= min) && value <= max)
        return TRUE;

    drv_error_raise(VIR_ERR_INVALID_ARG,
                    "value of '%s' is out of range [%" G_GINT64_FORMAT ", %" G_GINT64_FORMAT "]",
                    field, min, max);
    return FALSE;
}

static gboolean
read_shares(guint64 shares, GuestCputune *tune)
{
    if (shares < CORRAL_CPU_SHARES_MIN || shares > CORRAL_CPU_SHARES_MAX) {
        drv_error_raise(VIR_ERR_INVALID_ARG,
                        "shares '%" G_GUINT64_FORMAT "' must be in range [%" G_GUINT64_FORMAT
                        ", %" G_GUINT64_FORMAT "]",
                        shares, CORRAL_CPU_SHARES_MIN, CORRAL_CPU_SHARES_MAX);
        return FALSE;
    }

    tune->has_shares = TRUE;
    tune->shares = shares;
    return TRUE;
}

/* 0 means "leave it" to stock, a negative quota "none". */
static gboolean
read_param(const virTypedParameter *param, GuestCputune *tune)
{
    guint part;

    if (g_str_equal(param->field, VIR_DOMAIN_SCHEDULER_CPU_SHARES))
        return read_shares(param->value.ul, tune);

    for (part = 0; part < GUEST_N_PARTS; part++) {
        if (g_str_equal(param->field, part_fields[part].period)) {
            tune->bandwidth[part].period_us = param->value.ul;
            return is_in_range(param->field, param->value.ul, param->value.ul > G_MAXINT64,
                               CORRAL_CPU_PERIOD_MIN_US, CORRAL_CPU_PERIOD_MAX_US);
        }
        if (g_str_equal(param->field, part_fields[part].quota)) {
            tune->bandwidth[part].quota_us = param->value.l;
            return is_in_range(param->field, param->value.l, FALSE, CORRAL_CPU_QUOTA_MIN_US,
                               CORRAL_CPU_QUOTA_MAX_US);
        }
    }

    return TRUE;
}

static gboolean
read_params(const virTypedParameter *params, int nparams, GuestCputune *tune)
{
    int i;

    memset(tune, 0, sizeof(*tune));
    for (i = 0; i < nparams; i++) {
        if (!read_param(&params[i], tune))
            return FALSE;
    }

    return TRUE;
}

/* The stock half of a call that sets both. */
static int
set_config(DrvStack *stack, virDomainPtr dom, virTypedParameterPtr params, int nparams)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();

    (void)caller;
    return stack->next->domainSetSchedulerParametersFlags(dom, params, nparams,
                                                          VIR_DOMAIN_AFFECT_CONFIG);
}

static void
restore_live(DrvGroup *group, const GuestCputune *before, const char *name)
{
    g_autoptr(GError) error = NULL;

    if (!drv_group_tune(group, before, &error))
        drv_error_log(g_steal_pointer(&error), name, "take back a change");
}

/* What is in force now of what @tune is about to change. */
static gboolean
remember(DrvGroup *group, const GuestCputune *tune, GuestCputune *before, GError **error)
{
    guint part;

    memset(before, 0, sizeof(*before));
    before->has_shares = tune->has_shares;
    if (tune->has_shares &&
        !corral_group_get_cpu_shares(drv_group_get_whole(group), &before->shares, error))
        return FALSE;

    for (part = 0; part < GUEST_N_PARTS; part++) {
        if ((tune->bandwidth[part].period_us || tune->bandwidth[part].quota_us) &&
            !drv_group_get_bandwidth(group, part, &before->bandwidth[part], error))
            return FALSE;
    }

    return TRUE;
}

static int
set_live(DrvStack *stack, DrvSubject *subject, virTypedParameterPtr params, int nparams,
         gboolean config_too)
{
    g_autoptr(DrvGroup) group = open_group(stack, subject);
    g_autoptr(GError) error = NULL;
    GuestCputune tune;
    GuestCputune before;

    if (!group || !read_params(params, nparams, &tune))
        return -1;
    if (!remember(group, &tune, &before, &error) || !drv_group_tune(group, &tune, &error)) {
        drv_error_report(g_steal_pointer(&error), subject->def.name);
        return -1;
    }

    if (config_too && set_config(stack, subject->dom, params, nparams) < 0) {
        virErrorPtr raised = NULL;

        virErrorPreserveLast(&raised);
        restore_live(group, &before, subject->def.name);
        virErrorRestore(&raised);
        return -1;
    }

    return 0;
}

int
drv_sched_set_flags(virDomainPtr dom, virTypedParameterPtr params, int nparams, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    g_auto(DrvSubject) subject = {NULL};
    gboolean config_too = (flags & VIR_DOMAIN_AFFECT_CONFIG) != 0;
    int active;

    virCheckFlags(VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG, -1);
    if (virTypedParamsValidate(params, nparams, VIR_DOMAIN_SCHEDULER_CPU_SHARES,
                               VIR_TYPED_PARAM_ULLONG, VIR_DOMAIN_SCHEDULER_VCPU_PERIOD,
                               VIR_TYPED_PARAM_ULLONG, VIR_DOMAIN_SCHEDULER_VCPU_QUOTA,
                               VIR_TYPED_PARAM_LLONG, VIR_DOMAIN_SCHEDULER_GLOBAL_PERIOD,
                               VIR_TYPED_PARAM_ULLONG, VIR_DOMAIN_SCHEDULER_GLOBAL_QUOTA,
                               VIR_TYPED_PARAM_LLONG, VIR_DOMAIN_SCHEDULER_EMULATOR_PERIOD,
                               VIR_TYPED_PARAM_ULLONG, VIR_DOMAIN_SCHEDULER_EMULATOR_QUOTA,
                               VIR_TYPED_PARAM_LLONG, VIR_DOMAIN_SCHEDULER_IOTHREAD_PERIOD,
                               VIR_TYPED_PARAM_ULLONG, VIR_DOMAIN_SCHEDULER_IOTHREAD_QUOTA,
                               VIR_TYPED_PARAM_LLONG, NULL) < 0)
        return -1;

    if (!drv_access_find_subject(stack->next, dom, &subject) ||
        virDomainSetSchedulerParametersFlagsEnsureACL(dom->conn, &subject.def, flags) < 0)
        return -1;
    active = is_active(stack, &subject);
    if (active < 0)
        return -1;

    /* The persistent definition alone, or an error that is stock's to tell. */
    if (!active || flags == VIR_DOMAIN_AFFECT_CONFIG)
        return stack->next->domainSetSchedulerParametersFlags(dom, params, nparams, flags);

    if (config_too) {
        DRV_ELEVATED virIdentity *caller = drv_access_elevate();
        int persistent = stack->next->domainIsPersistent(subject.dom);

        (void)caller;
        if (persistent < 0)
            return -1;
        if (!persistent) {
            drv_error_raise(VIR_ERR_OPERATION_INVALID,
                            "transient domains do not have any persistent config");
            return -1;
        }
    }

    return set_live(stack, &subject, params, nparams, config_too);
}

int
drv_sched_set(virDomainPtr dom, virTypedParameterPtr params, int nparams)
{
    return drv_sched_set_flags(dom, params, nparams, VIR_DOMAIN_AFFECT_CURRENT);
}
