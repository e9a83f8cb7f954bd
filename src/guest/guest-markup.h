/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * A document as text to be edited: where each element is, and a list of
 * changes.  What no change touches stays as it is, byte for byte, quotes and
 * blanks included; a parser and a serialiser would not do that.
 *
 * This reads well-formed XML only: let a parser judge first.
 */

typedef struct {
    gsize start;     /* the '<' of its start tag */
    gsize inner;     /* behind the start tag */
    gsize inner_end; /* the '<' of its end tag; the same as @end if it has none: <a/> */
    gsize end;       /* behind the element */
    gsize name_length;
} GuestSpan;

typedef struct _GuestMarkup GuestMarkup;

/* Borrows @xml.  Returns NULL if the tags of @xml do not match. */
GuestMarkup *guest_markup_new(const char *xml);
void guest_markup_free(GuestMarkup *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GuestMarkup, guest_markup_free)

/* Number @i, in the order of the start tags; NULL behind the last.  Lives as long as @self. */
const GuestSpan *guest_markup_get_span(const GuestMarkup *self, guint i);

/* Whether the element is called @name, prefix and all. */
gboolean guest_markup_is_named(const GuestMarkup *self, const GuestSpan *span, const char *name);

/* The line break before @offset and the blanks that indent it.  Empty if something else is on
 * that line. */
char *guest_markup_get_break(const GuestMarkup *self, gsize offset);

/* Changes must not overlap.  Of two insertions at one place the earlier call's comes first. */
void guest_markup_insert(GuestMarkup *self, gsize offset, const char *text);
void guest_markup_replace(GuestMarkup *self, gsize start, gsize end, const char *text);
/* With the break before it, so that no empty line stays behind. */
void guest_markup_remove(GuestMarkup *self, const GuestSpan *span);

gboolean guest_markup_is_changed(const GuestMarkup *self);
char *guest_markup_apply(const GuestMarkup *self);
