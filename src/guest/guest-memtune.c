/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * <memtune>.  One of its elements is not here: <min_guarantee>, which libvirt
 * does not accept for QEMU.
 */

#include <config.h>

#include <stddef.h>

#include "guest-draft.h"
#include "guest-memtune.h"
#include "guest-xml.h"

/* In the order in which libvirt prints them. */
static const struct {
    const char *name;
    gsize offset;
} elements[] = {
    {"hard_limit", offsetof(GuestMemtune, hard_limit_kib)},
    {"soft_limit", offsetof(GuestMemtune, soft_limit_kib)},
    {"swap_hard_limit", offsetof(GuestMemtune, swap_hard_limit_kib)},
};

/* What libvirt prints before <memtune>. */
static const char *const before_memtune[] = {
    "name",      "uuid",   "genid",         "title",     "description", "metadata",
    "maxMemory", "memory", "currentMemory", "blkiotune", NULL,
};

static guint64 *
value_of(GuestMemtune *tune, gsize i)
{
    return (guint64 *)((char *)tune + elements[i].offset);
}

static guint64
get_value(const GuestMemtune *tune, gsize i)
{
    return *(const guint64 *)((const char *)tune + elements[i].offset);
}

void
guest_memtune_init(GuestMemtune *tune)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(elements); i++)
        *value_of(tune, i) = GUEST_MEMORY_UNLIMITED_KIB;
}

gboolean
guest_memtune_read(const xmlNode *root, GuestMemtune *tune, GError **error)
{
    GuestMemtune read;
    gsize i;

    guest_memtune_init(&read);
    for (i = 0; i < G_N_ELEMENTS(elements); i++) {
        const xmlNode *node = guest_tree_find_grandchild(root, "memtune", elements[i].name);
        g_autofree char *text = guest_tree_dup_content(node);
        g_autofree char *what = NULL;

        if (!text || guest_tree_parse_kib(node, text, value_of(&read, i)))
            continue;
        what = g_strdup_printf("memtune element <%s>", elements[i].name);
        return guest_tree_refuse_value(error, what, text, "is not an amount of memory");
    }

    *tune = read;
    return TRUE;
}

/* 0 if it is not given. */
static gboolean
read_size(const xmlNode *root, const char *name, guint64 *kib, GError **error)
{
    const xmlNode *node = guest_tree_find_child(root, NULL, name);
    g_autofree char *text = guest_tree_dup_content(node);

    *kib = 0;
    return !text || guest_tree_parse_kib(node, text, kib) ||
           guest_tree_refuse_value(error, name, text, "is not an amount of memory");
}

gboolean
guest_memtune_read_sizes(const xmlNode *root, guint64 *current_kib, guint64 *most_kib,
                         GError **error)
{
    guint64 current;
    guint64 most;

    if (!read_size(root, "currentMemory", &current, error) ||
        !read_size(root, "memory", &most, error))
        return FALSE;

    *current_kib = current > 0 ? current : most;
    *most_kib = most;
    return TRUE;
}

static gboolean
is_the_same(const GuestMemtune *a, const GuestMemtune *b)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(elements); i++) {
        if (get_value(a, i) != get_value(b, i))
            return FALSE;
    }
    return TRUE;
}

char *
guest_xml_set_memtune(const char *xml, const GuestMemtune *tune, GError **error)
{
    g_auto(GuestDraft) draft = {NULL, NULL, NULL};
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GPtrArray) old = g_ptr_array_new();
    g_autofree char *inner = NULL;
    const xmlNode *memtune;
    GuestMemtune said;
    gsize i;

    if (!guest_draft_open(&draft, xml, error) || !guest_memtune_read(draft.root, &said, error))
        return NULL;
    if (is_the_same(&said, tune))
        return g_strdup(xml);

    memtune = guest_tree_find_child(draft.root, NULL, "memtune");
    inner = guest_draft_dup_inner_break(&draft, memtune);
    for (i = 0; i < G_N_ELEMENTS(elements); i++) {
        guest_tree_collect(old, memtune, NULL, elements[i].name);
        if (get_value(tune, i) < GUEST_MEMORY_UNLIMITED_KIB)
            g_string_append_printf(text, "%s<%s unit='KiB'>%" G_GUINT64_FORMAT "</%s>", inner,
                                   elements[i].name, get_value(tune, i), elements[i].name);
    }

    guest_draft_set_children(&draft, memtune, "memtune", before_memtune, old, text->str);
    return guest_markup_apply(draft.markup);
}
