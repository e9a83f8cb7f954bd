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

#include "drv-error.h"
#include "drv-later.h"
#include "drv-running.h"
#include "drv-sched.h"
#include "drv-tunable.h"
#include "guest-xml.h"

/* Shares, and a period and a quota for each part; a container has one part alone, its vCPUs. */
#define N_PARAMETERS (1 + 2 * GUEST_N_PARTS)
#define N_CONTAINERS_PARAMETERS (1 + 2)

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

static int
count_parameters(DrvStack *stack)
{
    return stack->has_containers ? N_CONTAINERS_PARAMETERS : N_PARAMETERS;
}

/* The group of a running guest, for its processor time; raises stock's error if there is none. */
static DrvGroup *
open_group(DrvStack *stack, DrvSubject *subject)
{
    return drv_running_open_group(stack, subject, CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_CPU),
                                  "cgroup CPU controller is not mounted");
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
    DrvReach reach;

    reach = drv_running_begin_read(dom, virDomainGetSchedulerTypeEnsureACL, 0, &subject);
    if (reach == DRV_REACH_FAILED)
        return NULL;
    if (reach == DRV_REACH_STOCK)
        return stack->next->domainGetSchedulerType(dom, nparams);

    group = open_group(stack, &subject);
    if (!group)
        return NULL;

    if (nparams)
        *nparams = has_ceilings(group) ? count_parameters(stack) : 1;
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

/*
 * Of a definition of a container stock 9.0.0 may be asked for one parameter.  For more it looks
 * into a group without asking whether there is one, and takes the daemon down.
 */
static int
get_containers_config(DrvStack *stack, DrvSubject *subject, virDomainPtr dom,
                      virTypedParameterPtr params, int *nparams, unsigned int flags)
{
    DRV_ELEVATED virIdentity *caller = NULL;
    g_autofree char *xml = NULL;
    g_autoptr(Guest) guest = NULL;
    g_autoptr(GError) error = NULL;
    int wanted = MIN(*nparams, N_CONTAINERS_PARAMETERS);
    int n = 1;

    if (stack->next->domainGetSchedulerParametersFlags(dom, params, &n, flags) < 0)
        return -1;

    caller = drv_access_elevate();
    (void)caller;
    xml = stack->next->domainGetXMLDesc(subject->dom, VIR_DOMAIN_XML_INACTIVE);
    if (!xml)
        return -1;
    guest = guest_xml_parse(stack->driver, xml, &error);
    if (!guest) {
        drv_error_report(g_steal_pointer(&error), subject->def.name);
        return -1;
    }

    for (; n < wanted; n++) {
        if (assign(&params[n], n, 0, guest_get_cputune(guest)->bandwidth) < 0)
            return -1;
    }
    *nparams = n;
    return 0;
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
    DrvReach reach;
    int n, i;

    virCheckFlags(VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG | VIR_TYPED_PARAM_STRING_OKAY,
                  -1);

    reach =
        drv_running_begin_read(dom, virDomainGetSchedulerParametersFlagsEnsureACL, flags, &subject);
    if (reach == DRV_REACH_FAILED)
        return -1;
    if (reach == DRV_REACH_STOCK)
        return stack->has_containers
                   ? get_containers_config(stack, &subject, dom, params, nparams, flags)
                   : stack->next->domainGetSchedulerParametersFlags(dom, params, nparams, flags);

    group = open_group(stack, &subject);
    if (!group)
        return -1;
    if (!read_live(group, MIN(*nparams, count_parameters(stack)), &shares, bandwidth, &n, &error)) {
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

/* Of containers stock leaves it to the group to say so, which calls the files by their names. */
static void
raise_out_of_range(DrvStack *stack, const char *field, const char *value, gint64 min, gint64 max)
{
    if (stack->has_containers)
        drv_error_raise(VIR_ERR_INVALID_ARG,
                        "cfs_%s '%s' must be in range (%" G_GINT64_FORMAT ", %" G_GINT64_FORMAT ")",
                        strchr(field, '_') + 1, value, min, max);
    else
        drv_error_raise(VIR_ERR_INVALID_ARG,
                        "value of '%s' is out of range [%" G_GINT64_FORMAT ", %" G_GINT64_FORMAT
                        "]",
                        field, min, max);
}

static gboolean
is_period(DrvStack *stack, const char *field, guint64 value)
{
    g_autofree char *text = NULL;

    if (value == 0 || (value >= CORRAL_CPU_PERIOD_MIN_US && value <= CORRAL_CPU_PERIOD_MAX_US))
        return TRUE;

    text = g_strdup_printf("%" G_GUINT64_FORMAT, value);
    raise_out_of_range(stack, field, text, CORRAL_CPU_PERIOD_MIN_US, CORRAL_CPU_PERIOD_MAX_US);
    return FALSE;
}

static gboolean
is_quota(DrvStack *stack, const char *field, gint64 value)
{
    g_autofree char *text = NULL;

    if (value <= 0 || (value >= CORRAL_CPU_QUOTA_MIN_US && value <= CORRAL_CPU_QUOTA_MAX_US))
        return TRUE;

    text = g_strdup_printf("%" G_GINT64_FORMAT, value);
    raise_out_of_range(stack, field, text, CORRAL_CPU_QUOTA_MIN_US, CORRAL_CPU_QUOTA_MAX_US);
    return FALSE;
}

static gboolean
read_shares(guint64 shares, GuestCputune *tune)
{
    g_autoptr(GError) error = NULL;

    if (!drv_group_check_shares(shares, &error)) {
        drv_error_report(g_steal_pointer(&error), NULL);
        return FALSE;
    }

    tune->has_shares = TRUE;
    tune->shares = shares;
    return TRUE;
}

/* 0 means "leave it" to stock, a negative quota "none". */
static gboolean
read_param(DrvStack *stack, const virTypedParameter *param, GuestCputune *tune)
{
    guint part;

    if (g_str_equal(param->field, VIR_DOMAIN_SCHEDULER_CPU_SHARES))
        return read_shares(param->value.ul, tune);

    for (part = 0; part < GUEST_N_PARTS; part++) {
        if (g_str_equal(param->field, part_fields[part].period)) {
            tune->bandwidth[part].period_us = param->value.ul;
            return is_period(stack, param->field, param->value.ul);
        }
        if (g_str_equal(param->field, part_fields[part].quota)) {
            tune->bandwidth[part].quota_us = param->value.l;
            return is_quota(stack, param->field, param->value.l);
        }
    }

    return TRUE;
}

static gboolean
read_params(DrvStack *stack, const virTypedParameter *params, int nparams, GuestCputune *tune)
{
    int i;

    memset(tune, 0, sizeof(*tune));
    for (i = 0; i < nparams; i++) {
        if (!read_param(stack, &params[i], tune))
            return FALSE;
    }

    return TRUE;
}

/* One call on a running guest. */
typedef struct {
    DrvGroup *group;
    GuestCputune tune;
    GuestCputune before;
} Tuning;

static void
tuning_clear(Tuning *self)
{
    g_clear_pointer(&self->group, drv_group_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Tuning, tuning_clear)

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

/* What stock tells of a change: all in the caller's order, but what says "leave it". */
static void
tell(DrvStack *stack, DrvSubject *subject, const virTypedParameter *params, int nparams)
{
    virTypedParameterPtr told = NULL;
    int ntold = 0;
    int max = 0;
    int i;

    for (i = 0; i < nparams; i++) {
        g_autofree char *field = g_strconcat("cputune.", params[i].field, NULL);
        int result = 0;

        if (params[i].type == VIR_TYPED_PARAM_ULLONG && params[i].value.ul != 0)
            result = virTypedParamsAddULLong(&told, &ntold, &max, field, params[i].value.ul);
        else if (params[i].type == VIR_TYPED_PARAM_LLONG && params[i].value.l != 0)
            result = virTypedParamsAddLLong(&told, &ntold, &max, field, params[i].value.l);
        if (result < 0)
            virResetLastError();
    }

    drv_tunable_send(stack, subject->dom, &told, &ntold);
}

static int
prepare(DrvChange *change)
{
    Tuning *self = change->data;
    g_autoptr(GError) error = NULL;

    self->group = open_group(change->stack, change->subject);
    if (!self->group || !read_params(change->stack, change->params, change->nparams, &self->tune))
        return -1;
    if (remember(self->group, &self->tune, &self->before, &error))
        return 0;

    drv_error_report(g_steal_pointer(&error), change->subject->def.name);
    return -1;
}

static int
write_tune(DrvChange *change)
{
    Tuning *self = change->data;
    g_autoptr(GError) error = NULL;

    if (drv_group_tune(self->group, &self->tune, &error))
        return 0;

    drv_error_report(g_steal_pointer(&error), change->subject->def.name);
    return -1;
}

static void
undo(DrvChange *change)
{
    Tuning *self = change->data;
    g_autoptr(GError) error = NULL;

    if (!drv_group_tune(self->group, &self->before, &error))
        drv_error_log(g_steal_pointer(&error), change->subject->def.name, "take back a change");
}

static void
done(DrvChange *change)
{
    Tuning *self = change->data;

    drv_later_note(self->group, &self->tune.bandwidth[GUEST_PART_IOTHREAD]);
    tell(change->stack, change->subject, change->params, change->nparams);
}

static int
validate(DrvStack *stack, virTypedParameterPtr params, int nparams)
{
    if (stack->has_containers)
        return virTypedParamsValidate(params, nparams, VIR_DOMAIN_SCHEDULER_CPU_SHARES,
                                      VIR_TYPED_PARAM_ULLONG, VIR_DOMAIN_SCHEDULER_VCPU_PERIOD,
                                      VIR_TYPED_PARAM_ULLONG, VIR_DOMAIN_SCHEDULER_VCPU_QUOTA,
                                      VIR_TYPED_PARAM_LLONG, NULL);
    return virTypedParamsValidate(
        params, nparams, VIR_DOMAIN_SCHEDULER_CPU_SHARES, VIR_TYPED_PARAM_ULLONG,
        VIR_DOMAIN_SCHEDULER_VCPU_PERIOD, VIR_TYPED_PARAM_ULLONG, VIR_DOMAIN_SCHEDULER_VCPU_QUOTA,
        VIR_TYPED_PARAM_LLONG, VIR_DOMAIN_SCHEDULER_GLOBAL_PERIOD, VIR_TYPED_PARAM_ULLONG,
        VIR_DOMAIN_SCHEDULER_GLOBAL_QUOTA, VIR_TYPED_PARAM_LLONG,
        VIR_DOMAIN_SCHEDULER_EMULATOR_PERIOD, VIR_TYPED_PARAM_ULLONG,
        VIR_DOMAIN_SCHEDULER_EMULATOR_QUOTA, VIR_TYPED_PARAM_LLONG,
        VIR_DOMAIN_SCHEDULER_IOTHREAD_PERIOD, VIR_TYPED_PARAM_ULLONG,
        VIR_DOMAIN_SCHEDULER_IOTHREAD_QUOTA, VIR_TYPED_PARAM_LLONG, NULL);
}

int
drv_sched_set_flags(virDomainPtr dom, virTypedParameterPtr params, int nparams, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    const DrvSetter setter = {
        .ensure = virDomainSetSchedulerParametersFlagsEnsureACL,
        .stock = stack->next->domainSetSchedulerParametersFlags,
        .prepare = prepare,
        .write = write_tune,
        .undo = undo,
        .done = done,
    };
    g_auto(Tuning) tuning = {NULL};

    virCheckFlags(VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG, -1);
    if (validate(stack, params, nparams) < 0)
        return -1;

    return drv_running_set(&setter, dom, params, nparams, flags, &tuning);
}

int
drv_sched_set(virDomainPtr dom, virTypedParameterPtr params, int nparams)
{
    return drv_sched_set_flags(dom, params, nparams, VIR_DOMAIN_AFFECT_CURRENT);
}
