/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <resource><partition> of a guest that was moved to another one, or is to be. */
#include <config.h>

#include "guest-draft.h"
#include "guest-path.h"
#include "guest-xml.h"

/* What libvirt prints before <resource>. */
static const char *const before_resource[] = {
    "name",      "uuid",   "genid",     "title",         "description",     "metadata",
    "maxMemory", "memory", "blkiotune", "currentMemory", "memtune",         "memoryBacking",
    "vcpu",      "vcpus",  "iothreads", "iothreadids",   "defaultiothread", "cputune",
    "numatune",  NULL,
};

char *
guest_xml_set_partition(const char *xml, const char *partition, GError **error)
{
    g_auto(GuestDraft) draft = {NULL, NULL, NULL};
    g_autoptr(GPtrArray) old = g_ptr_array_new();
    g_autofree char *text = g_markup_escape_text(partition, -1);
    g_autofree char *inner = NULL;
    g_autofree char *line = NULL;
    const xmlNode *resource;

    if (!guest_draft_open(&draft, xml, error))
        return NULL;

    resource = guest_tree_find_child(draft.root, NULL, "resource");
    inner = guest_draft_dup_inner_break(&draft, resource);
    guest_tree_collect(old, resource, NULL, "partition");
    line = g_strdup_printf("%s<partition>%s</partition>", inner, text);
    guest_draft_set_children(&draft, resource, "resource", before_resource, old, line);
    return guest_markup_apply(draft.markup);
}

char *
guest_xml_read_place(const char *element, GError **error)
{
    g_autoptr(xmlDoc) doc = guest_tree_read_any(element, error);
    const xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
    g_autofree char *text = NULL;
    g_autofree char *path = NULL;

    if (!root)
        return NULL;
    text = guest_tree_dup_content(root);
    if (!g_str_equal((const char *)root->name, "partition") || !text) {
        g_set_error(error, GUEST_ERROR, GUEST_ERROR_PARTITION,
                    "metadata namespace '%s' is for a <partition>", GUEST_XML_PLACE_NAMESPACE);
        return NULL;
    }
    path = guest_path_build_partition(text, error);
    return path ? g_steal_pointer(&text) : NULL;
}
