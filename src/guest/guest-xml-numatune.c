/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <numatune> as it was changed while the guest runs. */
#include <config.h>

#include "guest-draft.h"
#include "guest-placement.h"
#include "guest-set.h"
#include "guest-xml.h"

/* What libvirt prints before <numatune>. */
static const char *const before_numatune[] = {
    "name",      "uuid",   "genid",     "title",         "description",     "metadata",
    "maxMemory", "memory", "blkiotune", "currentMemory", "memtune",         "memoryBacking",
    "vcpu",      "vcpus",  "iothreads", "iothreadids",   "defaultiothread", "cputune",
    NULL,
};

char *
guest_xml_set_numatune(const char *xml, GuestMemoryMode mode, const GArray *nodes, GError **error)
{
    g_auto(GuestDraft) draft = {NULL, NULL, NULL};
    g_autofree char *set = guest_set_format(nodes);
    g_autofree char *memory =
        g_strdup_printf("<memory mode='%s' nodeset='%s'/>", guest_memory_mode_format(mode), set);
    g_autofree char *line = g_strconcat(GUEST_DRAFT_INDENT "  ", memory, NULL);
    const xmlNode *numatune;
    const xmlNode *old;

    if (!guest_draft_open(&draft, xml, error))
        return NULL;

    numatune = guest_tree_find_child(draft.root, NULL, "numatune");
    old = guest_tree_find_child(numatune, NULL, "memory");
    if (old)
        guest_markup_replace(draft.markup, guest_draft_span_of(old)->start,
                             guest_draft_span_of(old)->end, memory);
    else if (numatune)
        guest_draft_insert_into(&draft, numatune, line, GUEST_DRAFT_INDENT);
    else
        guest_draft_add_element(&draft, "numatune", before_numatune, line);
    return guest_markup_apply(draft.markup);
}
