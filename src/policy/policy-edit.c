/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file is its operator's: he has comments in it, an order and an indentation.  So what is
 * changed is changed in the text.  A value that is there is replaced where it is, one that is
 * new comes last in its element, and an element that would be left empty goes.
 *
 * Each change is a text of its own, read anew: so none has to know of the others.
 */
#include <config.h>

#include <string.h>

#include "guest-draft.h"
#include "policy-amount.h"
#include "policy-edit.h"

#define PARTITION "partition"

typedef enum {
    FORM_TEXT,    /* <shares>VALUE</shares> */
    FORM_AMOUNT,  /* <memory unit='GiB'>4</memory> */
    FORM_NODESET, /* <memory mode='strict' nodeset='VALUE'/> */
    FORM_COUNT,   /* <cpus count='VALUE'/> */
    FORM_CPUSET,  /* <cpus cpuset='VALUE'/> */
} Form;

typedef struct {
    const char *above; /* the element around it; NULL: none besides the partition */
    const char *name;
    Form form;
} Place;

static const Place places[POLICY_N_FIELDS] = {
    [POLICY_FIELD_SHARES] = {"cputune", "shares", FORM_TEXT},
    [POLICY_FIELD_GLOBAL_PERIOD] = {"cputune", "global_period", FORM_TEXT},
    [POLICY_FIELD_GLOBAL_QUOTA] = {"cputune", "global_quota", FORM_TEXT},
    [POLICY_FIELD_CPU_GUARANTEE] = {"cputune", "min_guarantee", FORM_TEXT},
    [POLICY_FIELD_HARD_LIMIT] = {"memtune", "hard_limit", FORM_AMOUNT},
    [POLICY_FIELD_SOFT_LIMIT] = {"memtune", "soft_limit", FORM_AMOUNT},
    [POLICY_FIELD_SWAP_HARD_LIMIT] = {"memtune", "swap_hard_limit", FORM_AMOUNT},
    [POLICY_FIELD_MIN_GUARANTEE] = {"memtune", "min_guarantee", FORM_AMOUNT},
    [POLICY_FIELD_IO_WEIGHT] = {"blkiotune", "weight", FORM_TEXT},
    [POLICY_FIELD_CPUSET] = {NULL, "cpuset", FORM_TEXT},
    [POLICY_FIELD_NODESET] = {"numatune", "memory", FORM_NODESET},
    [POLICY_FIELD_PIDS] = {NULL, "pids", FORM_TEXT},
};

static const Place reserved_memory = {NULL, "memory", FORM_AMOUNT};
static const Place reserved_count = {NULL, "cpus", FORM_COUNT};
static const Place reserved_cpuset = {NULL, "cpus", FORM_CPUSET};

static gboolean
is_none(const char *value)
{
    return g_str_equal(value, POLICY_EDIT_NONE);
}

static gboolean
refuse_partition(const char *partition, const char *why, GError **error)
{
    g_set_error(error, POLICY_ERROR, POLICY_ERROR_TERMS, "partition '%s' %s", partition, why);
    return FALSE;
}

static gboolean
open_draft(GuestDraft *draft, const char *xml, GError **error)
{
    g_autoptr(GError) failure = NULL;

    if (guest_draft_open_any(draft, xml, &failure))
        return TRUE;
    g_set_error_literal(error, POLICY_ERROR, POLICY_ERROR_XML, failure->message);
    return FALSE;
}

static xmlNode *
find_partition(const GuestDraft *draft, const char *partition)
{
    xmlNode *node = guest_tree_find_child(draft->root, NULL, PARTITION);

    for (; node; node = guest_tree_find_from(node->next, NULL, PARTITION)) {
        g_autofree char *name = guest_tree_dup_attribute(node, "name");

        if (g_strcmp0(name, partition) == 0)
            return node;
    }
    return NULL;
}

/* ---- elements ---- */

static char *
format_amount(const char *name, const char *value, GError **error)
{
    g_autofree char *number = NULL;
    g_autofree char *unit = NULL;

    if (policy_amount_split(value, &number, &unit))
        return g_strdup_printf("<%s unit='%s'>%s</%s>", name, unit, number, name);
    g_set_error(error, POLICY_ERROR, POLICY_ERROR_TERMS, "'%s' is no amount of memory", value);
    return NULL;
}

static char *
format_element(const Place *place, const char *value, GError **error)
{
    g_autofree char *escaped = g_markup_escape_text(value, -1);

    switch (place->form) {
    case FORM_AMOUNT:
        return format_amount(place->name, value, error);
    case FORM_NODESET:
        return g_strdup_printf("<%s mode='strict' nodeset='%s'/>", place->name, escaped);
    case FORM_COUNT:
        return g_strdup_printf("<%s count='%s'/>", place->name, escaped);
    case FORM_CPUSET:
        return g_strdup_printf("<%s cpuset='%s'/>", place->name, escaped);
    case FORM_TEXT:
    default:
        return g_strdup_printf("<%s>%s</%s>", place->name, escaped, place->name);
    }
}

static xmlNode *
find_last_element(const xmlNode *parent)
{
    return xmlLastElementChild((xmlNode *)parent);
}

/* The break before a child of @parent: as its others have it, or two blanks deeper than it. */
static char *
dup_break(const GuestDraft *draft, const xmlNode *parent)
{
    const xmlNode *last = find_last_element(parent);
    g_autofree char *outer = NULL;

    if (last)
        return guest_markup_get_break(draft->markup, guest_draft_span_of(last)->start);
    if (parent == draft->root)
        return g_strdup(GUEST_DRAFT_INDENT);
    outer = guest_markup_get_break(draft->markup, guest_draft_span_of(parent)->start);
    return g_strconcat(outer, *outer ? "  " : "", NULL);
}

/* Behind all that is in @parent already. */
static void
append(GuestDraft *draft, const xmlNode *parent, const char *text)
{
    const GuestSpan *span = guest_draft_span_of(parent);
    const xmlNode *last = find_last_element(parent);
    g_autofree char *inner = dup_break(draft, parent);
    g_autofree char *broken = g_strconcat(inner, text, NULL);
    g_autofree char *closing = guest_markup_get_break(draft->markup, span->inner_end);

    if (last) {
        guest_markup_insert(draft->markup, guest_draft_span_of(last)->end, broken);
    } else if (span->inner == span->end) {
        g_autofree char *outer = guest_markup_get_break(draft->markup, span->start);

        guest_draft_insert_into(draft, parent, broken,
                                *outer || parent != draft->root ? outer : "\n");
    } else {
        /* What is in it is blank, or a comment: before the break that the end tag has. */
        guest_markup_insert(draft->markup, span->inner_end - strlen(closing), broken);
    }
}

/* With @around if nothing else is in that. */
static void
take_out(GuestDraft *draft, xmlNode *node, const xmlNode *around)
{
    g_autoptr(GPtrArray) gone = g_ptr_array_new();

    g_ptr_array_add(gone, node);
    if (around && guest_draft_is_emptied(around, gone))
        guest_markup_remove(draft->markup, guest_draft_span_of(around));
    else
        guest_markup_remove(draft->markup, guest_draft_span_of(node));
}

/* An element of its own around it. */
static char *
wrap(const GuestDraft *draft, const xmlNode *parent, const char *name, const char *element)
{
    g_autofree char *outer = dup_break(draft, parent);
    const char *deeper = *outer ? "  " : "";

    return g_strdup_printf("<%s>%s%s%s%s</%s>", name, outer, deeper, element, outer, name);
}

/* @parent: the partition, or the reserve */
static gboolean
put(GuestDraft *draft, xmlNode *parent, const Place *place, const char *value, GError **error)
{
    xmlNode *around = place->above ? guest_tree_find_child(parent, NULL, place->above) : parent;
    xmlNode *old = guest_tree_find_child(around, NULL, place->name);
    g_autofree char *element = NULL;

    if (is_none(value)) {
        if (old)
            take_out(draft, old, place->above ? around : NULL);
        return TRUE;
    }
    element = format_element(place, value, error);
    if (!element)
        return FALSE;

    if (old) {
        const GuestSpan *span = guest_draft_span_of(old);

        guest_markup_replace(draft->markup, span->start, span->end, element);
    } else if (around) {
        append(draft, around, element);
    } else {
        g_autofree char *wrapped = wrap(draft, parent, place->above, element);

        append(draft, parent, wrapped);
    }
    return TRUE;
}

/* ---- the attribute of a partition ---- */

/* Where a start tag's attribute is, with the blank before it; well-formed, as it has been read. */
static gboolean
find_attribute(const char *xml, const GuestSpan *span, const char *name, gsize *start, gsize *end)
{
    const char *p = xml + span->start + 1 + span->name_length;
    const char *tag_end = xml + span->inner;

    while (p < tag_end) {
        const char *blank = p;
        const char *word = p + strspn(p, " \t\r\n");
        const gsize length = strcspn(word, " \t\r\n=/>");
        const char *open = word + length + strcspn(word + length, "\"'>");
        const char *close = *open == '>' ? NULL : strchr(open + 1, *open);

        if (length == 0 || !close || close >= tag_end)
            return FALSE;
        if (length == strlen(name) && strncmp(word, name, length) == 0) {
            *start = (gsize)(blank - xml);
            *end = (gsize)(close + 1 - xml);
            return TRUE;
        }
        p = close + 1;
    }
    return FALSE;
}

static void
put_priority(GuestDraft *draft, const char *xml, const xmlNode *node, const char *value)
{
    const GuestSpan *span = guest_draft_span_of(node);
    g_autofree char *escaped = g_markup_escape_text(value, -1);
    g_autofree char *attribute =
        is_none(value) ? g_strdup("") : g_strdup_printf(" priority='%s'", escaped);
    gsize start, end;

    if (find_attribute(xml, span, "priority", &start, &end))
        guest_markup_replace(draft->markup, start, end, attribute);
    else if (find_attribute(xml, span, "name", &start, &end) && !is_none(value))
        guest_markup_insert(draft->markup, end, attribute);
}

/* ---- the changes ---- */

static char *
apply(const GuestDraft *draft)
{
    return guest_markup_apply(draft->markup);
}

char *
policy_edit_define(const char *xml, const char *partition, GError **error)
{
    g_autofree char *name = g_markup_escape_text(partition, -1);
    g_autofree char *element = g_strdup_printf("<" PARTITION " name='%s'/>", name);
    g_auto(GuestDraft) draft = {NULL, NULL, NULL};

    if (!open_draft(&draft, xml, error))
        return NULL;
    if (find_partition(&draft, partition)) {
        refuse_partition(partition, "is described already", error);
        return NULL;
    }
    append(&draft, draft.root, element);
    return apply(&draft);
}

char *
policy_edit_tune(const char *xml, const char *partition, PolicyField field, const char *value,
                 GError **error)
{
    g_auto(GuestDraft) draft = {NULL, NULL, NULL};
    xmlNode *node;

    if (!open_draft(&draft, xml, error))
        return NULL;
    node = find_partition(&draft, partition);
    if (!node) {
        refuse_partition(partition, "is not described", error);
        return NULL;
    }
    if (field == POLICY_FIELD_PRIORITY)
        put_priority(&draft, xml, node, value);
    else if (!put(&draft, node, &places[field], value, error))
        return NULL;
    return apply(&draft);
}

char *
policy_edit_remove(const char *xml, const char *partition, GError **error)
{
    g_auto(GuestDraft) draft = {NULL, NULL, NULL};
    xmlNode *node;

    if (!open_draft(&draft, xml, error))
        return NULL;
    node = find_partition(&draft, partition);
    if (!node) {
        refuse_partition(partition, "is not described", error);
        return NULL;
    }
    take_out(&draft, node, NULL);
    return apply(&draft);
}

/* One value of <reserve>, which is made where there is none. */
static char *
reserve(const char *xml, const Place *place, const char *value, GError **error)
{
    g_auto(GuestDraft) draft = {NULL, NULL, NULL};
    xmlNode *node;

    if (!open_draft(&draft, xml, error))
        return NULL;
    node = guest_tree_find_child(draft.root, NULL, "reserve");
    if (node) {
        if (!put(&draft, node, place, value, error))
            return NULL;
    } else if (!is_none(value)) {
        g_autofree char *element = format_element(place, value, error);
        g_autofree char *wrapped = element ? wrap(&draft, draft.root, "reserve", element) : NULL;

        if (!wrapped)
            return NULL;
        append(&draft, draft.root, wrapped);
    }
    return apply(&draft);
}

char *
policy_edit_reserve(const char *xml, const char *memory, const char *n_cpus, const char *cpuset,
                    GError **error)
{
    const char *cpus = n_cpus ? n_cpus : cpuset;
    g_autofree char *first = memory ? reserve(xml, &reserved_memory, memory, error) : g_strdup(xml);

    if (!first || !cpus)
        return g_steal_pointer(&first);
    return reserve(first, n_cpus ? &reserved_count : &reserved_cpuset, cpus, error);
}
