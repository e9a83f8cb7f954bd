/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `virsh cpu-stats`: processor time of a running guest, in total and per CPU.
 *
 * The kernel's unified interface tells no CPUs apart, and nobody else can tell
 * what they did for a group (docs/units.md).  Who asks for that there is told so,
 * as by stock; how many CPUs and figures there are can be asked everywhere.
 */
#include <config.h>

#include "drv-error.h"
#include "drv-running.h"
#include "drv-stats.h"

#define N_TOTAL 3

static DrvGroup *
open_group(DrvStack *stack, DrvSubject *subject)
{
    return drv_running_open_group(stack, subject, CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_CPUACCT),
                                  "cgroup CPUACCT controller is not mounted");
}

static int
get_total(DrvGroup *group, const char *name, virTypedParameterPtr params, unsigned int nparams)
{
    static const char *const fields[N_TOTAL] = {
        VIR_DOMAIN_CPU_STATS_CPUTIME,
        VIR_DOMAIN_CPU_STATS_USERTIME,
        VIR_DOMAIN_CPU_STATS_SYSTEMTIME,
    };
    g_autoptr(GError) error = NULL;
    CorralCpuTime time;
    guint64 values[N_TOTAL];
    unsigned int i;

    if (nparams == 0)
        return N_TOTAL;
    if (!corral_group_get_cpu_time(drv_group_get_whole(group), &time, &error)) {
        drv_error_report(g_steal_pointer(&error), name);
        return -1;
    }

    values[0] = time.total_ns;
    values[1] = time.user_ns;
    values[2] = time.system_ns;
    for (i = 0; i < MIN(nparams, N_TOTAL) && values[i] != CORRAL_UNKNOWN; i++) {
        if (virTypedParameterAssign(&params[i], fields[i], VIR_TYPED_PARAM_ULLONG,
                                    (unsigned long long)values[i]) < 0)
            return -1;
    }
    return i;
}

/* What @groups have had of each CPU, added up; 0 of one that is not there, as with stock. */
static gboolean
sum_up(GPtrArray *groups, guint64 *sums, unsigned int n, GError **error)
{
    guint g, i;

    for (g = 0; g < groups->len; g++) {
        g_autoptr(GArray) times =
            corral_group_get_cpu_time_per_cpu(g_ptr_array_index(groups, g), error);

        if (!times)
            return FALSE;
        for (i = 0; i < MIN(n, times->len); i++) {
            guint64 time = g_array_index(times, guint64, i);

            sums[i] += time == CORRAL_UNKNOWN ? 0 : time;
        }
    }

    return TRUE;
}

/* Figure number @which of each CPU from @first up to @end; raises what goes wrong. */
static gboolean
assign_each(GPtrArray *groups, const char *guest, virTypedParameterPtr params, unsigned int nparams,
            unsigned int which, unsigned int first, unsigned int end)
{
    static const char *const fields[] = {VIR_DOMAIN_CPU_STATS_CPUTIME,
                                         VIR_DOMAIN_CPU_STATS_VCPUTIME};
    g_autofree guint64 *sums = g_new0(guint64, end);
    g_autoptr(GError) error = NULL;
    unsigned int i;

    if (!sum_up(groups, sums, end, &error)) {
        drv_error_report(g_steal_pointer(&error), guest);
        return FALSE;
    }
    for (i = first; i < end; i++) {
        if (virTypedParameterAssign(&params[(i - first) * nparams + which], fields[which],
                                    VIR_TYPED_PARAM_ULLONG, (unsigned long long)sums[i]) < 0)
            return FALSE;
    }

    return TRUE;
}

static int
get_each(DrvGroup *group, const char *guest, virTypedParameterPtr params, unsigned int nparams,
         unsigned int first, unsigned int ncpus)
{
    g_autoptr(GPtrArray) vcpus = drv_group_list_part(group, GUEST_PART_VCPU, NULL);
    g_autoptr(GPtrArray) whole = drv_group_list_part(group, GUEST_PART_GLOBAL, NULL);
    g_autoptr(virBitmap) present = NULL;
    unsigned int n = vcpus && vcpus->len > 0 ? 2 : 1;
    unsigned int total, end;

    if (nparams == 0 && ncpus != 0)
        return n;

    present = virHostCPUGetPresentBitmap();
    if (!present)
        return -1;
    total = virBitmapSize(present);
    if (ncpus == 0)
        return total;
    if (first >= total) {
        drv_error_raise(VIR_ERR_INVALID_ARG, "start_cpu %u larger than maximum of %u", first,
                        total - 1);
        return -1;
    }

    end = ncpus < total - first ? first + ncpus : total;
    if (!assign_each(whole, guest, params, nparams, 0, first, end))
        return -1;
    if (n < 2 || nparams < 2)
        return 1;
    return assign_each(vcpus, guest, params, nparams, 1, first, end) ? 2 : -1;
}

int
drv_stats_get_cpu(virDomainPtr dom, virTypedParameterPtr params, unsigned int nparams,
                  int start_cpu, unsigned int ncpus, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    g_auto(DrvSubject) subject = {NULL};
    g_autoptr(DrvGroup) group = NULL;
    DrvReach reach;

    virCheckFlags(VIR_TYPED_PARAM_STRING_OKAY, -1);

    reach = drv_running_begin_read(dom, virDomainGetCPUStatsEnsureACL, 0, &subject);
    if (reach == DRV_REACH_FAILED)
        return -1;
    if (reach == DRV_REACH_STOCK)
        return stack->next->domainGetCPUStats(dom, params, nparams, start_cpu, ncpus, flags);

    group = open_group(stack, &subject);
    if (!group)
        return -1;
    return start_cpu == -1 ? get_total(group, subject.def.name, params, nparams)
                           : get_each(group, subject.def.name, params, nparams, start_cpu, ncpus);
}
