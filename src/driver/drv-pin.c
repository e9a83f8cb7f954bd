/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pinning.
 *
 * Stock, which sees no cpusets, pins by affinity alone, keeps the books and
 * tells the clients.  The kernel holds an affinity against the cpuset of the
 * thread's group, so that is widened by the new CPUs first and narrowed to them
 * afterwards.
 *
 * Whether stock has pinned the thread is not for its answer alone to say: where
 * the persistent half of a call fails, the running guest has changed.  The
 * affinity of the thread tells.
 */
#include <config.h>

#include "drv-confine.h"
#include "drv-cpuset.h"
#include "drv-error.h"
#include "drv-pin.h"
#include "drv-running.h"
#include "drv-threads.h"
#include "guest-set.h"

/* One call. */
typedef struct {
    GuestPart part;
    unsigned int number;
    unsigned char *map;
    int length;
    unsigned int flags;
} Pin;

static int
pin_stock(DrvStack *stack, virDomainPtr dom, const Pin *pin)
{
    const virHypervisorDriver *next = stack->next;

    switch (pin->part) {
    case GUEST_PART_VCPU:
        return next->domainPinVcpuFlags(dom, pin->number, pin->map, pin->length, pin->flags);
    case GUEST_PART_IOTHREAD:
        return next->domainPinIOThread(dom, pin->number, pin->map, pin->length, pin->flags);
    default:
        return next->domainPinEmulator(dom, pin->map, pin->length, pin->flags);
    }
}

static GArray *
read_map(const Pin *pin)
{
    GArray *cpus = g_array_new(FALSE, FALSE, sizeof(guint));
    guint cpu;

    for (cpu = 0; cpu < (guint)MAX(pin->length, 0) * 8; cpu++) {
        if (pin->map[cpu / 8] & (1 << (cpu % 8)))
            g_array_append_val(cpus, cpu);
    }
    return cpus;
}

static gboolean
set_cpus(CorralGroup *group, const GArray *cpus, GError **error)
{
    return corral_group_set_cpus(group, (const guint *)cpus->data, cpus->len, error);
}

static void
try_cpus(CorralGroup *group, const GArray *cpus, const char *doing)
{
    g_autoptr(GError) error = NULL;

    if (!set_cpus(group, cpus, &error))
        drv_error_log(g_steal_pointer(&error), corral_group_get_path(group), doing);
}

/* The thread that stock pins; 0 if it is not there. */
static pid_t
find_thread(DrvGroup *group, const Pin *pin, CorralGroup *child)
{
    g_autoptr(GArray) threads = NULL;

    if (pin->part == GUEST_PART_EMULATOR)
        return drv_threads_find_guest(group);

    threads = corral_group_list_threads(child, NULL);
    return threads && threads->len > 0 ? g_array_index(threads, pid_t, 0) : 0;
}

static gboolean
is_pinned(pid_t tid, const GArray *cpus)
{
    g_autoptr(GArray) affinity = tid ? drv_cpuset_read_affinity(tid) : NULL;

    return affinity && guest_set_equals(affinity, cpus);
}

static void
refuse(const Pin *pin, GError *error, const char *name)
{
    g_autoptr(GError) owned = error;

    if (pin->part == GUEST_PART_EMULATOR)
        drv_error_raise(VIR_ERR_OPERATION_INVALID,
                        "failed to set cpuset.cpus in cgroup for emulator threads");
    else if (pin->part == GUEST_PART_IOTHREAD)
        drv_error_raise(VIR_ERR_OPERATION_INVALID,
                        "failed to set cpuset.cpus in cgroup for iothread %d", (int)pin->number);
    else
        drv_error_report(g_steal_pointer(&owned), name);
}

/* With @child's CPUs wide enough for both. */
static int
pin_widened(DrvStack *stack, DrvSubject *subject, const Pin *pin, DrvGroup *group,
            CorralGroup *child, const GArray *before, const GArray *cpus)
{
    pid_t tid = find_thread(group, pin, child);
    gboolean was_pinned = is_pinned(tid, cpus);
    int result = pin_stock(stack, subject->dom, pin);
    virErrorPtr raised = NULL;

    virErrorPreserveLast(&raised);
    if (result == 0 || (!was_pinned && is_pinned(tid, cpus))) {
        drv_confine_keep_cpus(child, cpus);
        try_cpus(child, cpus, "narrow its CPUs");
    } else {
        try_cpus(child, before, "take back a change");
    }
    virErrorRestore(&raised);
    return result;
}

/* Where we have no say stock has: a vCPU that is offline, a thread that is not there, an
 * empty map, a host without cpusets. */
static int
pin_live(DrvStack *stack, DrvSubject *subject, virDomainPtr dom, const Pin *pin)
{
    g_autoptr(DrvGroup) group = drv_running_find_group(stack, subject);
    g_autoptr(GArray) cpus = read_map(pin);
    g_autoptr(GArray) before = NULL;
    g_autoptr(GArray) both = NULL;
    g_autoptr(GError) error = NULL;
    CorralGroup *child = NULL;

    if (group && cpus->len > 0)
        child = pin->part == GUEST_PART_EMULATOR
                    ? drv_group_get_emulator(group)
                    : drv_group_find_thread(group, pin->part, pin->number);
    if (child)
        before = corral_group_get_cpus(child, NULL);
    if (!before)
        return pin_stock(stack, dom, pin);

    both = before->len > 0 ? guest_set_unite(before, cpus) : g_array_ref(before);
    if (!set_cpus(child, both, &error)) {
        refuse(pin, g_steal_pointer(&error), subject->def.name);
        return -1;
    }
    return pin_widened(stack, subject, pin, group, child, before, cpus);
}

static int
perform(virDomainPtr dom, DrvEnsureChange ensure, const Pin *pin)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    g_auto(DrvSubject) subject = {NULL};
    const DrvReach reach = drv_running_begin_change(dom, ensure, pin->flags, &subject);
    DrvClaim *claim;
    int result;

    if (reach == DRV_REACH_FAILED)
        return -1;
    if (reach == DRV_REACH_STOCK)
        return pin_stock(stack, dom, pin);

    claim = drv_running_claim(stack, &subject);
    result = pin_live(stack, &subject, dom, pin);
    drv_running_release(stack, &subject, claim);
    return result;
}

int
drv_pin_vcpu_flags(virDomainPtr dom, unsigned int vcpu, unsigned char *map, int length,
                   unsigned int flags)
{
    const Pin pin = {GUEST_PART_VCPU, vcpu, map, length, flags};

    virCheckFlags(VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG, -1);
    return perform(dom, virDomainPinVcpuFlagsEnsureACL, &pin);
}

int
drv_pin_vcpu(virDomainPtr dom, unsigned int vcpu, unsigned char *map, int length)
{
    return drv_pin_vcpu_flags(dom, vcpu, map, length, VIR_DOMAIN_AFFECT_LIVE);
}

int
drv_pin_emulator(virDomainPtr dom, unsigned char *map, int length, unsigned int flags)
{
    const Pin pin = {GUEST_PART_EMULATOR, 0, map, length, flags};

    virCheckFlags(VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG, -1);
    return perform(dom, virDomainPinEmulatorEnsureACL, &pin);
}

int
drv_pin_iothread(virDomainPtr dom, unsigned int iothread, unsigned char *map, int length,
                 unsigned int flags)
{
    const Pin pin = {GUEST_PART_IOTHREAD, iothread, map, length, flags};

    virCheckFlags(VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG, -1);
    return perform(dom, virDomainPinIOThreadEnsureACL, &pin);
}
