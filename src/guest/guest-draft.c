/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tree of a document tied to its text. */
#include <config.h>

#include <string.h>

#include "guest-draft.h"
#include "guest.h"

void
guest_draft_clear(GuestDraft *draft)
{
    g_clear_pointer(&draft->markup, guest_markup_free);
    g_clear_pointer(&draft->doc, xmlFreeDoc);
}
/* In document order; NULL behind the last one below @root. */
static xmlNode *
next_element(const xmlNode *root, xmlNode *node)
{
    xmlNode *next = xmlFirstElementChild(node);

    while (!next && node != root) {
        next = xmlNextElementSibling(node);
        node = node->parent;
    }
    return next;
}

/* Ties every element to its place in the text. */
static gboolean
tie(GuestDraft *draft)
{
    xmlNode *node = draft->root;
    const GuestSpan *span;
    guint i;

    for (i = 0; (span = guest_markup_get_span(draft->markup, i)); i++) {
        g_autofree char *name = NULL;

        if (!node)
            return FALSE;
        name = node->ns && node->ns->prefix
                   ? g_strdup_printf("%s:%s", (const char *)node->ns->prefix, node->name)
                   : g_strdup((const char *)node->name);
        if (!guest_markup_is_named(draft->markup, span, name))
            return FALSE;
        node->_private = (gpointer)span;
        node = next_element(draft->root, node);
    }
    return node == NULL;
}

/* Takes @doc, which may be NULL. */
static gboolean
open_doc(GuestDraft *draft, xmlDoc *doc, const char *xml, const char *what, GError **error)
{
    draft->doc = doc;
    if (!doc)
        return FALSE;
    draft->root = xmlDocGetRootElement(doc);
    draft->markup = guest_markup_new(xml);
    if (!draft->markup || !tie(draft)) {
        g_set_error(error, GUEST_ERROR, GUEST_ERROR_XML,
                    "%s is written in a way that cannot be edited", what);
        return FALSE;
    }
    return TRUE;
}

gboolean
guest_draft_open(GuestDraft *draft, const char *xml, GError **error)
{
    return open_doc(draft, guest_tree_read(xml, error), xml, "The domain XML", error);
}

gboolean
guest_draft_open_any(GuestDraft *draft, const char *xml, GError **error)
{
    return open_doc(draft, guest_tree_read_any(xml, error), xml, "the XML", error);
}

const GuestSpan *
guest_draft_span_of(const xmlNode *node)
{
    return node->_private;
}

/* Puts @text first into an element, which may have been written <a/>. */
void
guest_draft_insert_into(GuestDraft *draft, const xmlNode *node, const char *text,
                        const char *closing_break)
{
    const GuestSpan *span = guest_draft_span_of(node);

    if (span->inner == span->end) {
        g_autofree char *opened =
            g_strdup_printf(">%s%s</%s>", text, closing_break, (const char *)node->name);

        guest_markup_replace(draft->markup, span->end - strlen("/>"), span->end, opened);
    } else {
        guest_markup_insert(draft->markup, span->inner, text);
    }
}

/* A new child of <domain>, behind the last of those that libvirt prints before it. */
void
guest_draft_add_element(GuestDraft *draft, const char *name, const char *const *before,
                        const char *content)
{
    const xmlNode *last = NULL;
    const xmlNode *node;
    g_autofree char *text = g_strdup_printf(GUEST_DRAFT_INDENT "<%s>%s" GUEST_DRAFT_INDENT "</%s>",
                                            name, content, name);

    for (node = draft->root->children; node; node = node->next) {
        if (node->type == XML_ELEMENT_NODE && !node->ns &&
            g_strv_contains(before, (const char *)node->name))
            last = node;
    }

    if (last)
        guest_markup_insert(draft->markup, guest_draft_span_of(last)->end, text);
    else
        guest_draft_insert_into(draft, draft->root, text, "\n");
}

/* Whether nothing but blanks is left of @parent once its children @gone are taken out. */
gboolean
guest_draft_is_emptied(const xmlNode *parent, GPtrArray *gone)
{
    xmlNode *child;

    for (child = parent->children; child; child = child->next) {
        if (!xmlIsBlankNode(child) && !g_ptr_array_find(gone, child, NULL))
            return FALSE;
    }
    return TRUE;
}

void
guest_draft_remove_all(GuestDraft *draft, GPtrArray *nodes)
{
    guint i;

    for (i = 0; i < nodes->len; i++)
        guest_markup_remove(draft->markup, guest_draft_span_of(g_ptr_array_index(nodes, i)));
}

char *
guest_draft_dup_inner_break(const GuestDraft *draft, const xmlNode *parent)
{
    g_autofree char *outer =
        parent ? guest_markup_get_break(draft->markup, guest_draft_span_of(parent)->start)
               : g_strdup(GUEST_DRAFT_INDENT);

    return g_strconcat(outer, *outer ? "  " : "", NULL);
}

void
guest_draft_set_children(GuestDraft *draft, const xmlNode *parent, const char *name,
                         const char *const *before, GPtrArray *old, const char *text)
{
    g_autofree char *outer = NULL;

    if (!parent) {
        if (*text)
            guest_draft_add_element(draft, name, before, text);
        return;
    }
    if (!*text && guest_draft_is_emptied(parent, old)) {
        guest_markup_remove(draft->markup, guest_draft_span_of(parent));
        return;
    }

    outer = guest_markup_get_break(draft->markup, guest_draft_span_of(parent)->start);
    guest_draft_remove_all(draft, old);
    guest_draft_insert_into(draft, parent, text, outer);
}
