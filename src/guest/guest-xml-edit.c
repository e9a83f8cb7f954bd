/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * libxml2 says what a document means, guest-markup where in its bytes that is
 * written.  Editing goes through the bytes because users compare: what virsh
 * prints with corral must not differ in a quote from what it prints without.
 * Both walk the same elements in the same order, and where they disagree on
 * one the document is refused.
 *
 * What an element means follows libvirt: XPath's string() of the first element
 * of that name, in no namespace, and an empty one counts as absent.
 *
 * Held back elements look like this, in <metadata>:
 *
 *   <corral:held xmlns:corral="...">
 *     <corral:cputune>
 *       <corral:period>100000</corral:period>
 *
 * It is the first element there, since of several in one namespace libvirt
 * keeps the first; therefore it has a namespace of its own, too, other than that
 * of <limits> (guest-limits.c).  Users can write there as well.  So nothing in
 * it is believed that could not have come from hold_back(), and the real
 * elements in <cputune> count more.
 *
 * libvirt drops all that is directly in <metadata> and no element in a
 * namespace, and indents what is left anew.  So on the way out the element
 * goes together with its line, and that leaves what libvirt would have printed
 * without it.  Only a <metadata> that would have been printed empty has to be
 * remembered, by the attribute metadata="empty".
 */

#include <config.h>

#include <string.h>

#include "guest-cputune.h"
#include "guest-draft.h"
#include "guest-xml-held.h"
#include "guest-xml.h"

/* What libvirt prints before <metadata>, and what it prints between that and <cputune>. */
static const char *const before_metadata[] = {
    "name", "uuid", "genid", "title", "description", NULL,
};
static const char *const before_cputune[] = {
    "name",      "uuid",   "genid",     "title",         "description",     "metadata",
    "maxMemory", "memory", "blkiotune", "currentMemory", "memtune",         "memoryBacking",
    "vcpu",      "vcpus",  "iothreads", "iothreadids",   "defaultiothread", NULL,
};

static void
collect_bandwidth(GPtrArray *nodes, const xmlNode *cputune)
{
    const char *name;
    guint i;

    for (i = 0; (name = guest_cputune_get_element(i)); i++)
        guest_tree_collect(nodes, cputune, NULL, name);
}

/* Takes the period and quota elements out of one <cputune>, and it as well if nothing is left. */
static void
draft_remove_bandwidth(GuestDraft *draft, const xmlNode *cputune)
{
    g_autoptr(GPtrArray) nodes = g_ptr_array_new();

    collect_bandwidth(nodes, cputune);

    if (nodes->len > 0 && guest_draft_is_emptied(cputune, nodes))
        guest_markup_remove(draft->markup, guest_draft_span_of(cputune));
    else
        guest_draft_remove_all(draft, nodes);
}

/* Whether <metadata> was there, and empty, before @held came. */
static gboolean
is_marked_empty(const xmlNode *held)
{
    g_autofree char *was = guest_tree_dup_attribute(held, "metadata");

    return g_strcmp0(was, "empty") == 0;
}

/* Whether libvirt finds something to keep in <metadata>: an element in a namespace. */
static gboolean
has_custom_element(const xmlNode *metadata)
{
    const xmlNode *child;

    for (child = metadata->children; child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE && child->ns)
            return TRUE;
    }
    return FALSE;
}

static void
draft_remove_held(GuestDraft *draft)
{
    const xmlNode *metadata = guest_tree_find_child(draft->root, NULL, "metadata");
    g_autoptr(GPtrArray) held = g_ptr_array_new();

    guest_tree_collect(held, metadata, GUEST_XML_HELD_NAMESPACE, "held");
    if (held->len == 0)
        return;

    if (!guest_draft_is_emptied(metadata, held))
        guest_draft_remove_all(draft, held);
    else if (is_marked_empty(g_ptr_array_index(held, 0)))
        guest_markup_replace(draft->markup, guest_draft_span_of(metadata)->start,
                             guest_draft_span_of(metadata)->end, "<metadata/>");
    else
        guest_markup_remove(draft->markup, guest_draft_span_of(metadata));
}

static void
draft_add_held(GuestDraft *draft, const GuestCputune *tune)
{
    const xmlNode *metadata = guest_tree_find_child(draft->root, NULL, "metadata");
    g_autoptr(GPtrArray) old = g_ptr_array_new();
    g_autofree char *elements = NULL;
    g_autofree char *held = NULL;
    gboolean was_empty;

    if (!metadata) {
        elements = guest_cputune_format(tune, "corral:", "\n        ");
        held = g_strdup_printf("\n    <corral:held xmlns:corral=\"" GUEST_XML_HELD_NAMESPACE "\">"
                               "\n      <corral:cputune>%s"
                               "\n      </corral:cputune>"
                               "\n    </corral:held>",
                               elements);
        guest_draft_add_element(draft, "metadata", before_metadata, held);
        return;
    }

    /* No blanks of ours among those of others: libvirt indents where there are none. */
    guest_tree_collect(old, metadata, GUEST_XML_HELD_NAMESPACE, "held");
    was_empty =
        old->len > 0 ? is_marked_empty(g_ptr_array_index(old, 0)) : !has_custom_element(metadata);
    elements = guest_cputune_format(tune, "corral:", "");
    held = g_strdup_printf("<corral:held xmlns:corral=\"" GUEST_XML_HELD_NAMESPACE "\"%s>"
                           "<corral:cputune>%s</corral:cputune></corral:held>",
                           was_empty ? " metadata=\"empty\"" : "", elements);
    guest_draft_remove_all(draft, old);
    guest_draft_insert_into(draft, metadata, held, "");
}

gboolean
guest_xml_hold_back(const char *xml, char **held, GError **error)
{
    g_auto(GuestDraft) draft = {NULL, NULL, NULL};
    GuestCputune tune;
    const xmlNode *cputune;

    if (!guest_draft_open(&draft, xml, error))
        return FALSE;

    *held = NULL;
    /* A value that libvirt refuses has to stay where libvirt can see and name it. */
    if (!guest_xml_read_cputune(draft.root, &tune, NULL) || !guest_cputune_is_in_range(&tune))
        return TRUE;

    /* XPath would find the elements in every <cputune>. */
    for (cputune = guest_tree_find_child(draft.root, NULL, "cputune"); cputune;
         cputune = guest_tree_find_from(cputune->next, NULL, "cputune"))
        draft_remove_bandwidth(&draft, cputune);
    if (!guest_markup_is_changed(draft.markup))
        return TRUE;

    if (guest_cputune_has_bandwidth(&tune))
        draft_add_held(&draft, &tune);
    else
        draft_remove_held(&draft);
    *held = guest_markup_apply(draft.markup);
    return TRUE;
}

gboolean
guest_xml_ensure_uuid(const char *xml, char **named, GError **error)
{
    g_auto(GuestDraft) draft = {NULL, NULL, NULL};
    g_autofree char *uuid = NULL;
    g_autofree char *element = NULL;
    const xmlNode *name;

    if (!guest_draft_open(&draft, xml, error))
        return FALSE;

    *named = NULL;
    name = guest_tree_find_child(draft.root, NULL, "name");
    /* libvirt takes the UUID of <sysinfo> where there is no other; such XML is left alone. */
    if (!name || guest_tree_find_child(draft.root, NULL, "uuid") ||
        guest_tree_find_child(draft.root, NULL, "sysinfo"))
        return TRUE;

    uuid = g_uuid_string_random();
    element = g_strdup_printf("<uuid>%s</uuid>", uuid);
    guest_markup_insert(draft.markup, guest_draft_span_of(name)->end, element);
    *named = guest_markup_apply(draft.markup);
    return TRUE;
}

/* Makes <cputune> say what @tune says, which libvirt prints before anything else in it. */
static void
draft_set_cputune(GuestDraft *draft, const GuestCputune *tune)
{
    xmlNode *cputune = guest_tree_find_child(draft->root, NULL, "cputune");
    g_autoptr(GPtrArray) old = g_ptr_array_new();
    g_autofree char *inner = guest_draft_dup_inner_break(draft, cputune);
    g_autofree char *shares = NULL;
    g_autofree char *bandwidth = NULL;
    g_autofree char *text = NULL;

    shares = tune->has_shares
                 ? g_strdup_printf("%s<shares>%" G_GUINT64_FORMAT "</shares>", inner, tune->shares)
                 : g_strdup("");
    bandwidth = guest_cputune_format(tune, "", inner);
    text = g_strconcat(shares, bandwidth, NULL);

    guest_tree_collect(old, cputune, NULL, "shares");
    collect_bandwidth(old, cputune);
    guest_draft_set_children(draft, cputune, "cputune", before_cputune, old, text);
}

char *
guest_xml_put_back(const char *xml, const GuestCputune *tune, GError **error)
{
    g_auto(GuestDraft) draft = {NULL, NULL, NULL};

    if (!guest_draft_open(&draft, xml, error))
        return NULL;

    draft_remove_held(&draft);
    draft_set_cputune(&draft, tune);
    return guest_markup_apply(draft.markup);
}
