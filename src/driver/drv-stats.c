/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `virsh domstats`.
 *
 * Stock asks QEMU and the host.  What it says of processor time it takes from
 * the process where it has no group, so that part is replaced by what the
 * group has had, and what only a group can tell is added in names of its own,
 * "cgroup." before them (docs/domstats.md).  Each comes with the kind of
 * statistics it belongs to, as the caller chose them.
 *
 * Most of the time goes into what QEMU is asked, and one question is a repetition:
 * how long KVM polled for halted vCPUs is asked for "cpu.haltpoll", and again among all
 * that is asked about each vCPU.  Where the caller wants both, stock is asked without
 * "cpu.", and the few fields there are made here from what came; only where something
 * is missing is stock asked for them after all.
 *
 * Which guests there are, and which of them the caller may see, is in stock's
 * answer.  Of containers stock says nothing at all, and drv-records stands in for it.
 */
#include <config.h>

#include <string.h>
#include <unistd.h>

#include "drv-crew.h"
#include "drv-error.h"
#include "drv-governor.h"
#include "drv-records.h"
#include "drv-samples.h"
#include "drv-stats.h"

VIR_LOG_INIT("corral.stats");

/* The parameters of one record. */
typedef struct {
    virTypedParameterPtr params;
    int n;
    int max;
} List;

static void
add(List *list, const char *field, guint64 value)
{
    if (value != CORRAL_UNKNOWN &&
        virTypedParamsAddULLong(&list->params, &list->n, &list->max, field, value) < 0)
        virResetLastError();
}

static void
add_share(List *list, const char *field, double value)
{
    if (value != CORRAL_PRESSURE_UNKNOWN &&
        virTypedParamsAddDouble(&list->params, &list->n, &list->max, field, value) < 0)
        virResetLastError();
}

/* In place of stock's figure of the same name, or behind all. */
static void
replace(List *list, const char *field, guint64 value)
{
    virTypedParameterPtr known = virTypedParamsGet(list->params, list->n, field);

    if (!known)
        add(list, field, value);
    else if (known->type == VIR_TYPED_PARAM_ULLONG && value != CORRAL_UNKNOWN)
        known->value.ul = value;
}

static void
add_pressure(List *list, const char *what, const CorralPressure *pressure)
{
    const struct {
        const char *name;
        double value;
    } shares[] = {
        {"some.avg10", pressure->some_avg10},   {"some.avg60", pressure->some_avg60},
        {"some.avg300", pressure->some_avg300}, {"full.avg10", pressure->full_avg10},
        {"full.avg60", pressure->full_avg60},   {"full.avg300", pressure->full_avg300},
    };
    char field[VIR_TYPED_PARAM_FIELD_LENGTH];
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(shares); i++) {
        g_snprintf(field, sizeof(field), "cgroup.%s.pressure.%s", what, shares[i].name);
        add_share(list, field, shares[i].value);
    }
    g_snprintf(field, sizeof(field), "cgroup.%s.pressure.some.total", what);
    add(list, field, pressure->some_total_us);
    g_snprintf(field, sizeof(field), "cgroup.%s.pressure.full.total", what);
    add(list, field, pressure->full_total_us);
}

static guint64
to_ns(guint64 us)
{
    return us == CORRAL_UNKNOWN ? us : us * 1000;
}

/* In @list: what stock has, or nothing yet. */
static void
put_cpu_time(List *list, const CorralSample *sample)
{
    if (!(sample->parts & CORRAL_SAMPLE_CPU_TIME))
        return;

    replace(list, "cpu.time", sample->cpu_time.total_ns);
    replace(list, "cpu.user", sample->cpu_time.user_ns);
    replace(list, "cpu.system", sample->cpu_time.system_ns);
}

static void
add_cpu(List *list, const CorralSample *sample)
{
    if (sample->parts & CORRAL_SAMPLE_CPU_THROTTLING) {
        add(list, "cgroup.cpu.nr_periods", sample->cpu_throttling.periods);
        add(list, "cgroup.cpu.nr_throttled", sample->cpu_throttling.throttled_periods);
        add(list, "cgroup.cpu.throttled_time", to_ns(sample->cpu_throttling.throttled_us));
    }
    if (sample->parts & CORRAL_SAMPLE_PIDS)
        add(list, "cgroup.pids.current", sample->pids);
    if (sample->parts & CORRAL_SAMPLE_PRESSURE)
        add_pressure(list, "cpu", &sample->cpu_pressure);
}

static void
add_memory(List *list, const DrvStatistics *statistics)
{
    const CorralSample *sample = &statistics->sample;

    if (sample->parts & CORRAL_SAMPLE_MEMORY_USAGE)
        add(list, "cgroup.memory.current", sample->memory_usage);
    /* No limit is no field: unlimited and unknown are the same number. */
    add(list, "cgroup.memory.limit", statistics->memory_limit);
    add(list, "cgroup.memory.peak", statistics->memory_peak);
    if (sample->parts & CORRAL_SAMPLE_SWAP_USAGE)
        add(list, "cgroup.swap.current", sample->swap_usage);
    add(list, "cgroup.swap.limit", statistics->swap_limit);
    if (sample->parts & CORRAL_SAMPLE_MEMORY_EVENTS) {
        add(list, "cgroup.memory.events.low", sample->memory_events.low);
        add(list, "cgroup.memory.events.high", sample->memory_events.high);
        add(list, "cgroup.memory.events.max", sample->memory_events.max);
        add(list, "cgroup.memory.events.oom", sample->memory_events.oom);
        add(list, "cgroup.memory.events.oom_kill", sample->memory_events.oom_kills);
    }
    if (sample->parts & CORRAL_SAMPLE_PRESSURE)
        add_pressure(list, "memory", &sample->memory_pressure);
}

static void
add_word(List *list, const char *field, const char *word)
{
    if (*word && virTypedParamsAddString(&list->params, &list->n, &list->max, field, word) < 0)
        virResetLastError();
}

/* Of a guest that is asked for nothing there is nothing to tell. */
static void
add_balloon(List *list, DrvStack *stack, const char *uuid)
{
    DrvWardStatus status;

    if (!drv_governor_get_status(stack->governor, uuid, &status))
        return;

    add_word(list, "cgroup.balloon.state", policy_balloon_state_name(status.state));
    add_word(list, "cgroup.balloon.reason", policy_reason_name(status.reason));
    add(list, "cgroup.balloon.target", status.target);
    add(list, "cgroup.balloon.actual", status.actual);
    add(list, "cgroup.balloon.overhead", status.overhead);
    add(list, "cgroup.balloon.goal", status.goal);
    add(list, "cgroup.balloon.limit", status.limit);
}

static void
add_io(List *list, const CorralSample *sample)
{
    if (sample->parts & CORRAL_SAMPLE_IO) {
        add(list, "cgroup.io.rd.reqs", sample->io.reads);
        add(list, "cgroup.io.rd.bytes", sample->io.read_bytes);
        add(list, "cgroup.io.wr.reqs", sample->io.writes);
        add(list, "cgroup.io.wr.bytes", sample->io.write_bytes);
    }
    if (sample->parts & CORRAL_SAMPLE_PRESSURE)
        add_pressure(list, "io", &sample->io_pressure);
}

/* ---- "cpu." made here ---- */

/* What the caller asked. */
typedef struct {
    DrvStack *stack;
    virDrvConnectGetAllDomainStats stock; /* or who stands in for it */
    unsigned int stats;                   /* 0: all kinds */
    gboolean spare_cpu;                   /* stock is asked without VIR_DOMAIN_STATS_CPU_TOTAL */
} Asked;

static gboolean
wants(const Asked *asked, unsigned int kind)
{
    return !asked->stats || (asked->stats & kind);
}

/*
 * Whether guests may have monitors of caches, which only stock can read: they are made
 * with this directory, and it is there only on processors that have some.
 */
static gboolean
may_monitor_caches(void)
{
    return access("/sys/fs/resctrl/info/L3_MON", F_OK) == 0;
}

/* The sum over all vCPUs of vcpu.N.NAME; FALSE unless each has it. */
static gboolean
sum_vcpus(virDomainStatsRecordPtr record, const char *name, guint64 *sum)
{
    virTypedParameterPtr current =
        virTypedParamsGet(record->params, record->nparams, "vcpu.current");
    guint found = 0;
    int i;

    *sum = 0;
    for (i = 0; i < record->nparams; i++) {
        virTypedParameterPtr param = &record->params[i];

        if (param->type == VIR_TYPED_PARAM_ULLONG && g_str_has_prefix(param->field, "vcpu.") &&
            g_str_has_suffix(param->field, name)) {
            *sum += param->value.ul;
            found++;
        }
    }

    return found > 0 && current && current->type == VIR_TYPED_PARAM_UINT &&
           current->value.ui == found;
}

/* FALSE, and nothing done, where it takes stock to tell. */
static gboolean
make_cpu(List *list, virDomainStatsRecordPtr record, const CorralSample *sample)
{
    guint64 success, fail;

    if (!(sample->parts & CORRAL_SAMPLE_CPU_TIME) || may_monitor_caches() ||
        !sum_vcpus(record, ".halt_poll_success_ns.sum", &success) ||
        !sum_vcpus(record, ".halt_poll_fail_ns.sum", &fail))
        return FALSE;

    put_cpu_time(list, sample);
    if (virTypedParamsAddUInt(&list->params, &list->n, &list->max, "cpu.cache.monitor.count", 0) <
        0)
        virResetLastError();
    add(list, "cpu.haltpoll.success.time", success);
    add(list, "cpu.haltpoll.fail.time", fail);
    return TRUE;
}

static void
ask_cpu(List *list, virDomainStatsRecordPtr record, const Asked *asked, unsigned int flags)
{
    virDomainStatsRecordPtr *answer = NULL;
    int n = asked->stack->next->connectGetAllDomainStats(
        record->dom->conn, &record->dom, 1, VIR_DOMAIN_STATS_CPU_TOTAL, &answer,
        flags & VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT);

    if (n < 0)
        virResetLastError();
    if (n > 0) {
        list->params = g_steal_pointer(&answer[0]->params);
        list->n = list->max = answer[0]->nparams;
        answer[0]->nparams = 0;
    }
    virDomainStatsRecordListFree(answer);
}

/* Where stock has them: behind the state. */
static void
insert(virDomainStatsRecordPtr record, List *list)
{
    virTypedParameterPtr all = g_new0(virTypedParameter, record->nparams + list->n);
    int at = 0;

    while (at < record->nparams && g_str_has_prefix(record->params[at].field, "state."))
        at++;
    memcpy(all, record->params, at * sizeof(*all));
    memcpy(all + at, list->params, list->n * sizeof(*all));
    memcpy(all + at + list->n, record->params + at, (record->nparams - at) * sizeof(*all));

    g_free(record->params);
    g_free(list->params);
    record->params = all;
    record->nparams += list->n;
}

/* @sample: NULL if the guest has no group; stock has something to say even if it does not run. */
static void
insert_cpu(virDomainStatsRecordPtr record, const CorralSample *sample, const Asked *asked,
           unsigned int flags)
{
    List list = {NULL, 0, 0};

    if (!sample || !make_cpu(&list, record, sample))
        ask_cpu(&list, record, asked, flags);
    if (list.n > 0)
        insert(record, &list);
}

/* ---- all of it ---- */

static void
complete(virDomainStatsRecordPtr record, const Asked *asked, unsigned int flags)
{
    char uuid[VIR_UUID_STRING_BUFLEN];
    DrvStatistics statistics;
    gboolean sampled;
    List list;

    virUUIDFormat(record->dom->uuid, uuid);
    sampled = drv_samples_take(asked->stack->samples, asked->stack->keeper, uuid,
                               wants(asked, VIR_DOMAIN_STATS_BALLOON), &statistics);
    if (asked->spare_cpu)
        insert_cpu(record, sampled ? &statistics.sample : NULL, asked, flags);
    if (!sampled)
        return;

    list = (List){record->params, record->nparams, record->nparams};
    if (wants(asked, VIR_DOMAIN_STATS_CPU_TOTAL)) {
        put_cpu_time(&list, &statistics.sample);
        add_cpu(&list, &statistics.sample);
    }
    if (wants(asked, VIR_DOMAIN_STATS_BALLOON)) {
        add_memory(&list, &statistics);
        add_balloon(&list, asked->stack, uuid);
    }
    if (wants(asked, VIR_DOMAIN_STATS_BLOCK))
        add_io(&list, &statistics.sample);
    record->params = list.params;
    record->nparams = list.n;
}

static int
ask(virConnectPtr conn, virDomainPtr *doms, unsigned int ndoms, virDomainStatsRecordPtr **records,
    unsigned int flags, gpointer opaque)
{
    const unsigned int concern =
        VIR_DOMAIN_STATS_CPU_TOTAL | VIR_DOMAIN_STATS_BALLOON | VIR_DOMAIN_STATS_BLOCK;
    const Asked *asked = opaque;
    unsigned int stats = asked->stats;
    unsigned int stock_flags = flags;
    int n, i;

    if (asked->spare_cpu && !stats) {
        /* All that this QEMU has, as with 0: what it has not is then no error. */
        stats = ~0u;
        stock_flags &= ~VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS;
    }
    if (asked->spare_cpu)
        stats &= ~VIR_DOMAIN_STATS_CPU_TOTAL;

    n = asked->stock(conn, doms, ndoms, stats, records, stock_flags);
    for (i = 0; i < n && wants(asked, concern); i++)
        complete((*records)[i], asked, flags);
    return n;
}

int
drv_stats_get_all(virConnectPtr conn, virDomainPtr *doms, unsigned int ndoms, unsigned int stats,
                  virDomainStatsRecordPtr **records, unsigned int flags)
{
    const unsigned int repeated = VIR_DOMAIN_STATS_CPU_TOTAL | VIR_DOMAIN_STATS_VCPU;
    DrvStack *stack = drv_stack_of(conn);
    Asked asked = {.stack = stack, .stock = drv_records_get_all, .stats = stats};

    /* Nobody has to be asked about containers. */
    if (!stack->has_containers) {
        asked.stock = stack->next->connectGetAllDomainStats;
        asked.spare_cpu = !stats || (stats & repeated) == repeated;
    }

    return drv_crew_get_all_stats(conn, doms, ndoms, records, flags,
                                  stack->next->connectListAllDomains, ask, &asked);
}
