/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* <blkiotune>: a weight, and devices with weights and limits of their own. */

#include <config.h>

#include <stddef.h>

#include "guest-blkiotune.h"
#include "guest-draft.h"
#include "guest-number.h"
#include "guest-xml.h"

/* In the order in which libvirt prints them. */
static const struct {
    const char *name;
    gsize offset;
    gboolean wide; /* 64 bits */
} fields[] = {
    {"weight", offsetof(GuestBlkioDevice, weight), FALSE},
    {"read_iops_sec", offsetof(GuestBlkioDevice, read_iops), FALSE},
    {"write_iops_sec", offsetof(GuestBlkioDevice, write_iops), FALSE},
    {"read_bytes_sec", offsetof(GuestBlkioDevice, read_bps), TRUE},
    {"write_bytes_sec", offsetof(GuestBlkioDevice, write_bps), TRUE},
};

/* What libvirt prints before <blkiotune>. */
static const char *const before_blkiotune[] = {
    "name",     "uuid",      "genid",  "title",         "description",
    "metadata", "maxMemory", "memory", "currentMemory", NULL,
};

GuestBlkioDevice *
guest_blkio_device_new(const char *path)
{
    GuestBlkioDevice *self = g_new0(GuestBlkioDevice, 1);

    self->path = g_strdup(path);
    return self;
}

void
guest_blkio_device_free(GuestBlkioDevice *self)
{
    g_free(self->path);
    g_free(self);
}

void
guest_blkiotune_init(GuestBlkiotune *tune)
{
    tune->weight = 0;
    tune->devices = g_ptr_array_new_with_free_func((GDestroyNotify)guest_blkio_device_free);
}

void
guest_blkiotune_clear(GuestBlkiotune *tune)
{
    g_clear_pointer(&tune->devices, g_ptr_array_unref);
}

void
guest_blkiotune_copy(const GuestBlkiotune *tune, GuestBlkiotune *copy)
{
    guint i;

    guest_blkiotune_init(copy);
    copy->weight = tune->weight;
    for (i = 0; i < tune->devices->len; i++) {
        const GuestBlkioDevice *device = g_ptr_array_index(tune->devices, i);
        GuestBlkioDevice *own = g_new(GuestBlkioDevice, 1);

        *own = *device;
        own->path = g_strdup(device->path);
        g_ptr_array_add(copy->devices, own);
    }
}

static guint64
get_field(const GuestBlkioDevice *device, gsize i)
{
    const char *at = (const char *)device + fields[i].offset;

    return fields[i].wide ? *(const guint64 *)at : *(const guint *)at;
}

static gboolean
set_field(GuestBlkioDevice *device, gsize i, guint64 value)
{
    char *at = (char *)device + fields[i].offset;

    if (fields[i].wide)
        *(guint64 *)at = value;
    else if (value <= G_MAXUINT)
        *(guint *)at = value;
    else
        return FALSE;
    return TRUE;
}

gboolean
guest_blkio_device_is_empty(const GuestBlkioDevice *device)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (get_field(device, i) != 0)
            return FALSE;
    }
    return TRUE;
}

static GuestBlkioDevice *
read_device(const xmlNode *node, GError **error)
{
    g_autofree char *path = guest_tree_dup_content(guest_tree_find_child(node, NULL, "path"));
    g_autoptr(GuestBlkioDevice) device = NULL;
    gsize i;

    if (!path) {
        g_set_error_literal(error, GUEST_ERROR, GUEST_ERROR_XML,
                            "A device of <blkiotune> has no path");
        return NULL;
    }

    device = guest_blkio_device_new(path);
    for (i = 0; i < G_N_ELEMENTS(fields); i++) {
        g_autofree char *text =
            guest_tree_dup_content(guest_tree_find_child(node, NULL, fields[i].name));
        guint64 value;

        if (!text || (guest_number_parse_unsigned(text, &value) && set_field(device, i, value)))
            continue;
        guest_tree_refuse_value(error, fields[i].name, text, "is not a number");
        return NULL;
    }

    return g_steal_pointer(&device);
}

gboolean
guest_blkiotune_read(const xmlNode *root, GuestBlkiotune *tune, GError **error)
{
    g_auto(GuestBlkiotune) read = {0, NULL};
    g_autofree char *weight =
        guest_tree_dup_content(guest_tree_find_grandchild(root, "blkiotune", "weight"));
    const xmlNode *list;
    const xmlNode *node;
    guint64 value;

    guest_blkiotune_init(&read);
    /* A weight that is no number is none, as with libvirt. */
    if (weight && guest_number_parse_unsigned(weight, &value) && value <= G_MAXUINT)
        read.weight = value;

    for (list = guest_tree_find_child(root, NULL, "blkiotune"); list;
         list = guest_tree_find_from(list->next, NULL, "blkiotune")) {
        for (node = guest_tree_find_child(list, NULL, "device"); node;
             node = guest_tree_find_from(node->next, NULL, "device")) {
            GuestBlkioDevice *device = read_device(node, error);

            if (!device)
                return FALSE;
            g_ptr_array_add(read.devices, device);
        }
    }

    guest_blkiotune_clear(tune);
    tune->weight = read.weight;
    tune->devices = g_steal_pointer(&read.devices);
    return TRUE;
}

static gboolean
is_the_same(const GuestBlkiotune *a, const GuestBlkiotune *b)
{
    guint d;
    gsize i;

    if (a->weight != b->weight || a->devices->len != b->devices->len)
        return FALSE;
    for (d = 0; d < a->devices->len; d++) {
        const GuestBlkioDevice *one = g_ptr_array_index(a->devices, d);
        const GuestBlkioDevice *other = g_ptr_array_index(b->devices, d);

        for (i = 0; i < G_N_ELEMENTS(fields); i++) {
            if (get_field(one, i) != get_field(other, i))
                return FALSE;
        }
        if (!g_str_equal(one->path, other->path))
            return FALSE;
    }

    return TRUE;
}

static void
format_device(GString *text, const GuestBlkioDevice *device, const char *line_break)
{
    const char *deeper = *line_break ? "  " : "";
    g_autofree char *path = g_markup_escape_text(device->path, -1);
    gsize i;

    if (guest_blkio_device_is_empty(device))
        return;

    g_string_append_printf(text, "%s<device>%s%s<path>%s</path>", line_break, line_break, deeper,
                           path);
    for (i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (get_field(device, i) != 0)
            g_string_append_printf(text, "%s%s<%s>%" G_GUINT64_FORMAT "</%s>", line_break, deeper,
                                   fields[i].name, get_field(device, i), fields[i].name);
    }
    g_string_append_printf(text, "%s</device>", line_break);
}

char *
guest_xml_set_blkiotune(const char *xml, const GuestBlkiotune *tune, GError **error)
{
    g_auto(GuestDraft) draft = {NULL, NULL, NULL};
    g_auto(GuestBlkiotune) said = {0, NULL};
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GPtrArray) old = g_ptr_array_new();
    g_autofree char *inner = NULL;
    const xmlNode *blkiotune;
    guint i;

    if (!guest_draft_open(&draft, xml, error) || !guest_blkiotune_read(draft.root, &said, error))
        return NULL;
    if (is_the_same(&said, tune))
        return g_strdup(xml);

    blkiotune = guest_tree_find_child(draft.root, NULL, "blkiotune");
    inner = guest_draft_dup_inner_break(&draft, blkiotune);
    guest_tree_collect(old, blkiotune, NULL, "weight");
    guest_tree_collect(old, blkiotune, NULL, "device");
    if (tune->weight)
        g_string_append_printf(text, "%s<weight>%u</weight>", inner, tune->weight);
    for (i = 0; i < tune->devices->len; i++)
        format_device(text, g_ptr_array_index(tune->devices, i), inner);

    guest_draft_set_children(&draft, blkiotune, "blkiotune", before_blkiotune, old, text->str);
    return guest_markup_apply(draft.markup);
}
