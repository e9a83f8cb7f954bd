/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tunable events through libvirt's public API, with corral stacked in this process. */
#include <config.h>

#include "drv-tunable.h"
#include "stack-bed.h"

typedef struct {
    GString *told; /* "GUEST field=value ...\n" */
    guint freed;
} Listener;

static Listener listener;
static gboolean timer_went_off;

static void
on_tunable(virConnectPtr conn G_GNUC_UNUSED, virDomainPtr dom, virTypedParameterPtr params,
           int nparams, void *opaque)
{
    Listener *self = opaque;
    int i;

    g_string_append(self->told, virDomainGetName(dom));
    for (i = 0; i < nparams; i++) {
        g_autofree char *value = virTypedParameterToString(&params[i]);

        g_string_append_printf(self->told, " %s=%s", params[i].field, value);
    }
    g_string_append_c(self->told, '\n');
}

static void
on_again(virConnectPtr conn, virDomainPtr dom, virTypedParameterPtr params, int nparams,
         void *opaque)
{
    on_tunable(conn, dom, params, nparams, opaque);
}

static void
on_life(virConnectPtr conn G_GNUC_UNUSED, virDomainPtr dom G_GNUC_UNUSED, int event G_GNUC_UNUSED,
        int detail G_GNUC_UNUSED, void *opaque)
{
    g_string_append(((Listener *)opaque)->told, "life\n");
}

static void
count_freed(void *opaque)
{
    ((Listener *)opaque)->freed++;
}

static void
on_timer(int timer G_GNUC_UNUSED, void *opaque G_GNUC_UNUSED)
{
    timer_went_off = TRUE;
}

/* Everything that is queued now has been told when this returns.  Stock's events come round
 * twice: from its list to ours and from there to the listener. */
static char *
take_told(void)
{
    char *told;
    int round;

    for (round = 0; round < 3; round++) {
        int timer = virEventAddTimeout(0, on_timer, NULL, NULL);

        g_assert_cmpint(timer, >=, 0);
        timer_went_off = FALSE;
        while (!timer_went_off)
            g_assert_cmpint(virEventRunDefaultImpl(), ==, 0);
        virEventRemoveTimeout(timer);
    }

    told = g_strdup(listener.told->str);
    g_string_truncate(listener.told, 0);
    return told;
}

static void
assert_told(const char *wanted)
{
    g_autofree char *told = take_told();

    g_assert_cmpstr(told, ==, wanted);
}

/* ---- stock's list, with room for one ---- */

static virConnectDomainEventTunableCallback on_stocks_list;
static void *stocks_opaque;

static int
stock_register(virConnectPtr conn G_GNUC_UNUSED, virDomainPtr dom, int event,
               virConnectDomainEventGenericCallback callback, void *opaque,
               virFreeCallback freecb G_GNUC_UNUSED)
{
    g_assert_null(dom);
    g_assert_cmpint(event, ==, VIR_DOMAIN_EVENT_ID_TUNABLE);
    on_stocks_list = (virConnectDomainEventTunableCallback)(void (*)(void))callback;
    stocks_opaque = opaque;
    return 77;
}

static int
stock_deregister(virConnectPtr conn G_GNUC_UNUSED, int callback)
{
    g_assert_cmpint(callback, ==, 77);
    on_stocks_list = NULL;
    return 0;
}

static void
stock_sends(StackBed *bed, virDomainPtr dom, const char *field, const char *value)
{
    virTypedParameterPtr params = NULL;
    int n = 0;
    int max = 0;

    g_assert_cmpint(virTypedParamsAddString(&params, &n, &max, field, value), ==, 0);
    if (on_stocks_list)
        on_stocks_list(bed->conn, dom, params, n, stocks_opaque);
    virTypedParamsFree(params, n);
}

static int
listen_to(StackBed *bed, virDomainPtr dom)
{
    return virConnectDomainEventRegisterAny(bed->conn, dom, VIR_DOMAIN_EVENT_ID_TUNABLE,
                                            VIR_DOMAIN_EVENT_CALLBACK(on_tunable), &listener,
                                            count_freed);
}

/* There is one stack in a process. */
static void
forget(StackBed *bed)
{
    drv_tunable_unfollow(bed->stack);
    g_clear_pointer(&bed->stack->tunable, drv_tunable_free);
}

static int
set_shares(virDomainPtr dom, unsigned long long shares)
{
    virTypedParameter param = {.field = "cpu_shares", .type = VIR_TYPED_PARAM_ULLONG};

    param.value.ul = shares;
    return virDomainSetSchedulerParametersFlags(dom, &param, 1, VIR_DOMAIN_AFFECT_LIVE);
}

static void
test_scheduler(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = stack_bed_start(bed, "corral-one", "");
    virTypedParameterPtr params = NULL;
    int n = 0;
    int max = 0;
    int id;

    drv_tunable_follow(bed->stack, bed->conn);
    id = listen_to(bed, NULL);
    g_assert_cmpint(id, >=, 0);

    g_assert_cmpint(virTypedParamsAddLLong(&params, &n, &max, "vcpu_quota", -7), ==, 0);
    g_assert_cmpint(virTypedParamsAddULLong(&params, &n, &max, "global_period", 0), ==, 0);
    g_assert_cmpint(virTypedParamsAddULLong(&params, &n, &max, "cpu_shares", 300), ==, 0);
    g_assert_cmpint(virDomainSetSchedulerParametersFlags(dom, params, n, 0), ==, 0);
    assert_told("corral-one cputune.vcpu_quota=-7 cputune.cpu_shares=300\n");

    /* What changes nothing that runs is no event; neither is what fails. */
    g_assert_cmpint(virDomainSetSchedulerParametersFlags(dom, params, n, VIR_DOMAIN_AFFECT_CONFIG),
                    ==, 0);
    g_assert_cmpint(virDomainSetSchedulerParametersFlags(dom, params + 1, 1, 0), ==, 0);
    g_assert_cmpint(set_shares(dom, 1), ==, -1);
    pretend_stock_fail(PRETEND_SET_SCHEDULER);
    g_assert_cmpint(virDomainSetSchedulerParametersFlags(
                        dom, params, n, VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE),
                    ==, -1);
    assert_told("");

    virTypedParamsFree(params, n);
    g_assert_cmpint(virConnectDomainEventDeregisterAny(bed->conn, id), ==, 0);
    forget(bed);
    virDomainFree(dom);
}

/* One guest or all; who has left hears nothing; what he gave is given back once. */
static void
test_registrations(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr one = stack_bed_start(bed, "corral-one", "");
    virDomainPtr two = stack_bed_start(bed, "corral-two", "");
    int life, first, second;

    drv_tunable_follow(bed->stack, bed->conn);
    life = virConnectDomainEventRegisterAny(bed->conn, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                            VIR_DOMAIN_EVENT_CALLBACK(on_life), &listener, NULL);
    first = listen_to(bed, one);
    g_assert_cmpint(life, >=, 0);
    g_assert_cmpint(first, >=, 0);
    g_assert_cmpint(first, !=, life);

    g_assert_cmpint(set_shares(one, 10), ==, 0);
    g_assert_cmpint(set_shares(two, 20), ==, 0);
    assert_told("corral-one cputune.cpu_shares=10\n");

    /* The same again, as stock has it. */
    g_assert_cmpint(listen_to(bed, one), ==, -1);
    stack_bed_assert_error(VIR_ERR_INVALID_ARG, "event callback already tracked");
    second = virConnectDomainEventRegisterAny(bed->conn, two, VIR_DOMAIN_EVENT_ID_TUNABLE,
                                              VIR_DOMAIN_EVENT_CALLBACK(on_again), &listener,
                                              count_freed);
    g_assert_cmpint(second, >=, 0);
    g_assert_cmpint(second, !=, first);
    g_assert_cmpint(set_shares(two, 21), ==, 0);
    assert_told("corral-two cputune.cpu_shares=21\n");

    listener.freed = 0;
    g_assert_cmpint(virConnectDomainEventDeregisterAny(bed->conn, first), ==, 0);
    g_assert_cmpuint(listener.freed, ==, 1);
    g_assert_cmpint(virConnectDomainEventDeregisterAny(bed->conn, first), ==, -1);
    g_assert_cmpint(set_shares(one, 11), ==, 0);
    g_assert_cmpint(set_shares(two, 22), ==, 0);
    assert_told("corral-two cputune.cpu_shares=22\n");
    g_assert_cmpint(virConnectDomainEventDeregisterAny(bed->conn, second), ==, 0);
    g_assert_cmpuint(listener.freed, ==, 2);

    g_assert_cmpint(virConnectDomainEventDeregisterAny(bed->conn, life), ==, 0);
    forget(bed);
    virDomainFree(one);
    virDomainFree(two);
}

/* What stock sends is passed on, in order with ours. */
static void
test_stocks(StackBed *bed, gconstpointer kind G_GNUC_UNUSED)
{
    virDomainPtr dom = stack_bed_start(bed, "corral-one", "");
    const virHypervisorDriver *next = bed->stack->next;
    virHypervisorDriver stock = *next;
    int id;

    stock.connectDomainEventRegisterAny = stock_register;
    stock.connectDomainEventDeregisterAny = stock_deregister;
    bed->stack->next = &stock;
    drv_tunable_follow(bed->stack, bed->conn);
    id = listen_to(bed, NULL);
    stock_sends(bed, dom, "blkdeviotune.disk", "vda");
    assert_told("corral-one blkdeviotune.disk=vda\n");
    drv_tunable_send_string(bed->stack, dom, "cputune.emulatorpin", "0-1");
    assert_told("corral-one cputune.emulatorpin=0-1\n");

    /* Without us on stock's list; who listened may still leave. */
    drv_tunable_unfollow(bed->stack);
    stock_sends(bed, dom, "blkdeviotune.disk", "vda");
    assert_told("");
    g_assert_cmpint(virConnectDomainEventDeregisterAny(bed->conn, id), ==, 0);
    bed->stack->next = next;
    forget(bed);
    virDomainFree(dom);
}

int
main(int argc, char **argv)
{
    pretend_stock_init(argc, argv);
    g_assert_cmpint(virEventRegisterDefaultImpl(), ==, 0);
    g_test_init(&argc, &argv, NULL);
    listener.told = g_string_new(NULL);

    stack_bed_add("/tunable/scheduler", "legacy", test_scheduler);
    stack_bed_add("/tunable/registrations", "legacy", test_registrations);
    stack_bed_add("/tunable/stocks", "legacy", test_stocks);

    return g_test_run();
}
