/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NUMA parameters.
 *
 * What a running guest's memory is held to by cpusets can be changed, what QEMU
 * was told at its start (strict, preferred, interleave) cannot.  Stock's live
 * description does not learn of the change, so the group keeps it.
 */
#include <config.h>

#include <string.h>

#include "drv-cpuset.h"
#include "drv-error.h"
#include "drv-numa.h"
#include "drv-running.h"
#include "guest-placement.h"
#include "guest-set.h"
#include "guest-xml.h"

/* What a call asks for, or what is in force. */
typedef struct {
    gint mode;     /* GUEST_MEMORY_UNSET: not given */
    GArray *nodes; /* NULL: likewise */
} Numatune;

static void
numatune_clear(Numatune *self)
{
    g_clear_pointer(&self->nodes, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Numatune, numatune_clear)

static GArray *
read_bitmap(virBitmap *bitmap)
{
    GArray *set = g_array_new(FALSE, FALSE, sizeof(guint));
    ssize_t bit = -1;

    while ((bit = virBitmapNextSetBit(bitmap, bit)) >= 0) {
        guint number = (guint)bit;

        g_array_append_val(set, number);
    }
    return set;
}

static gboolean
read_nodeset(const char *text, GArray **nodes)
{
    g_autoptr(virBitmap) bitmap = NULL;

    if (virBitmapParse(text, &bitmap, VIR_DOMAIN_CPUMASK_LEN) < 0)
        return FALSE;
    if (virBitmapIsAllClear(bitmap)) {
        drv_error_raise(VIR_ERR_OPERATION_INVALID, "Invalid nodeset of 'numatune': %s", text);
        return FALSE;
    }

    g_clear_pointer(nodes, g_array_unref);
    *nodes = read_bitmap(bitmap);
    return TRUE;
}

static gboolean
read_params(const virTypedParameter *params, int nparams, Numatune *wanted)
{
    int i;

    for (i = 0; i < nparams; i++) {
        if (g_str_equal(params[i].field, VIR_DOMAIN_NUMA_NODESET)) {
            if (!read_nodeset(params[i].value.s, &wanted->nodes))
                return FALSE;
        } else if (params[i].value.i < 0 || params[i].value.i >= VIR_DOMAIN_NUMATUNE_MEM_LAST) {
            drv_error_raise(VIR_ERR_INVALID_ARG, "unsupported numatune mode: '%d'",
                            params[i].value.i);
            return FALSE;
        } else {
            wanted->mode = params[i].value.i;
        }
    }
    return TRUE;
}

/* The nodes that the host has chosen, which only stock knows. */
static GArray *
ask_stock(DrvStack *stack, DrvSubject *subject)
{
    virTypedParameter params[2] = {{.field = ""}};
    int n = G_N_ELEMENTS(params);
    GArray *nodes = NULL;

    if (stack->next->domainGetNumaParameters(subject->dom, params, &n, VIR_DOMAIN_AFFECT_LIVE) ==
            0 &&
        n == G_N_ELEMENTS(params) && params[1].value.s)
        nodes = guest_set_parse(params[1].value.s);
    virTypedParamsClear(params, G_N_ELEMENTS(params));
    virResetLastError();
    return nodes;
}

/* What is in force: FALSE with an error if that is not to be had. */
static gboolean
read_live(DrvStack *stack, DrvSubject *subject, DrvGroup *group, Numatune *live)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    g_autofree char *xml = NULL;
    g_autoptr(Guest) guest = NULL;
    g_autoptr(GError) error = NULL;
    const GuestPlacement *placement;

    (void)caller;
    if (drv_cpuset_get_numatune(group, &live->mode, &live->nodes))
        return TRUE;

    xml = stack->next->domainGetXMLDesc(subject->dom, 0);
    if (!xml)
        return FALSE;
    guest = guest_xml_parse(stack->driver, xml, &error);
    if (!guest) {
        drv_error_report(g_steal_pointer(&error), subject->def.name);
        return FALSE;
    }

    placement = guest_get_placement(guest);
    live->mode = guest_placement_get_memory_mode(placement);
    if (guest_placement_is_memory_auto(placement))
        live->nodes = ask_stock(stack, subject);
    else if (guest_placement_get_memory_nodes(placement))
        live->nodes = g_array_ref((GArray *)guest_placement_get_memory_nodes(placement));
    return TRUE;
}

static gboolean
is_same_set(const GArray *one, const GArray *other)
{
    return one && other ? guest_set_equals(one, other) : one == other;
}

static gboolean
are_available(const GArray *nodes)
{
    g_autofree char *text = guest_set_format(nodes);
    g_autoptr(virBitmap) bitmap = NULL;

    return virBitmapParse(text, &bitmap, VIR_DOMAIN_CPUMASK_LEN) == 0 &&
           virNumaNodesetIsAvailable(bitmap);
}

/* Stock's rules, in stock's order. */
static gboolean
check(const Numatune *wanted, const Numatune *live)
{
    gboolean specified = live->mode != GUEST_MEMORY_UNSET;

    if (wanted->mode != GUEST_MEMORY_UNSET && specified && live->mode != wanted->mode) {
        drv_error_raise(VIR_ERR_OPERATION_INVALID, "can't change numatune mode for running domain");
        return FALSE;
    }
    if (wanted->mode == GUEST_MEMORY_STRICT) {
        if (is_same_set(wanted->nodes, live->nodes))
            return TRUE;
        drv_error_raise(VIR_ERR_OPERATION_INVALID,
                        "can't change nodeset for strict mode for running domain");
        return FALSE;
    }
    if (wanted->nodes && specified && live->mode != GUEST_MEMORY_RESTRICTIVE) {
        drv_error_raise(VIR_ERR_OPERATION_INVALID,
                        "change of nodeset for running domain requires restrictive numa mode");
        return FALSE;
    }
    if (!wanted->nodes && !specified && wanted->mode != GUEST_MEMORY_UNSET) {
        drv_error_raise(VIR_ERR_CONFIG_UNSUPPORTED, "nodeset for NUMA memory tuning must be set if "
                                                    "'placement' is 'static'");
        return FALSE;
    }
    return !wanted->nodes || are_available(wanted->nodes);
}

typedef struct {
    DrvGroup *group;
    Numatune wanted;
    Numatune live;
    DrvNodes *before;
} Tuning;

static void
tuning_clear(Tuning *self)
{
    g_clear_pointer(&self->group, drv_group_free);
    g_clear_pointer(&self->before, drv_nodes_free);
    numatune_clear(&self->wanted);
    numatune_clear(&self->live);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Tuning, tuning_clear)

static int
prepare(DrvChange *change)
{
    Tuning *self = change->data;
    g_autoptr(GError) error = NULL;

    self->group = drv_running_find_group(change->stack, change->subject);
    if (!read_params(change->params, change->nparams, &self->wanted))
        return -1;
    if (!self->group || !(corral_group_get_controllers(drv_group_get_whole(self->group)) &
                          CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_CPUSET))) {
        drv_error_raise(VIR_ERR_OPERATION_INVALID, "cgroup cpuset controller is not mounted");
        return -1;
    }
    if (!read_live(change->stack, change->subject, self->group, &self->live) ||
        !check(&self->wanted, &self->live))
        return -1;

    self->before = drv_nodes_save(self->group, &error);
    if (self->before)
        return 0;

    drv_error_report(g_steal_pointer(&error), change->subject->def.name);
    return -1;
}

static int
write_nodes(DrvChange *change)
{
    Tuning *self = change->data;
    g_autoptr(GError) error = NULL;
    gint mode = self->live.mode != GUEST_MEMORY_UNSET ? self->live.mode : self->wanted.mode;

    if (!self->wanted.nodes || self->wanted.mode == GUEST_MEMORY_STRICT)
        return 0;
    /* To libvirt nodes without a mode are strict. */
    if (drv_cpuset_set_numatune(self->group,
                                mode == GUEST_MEMORY_UNSET ? GUEST_MEMORY_STRICT : mode,
                                self->wanted.nodes, &error))
        return 0;

    drv_error_report(g_steal_pointer(&error), change->subject->def.name);
    return -1;
}

static void
undo(DrvChange *change)
{
    Tuning *self = change->data;

    drv_nodes_put_back(self->before);
}

int
drv_numa_set(virDomainPtr dom, virTypedParameterPtr params, int nparams, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    const DrvSetter setter = {
        .ensure = virDomainSetNumaParametersEnsureACL,
        .stock = stack->next->domainSetNumaParameters,
        .prepare = prepare,
        .write = write_nodes,
        .undo = undo,
    };
    g_auto(Tuning) tuning = {.wanted = {GUEST_MEMORY_UNSET, NULL},
                             .live = {GUEST_MEMORY_UNSET, NULL}};

    virCheckFlags(VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG, -1);
    if (virTypedParamsValidate(params, nparams, VIR_DOMAIN_NUMA_MODE, VIR_TYPED_PARAM_INT,
                               VIR_DOMAIN_NUMA_NODESET, VIR_TYPED_PARAM_STRING, NULL) < 0)
        return -1;

    return drv_running_set(&setter, dom, params, nparams, flags, &tuning);
}

/* What was changed while the guest runs, over what stock says. */
static void
overlay(DrvStack *stack, virDomainPtr dom, virTypedParameterPtr params, int nparams)
{
    g_auto(DrvSubject) subject = {NULL};
    g_autoptr(DrvGroup) group = NULL;
    g_auto(Numatune) live = {GUEST_MEMORY_UNSET, NULL};
    int i;

    /* The group of a guest that has just ended may still be there. */
    if (drv_access_find_subject(stack->next, dom, &subject) &&
        drv_running_is_active(stack, &subject) == 1)
        group = drv_running_find_group(stack, &subject);
    virResetLastError();
    if (!group || !drv_cpuset_get_numatune(group, &live.mode, &live.nodes))
        return;

    for (i = 0; i < nparams; i++) {
        if (g_str_equal(params[i].field, VIR_DOMAIN_NUMA_MODE)) {
            params[i].value.i = live.mode;
        } else if (g_str_equal(params[i].field, VIR_DOMAIN_NUMA_NODESET)) {
            g_free(params[i].value.s);
            params[i].value.s = guest_set_format(live.nodes);
        }
    }
}

int
drv_numa_get(virDomainPtr dom, virTypedParameterPtr params, int *nparams, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    gboolean count_only = *nparams == 0;

    if (stack->next->domainGetNumaParameters(dom, params, nparams, flags) < 0)
        return -1;
    if (!count_only && !(flags & VIR_DOMAIN_AFFECT_CONFIG))
        overlay(stack, dom, params, *nparams);
    return 0;
}
