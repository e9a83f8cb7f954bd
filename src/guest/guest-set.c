/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets of numbers as domain XML writes them. */
#include <config.h>

#include <string.h>

#include "guest-set.h"

/* What libvirt allows a set in a description to go up to, and one more. */
#define SET_MAX 16384

static const char *
skip_blanks(const char *p)
{
    while (g_ascii_isspace(*p))
        p++;
    return p;
}

static gboolean
take_number(const char **text, guint *number)
{
    const char *p = *text;
    guint value = 0;

    if (!g_ascii_isdigit(*p))
        return FALSE;
    for (; g_ascii_isdigit(*p); p++) {
        value = value * 10 + (guint)g_ascii_digit_value(*p);
        if (value >= SET_MAX)
            return FALSE;
    }

    *text = p;
    *number = value;
    return TRUE;
}

/* One item of the list: a number, a range, or a number that is taken out again. */
static gboolean
take_item(const char **text, gboolean *members)
{
    const char *p = *text;
    gboolean in = *p != '^';
    guint first;
    guint last;

    if (!in)
        p++;
    if (!take_number(&p, &first))
        return FALSE;

    last = first;
    p = skip_blanks(p);
    if (in && *p == '-') {
        p = skip_blanks(p + 1);
        if (!take_number(&p, &last) || last < first)
            return FALSE;
        p = skip_blanks(p);
    }

    *text = p;
    for (; first <= last; first++)
        members[first] = in;
    return TRUE;
}

static GArray *
collect(const gboolean *members)
{
    GArray *set = g_array_new(FALSE, FALSE, sizeof(guint));
    guint i;

    for (i = 0; i < SET_MAX; i++) {
        if (members[i])
            g_array_append_val(set, i);
    }
    return set;
}

GArray *
guest_set_parse(const char *text)
{
    g_autofree gboolean *members = g_new0(gboolean, SET_MAX);
    const char *p = skip_blanks(text);

    /* A comma at the end does no harm to libvirt. */
    do {
        if (!take_item(&p, members) || (*p != ',' && *p != '\0'))
            return NULL;
        p = skip_blanks(*p == ',' ? p + 1 : p);
    } while (*p != '\0');

    return collect(members);
}

char *
guest_set_format(const GArray *set)
{
    g_autoptr(GString) text = g_string_new(NULL);
    guint i;
    guint end;

    for (i = 0; i < set->len; i = end + 1) {
        guint first = g_array_index(set, guint, i);

        end = i;
        while (end + 1 < set->len && g_array_index(set, guint, end + 1) == first + end + 1 - i)
            end++;
        g_string_append_printf(text, "%s%u", i > 0 ? "," : "", first);
        if (end > i)
            g_string_append_printf(text, "-%u", g_array_index(set, guint, end));
    }

    return g_string_free(g_steal_pointer(&text), FALSE);
}

gboolean
guest_set_contains(const GArray *set, guint number)
{
    guint i;

    for (i = 0; i < set->len; i++) {
        if (g_array_index(set, guint, i) == number)
            return TRUE;
    }
    return FALSE;
}

gboolean
guest_set_equals(const GArray *one, const GArray *other)
{
    return one->len == other->len &&
           (one->len == 0 || memcmp(one->data, other->data, one->len * sizeof(guint)) == 0);
}

GArray *
guest_set_unite(const GArray *one, const GArray *other)
{
    GArray *set = g_array_new(FALSE, FALSE, sizeof(guint));
    guint i = 0;
    guint k = 0;

    while (i < one->len || k < other->len) {
        guint a = i < one->len ? g_array_index(one, guint, i) : G_MAXUINT;
        guint b = k < other->len ? g_array_index(other, guint, k) : G_MAXUINT;
        guint next = MIN(a, b);

        g_array_append_val(set, next);
        i += a == next;
        k += b == next;
    }
    return set;
}

static GArray *
filter(const GArray *set, const GArray *other, gboolean in)
{
    GArray *found = g_array_new(FALSE, FALSE, sizeof(guint));
    guint i;

    for (i = 0; i < set->len; i++) {
        guint number = g_array_index(set, guint, i);

        if (guest_set_contains(other, number) == in)
            g_array_append_val(found, number);
    }
    return found;
}

GArray *
guest_set_intersect(const GArray *set, const GArray *other)
{
    return filter(set, other, TRUE);
}

GArray *
guest_set_subtract(const GArray *set, const GArray *other)
{
    return filter(set, other, FALSE);
}
