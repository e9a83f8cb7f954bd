/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "guest-markup.h"
#include "guest-tree.h"

/*
 * A document that is being edited: what it means (the tree) and where in its
 * bytes that is written (the markup).  Private to the files that edit.
 */
typedef struct {
    xmlDoc *doc;
    xmlNode *root;
    GuestMarkup *markup;
} GuestDraft;

/* How libvirt indents what is right below <domain>. */
#define GUEST_DRAFT_INDENT "\n  "

/* Borrows @xml.  Refuses what parser and markup do not see alike. */
gboolean guest_draft_open(GuestDraft *self, const char *xml, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
/* The same of a document whose root may be any. */
gboolean guest_draft_open_any(GuestDraft *self, const char *xml, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
void guest_draft_clear(GuestDraft *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GuestDraft, guest_draft_clear)

const GuestSpan *guest_draft_span_of(const xmlNode *node);

/* Puts @text first into an element, which may have been written <a/>. */
void guest_draft_insert_into(GuestDraft *self, const xmlNode *node, const char *text,
                             const char *closing_break);

/* A new child of <domain>, behind the last of those that libvirt prints before it: @before. */
void guest_draft_add_element(GuestDraft *self, const char *name, const char *const *before,
                             const char *content);

/* Whether nothing but blanks is left of @parent once its children @gone are taken out. */
gboolean guest_draft_is_emptied(const xmlNode *parent, GPtrArray *gone);

/* The break, and its indent, before a child of @parent, which is one of <domain>'s or, if NULL,
 * is going to be. */
char *guest_draft_dup_inner_break(const GuestDraft *self, const xmlNode *parent);

/*
 * Puts @text, of which each element begins with that break, in place of the
 * children @old of @parent.  A @parent without anything in it goes, and where
 * there is none, NULL, one called @name comes: see guest_draft_add_element().
 */
void guest_draft_set_children(GuestDraft *self, const xmlNode *parent, const char *name,
                              const char *const *before, GPtrArray *old, const char *text);

/* Each with the break before it. */
void guest_draft_remove_all(GuestDraft *self, GPtrArray *nodes);
