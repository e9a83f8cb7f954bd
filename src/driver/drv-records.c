/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statistics of containers, in the names of QEMU's. */
#include <config.h>

#include "drv-access.h"
#include "drv-error.h"
#include "drv-lxc.h"
#include "drv-records.h"
#include "drv-use.h"

#define KIB_SHIFT 10

#define KINDS                                                                                      \
    (VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_CPU_TOTAL | VIR_DOMAIN_STATS_BALLOON |              \
     VIR_DOMAIN_STATS_VCPU | VIR_DOMAIN_STATS_INTERFACE | VIR_DOMAIN_STATS_BLOCK)

/* Those by which guests are chosen have the numbers of connectListAllDomains. */
#define CHOICE                                                                                     \
    (VIR_CONNECT_LIST_DOMAINS_FILTERS_ACTIVE | VIR_CONNECT_LIST_DOMAINS_FILTERS_PERSISTENT |       \
     VIR_CONNECT_LIST_DOMAINS_FILTERS_STATE)

typedef struct {
    DrvLxc *lxc;
    CorralGroup *group; /* NULL if it does not run */
    virTypedParameterPtr params;
    int n;
    int max;
} Record;

static void
add_int(Record *self, const char *field, int value)
{
    if (virTypedParamsAddInt(&self->params, &self->n, &self->max, field, value) < 0)
        virResetLastError();
}

static void
add_uint(Record *self, const char *field, guint value)
{
    if (virTypedParamsAddUInt(&self->params, &self->n, &self->max, field, value) < 0)
        virResetLastError();
}

static void
add(Record *self, const char *field, guint64 value)
{
    if (value != CORRAL_UNKNOWN &&
        virTypedParamsAddULLong(&self->params, &self->n, &self->max, field, value) < 0)
        virResetLastError();
}

/* One of several: "block.0.name" */
static void
add_of(Record *self, const char *kind, gsize number, const char *name, guint64 value)
{
    g_autofree char *field = g_strdup_printf("%s.%zu.%s", kind, number, name);

    add(self, field, value);
}

static void
add_text_of(Record *self, const char *kind, gsize number, const char *name, const char *text)
{
    g_autofree char *field = g_strdup_printf("%s.%zu.%s", kind, number, name);

    if (text && virTypedParamsAddString(&self->params, &self->n, &self->max, field, text) < 0)
        virResetLastError();
}

static void
add_state(Record *self)
{
    int reason;

    add_int(self, "state.state", virDomainObjGetState(self->lxc->vm, &reason));
    add_int(self, "state.reason", reason);
}

static void
add_balloon(Record *self)
{
    const virDomainDef *def = self->lxc->vm->def;
    guint64 usage;
    guint64 swap;

    add(self, "balloon.current", def->mem.cur_balloon);
    add(self, "balloon.maximum", virDomainDefGetMemoryTotal(def));
    if (self->group && corral_group_get_swap_usage(self->group, &swap, NULL))
        add(self, "balloon.swap_in", swap >> KIB_SHIFT);
    if (self->group && corral_group_get_memory_usage(self->group, &usage, NULL))
        add(self, "balloon.rss", usage >> KIB_SHIFT);
}

static void
add_vcpus(Record *self)
{
    const virDomainDef *def = self->lxc->vm->def;

    add_uint(self, "vcpu.current", virDomainDefGetVcpus(def));
    add_uint(self, "vcpu.maximum", virDomainDefGetVcpusMax(def));
}

static void
add_traffic(Record *self, gsize i, const virDomainNetDef *net)
{
    const struct {
        const char *name;
        gsize offset;
    } fields[] = {
        {"rx.bytes", offsetof(virDomainInterfaceStatsStruct, rx_bytes)},
        {"rx.pkts", offsetof(virDomainInterfaceStatsStruct, rx_packets)},
        {"rx.errs", offsetof(virDomainInterfaceStatsStruct, rx_errs)},
        {"rx.drop", offsetof(virDomainInterfaceStatsStruct, rx_drop)},
        {"tx.bytes", offsetof(virDomainInterfaceStatsStruct, tx_bytes)},
        {"tx.pkts", offsetof(virDomainInterfaceStatsStruct, tx_packets)},
        {"tx.errs", offsetof(virDomainInterfaceStatsStruct, tx_errs)},
        {"tx.drop", offsetof(virDomainInterfaceStatsStruct, tx_drop)},
    };
    virDomainInterfaceStatsStruct stats;
    gsize k;

    if (virNetDevTapInterfaceStats(net->ifname, &stats, !virDomainNetTypeSharesHostView(net)) < 0) {
        virResetLastError();
        return;
    }
    for (k = 0; k < G_N_ELEMENTS(fields); k++) {
        long long value = *(long long *)((char *)&stats + fields[k].offset);

        if (value >= 0)
            add_of(self, "net", i, fields[k].name, value);
    }
}

static void
add_interfaces(Record *self)
{
    const virDomainDef *def = self->lxc->vm->def;
    gsize i;

    if (!self->group)
        return;

    add_uint(self, "net.count", def->nnets);
    for (i = 0; i < def->nnets; i++) {
        add_text_of(self, "net", i, "name", def->nets[i]->ifname);
        if (def->nets[i]->ifname)
            add_traffic(self, i, def->nets[i]);
    }
}

static void
add_disks(Record *self)
{
    const virDomainDef *def = self->lxc->vm->def;
    CorralIoStatistics io;
    gsize i;

    add_uint(self, "block.count", def->ndisks);
    for (i = 0; i < def->ndisks; i++) {
        add_text_of(self, "block", i, "name", def->disks[i]->dst);
        add_text_of(self, "block", i, "path", def->disks[i]->src->path);
        if (!self->group || !drv_use_read_disk(self->group, def->disks[i], &io, NULL))
            continue;
        add_of(self, "block", i, "rd.reqs", io.reads);
        add_of(self, "block", i, "rd.bytes", io.read_bytes);
        add_of(self, "block", i, "wr.reqs", io.writes);
        add_of(self, "block", i, "wr.bytes", io.write_bytes);
    }
}

static virDomainStatsRecordPtr
describe(virConnectPtr conn, DrvStack *stack, DrvLxc *lxc, unsigned int stats)
{
    const struct {
        unsigned int kind;
        void (*add)(Record *self);
    } kinds[] = {
        {VIR_DOMAIN_STATS_STATE, add_state}, {VIR_DOMAIN_STATS_BALLOON, add_balloon},
        {VIR_DOMAIN_STATS_VCPU, add_vcpus},  {VIR_DOMAIN_STATS_INTERFACE, add_interfaces},
        {VIR_DOMAIN_STATS_BLOCK, add_disks},
    };
    const virDomainDef *def = lxc->vm->def;
    g_autoptr(CorralGroup) group =
        virDomainObjIsActive(lxc->vm) ? drv_lxc_open_group(stack, lxc, NULL) : NULL;
    Record self = {.lxc = lxc, .group = group};
    virDomainStatsRecordPtr record;
    virDomainPtr dom = virGetDomain(conn, def->name, def->uuid, def->id);
    gsize i;

    if (!dom)
        return NULL;

    for (i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (stats & kinds[i].kind)
            kinds[i].add(&self);
    }
    record = g_new0(virDomainStatsRecord, 1);
    record->dom = dom;
    record->params = self.params;
    record->nparams = self.n;
    return record;
}

/* NULL for one that is gone, or that the caller may not see. */
static virDomainStatsRecordPtr
look_at(virConnectPtr conn, virDomainPtr dom, unsigned int stats)
{
    DrvStack *stack = drv_stack_of(conn);
    g_auto(DrvLxc) lxc = {NULL};

    if (!drv_lxc_open(stack, dom, &lxc)) {
        virResetLastError();
        return NULL;
    }
    if (!virConnectGetAllDomainStatsCheckACL(conn, lxc.vm->def))
        return NULL;
    return describe(conn, stack, &lxc, stats);
}

static int
list_chosen(virConnectPtr conn, virDomainPtr **doms, unsigned int flags)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();

    (void)caller;
    return drv_stack_of(conn)->next->connectListAllDomains(conn, doms, flags & CHOICE);
}

static gboolean
is_among(virDomainPtr dom, virDomainPtr *list, int n)
{
    int i;

    for (i = 0; i < n; i++) {
        if (memcmp(dom->uuid, list[i]->uuid, VIR_UUID_BUFLEN) == 0)
            return TRUE;
    }
    return FALSE;
}

/* (element-type virDomainStatsRecord): of @doms, but of @chosen alone if that is not NULL */
static GPtrArray *
look_at_all(virConnectPtr conn, virDomainPtr *doms, guint n, virDomainPtr *chosen, int n_chosen,
            unsigned int stats)
{
    GPtrArray *all = g_ptr_array_new();
    guint i;

    for (i = 0; i < n; i++) {
        virDomainStatsRecordPtr record;

        if (chosen && !is_among(doms[i], chosen, n_chosen))
            continue;
        record = look_at(conn, doms[i], stats);
        if (record)
            g_ptr_array_add(all, record);
    }
    return all;
}

static gboolean
check_kinds(unsigned int *stats, unsigned int flags)
{
    if (*stats == 0)
        *stats = KINDS;
    if (!(flags & VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS) || (*stats & ~KINDS) == 0)
        return TRUE;

    drv_error_raise(VIR_ERR_ARGUMENT_UNSUPPORTED,
                    "Stats types bits 0x%x are not supported by this daemon", *stats & ~KINDS);
    return FALSE;
}

int
drv_records_get_all(virConnectPtr conn, virDomainPtr *doms, unsigned int ndoms, unsigned int stats,
                    virDomainStatsRecordPtr **records, unsigned int flags)
{
    virDomainPtr *chosen = NULL;
    GPtrArray *all;
    int n_chosen = 0;
    int n;
    int i;

    virCheckFlags(CHOICE | VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT |
                      VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING |
                      VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS,
                  -1);
    if (virConnectGetAllDomainStatsEnsureACL(conn) < 0 || !check_kinds(&stats, flags))
        return -1;
    if (ndoms == 0 || (flags & CHOICE)) {
        n_chosen = list_chosen(conn, &chosen, flags);
        if (n_chosen < 0)
            return -1;
    }

    all = ndoms == 0 ? look_at_all(conn, chosen, n_chosen, NULL, 0, stats)
                     : look_at_all(conn, doms, ndoms, chosen, n_chosen, stats);
    for (i = 0; i < n_chosen; i++)
        virObjectUnref(chosen[i]);
    g_free(chosen);

    n = all->len;
    g_ptr_array_add(all, NULL);
    *records = (virDomainStatsRecordPtr *)g_ptr_array_free(all, FALSE);
    return n;
}
