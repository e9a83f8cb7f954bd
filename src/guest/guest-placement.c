/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a guest may run.
 *
 * A pin counts more than <vcpu cpuset>, which is for whatever has none.  Memory
 * is held to nodes by the modes strict and restrictive only; and with the
 * latter, vCPUs follow the <memnode> of the guest's node that they are on.
 */
#include <config.h>

#include <string.h>

#include "guest-placement.h"
#include "guest-set.h"
#include "guest-tree.h"

struct _GuestPlacement {
    gboolean automatic;
    GArray *cpus;     /* of <vcpu cpuset>, or NULL */
    GArray *emulator; /* its pin, or NULL */
    GHashTable *vcpus;
    GHashTable *iothreads; /* number -> pin */
    GuestMemoryMode mode;
    gboolean memory_automatic;
    GArray *nodes;           /* or NULL */
    GHashTable *cells;       /* of the guest: number -> its vCPUs */
    GHashTable *restrictive; /* likewise -> nodes */
};

static const char *const modes[] = {"strict", "preferred", "interleave", "restrictive"};

GuestMemoryMode
guest_memory_mode_parse(const char *text)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(modes); i++) {
        if (g_str_equal(text, modes[i]))
            return (GuestMemoryMode)i;
    }
    return GUEST_MEMORY_UNSET;
}

const char *
guest_memory_mode_format(GuestMemoryMode mode)
{
    return modes[mode];
}

static GHashTable *
new_sets(void)
{
    return g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_array_unref);
}

GuestPlacement *
guest_placement_new(void)
{
    GuestPlacement *self = g_new0(GuestPlacement, 1);

    self->vcpus = new_sets();
    self->iothreads = new_sets();
    self->cells = new_sets();
    self->restrictive = new_sets();
    self->mode = GUEST_MEMORY_UNSET;
    return self;
}

void
guest_placement_free(GuestPlacement *self)
{
    if (!self)
        return;

    g_clear_pointer(&self->cpus, g_array_unref);
    g_clear_pointer(&self->emulator, g_array_unref);
    g_clear_pointer(&self->nodes, g_array_unref);
    g_hash_table_unref(self->vcpus);
    g_hash_table_unref(self->iothreads);
    g_hash_table_unref(self->cells);
    g_hash_table_unref(self->restrictive);
    g_free(self);
}

/* NULL in *set if @node has no such attribute. */
static gboolean
read_set(const xmlNode *node, const char *attribute, GArray **set, GError **error)
{
    g_autofree char *text = node ? guest_tree_dup_attribute(node, attribute) : NULL;

    *set = text ? guest_set_parse(text) : NULL;
    if (!text || (*set && (*set)->len > 0))
        return TRUE;

    g_clear_pointer(set, g_array_unref);
    return guest_tree_refuse_value(error, attribute, text, "is not a set");
}

/* Each @parent/@name has its number in one attribute and its set in another. */
static gboolean
read_sets(const xmlNode *root, const char *parent_name, const char *name, const char *number,
          const char *attribute, GHashTable *sets, GError **error)
{
    const xmlNode *parent;
    const xmlNode *node;

    for (parent = guest_tree_find_child(root, NULL, parent_name); parent;
         parent = guest_tree_find_from(parent->next, NULL, parent_name)) {
        for (node = guest_tree_find_child(parent, NULL, name); node;
             node = guest_tree_find_from(node->next, NULL, name)) {
            g_autofree char *text = guest_tree_dup_attribute(node, number);
            GArray *set;
            guint id;

            if (!guest_tree_parse_count(number, text, &id, error) ||
                !read_set(node, attribute, &set, error))
                return FALSE;
            if (set)
                g_hash_table_insert(sets, GUINT_TO_POINTER(id), set);
        }
    }
    return TRUE;
}

static gboolean
has_value(const xmlNode *node, const char *attribute, const char *value)
{
    g_autofree char *text = node ? guest_tree_dup_attribute(node, attribute) : NULL;

    return g_strcmp0(text, value) == 0;
}

/* A set counts only where the placement is static; libvirt drops it from others. */
static gboolean
read_vcpu(GuestPlacement *self, const xmlNode *root, GError **error)
{
    const xmlNode *vcpu = guest_tree_find_child(root, NULL, "vcpu");

    self->automatic = has_value(vcpu, "placement", "auto");
    return self->automatic || read_set(vcpu, "cpuset", &self->cpus, error);
}

static gboolean
read_pins(GuestPlacement *self, const xmlNode *root, GError **error)
{
    const xmlNode *emulator = guest_tree_find_grandchild(root, "cputune", "emulatorpin");

    return read_set(emulator, "cpuset", &self->emulator, error) &&
           read_sets(root, "cputune", "vcpupin", "vcpu", "cpuset", self->vcpus, error) &&
           read_sets(root, "cputune", "iothreadpin", "iothread", "cpuset", self->iothreads, error);
}

/* An <numatune> without a mode is strict, one without nodes is left to the host. */
static gboolean
read_memory(GuestPlacement *self, const xmlNode *root, GError **error)
{
    const xmlNode *memory = guest_tree_find_grandchild(root, "numatune", "memory");
    g_autofree char *mode = NULL;

    if (!memory) {
        if (self->automatic) {
            self->mode = GUEST_MEMORY_STRICT;
            self->memory_automatic = TRUE;
        }
        return TRUE;
    }

    mode = guest_tree_dup_attribute(memory, "mode");
    self->mode = mode ? guest_memory_mode_parse(mode) : GUEST_MEMORY_STRICT;
    if (self->mode == GUEST_MEMORY_UNSET)
        return guest_tree_refuse_value(error, "numatune mode", mode, "is unknown");
    if (!has_value(memory, "placement", "auto") &&
        !read_set(memory, "nodeset", &self->nodes, error))
        return FALSE;
    self->memory_automatic = self->nodes == NULL;
    return TRUE;
}

/* The vCPUs of each of the guest's own nodes; those that are not numbered count up. */
static gboolean
read_cells(GuestPlacement *self, const xmlNode *root, GError **error)
{
    const xmlNode *cpu = guest_tree_find_child(root, NULL, "cpu");
    const xmlNode *numa = guest_tree_find_child(cpu, NULL, "numa");
    const xmlNode *node;
    guint next = 0;

    for (node = guest_tree_find_child(numa, NULL, "cell"); node;
         node = guest_tree_find_from(node->next, NULL, "cell"), next++) {
        g_autofree char *text = guest_tree_dup_attribute(node, "id");
        guint id = next;
        GArray *vcpus;

        if ((text && !guest_tree_parse_count("cell id", text, &id, error)) ||
            !read_set(node, "cpus", &vcpus, error))
            return FALSE;
        if (vcpus)
            g_hash_table_insert(self->cells, GUINT_TO_POINTER(id), vcpus);
    }
    return TRUE;
}

static gboolean
read_memory_of_cells(GuestPlacement *self, const xmlNode *root, GError **error)
{
    const xmlNode *numatune = guest_tree_find_child(root, NULL, "numatune");
    const xmlNode *node;

    for (node = guest_tree_find_child(numatune, NULL, "memnode"); node;
         node = guest_tree_find_from(node->next, NULL, "memnode")) {
        g_autofree char *cell = guest_tree_dup_attribute(node, "cellid");
        GArray *nodes = NULL;
        guint id;

        if (!has_value(node, "mode", "restrictive"))
            continue;
        if (!guest_tree_parse_count("memnode cellid", cell, &id, error) ||
            !read_set(node, "nodeset", &nodes, error))
            return FALSE;
        if (nodes)
            g_hash_table_insert(self->restrictive, GUINT_TO_POINTER(id), nodes);
    }
    return TRUE;
}

/* Where the host chooses the nodes and nobody says anything of CPUs, it chooses those, too. */
static void
conclude(GuestPlacement *self)
{
    if (self->memory_automatic && !self->cpus && !self->emulator &&
        g_hash_table_size(self->vcpus) == 0 && g_hash_table_size(self->iothreads) == 0)
        self->automatic = TRUE;
}

GuestPlacement *
guest_placement_read(const xmlNode *root, GError **error)
{
    g_autoptr(GuestPlacement) self = guest_placement_new();

    if (!read_vcpu(self, root, error) || !read_pins(self, root, error) ||
        !read_memory(self, root, error) || !read_cells(self, root, error) ||
        !read_memory_of_cells(self, root, error))
        return NULL;

    conclude(self);
    return g_steal_pointer(&self);
}

gboolean
guest_placement_is_auto(const GuestPlacement *self)
{
    return self->automatic;
}

const GArray *
guest_placement_get_cpus(const GuestPlacement *self, GuestPart part, guint number)
{
    const GArray *pin = NULL;

    if (part == GUEST_PART_EMULATOR)
        pin = self->emulator;
    else if (part == GUEST_PART_VCPU)
        pin = g_hash_table_lookup(self->vcpus, GUINT_TO_POINTER(number));
    else if (part == GUEST_PART_IOTHREAD)
        pin = g_hash_table_lookup(self->iothreads, GUINT_TO_POINTER(number));

    return pin ? pin : self->cpus;
}

const GArray *
guest_placement_get_containers_cpus(const GuestPlacement *self)
{
    return self->cpus ? self->cpus : self->emulator;
}

/* The nodes for the guest's own node that vCPU @number is on, if those are restricted. */
static const GArray *
find_cell_nodes(const GuestPlacement *self, guint number)
{
    GHashTableIter iter;
    gpointer cell;
    gpointer vcpus;

    g_hash_table_iter_init(&iter, self->cells);
    while (g_hash_table_iter_next(&iter, &cell, &vcpus)) {
        if (guest_set_contains(vcpus, number))
            return g_hash_table_lookup(self->restrictive, cell);
    }
    return NULL;
}

const GArray *
guest_placement_get_nodes(const GuestPlacement *self, GuestPart part, guint number)
{
    const GArray *nodes = part == GUEST_PART_VCPU ? find_cell_nodes(self, number) : NULL;

    if (nodes)
        return nodes;
    if (self->mode != GUEST_MEMORY_STRICT && self->mode != GUEST_MEMORY_RESTRICTIVE)
        return NULL;
    return self->nodes;
}

GuestMemoryMode
guest_placement_get_memory_mode(const GuestPlacement *self)
{
    return self->mode;
}

gboolean
guest_placement_is_memory_auto(const GuestPlacement *self)
{
    return self->memory_automatic;
}

const GArray *
guest_placement_get_memory_nodes(const GuestPlacement *self)
{
    return self->nodes;
}
