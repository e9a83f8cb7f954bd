/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CPUs and memory nodes.
 *
 * libvirt pins threads by itself, with sched_setaffinity(2), and the kernel
 * refuses an affinity that has no CPU in common with the cpuset of the thread's
 * group.  So the order matters.  A guest's threads are all born in `emulator`;
 * libvirt may pin a vCPU there before we have moved it, or after.  Therefore
 * `emulator` stays open while threads are being made: at a start its CPUs are
 * narrowed when the last thread is in its place, and where a running guest is
 * to get more threads it is opened meanwhile.  Until then the emulator's own
 * threads are held by the affinity that libvirt gave the first of them.
 *
 * Memory nodes are not left open at a start: memory that QEMU takes first would
 * come from the wrong ones.  They are for a thread that comes later, since KVM
 * needs memory of the zone for DMA, which only some nodes have; at a start those
 * are the vCPUs that libvirt plugs in once QEMU runs.
 *
 * Where the host chooses the nodes they are not known before, but before the
 * guest's process becomes QEMU (drv-advice).  Should that be missed, what it has
 * by then moves.
 */
#include <config.h>

#include <sched.h>
#include <string.h>

#include "drv-confine.h"
#include "drv-cpuset.h"
#include "drv-error.h"
#include "drv-threads.h"
#include "guest-placement.h"
#include "guest-set.h"

/* "CPUS;NODES": what `emulator` is to have once it is closed again.  "auto" for CPUs: what
 * libvirt has pinned each thread to by then. */
#define LABEL_OPEN "emulator"
#define AUTO "auto"

/* The nodes that the host has chosen for what is to be held to them; "auto": not known yet. */
#define LABEL_ADVICE "advice"

/* "MODE NODES": the <memory> of a running guest's <numatune>. */
#define LABEL_NUMATUNE "numatune"

static gboolean
has_cpusets(DrvGroup *group)
{
    return (corral_group_get_controllers(drv_group_get_whole(group)) &
            CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_CPUSET)) != 0;
}

static gboolean
set_cpus(CorralGroup *group, const GArray *cpus, GError **error)
{
    return corral_group_set_cpus(group, (const guint *)cpus->data, cpus->len, error);
}

static gboolean
set_nodes(CorralGroup *group, const GArray *nodes, GError **error)
{
    return corral_group_set_memory_nodes(group, (const guint *)nodes->data, nodes->len, error);
}

/* What somebody has said, not what it happens to have had. */
static gboolean
pin_cpus(CorralGroup *group, const GArray *cpus, GError **error)
{
    if (!set_cpus(group, cpus, error))
        return FALSE;
    drv_confine_keep_cpus(group, cpus);
    return TRUE;
}

static gboolean
pin_nodes(CorralGroup *group, const GArray *nodes, GError **error)
{
    if (!set_nodes(group, nodes, error))
        return FALSE;
    drv_confine_keep_nodes(group, nodes);
    return TRUE;
}

/* NULL if there is none, or an empty one. */
static char *
get_label(DrvGroup *group, const char *name)
{
    g_autofree char *value = corral_group_get_label(drv_group_get_whole(group), name, NULL);

    return value && *value ? g_steal_pointer(&value) : NULL;
}

static gboolean
label_open(DrvGroup *group, const char *cpus, const GArray *nodes, GError **error)
{
    g_autofree char *nodes_text = nodes ? guest_set_format(nodes) : g_strdup("");
    g_autofree char *value = g_strdup_printf("%s;%s", cpus, nodes_text);

    return corral_group_set_label(drv_group_get_whole(group), LABEL_OPEN, value, error);
}

/* NULL where the host has not chosen. */
static GArray *
get_advice(DrvGroup *group)
{
    g_autofree char *text = get_label(group, LABEL_ADVICE);

    return text && !g_str_equal(text, AUTO) ? guest_set_parse(text) : NULL;
}

/* ---- what a description says ---- */

/* A change of the running guest's nodes counts more than what it was started with. */
static gboolean
apply_nodes(DrvGroup *group, const Guest *guest, GuestPart part, guint number, CorralGroup *child,
            GError **error)
{
    const GArray *nodes = guest_placement_get_nodes(guest_get_placement(guest), part, number);
    g_autoptr(GArray) changed = NULL;
    gint mode;

    if (drv_cpuset_get_numatune(group, &mode, &changed) ||
        (!nodes && (changed = get_advice(group))))
        nodes = changed;
    return !nodes || pin_nodes(child, nodes, error);
}

static gboolean
prepare(CorralGroup *child, GError **error)
{
    return corral_group_set_memory_migration(child, TRUE, error);
}

gboolean
drv_cpuset_apply(DrvGroup *group, const Guest *guest, GuestPart part, guint number, GError **error)
{
    const GArray *cpus = guest_placement_get_cpus(guest_get_placement(guest), part, number);
    CorralGroup *child = drv_group_find_thread(group, part, number);

    if (!child || !has_cpusets(group))
        return TRUE;

    return prepare(child, error) && (!cpus || pin_cpus(child, cpus, error)) &&
           apply_nodes(group, guest, part, number, child, error);
}

static gboolean
apply_all(DrvGroup *group, const Guest *guest, GuestPart part, const guint *numbers, gsize n,
          GError **error)
{
    gsize i;

    for (i = 0; i < n; i++) {
        if (!drv_cpuset_apply(group, guest, part, numbers[i], error))
            return FALSE;
    }
    return TRUE;
}

/* That the CPUs are there shows at the start, not when it is over. */
static gboolean
furnish_emulator(DrvGroup *group, const Guest *guest, GError **error)
{
    const GuestPlacement *placement = guest_get_placement(guest);
    const GArray *cpus = guest_placement_get_cpus(placement, GUEST_PART_EMULATOR, 0);
    CorralGroup *emulator = drv_group_get_emulator(group);
    const GArray *nodes = guest_placement_get_nodes(placement, GUEST_PART_EMULATOR, 0);
    g_autofree char *text = cpus ? guest_set_format(cpus) : NULL;

    if (!emulator)
        return TRUE;
    if (!prepare(emulator, error) || (nodes && !pin_nodes(emulator, nodes, error)) ||
        (cpus &&
         (!pin_cpus(emulator, cpus, error) || !corral_group_set_cpus(emulator, NULL, 0, error))))
        return FALSE;
    if (guest_placement_is_auto(placement))
        return label_open(group, AUTO, nodes, error);

    return !cpus || label_open(group, text, nodes, error);
}

/* Preferred and interleaved memory is not held. */
static gboolean
furnish_advice(DrvGroup *group, const Guest *guest, GError **error)
{
    const GuestPlacement *placement = guest_get_placement(guest);
    GuestMemoryMode mode = guest_placement_get_memory_mode(placement);

    if (!guest_placement_is_memory_auto(placement) ||
        (mode != GUEST_MEMORY_STRICT && mode != GUEST_MEMORY_RESTRICTIVE))
        return TRUE;
    return corral_group_set_label(drv_group_get_whole(group), LABEL_ADVICE, AUTO, error);
}

gboolean
drv_cpuset_furnish(DrvGroup *group, const Guest *guest, GError **error)
{
    const guint *vcpus;
    const guint *iothreads;
    gsize n_vcpus;
    gsize n_iothreads;

    if (!has_cpusets(group))
        return TRUE;

    vcpus = guest_get_vcpus(guest, &n_vcpus);
    iothreads = guest_get_iothreads(guest, &n_iothreads);
    return prepare(drv_group_get_whole(group), error) && furnish_advice(group, guest, error) &&
           furnish_emulator(group, guest, error) &&
           apply_all(group, guest, GUEST_PART_VCPU, vcpus, n_vcpus, error) &&
           apply_all(group, guest, GUEST_PART_IOTHREAD, iothreads, n_iothreads, error);
}

/* Memory moves to where it may be, as with guests. */
gboolean
drv_cpuset_confine(DrvGroup *group, const Guest *guest, GError **error)
{
    const GuestPlacement *placement = guest_get_placement(guest);
    const GArray *cpus = guest_placement_get_containers_cpus(placement);
    const GArray *nodes = guest_placement_get_nodes(placement, GUEST_PART_GLOBAL, 0);
    CorralGroup *whole = drv_group_get_whole(group);

    if (!has_cpusets(group))
        return TRUE;

    return prepare(whole, error) && (!cpus || pin_cpus(whole, cpus, error)) &&
           (!nodes || pin_nodes(whole, nodes, error));
}

static gboolean
clear_label(DrvGroup *group, const char *name, GError **error)
{
    g_autofree char *value = get_label(group, name);

    return !value || corral_group_set_label(drv_group_get_whole(group), name, "", error);
}

static gboolean
open_part(DrvGroup *group, GuestPart part, GError **error)
{
    g_autoptr(GPtrArray) children = drv_group_list_part(group, part, error);
    guint i;

    for (i = 0; children && i < children->len; i++) {
        CorralGroup *child = g_ptr_array_index(children, i);

        drv_confine_keep_cpus(child, NULL);
        drv_confine_keep_nodes(child, NULL);
        if (!corral_group_set_cpus(child, NULL, 0, error) ||
            !corral_group_set_memory_nodes(child, NULL, 0, error))
            return FALSE;
    }
    return children != NULL;
}

gboolean
drv_cpuset_furnish_anew(DrvGroup *group, const Guest *guest, GError **error)
{
    if (!has_cpusets(group))
        return TRUE;

    return clear_label(group, LABEL_NUMATUNE, error) && clear_label(group, LABEL_OPEN, error) &&
           clear_label(group, LABEL_ADVICE, error) &&
           open_part(group, GUEST_PART_EMULATOR, error) &&
           open_part(group, GUEST_PART_VCPU, error) &&
           open_part(group, GUEST_PART_IOTHREAD, error) && drv_cpuset_furnish(group, guest, error);
}

/* ---- open and closed ---- */

gboolean
drv_cpuset_open(DrvGroup *group, GError **error)
{
    CorralGroup *emulator = has_cpusets(group) ? drv_group_get_emulator(group) : NULL;
    g_autoptr(GArray) cpus = NULL;
    g_autoptr(GArray) nodes = NULL;
    g_autofree char *text = NULL;
    g_autofree char *open = get_label(group, LABEL_OPEN);

    if (!emulator || open)
        return TRUE;

    cpus = corral_group_get_cpus(emulator, error);
    nodes = cpus ? corral_group_get_memory_nodes(emulator, error) : NULL;
    if (!nodes)
        return FALSE;

    text = guest_set_format(cpus);
    if (!label_open(group, text, nodes, error))
        return FALSE;
    if (corral_group_set_cpus(emulator, NULL, 0, error) &&
        corral_group_set_memory_nodes(emulator, NULL, 0, error))
        return TRUE;

    if (!drv_cpuset_close(group, 0, NULL))
        g_debug("'%s' stays open", corral_group_get_path(emulator));
    return FALSE;
}

gboolean
drv_cpuset_open_nodes(DrvGroup *group, GError **error)
{
    CorralGroup *emulator = has_cpusets(group) ? drv_group_get_emulator(group) : NULL;
    g_autofree char *open = emulator ? get_label(group, LABEL_OPEN) : NULL;
    g_auto(GStrv) words = open ? g_strsplit(open, ";", 2) : NULL;
    g_autoptr(GArray) nodes = NULL;

    if (!open)
        return drv_cpuset_open(group, error);

    nodes = corral_group_get_memory_nodes(emulator, error);
    return nodes && label_open(group, words[0], nodes, error) &&
           corral_group_set_memory_nodes(emulator, NULL, 0, error);
}

GArray *
drv_cpuset_read_affinity(pid_t tid)
{
    const gsize max = 8192;
    const gsize size = CPU_ALLOC_SIZE(max);
    cpu_set_t *mask = CPU_ALLOC(max);
    GArray *cpus = NULL;
    guint cpu;

    if (sched_getaffinity(tid, size, mask) == 0) {
        cpus = g_array_new(FALSE, FALSE, sizeof(guint));
        for (cpu = 0; cpu < max; cpu++) {
            if (CPU_ISSET_S(cpu, size, mask))
                g_array_append_val(cpus, cpu);
        }
    }
    CPU_FREE(mask);
    return cpus;
}

static gboolean
follow_thread(CorralGroup *child, pid_t tid, GError **error)
{
    g_autoptr(GArray) cpus = drv_cpuset_read_affinity(tid);

    return !cpus || set_cpus(child, cpus, error);
}

/* The host has chosen: each group gets the CPUs that libvirt has pinned its thread to. */
static gboolean
follow_advice(DrvGroup *group, pid_t pid, GError **error)
{
    static const GuestPart parts[] = {GUEST_PART_VCPU, GUEST_PART_IOTHREAD};
    gsize i;
    guint k;

    for (i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autoptr(GPtrArray) children = drv_group_list_part(group, parts[i], error);

        for (k = 0; children && k < children->len; k++) {
            CorralGroup *child = g_ptr_array_index(children, k);
            g_autoptr(GArray) threads = corral_group_list_threads(child, NULL);

            if (threads && threads->len > 0 &&
                !follow_thread(child, g_array_index(threads, pid_t, 0), error))
                return FALSE;
        }
        if (!children)
            return FALSE;
    }
    return follow_thread(drv_group_get_emulator(group), pid, error);
}

/* NULL for what cannot be read; none if @text is empty. */
static GArray *
parse_labelled(const char *text)
{
    return *text ? guest_set_parse(text) : g_array_new(FALSE, FALSE, sizeof(guint));
}

gboolean
drv_cpuset_close(DrvGroup *group, pid_t pid, GError **error)
{
    CorralGroup *emulator = has_cpusets(group) ? drv_group_get_emulator(group) : NULL;
    g_autofree char *open = emulator ? get_label(group, LABEL_OPEN) : NULL;
    g_auto(GStrv) words = open ? g_strsplit(open, ";", 2) : NULL;
    g_autoptr(GArray) cpus = NULL;
    g_autoptr(GArray) nodes = NULL;

    if (!open)
        return TRUE;

    nodes = words[1] ? parse_labelled(words[1]) : NULL;
    if (g_str_equal(words[0], AUTO)) {
        /* Who does not know the process leaves it to who will. */
        if (pid == 0)
            return TRUE;
        if (!follow_advice(group, pid, error))
            return FALSE;
    } else {
        cpus = parse_labelled(words[0]);
        if (cpus && !set_cpus(emulator, cpus, error))
            return FALSE;
    }
    if (nodes && !set_nodes(emulator, nodes, error))
        return FALSE;

    return corral_group_set_label(drv_group_get_whole(group), LABEL_OPEN, "", error);
}

/* ---- nodes of a running guest ---- */

gboolean
drv_cpuset_get_numatune(DrvGroup *group, gint *mode, GArray **nodes)
{
    g_autofree char *label = get_label(group, LABEL_NUMATUNE);
    g_auto(GStrv) words = label ? g_strsplit(label, " ", 2) : NULL;
    g_autoptr(GArray) set = words && words[0] && words[1] ? guest_set_parse(words[1]) : NULL;
    const gint read = set ? (gint)guest_memory_mode_parse(words[0]) : GUEST_MEMORY_UNSET;

    if (read == GUEST_MEMORY_UNSET)
        return FALSE;

    *mode = read;
    *nodes = g_steal_pointer(&set);
    return TRUE;
}

static gpointer
take_reference(gconstpointer group, gpointer unused G_GNUC_UNUSED)
{
    return g_object_ref((gpointer)group);
}

/* (element-type CorralGroup): every part that has threads, the emulator first */
static GPtrArray *
list_parts(DrvGroup *group, GError **error)
{
    static const GuestPart parts[] = {GUEST_PART_EMULATOR, GUEST_PART_VCPU, GUEST_PART_IOTHREAD};
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_object_unref);
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autoptr(GPtrArray) some = drv_group_list_part(group, parts[i], error);

        if (!some)
            return NULL;
        g_ptr_array_extend(all, some, take_reference, NULL);
    }
    return g_steal_pointer(&all);
}

gboolean
drv_cpuset_awaits_advice(DrvGroup *group)
{
    g_autofree char *label = has_cpusets(group) ? get_label(group, LABEL_ADVICE) : NULL;

    return g_strcmp0(label, AUTO) == 0;
}

/* An `emulator` that is open gets them when it is closed, too. */
static gboolean
relabel_open(DrvGroup *group, const GArray *nodes, GError **error)
{
    g_autofree char *open = get_label(group, LABEL_OPEN);
    g_auto(GStrv) words = open ? g_strsplit(open, ";", 2) : NULL;

    return !open || label_open(group, words[0], nodes, error);
}

gboolean
drv_cpuset_take_advice(DrvGroup *group, const GArray *nodes, GError **error)
{
    g_autofree char *text = guest_set_format(nodes);
    g_autoptr(GPtrArray) parts = list_parts(group, error);
    guint i;

    for (i = 0; parts && i < parts->len; i++) {
        if (!set_nodes(g_ptr_array_index(parts, i), nodes, error))
            return FALSE;
    }
    return parts && relabel_open(group, nodes, error) &&
           corral_group_set_label(drv_group_get_whole(group), LABEL_ADVICE, text, error);
}

struct _DrvNodes {
    CorralGroup *whole;
    GPtrArray *parts;
    GPtrArray *nodes; /* of each part */
    GPtrArray *cpus;  /* likewise */
    char *label;
    char *advice;
};

void
drv_nodes_free(DrvNodes *self)
{
    if (!self)
        return;

    g_clear_object(&self->whole);
    g_clear_pointer(&self->parts, g_ptr_array_unref);
    g_clear_pointer(&self->nodes, g_ptr_array_unref);
    g_clear_pointer(&self->cpus, g_ptr_array_unref);
    g_free(self->label);
    g_free(self->advice);
    g_free(self);
}

DrvNodes *
drv_nodes_save(DrvGroup *group, GError **error)
{
    g_autoptr(DrvNodes) self = g_new0(DrvNodes, 1);
    guint i;

    self->whole = g_object_ref(drv_group_get_whole(group));
    self->label = get_label(group, LABEL_NUMATUNE);
    self->advice = get_label(group, LABEL_ADVICE);
    self->nodes = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    self->cpus = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    self->parts = list_parts(group, error);
    for (i = 0; self->parts && i < self->parts->len; i++) {
        CorralGroup *part = g_ptr_array_index(self->parts, i);
        GArray *nodes = corral_group_get_memory_nodes(part, error);
        GArray *cpus = nodes ? corral_group_get_cpus(part, error) : NULL;

        if (nodes)
            g_ptr_array_add(self->nodes, nodes);
        if (!cpus)
            return NULL;
        g_ptr_array_add(self->cpus, cpus);
    }
    return self->parts ? g_steal_pointer(&self) : NULL;
}

void
drv_nodes_put_back(DrvNodes *self)
{
    g_autoptr(GError) unlabelled = NULL;
    guint i;

    for (i = self->parts->len; i > 0; i--) {
        CorralGroup *part = g_ptr_array_index(self->parts, i - 1);
        g_autoptr(GError) failure = NULL;

        if (!set_nodes(part, g_ptr_array_index(self->nodes, i - 1), &failure))
            drv_error_log(g_steal_pointer(&failure), corral_group_get_path(part),
                          "take back a change");
    }
    if (!corral_group_set_label(self->whole, LABEL_NUMATUNE, self->label ? self->label : "",
                                &unlabelled) ||
        !corral_group_set_label(self->whole, LABEL_ADVICE, self->advice ? self->advice : "",
                                &unlabelled))
        drv_error_log(g_steal_pointer(&unlabelled), corral_group_get_path(self->whole),
                      "take back a change");
}

void
drv_nodes_put_back_all(DrvNodes *self)
{
    g_autoptr(GError) unlabelled = NULL;
    guint i;

    for (i = self->parts->len; i > 0; i--) {
        CorralGroup *part = g_ptr_array_index(self->parts, i - 1);
        g_autoptr(GError) failure = NULL;

        if (!set_cpus(part, g_ptr_array_index(self->cpus, i - 1), &failure))
            drv_error_log(g_steal_pointer(&failure), corral_group_get_path(part),
                          "take back a change");
    }
    if (!corral_group_set_label(self->whole, LABEL_OPEN, "", &unlabelled))
        drv_error_log(g_steal_pointer(&unlabelled), corral_group_get_path(self->whole),
                      "take back a change");
    drv_nodes_put_back(self);
}

gboolean
drv_cpuset_set_numatune(DrvGroup *group, gint mode, const GArray *nodes, GError **error)
{
    g_autoptr(DrvNodes) before = drv_nodes_save(group, error);
    g_autofree char *text = guest_set_format(nodes);
    g_autofree char *label = g_strdup_printf("%s %s", guest_memory_mode_format(mode), text);
    gboolean success = before != NULL;
    guint i;

    for (i = 0; success && i < before->parts->len; i++)
        success = set_nodes(g_ptr_array_index(before->parts, i), nodes, error);
    for (i = 0; success && i < before->parts->len; i++)
        drv_confine_keep_nodes(g_ptr_array_index(before->parts, i), nodes);
    if (success && corral_group_set_label(drv_group_get_whole(group), LABEL_NUMATUNE, label, error))
        return TRUE;

    if (before)
        drv_nodes_put_back(before);
    return FALSE;
}
