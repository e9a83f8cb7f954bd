/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statistics through libvirt's public API, with corral stacked in this process. */
#include <config.h>

#include <string.h>

#include "drv-samples.h"
#include "stack-bed.h"

#define GROUP "machine/corral-stats.qemu.libvirt"

static void
put(StackBed *bed, const char *controller, const char *file, const char *text)
{
    g_autofree char *path = g_build_filename("/sys/fs/cgroup", controller, GROUP, file, NULL);

    fake_cgroup_put(bed->fake, path, text);
}

/* ---- cpu-stats ---- */

static char *
format(virTypedParameterPtr params, int n)
{
    g_autoptr(GString) text = g_string_new(NULL);
    int i;

    for (i = 0; i < n; i++) {
        if (params[i].type)
            g_string_append_printf(text, "%s%s=%llu", i ? " " : "", params[i].field,
                                   params[i].value.ul);
        else
            g_string_append_printf(text, "%s-", i ? " " : "");
    }
    return g_strdup(text->str);
}

static void
assert_cpu(virDomainPtr dom, unsigned int nparams, int start, unsigned int ncpus, int result,
           const char *wanted)
{
    g_autofree virTypedParameterPtr params = g_new0(virTypedParameter, nparams * ncpus + 1);
    g_autofree char *found = NULL;

    g_assert_cmpint(virDomainGetCPUStats(dom, nparams ? params : NULL, nparams, start, ncpus, 0),
                    ==, result);
    found = format(params, nparams * ncpus);
    g_assert_cmpstr(found, ==, wanted);
}

static void
test_cpu_total(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = stack_bed_start(bed, "corral-stats", "");

    put(bed, "cpuacct", "cpuacct.usage", "700\n");
    put(bed, "cpuacct", "cpuacct.usage_user", "400\n");
    put(bed, "cpuacct", "cpuacct.usage_sys", "200\n");
    assert_cpu(dom, 0, -1, 1, 3, "");
    assert_cpu(dom, 1, -1, 1, 1, "cpu_time=700");
    assert_cpu(dom, 2, -1, 1, 2, "cpu_time=700 user_time=400");
    assert_cpu(dom, 4, -1, 1, 3, "cpu_time=700 user_time=400 system_time=200 -");

    g_assert_cmpint(virDomainDestroy(dom), ==, 0);
    g_assert_cmpint(virDomainGetCPUStats(dom, NULL, 0, -1, 1, 0), ==, -1);
    stack_bed_assert_error(VIR_ERR_OPERATION_INVALID, "not running");
    virDomainFree(dom);
}

static void
test_cpu_each(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = stack_bed_start(bed, "corral-stats", "");
    int cpus = virDomainGetCPUStats(dom, NULL, 0, 0, 0, 0);
    g_autofree char *too_many = NULL;
    virTypedParameter one = {0};

    g_assert_cmpint(cpus, >, 0);
    put(bed, "cpuacct", "cpuacct.usage_all", "cpu user system\n0 1 2\n1 10 20\n");
    put(bed, "cpuacct", "cpuacct.usage_percpu", "7 70 \n");
    put(bed, "cpuacct", "vcpu0/cpuacct.usage_percpu", "3 30 \n");
    put(bed, "cpuacct", "vcpu0/cpuacct.usage_all", "cpu user system\n0 1 2\n1 10 20\n");
    put(bed, "cpuacct", "vcpu1/cpuacct.usage_percpu", "2 20 \n");
    put(bed, "cpuacct", "vcpu1/cpuacct.usage_all", "cpu user system\n0 1 2\n1 10 20\n");

    assert_cpu(dom, 0, 0, 1, 2, "");
    assert_cpu(dom, 1, 0, 1, 1, "cpu_time=7");
    assert_cpu(dom, 2, 0, 1, 2, "cpu_time=7 vcpu_time=5");
    assert_cpu(dom, 3, 0, 1, 2, "cpu_time=7 vcpu_time=5 -");
    if (cpus >= 2) {
        assert_cpu(dom, 2, 0, 2, 2, "cpu_time=7 vcpu_time=5 cpu_time=70 vcpu_time=50");
        assert_cpu(dom, 2, 1, 1, 2, "cpu_time=70 vcpu_time=50");
    }

    too_many = g_strdup_printf("start_cpu %d larger than maximum of %d", cpus, cpus - 1);
    g_assert_cmpint(virDomainGetCPUStats(dom, &one, 1, cpus, 1, 0), ==, -1);
    stack_bed_assert_error(VIR_ERR_INVALID_ARG, too_many);
    virDomainFree(dom);
}

/* One who adds up all CPUs cannot tell of each. */
static void
test_cpu_unified(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = stack_bed_start(bed, "corral-stats", "");
    virTypedParameter one = {0};

    put(bed, "", "cpu.stat", "usage_usec 7\nuser_usec 4\nsystem_usec 2\n");
    assert_cpu(dom, 3, -1, 1, 3, "cpu_time=7000 user_time=4000 system_time=2000");
    assert_cpu(dom, 0, 0, 1, 2, "");
    g_assert_cmpint(virDomainGetCPUStats(dom, NULL, 0, 0, 0, 0), >, 0);
    g_assert_cmpint(virDomainGetCPUStats(dom, &one, 1, 0, 1, 0), ==, -1);
    stack_bed_assert_error(VIR_ERR_OPERATION_UNSUPPORTED, "tells CPUs apart");
    virDomainFree(dom);
}

/* ---- domstats ---- */

/* "field=value" of each field of the guest whose name begins with @prefix, in order. */
static char *
collect(virConnectPtr conn, const char *guest, unsigned int stats, const char *prefix)
{
    virDomainStatsRecordPtr *records = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    int n = virConnectGetAllDomainStats(conn, stats, &records, 0);
    int i, p;

    g_assert_cmpint(n, >=, 0);
    for (i = 0; i < n; i++) {
        if (!g_str_equal(virDomainGetName(records[i]->dom), guest))
            continue;
        for (p = 0; p < records[i]->nparams; p++) {
            g_autofree char *value = virTypedParameterToString(&records[i]->params[p]);

            if (g_str_has_prefix(records[i]->params[p].field, prefix))
                g_string_append_printf(text, "%s%s=%s", text->len ? " " : "",
                                       records[i]->params[p].field, value);
        }
    }
    virDomainStatsRecordListFree(records);
    return g_strdup(text->str);
}

static void
assert_stats(StackBed *bed, unsigned int stats, const char *prefix, const char *wanted)
{
    g_autofree char *found = collect(bed->conn, "corral-stats", stats, prefix);

    g_assert_cmpstr(found, ==, wanted);
}

static void
test_fields(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = stack_bed_start(bed, "corral-stats", "");

    put(bed, "", "cpu.stat",
        "usage_usec 7\nuser_usec 4\nsystem_usec 2\nnr_periods 3\nnr_throttled 1\n"
        "throttled_usec 5\n");
    put(bed, "", "memory.current", "4096\n");
    put(bed, "", "memory.max", "8192\n");
    put(bed, "", "memory.swap.current", "12\n");
    put(bed, "", "memory.events", "low 1\nhigh 2\nmax 3\noom 4\noom_kill 5\n");
    put(bed, "", "io.stat", "7:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0\n");
    put(bed, "", "memory.pressure",
        "some avg10=1.50 avg60=0.00 avg300=0.00 total=9\n"
        "full avg10=0.00 avg60=0.00 avg300=0.00 total=8\n");

    assert_stats(bed, VIR_DOMAIN_STATS_CPU_TOTAL, "cpu.",
                 "cpu.time=7000 cpu.user=4000 cpu.system=2000");
    assert_stats(bed, VIR_DOMAIN_STATS_CPU_TOTAL, "cgroup.cpu.nr",
                 "cgroup.cpu.nr_periods=3 cgroup.cpu.nr_throttled=1");
    assert_stats(bed, VIR_DOMAIN_STATS_CPU_TOTAL, "cgroup.cpu.throttled",
                 "cgroup.cpu.throttled_time=5000");
    assert_stats(bed, VIR_DOMAIN_STATS_CPU_TOTAL, "cgroup.memory", "");
    assert_stats(bed, VIR_DOMAIN_STATS_CPU_TOTAL, "cgroup.io", "");
    assert_stats(bed, VIR_DOMAIN_STATS_BALLOON, "cgroup.cpu", "");
    assert_stats(bed, VIR_DOMAIN_STATS_BALLOON, "cgroup.memory.current",
                 "cgroup.memory.current=4096");
    assert_stats(bed, VIR_DOMAIN_STATS_BALLOON, "cgroup.memory.limit", "cgroup.memory.limit=8192");
    assert_stats(bed, VIR_DOMAIN_STATS_BALLOON, "cgroup.swap", "cgroup.swap.current=12");
    assert_stats(bed, VIR_DOMAIN_STATS_BALLOON, "cgroup.memory.events",
                 "cgroup.memory.events.low=1 cgroup.memory.events.high=2 "
                 "cgroup.memory.events.max=3 cgroup.memory.events.oom=4 "
                 "cgroup.memory.events.oom_kill=5");
    assert_stats(bed, VIR_DOMAIN_STATS_BALLOON, "cgroup.memory.pressure.some.t",
                 "cgroup.memory.pressure.some.total=9");
    assert_stats(bed, VIR_DOMAIN_STATS_BLOCK, "cgroup.io.rd",
                 "cgroup.io.rd.reqs=3 cgroup.io.rd.bytes=1");
    assert_stats(bed, VIR_DOMAIN_STATS_BLOCK, "cgroup.io.wr",
                 "cgroup.io.wr.reqs=4 cgroup.io.wr.bytes=2");
    assert_stats(bed, VIR_DOMAIN_STATS_INTERFACE, "cgroup.", "");
    assert_stats(bed, 0, "cgroup.memory.current", "cgroup.memory.current=4096");
    virDomainFree(dom);
}

/* Samplers come and go with the guests, and follow a group that was made anew. */
static void
test_come_and_go(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = stack_bed_start(bed, "corral-stats", "");
    guint before = drv_samples_count(bed->stack->samples);

    put(bed, "memory", "memory.usage_in_bytes", "4096\n");
    assert_stats(bed, 0, "cgroup.memory.current", "cgroup.memory.current=4096");
    g_assert_cmpuint(drv_samples_count(bed->stack->samples), ==, before + 1);
    put(bed, "memory", "memory.usage_in_bytes", "8192\n");
    assert_stats(bed, 0, "cgroup.memory.current", "cgroup.memory.current=8192");
    assert_stats(bed, 0, "cgroup.memory.limit", "");

    g_assert_cmpint(virDomainDestroy(dom), ==, 0);
    g_assert_cmpuint(drv_samples_count(bed->stack->samples), ==, before);
    assert_stats(bed, 0, "cgroup.", "");

    g_assert_cmpint(virDomainCreate(dom), ==, 0);
    put(bed, "memory", "memory.usage_in_bytes", "12288\n");
    assert_stats(bed, 0, "cgroup.memory.current", "cgroup.memory.current=12288");
    virDomainFree(dom);
}

/* So many that several threads ask: each guest once, with figures of its own. */
static void
test_many(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    enum {
        MANY = 23
    };
    virDomainPtr doms[MANY + 1] = {NULL};
    virDomainStatsRecordPtr *records = NULL;
    int i;

    for (i = 0; i < MANY; i++) {
        g_autofree char *name = g_strdup_printf("corral-%d", i);
        g_autofree char *file = g_strdup_printf(
            "/sys/fs/cgroup/memory/machine/%s.qemu.libvirt/memory.usage_in_bytes", name);
        g_autofree char *usage = g_strdup_printf("%d\n", 4096 * i);

        doms[i] = stack_bed_start(bed, name, "");
        fake_cgroup_put(bed->fake, file, usage);
    }

    /* In the order of the list that was given. */
    g_assert_cmpint(virDomainListGetStats(doms, 0, &records, 0), ==, MANY);
    for (i = 0; i < MANY; i++) {
        unsigned long long usage = 0;

        g_assert_cmpstr(virDomainGetName(records[i]->dom), ==, virDomainGetName(doms[i]));
        g_assert_cmpint(virTypedParamsGetULLong(records[i]->params, records[i]->nparams,
                                                "cgroup.memory.current", &usage),
                        ==, 1);
        g_assert_cmpuint(usage, ==, 4096 * i);
    }
    virDomainStatsRecordListFree(records);

    g_assert_cmpint(virConnectGetAllDomainStats(bed->conn, 0, &records, 0), ==, MANY);
    virDomainStatsRecordListFree(records);
    g_assert_cmpint(virConnectGetAllDomainStats(bed->conn, 0, &records,
                                                VIR_CONNECT_GET_ALL_DOMAINS_STATS_INACTIVE),
                    ==, 0);
    virDomainStatsRecordListFree(records);
    for (i = 0; i < MANY; i++)
        virDomainFree(doms[i]);
}

/* One part fails, all fail, with its error. */
static int
fail_stats(virConnectPtr conn G_GNUC_UNUSED, virDomainPtr *doms, unsigned int ndoms,
           unsigned int stats G_GNUC_UNUSED, virDomainStatsRecordPtr **records,
           unsigned int flags G_GNUC_UNUSED)
{
    unsigned int i;

    for (i = 0; i < ndoms; i++) {
        if (g_str_equal(virDomainGetName(doms[i]), "corral-9")) {
            virReportError(VIR_ERR_INTERNAL_ERROR, "%s", "pretended failure");
            return -1;
        }
    }
    *records = g_new0(virDomainStatsRecordPtr, 1);
    return 0;
}

static void
test_many_fail(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    const virHypervisorDriver *next = bed->stack->next;
    virHypervisorDriver stock = *next;
    virDomainStatsRecordPtr *records = NULL;
    int i;

    for (i = 0; i < 11; i++) {
        g_autofree char *name = g_strdup_printf("corral-%d", i);

        virDomainFree(stack_bed_define(bed, name, ""));
    }
    stock.connectGetAllDomainStats = fail_stats;
    bed->stack->next = &stock;
    g_assert_cmpint(virConnectGetAllDomainStats(bed->conn, 0, &records, 0), ==, -1);
    stack_bed_assert_error(VIR_ERR_INTERNAL_ERROR, "pretended failure");
    g_assert_null(records);
    bed->stack->next = next;
}

/* ---- what need not be asked twice ---- */

#define ALL_BUT_CPU (~(unsigned int)VIR_DOMAIN_STATS_CPU_TOTAL)

static GArray *asked_kinds; /* unsigned int, of each question that stock was asked */
static int kvm_vcpus;       /* how many vCPUs KVM tells about */

/* Two vCPUs, KVM, and no error for kinds that are unknown unless it is asked for. */
static int
kvm_stats(virConnectPtr conn, virDomainPtr *doms, unsigned int ndoms, unsigned int stats,
          virDomainStatsRecordPtr **records, unsigned int flags)
{
    virDomainStatsRecordPtr record = g_new0(virDomainStatsRecord, 1);
    int max = 0;
    int i;

    g_array_append_val(asked_kinds, stats);
    g_assert_false(stats == ALL_BUT_CPU &&
                   (flags & VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS));
    g_assert_cmpuint(ndoms, ==, 1);
    record->dom = virGetDomain(conn, doms[0]->name, doms[0]->uuid, doms[0]->id);
    if (!stats || (stats & VIR_DOMAIN_STATS_STATE))
        virTypedParamsAddInt(&record->params, &record->nparams, &max, "state.state", 1);
    if (!stats || (stats & VIR_DOMAIN_STATS_CPU_TOTAL)) {
        virTypedParamsAddULLong(&record->params, &record->nparams, &max, "cpu.time", 1);
        virTypedParamsAddULLong(&record->params, &record->nparams, &max, "cpu.user", 1);
        virTypedParamsAddULLong(&record->params, &record->nparams, &max, "cpu.system", 1);
        virTypedParamsAddUInt(&record->params, &record->nparams, &max, "cpu.cache.monitor.count",
                              0);
        virTypedParamsAddULLong(&record->params, &record->nparams, &max,
                                "cpu.haltpoll.success.time", 1000);
    }
    if (!stats || (stats & VIR_DOMAIN_STATS_VCPU)) {
        virTypedParamsAddUInt(&record->params, &record->nparams, &max, "vcpu.current", 2);
        for (i = 0; i < kvm_vcpus; i++) {
            g_autofree char *success = g_strdup_printf("vcpu.%d.halt_poll_success_ns.sum", i * 2);
            g_autofree char *fail = g_strdup_printf("vcpu.%d.halt_poll_fail_ns.sum", i * 2);

            virTypedParamsAddULLong(&record->params, &record->nparams, &max, success, 10 + i);
            virTypedParamsAddULLong(&record->params, &record->nparams, &max, fail, 5 + i);
        }
    }
    *records = g_new0(virDomainStatsRecordPtr, 2);
    (*records)[0] = record;
    return 1;
}

/* What the guest's record begins with is @wanted; @questions, and the kinds of the last. */
static void
assert_asked(virDomainPtr dom, unsigned int stats, unsigned int flags, const char *wanted,
             guint questions, unsigned int last)
{
    virDomainPtr doms[] = {dom, NULL};
    virDomainStatsRecordPtr *records = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    int i;

    g_array_set_size(asked_kinds, 0);
    g_assert_cmpint(virDomainListGetStats(doms, stats, &records, flags), ==, 1);
    for (i = 0; i < records[0]->nparams; i++) {
        g_autofree char *value = virTypedParameterToString(&records[0]->params[i]);

        if (!g_str_has_prefix(records[0]->params[i].field, "cgroup."))
            g_string_append_printf(text, "%s=%s ", records[0]->params[i].field, value);
    }
    virDomainStatsRecordListFree(records);
    g_assert_cmpstr(text->str, ==, wanted);
    g_assert_cmpuint(asked_kinds->len, ==, questions);
    g_assert_cmphex(g_array_index(asked_kinds, unsigned int, questions - 1), ==, last);
}

static void
test_once(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    const virHypervisorDriver *next = bed->stack->next;
    virHypervisorDriver stock = *next;
    virDomainPtr dom = stack_bed_start(bed, "corral-stats", "");
    const unsigned int both = VIR_DOMAIN_STATS_CPU_TOTAL | VIR_DOMAIN_STATS_VCPU;
    const char *vcpus = "vcpu.current=2 "
                        "vcpu.0.halt_poll_success_ns.sum=10 vcpu.0.halt_poll_fail_ns.sum=5 "
                        "vcpu.2.halt_poll_success_ns.sum=11 vcpu.2.halt_poll_fail_ns.sum=6 ";
    g_autofree char *made = g_strconcat("cpu.time=7000 cpu.user=4000 cpu.system=2000 "
                                        "cpu.cache.monitor.count=0 cpu.haltpoll.success.time=21 "
                                        "cpu.haltpoll.fail.time=11 ",
                                        vcpus, NULL);
    g_autofree char *all = g_strconcat("state.state=1 ", made, NULL);

    asked_kinds = g_array_new(FALSE, FALSE, sizeof(unsigned int));
    put(bed, "", "cpu.stat", "usage_usec 7\nuser_usec 4\nsystem_usec 2\n");
    stock.connectGetAllDomainStats = kvm_stats;
    bed->stack->next = &stock;

    kvm_vcpus = 2;
    assert_asked(dom, 0, 0, all, 1, ALL_BUT_CPU);
    assert_asked(dom, 0, VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS, all, 1, ALL_BUT_CPU);
    assert_asked(dom, both, VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS, made, 1,
                 VIR_DOMAIN_STATS_VCPU);
    assert_asked(dom, VIR_DOMAIN_STATS_VCPU, 0, vcpus, 1, VIR_DOMAIN_STATS_VCPU);
    assert_asked(dom, VIR_DOMAIN_STATS_CPU_TOTAL, 0,
                 "cpu.time=7000 cpu.user=4000 cpu.system=2000 cpu.cache.monitor.count=0 "
                 "cpu.haltpoll.success.time=1000 ",
                 1, VIR_DOMAIN_STATS_CPU_TOTAL);

    /* KVM does not tell about each vCPU. */
    kvm_vcpus = 1;
    assert_asked(dom, 0, 0,
                 "state.state=1 cpu.time=7000 cpu.user=4000 cpu.system=2000 "
                 "cpu.cache.monitor.count=0 cpu.haltpoll.success.time=1000 vcpu.current=2 "
                 "vcpu.0.halt_poll_success_ns.sum=10 vcpu.0.halt_poll_fail_ns.sum=5 ",
                 2, VIR_DOMAIN_STATS_CPU_TOTAL);

    /* What stock has to say of one that does not run, it says. */
    bed->stack->next = next;
    g_assert_cmpint(virDomainDestroy(dom), ==, 0);
    bed->stack->next = &stock;
    kvm_vcpus = 0;
    assert_asked(dom, 0, 0,
                 "state.state=1 cpu.time=1 cpu.user=1 cpu.system=1 cpu.cache.monitor.count=0 "
                 "cpu.haltpoll.success.time=1000 vcpu.current=2 ",
                 2, VIR_DOMAIN_STATS_CPU_TOTAL);

    bed->stack->next = next;
    g_clear_pointer(&asked_kinds, g_array_unref);
    virDomainFree(dom);
}

int
main(int argc, char **argv)
{
    pretend_stock_init(argc, argv);
    g_test_init(&argc, &argv, NULL);

    stack_bed_add("/stats/cpu-total", "legacy", test_cpu_total);
    stack_bed_add("/stats/cpu-each", "legacy", test_cpu_each);
    stack_bed_add("/stats/cpu-unified", "unified", test_cpu_unified);
    stack_bed_add("/stats/fields", "unified", test_fields);
    stack_bed_add("/stats/come-and-go", "legacy", test_come_and_go);
    stack_bed_add("/stats/many", "legacy", test_many);
    stack_bed_add("/stats/many-fail", "legacy", test_many_fail);
    stack_bed_add("/stats/once", "unified", test_once);

    return g_test_run();
}
