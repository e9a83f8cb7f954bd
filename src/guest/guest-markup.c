/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A walk over the tags.  In well-formed XML a '<' outside comments, CDATA,
 * processing instructions and the document type always begins a tag, and the
 * tag ends at the first '>' outside quotes.  That is all this has to know.
 *
 * Nothing here reads past the NUL, whatever the text.
 */

#include <config.h>

#include <string.h>

#include "guest-markup.h"

typedef struct {
    gsize start;
    gsize end;
    char *text;
} Change;

struct _GuestMarkup {
    const char *xml;
    GArray *spans;   /* of GuestSpan */
    GArray *changes; /* of Change, sorted by start */
};

static void
change_clear(gpointer data)
{
    Change *change = data;

    g_free(change->text);
}

/* Behind the next @what, or NULL. */
static const char *
skip_to(const char *p, const char *what)
{
    p = strstr(p, what);
    return p ? p + strlen(what) : NULL;
}

/* Comments and processing instructions may be anywhere, and hold anything. */
static const char *
skip_aside(const char *p)
{
    return g_str_has_prefix(p, "<!--") ? skip_to(p + strlen("<!--"), "-->") : skip_to(p, "?>");
}

static gboolean
is_aside(const char *p)
{
    return g_str_has_prefix(p, "<!--") || g_str_has_prefix(p, "<?");
}

/* From inside a tag: behind its '>'. */
static const char *
skip_tag(const char *p)
{
    while (p && *p && *p != '>') {
        if (*p == '"' || *p == '\'')
            p = strchr(p + 1, *p);
        if (p)
            p++;
    }
    return p && *p ? p + 1 : NULL;
}

/* From "<!DOCTYPE": its '>' is the first outside quotes, asides and the internal subset. */
static const char *
skip_doctype(const char *p)
{
    gboolean in_subset = FALSE;

    while (p && *p && (*p != '>' || in_subset)) {
        if (is_aside(p)) {
            p = skip_aside(p);
            continue;
        }
        if (*p == '[')
            in_subset = TRUE;
        else if (*p == ']')
            in_subset = FALSE;
        else if (*p == '"' || *p == '\'')
            p = strchr(p + 1, *p);
        if (p)
            p++;
    }
    return p && *p ? p + 1 : NULL;
}

static void
open_span(GuestMarkup *self, const char *tag, const char *behind)
{
    gsize inner = (gsize)(behind - self->xml);
    GuestSpan span = {
        .start = (gsize)(tag - self->xml),
        .inner = inner,
        .inner_end = inner,
        .end = inner,
        .name_length = strcspn(tag + 1, " \t\r\n/>"),
    };

    g_array_append_val(self->spans, span);
}

static void
close_span(GuestMarkup *self, guint i, const char *tag, const char *behind)
{
    GuestSpan *span = &g_array_index(self->spans, GuestSpan, i);

    span->inner_end = (gsize)(tag - self->xml);
    span->end = (gsize)(behind - self->xml);
}

static gboolean
scan(GuestMarkup *self)
{
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(guint)); /* indices of spans */
    const char *xml = self->xml;
    const char *tag;
    const char *behind;

    for (tag = strchr(xml, '<'); tag; tag = strchr(behind, '<')) {
        if (is_aside(tag))
            behind = skip_aside(tag);
        else if (g_str_has_prefix(tag, "<![CDATA["))
            behind = skip_to(tag, "]]>");
        else if (g_str_has_prefix(tag, "<!"))
            behind = skip_doctype(tag);
        else
            behind = skip_tag(tag + 1);
        if (!behind)
            return FALSE;

        if (tag[1] == '!' || tag[1] == '?')
            continue;
        if (tag[1] == '/') {
            if (open->len == 0)
                return FALSE;
            close_span(self, g_array_index(open, guint, open->len - 1), tag, behind);
            g_array_set_size(open, open->len - 1);
            continue;
        }

        if (behind[-2] != '/')
            g_array_append_val(open, self->spans->len);
        open_span(self, tag, behind);
    }
    return open->len == 0;
}

GuestMarkup *
guest_markup_new(const char *xml)
{
    g_autoptr(GuestMarkup) self = g_new0(GuestMarkup, 1);

    self->xml = xml;
    self->spans = g_array_new(FALSE, FALSE, sizeof(GuestSpan));
    self->changes = g_array_new(FALSE, FALSE, sizeof(Change));
    g_array_set_clear_func(self->changes, change_clear);

    return scan(self) ? g_steal_pointer(&self) : NULL;
}

void
guest_markup_free(GuestMarkup *self)
{
    g_array_unref(self->spans);
    g_array_unref(self->changes);
    g_free(self);
}

const GuestSpan *
guest_markup_get_span(const GuestMarkup *self, guint i)
{
    return i < self->spans->len ? &g_array_index(self->spans, GuestSpan, i) : NULL;
}

gboolean
guest_markup_is_named(const GuestMarkup *self, const GuestSpan *span, const char *name)
{
    return strlen(name) == span->name_length &&
           memcmp(self->xml + span->start + 1, name, span->name_length) == 0;
}

/* Where the break before @offset begins; @offset itself if there is none. */
static gsize
break_start(const GuestMarkup *self, gsize offset)
{
    gsize start = offset;

    while (start > 0 && (self->xml[start - 1] == ' ' || self->xml[start - 1] == '\t'))
        start--;
    if (start == 0 || self->xml[start - 1] != '\n')
        return offset;
    start--;
    if (start > 0 && self->xml[start - 1] == '\r')
        start--;
    return start;
}

char *
guest_markup_get_break(const GuestMarkup *self, gsize offset)
{
    gsize start = break_start(self, offset);

    return g_strndup(self->xml + start, offset - start);
}

void
guest_markup_replace(GuestMarkup *self, gsize start, gsize end, const char *text)
{
    Change change = {start, end, g_strdup(text)};
    guint i = self->changes->len;

    /* An insertion comes before a removal that begins at the same place. */
    while (i > 0) {
        const Change *before = &g_array_index(self->changes, Change, i - 1);

        if (before->start < start || (before->start == start && before->end <= end))
            break;
        i--;
    }
    g_array_insert_val(self->changes, i, change);
}

void
guest_markup_insert(GuestMarkup *self, gsize offset, const char *text)
{
    guest_markup_replace(self, offset, offset, text);
}

void
guest_markup_remove(GuestMarkup *self, const GuestSpan *span)
{
    guest_markup_replace(self, break_start(self, span->start), span->end, "");
}

gboolean
guest_markup_is_changed(const GuestMarkup *self)
{
    return self->changes->len > 0;
}

char *
guest_markup_apply(const GuestMarkup *self)
{
    GString *out = g_string_new(NULL);
    gsize done = 0;
    guint i;

    for (i = 0; i < self->changes->len; i++) {
        const Change *change = &g_array_index(self->changes, Change, i);

        g_string_append_len(out, self->xml + done, (gssize)(change->start - done));
        g_string_append(out, change->text);
        done = change->end;
    }
    g_string_append(out, self->xml + done);
    return g_string_free(out, FALSE);
}
