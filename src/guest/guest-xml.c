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
 * keeps the first.  Users can write there as well.  So nothing in it is
 * believed that could not have come from hold_back(), and the real elements in
 * <cputune> count more.
 *
 * libvirt drops all that is directly in <metadata> and no element in a
 * namespace, and indents what is left anew.  So on the way out the element
 * goes together with its line, and that leaves what libvirt would have printed
 * without it.  Only a <metadata> that would have been printed empty has to be
 * remembered, by the attribute metadata="empty".
 */

#include <config.h>

#include <stdarg.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "guest-cputune.h"
#include "guest-markup.h"
#include "guest-number.h"
#include "guest-private.h"
#include "guest-xml.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlParserCtxt, xmlFreeParserCtxt)

/* libvirt would allocate whatever number it is given, and refuse it afterwards.  QEMU's own limit
 * for vCPUs is 4096. */
#define COUNT_MAX 65536

#define DEFAULT_INDENT "\n  "

/* What libvirt prints before <metadata>, and what it prints between that and <cputune>. */
static const char *const before_metadata[] = {
    "name", "uuid", "genid", "title", "description", NULL,
};
static const char *const before_cputune[] = {
    "name",      "uuid",   "genid",     "title",         "description",     "metadata",
    "maxMemory", "memory", "blkiotune", "currentMemory", "memtune",         "memoryBacking",
    "vcpu",      "vcpus",  "iothreads", "iothreadids",   "defaultiothread", NULL,
};

/* ---- the tree ---- */

static gboolean
is_element(const xmlNode *node, const char *namespace, const char *name)
{
    if (node->type != XML_ELEMENT_NODE || !g_str_equal((const char *)node->name, name))
        return FALSE;
    if (!namespace || !node->ns)
        return !namespace && !node->ns;
    return g_strcmp0((const char *)node->ns->href, namespace) == 0;
}

/* The first of that name from @node on, among its siblings. */
static xmlNode *
find_from(xmlNode *node, const char *namespace, const char *name)
{
    while (node && !is_element(node, namespace, name))
        node = node->next;
    return node;
}

static xmlNode *
find_child(const xmlNode *parent, const char *namespace, const char *name)
{
    return parent ? find_from(parent->children, namespace, name) : NULL;
}

/* XPath's parent/name[1], where there may be several parents. */
static xmlNode *
find_grandchild(const xmlNode *root, const char *parent_name, const char *name)
{
    xmlNode *parent = find_child(root, NULL, parent_name);
    xmlNode *found = NULL;

    while (parent && !(found = find_child(parent, NULL, name)))
        parent = find_from(parent->next, NULL, parent_name);
    return found;
}

/* Where hold_back() leaves its elements. */
static xmlNode *
find_held(const xmlNode *root)
{
    xmlNode *metadata = find_child(root, NULL, "metadata");

    return find_child(find_child(metadata, GUEST_XML_NAMESPACE, "held"), GUEST_XML_NAMESPACE,
                      "cputune");
}

/* NULL if there is no such element or nothing in it. */
static char *
dup_content(const xmlNode *node)
{
    xmlChar *content = node ? xmlNodeGetContent(node) : NULL;
    char *copy = content && *content ? g_strdup((const char *)content) : NULL;

    xmlFree(content);
    return copy;
}

static char *
dup_attribute(const xmlNode *node, const char *name)
{
    xmlChar *value = xmlGetProp(node, (const xmlChar *)name);
    char *copy = g_strdup((const char *)value);

    xmlFree(value);
    return copy;
}

/* ---- reading a document ---- */

typedef struct {
    char *message; /* of the first error that counts */
    int line;
} ParseProblem;

/* libxml2's other way of reporting has a prototype that changes between its versions. */
static void G_GNUC_PRINTF(2, 3) on_parse_error(void *data, G_GNUC_UNUSED const char *format, ...)
{
    xmlParserCtxt *parser = data;
    ParseProblem *problem = parser->_private;
    const xmlError *error = xmlCtxtGetLastError(parser);

    if (problem->message || !error || error->level != XML_ERR_FATAL)
        return;
    problem->message = g_strdup(error->message ? error->message : "unknown error");
    g_strdelimit(g_strchomp(problem->message), "\n", ' ');
    problem->line = error->line;
}

static xmlDoc *
read_document(const char *xml, GError **error)
{
    static gsize initialised;
    g_autoptr(xmlParserCtxt) parser = NULL;
    g_autoptr(xmlDoc) doc = NULL;
    g_autofree char *message = NULL;
    ParseProblem problem = {NULL, 0};
    const xmlNode *root;

    if (g_once_init_enter(&initialised)) {
        xmlInitParser();
        g_once_init_leave(&initialised, 1);
    }

    parser = strlen(xml) <= G_MAXINT ? xmlNewParserCtxt() : NULL;
    if (!parser) {
        g_set_error_literal(error, GUEST_ERROR, GUEST_ERROR_XML, "The domain XML is too long");
        return NULL;
    }
    parser->_private = &problem;
    parser->sax->error = on_parse_error;
    doc = xmlCtxtReadMemory(parser, xml, (int)strlen(xml), NULL, NULL,
                            XML_PARSE_NONET | XML_PARSE_NOWARNING);
    message = problem.message;

    if (!doc) {
        g_set_error(error, GUEST_ERROR, GUEST_ERROR_XML, "Domain XML, line %d: %s", problem.line,
                    message ? message : "not well-formed");
        return NULL;
    }
    root = xmlDocGetRootElement(doc);
    if (!root || !g_str_equal((const char *)root->name, "domain")) {
        g_set_error(error, GUEST_ERROR, GUEST_ERROR_XML, "The root element is <%s>, not <domain>",
                    root ? (const char *)root->name : "");
        return NULL;
    }
    return g_steal_pointer(&doc);
}

/* ---- numbers ---- */

static gboolean
refuse_value(GError **error, const char *what, const char *value, const char *why)
{
    g_set_error(error, GUEST_ERROR, GUEST_ERROR_XML, "%s '%s' %s", what, value ? value : "", why);
    return FALSE;
}

/* An unsigned int that libvirt has to find. */
static gboolean
parse_count(const char *what, const char *text, guint *count, GError **error)
{
    guint64 value;

    if (!text || !guest_number_parse_unsigned(text, &value) || value > G_MAXUINT)
        return refuse_value(error, what, text, "is not a number");
    *count = (guint)value;
    return TRUE;
}

static gboolean
check_count(const char *what, guint count, GError **error)
{
    g_autofree char *text = g_strdup_printf("%u", count);

    return count <= COUNT_MAX || refuse_value(error, what, text, "is more than any guest can have");
}

/* ---- <cputune> ---- */

/* What is held back under the name of @element, if it can be ours. */
static void
read_held(const xmlNode *held, guint element, GuestCputune *tune)
{
    const char *name = guest_cputune_get_element(element);
    g_autofree char *text = dup_content(find_child(held, GUEST_XML_NAMESPACE, name));
    GuestCputune alone = {FALSE};

    if (guest_cputune_parse_element(&alone, element, text) && guest_cputune_is_in_range(&alone))
        guest_cputune_parse_element(tune, element, text);
}

/* Element by element: what <cputune> says, else what is held back. */
static gboolean
read_cputune(const xmlNode *root, GuestCputune *tune, GError **error)
{
    const xmlNode *held = find_held(root);
    g_autofree char *shares = dup_content(find_grandchild(root, "cputune", "shares"));
    GuestCputune read = {FALSE};
    const char *name;
    guint i;

    if (shares) {
        if (!guest_number_parse_unsigned(shares, &read.shares))
            return refuse_value(error, "cputune element <shares>", shares, "is not a number");
        read.has_shares = TRUE;
    }

    for (i = 0; (name = guest_cputune_get_element(i)); i++) {
        const xmlNode *node = find_grandchild(root, "cputune", name);
        g_autofree char *text = dup_content(node);

        if (!node) {
            read_held(held, i, &read);
        } else if (!guest_cputune_parse_element(&read, i, text)) {
            g_autofree char *what = g_strdup_printf("cputune element <%s>", name);

            return refuse_value(error, what, text, "is not a number");
        }
    }

    *tune = read;
    return TRUE;
}

/* ---- vCPUs, iothreads, partition ---- */

/* <vcpus> is master: who is not named there as enabled is offline, @current notwithstanding. */
static gboolean
read_individual_vcpus(const xmlNode *root, guint max, GArray *vcpus, GError **error)
{
    g_autofree gboolean *online = g_new0(gboolean, max);
    const xmlNode *list;
    const xmlNode *node;
    guint i;

    for (list = find_child(root, NULL, "vcpus"); list;
         list = find_from(list->next, NULL, "vcpus")) {
        for (node = find_child(list, NULL, "vcpu"); node;
             node = find_from(node->next, NULL, "vcpu")) {
            g_autofree char *id_text = dup_attribute(node, "id");
            g_autofree char *enabled = dup_attribute(node, "enabled");
            guint id;

            if (!parse_count("vcpu id", id_text, &id, error))
                return FALSE;
            if (id >= max)
                return refuse_value(error, "vcpu id", id_text, "is not below the number of vCPUs");
            if (g_strcmp0(enabled, "yes") != 0 && g_strcmp0(enabled, "no") != 0)
                return refuse_value(error, "vcpu attribute enabled", enabled,
                                    "is neither 'yes' nor 'no'");
            online[id] = g_str_equal(enabled, "yes");
        }
    }

    for (i = 0; i < max; i++) {
        if (online[i])
            g_array_append_val(vcpus, i);
    }
    return TRUE;
}

static gboolean
read_vcpus(const xmlNode *root, GArray *vcpus, GError **error)
{
    const xmlNode *node = find_child(root, NULL, "vcpu");
    guint max = 1;
    guint current;
    guint i;

    if (node) {
        g_autofree char *text = dup_content(node);

        if (!parse_count("Number of vCPUs", text, &max, error))
            return FALSE;
    }
    current = max;
    if (node && xmlHasProp(node, (const xmlChar *)"current")) {
        g_autofree char *text = dup_attribute(node, "current");

        if (!parse_count("vcpu attribute current", text, &current, error))
            return FALSE;
    }
    if (!check_count("Number of vCPUs", max, error))
        return FALSE;

    if (find_grandchild(root, "vcpus", "vcpu"))
        return read_individual_vcpus(root, max, vcpus, error);

    if (current > max) {
        g_autofree char *text = g_strdup_printf("%u", current);

        return refuse_value(error, "vcpu attribute current", text,
                            "is more than the number of vCPUs");
    }
    for (i = 0; i < current; i++)
        g_array_append_val(vcpus, i);
    return TRUE;
}

/* Ids that are given come first; up to <iothreads> the lowest free ones follow. */
static gboolean
read_iothreads(const xmlNode *root, GArray *iothreads, GError **error)
{
    g_autofree char *count_text = dup_content(find_child(root, NULL, "iothreads"));
    g_autoptr(GHashTable) taken = g_hash_table_new(NULL, NULL);
    const xmlNode *list;
    const xmlNode *node;
    guint count = 0;
    guint id;

    if (count_text && !parse_count("Number of iothreads", count_text, &count, error))
        return FALSE;
    if (!check_count("Number of iothreads", count, error))
        return FALSE;

    for (list = find_child(root, NULL, "iothreadids"); list;
         list = find_from(list->next, NULL, "iothreadids")) {
        for (node = find_child(list, NULL, "iothread"); node;
             node = find_from(node->next, NULL, "iothread")) {
            g_autofree char *id_text = dup_attribute(node, "id");

            if (!parse_count("iothread id", id_text, &id, error))
                return FALSE;
            if (id == 0)
                return refuse_value(error, "iothread id", id_text, "is not allowed");
            if (!g_hash_table_add(taken, GUINT_TO_POINTER(id)))
                return refuse_value(error, "iothread id", id_text, "is given twice");
            g_array_append_val(iothreads, id);
        }
    }

    for (id = 1; iothreads->len < count; id++) {
        if (!g_hash_table_contains(taken, GUINT_TO_POINTER(id)))
            g_array_append_val(iothreads, id);
    }
    return TRUE;
}

/* A <resource> that says nothing, not even in an empty <partition>, libvirt refuses; one that
 * gives only an appid has the default partition. */
static gboolean
read_partition(const xmlNode *root, char **partition, GError **error)
{
    const xmlNode *resource = find_child(root, NULL, "resource");
    g_autofree char *text = dup_content(find_child(resource, NULL, "partition"));
    const xmlNode *channel = find_child(resource, NULL, "fibrechannel");
    g_autofree char *appid = NULL;

    while (channel && !(appid = dup_attribute(channel, "appid")))
        channel = find_from(channel->next, NULL, "fibrechannel");

    if (resource && find_from(resource->next, NULL, "resource")) {
        g_set_error_literal(error, GUEST_ERROR, GUEST_ERROR_XML,
                            "There is more than one <resource> element");
        return FALSE;
    }
    if (resource && !text && (!appid || !*appid)) {
        g_set_error_literal(error, GUEST_ERROR, GUEST_ERROR_XML, "The <resource> element is empty");
        return FALSE;
    }
    *partition = g_steal_pointer(&text);
    return TRUE;
}

/* 32 digits, dashes and spaces between the pairs, white space around: libvirt is that liberal. */
static char *
canonicalise_uuid(const char *text)
{
    g_autoptr(GString) digits = g_string_new(NULL);
    g_autofree char *bare = g_strstrip(g_strdup(text));
    const char *p = bare;
    gsize i;

    while (*p && digits->len < 32) {
        if (*p == '-' || *p == ' ') {
            p++;
            continue;
        }
        if (!g_ascii_isxdigit(p[0]) || !g_ascii_isxdigit(p[1]))
            return NULL;
        g_string_append_c(digits, g_ascii_tolower(*p++));
        g_string_append_c(digits, g_ascii_tolower(*p++));
    }
    if (*p || digits->len != 32)
        return NULL;

    for (i = 0; i < 4; i++)
        g_string_insert_c(digits, (gssize)(8 + 5 * i), '-');
    return g_string_free(g_steal_pointer(&digits), FALSE);
}

Guest *
guest_xml_parse(const char *driver, const char *xml, GError **error)
{
    g_autoptr(xmlDoc) doc = read_document(xml, error);
    g_autoptr(Guest) guest = NULL;
    g_autofree char *name = NULL;
    g_autofree char *uuid_text = NULL;
    g_autofree char *uuid = NULL;
    g_autofree char *partition = NULL;
    const xmlNode *root;

    if (!doc)
        return NULL;
    root = xmlDocGetRootElement(doc);

    name = dup_content(find_child(root, NULL, "name"));
    if (!name) {
        g_set_error_literal(error, GUEST_ERROR, GUEST_ERROR_XML, "The domain has no name");
        return NULL;
    }
    uuid_text = dup_content(find_child(root, NULL, "uuid"));
    if (uuid_text && !(uuid = canonicalise_uuid(uuid_text))) {
        refuse_value(error, "uuid", uuid_text, "is malformed");
        return NULL;
    }
    if (!read_partition(root, &partition, error))
        return NULL;

    guest = guest_new(driver, name, uuid, partition);
    if (!read_vcpus(root, guest->vcpus, error) || !read_iothreads(root, guest->iothreads, error) ||
        !read_cputune(root, &guest->cputune, error))
        return NULL;
    return g_steal_pointer(&guest);
}

/* ---- editing ---- */

typedef struct {
    xmlDoc *doc;
    xmlNode *root;
    GuestMarkup *markup;
} Draft;

static void
draft_clear(Draft *draft)
{
    g_clear_pointer(&draft->markup, guest_markup_free);
    g_clear_pointer(&draft->doc, xmlFreeDoc);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Draft, draft_clear)

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
draft_tie(Draft *draft)
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

static gboolean
draft_open(Draft *draft, const char *xml, GError **error)
{
    draft->doc = read_document(xml, error);
    if (!draft->doc)
        return FALSE;
    draft->root = xmlDocGetRootElement(draft->doc);
    draft->markup = guest_markup_new(xml);
    if (!draft->markup || !draft_tie(draft)) {
        g_set_error_literal(error, GUEST_ERROR, GUEST_ERROR_XML,
                            "The domain XML is written in a way that cannot be edited");
        return FALSE;
    }
    return TRUE;
}

static const GuestSpan *
span_of(const xmlNode *node)
{
    return node->_private;
}

/* Puts @text first into an element, which may have been written <a/>. */
static void
draft_insert_into(Draft *draft, const xmlNode *node, const char *text, const char *closing_break)
{
    const GuestSpan *span = span_of(node);

    if (span->inner == span->end) {
        g_autofree char *opened =
            g_strdup_printf(">%s%s</%s>", text, closing_break, (const char *)node->name);

        guest_markup_replace(draft->markup, span->end - strlen("/>"), span->end, opened);
    } else {
        guest_markup_insert(draft->markup, span->inner, text);
    }
}

/* A new child of <domain>, behind the last of those that libvirt prints before it. */
static void
draft_add_element(Draft *draft, const char *name, const char *const *before, const char *content)
{
    const xmlNode *last = NULL;
    const xmlNode *node;
    g_autofree char *text =
        g_strdup_printf(DEFAULT_INDENT "<%s>%s" DEFAULT_INDENT "</%s>", name, content, name);

    for (node = draft->root->children; node; node = node->next) {
        if (node->type == XML_ELEMENT_NODE && !node->ns &&
            g_strv_contains(before, (const char *)node->name))
            last = node;
    }

    if (last)
        guest_markup_insert(draft->markup, span_of(last)->end, text);
    else
        draft_insert_into(draft, draft->root, text, "\n");
}

/* Whether nothing but blanks is left of @parent once its children @gone are taken out. */
static gboolean
is_emptied(const xmlNode *parent, GPtrArray *gone)
{
    xmlNode *child;

    for (child = parent->children; child; child = child->next) {
        if (!xmlIsBlankNode(child) && !g_ptr_array_find(gone, child, NULL))
            return FALSE;
    }
    return TRUE;
}

static void
draft_remove_all(Draft *draft, GPtrArray *nodes)
{
    guint i;

    for (i = 0; i < nodes->len; i++)
        guest_markup_remove(draft->markup, span_of(g_ptr_array_index(nodes, i)));
}

static void
collect(GPtrArray *nodes, const xmlNode *parent, const char *namespace, const char *name)
{
    xmlNode *node;

    for (node = find_child(parent, namespace, name); node;
         node = find_from(node->next, namespace, name))
        g_ptr_array_add(nodes, node);
}

static void
collect_bandwidth(GPtrArray *nodes, const xmlNode *cputune)
{
    const char *name;
    guint i;

    for (i = 0; (name = guest_cputune_get_element(i)); i++)
        collect(nodes, cputune, NULL, name);
}

/* Takes the period and quota elements out of one <cputune>, and it as well if nothing is left. */
static void
draft_remove_bandwidth(Draft *draft, const xmlNode *cputune)
{
    g_autoptr(GPtrArray) nodes = g_ptr_array_new();

    collect_bandwidth(nodes, cputune);

    if (nodes->len > 0 && is_emptied(cputune, nodes))
        guest_markup_remove(draft->markup, span_of(cputune));
    else
        draft_remove_all(draft, nodes);
}

/* Whether <metadata> was there, and empty, before @held came. */
static gboolean
is_marked_empty(const xmlNode *held)
{
    g_autofree char *was = dup_attribute(held, "metadata");

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
draft_remove_held(Draft *draft)
{
    const xmlNode *metadata = find_child(draft->root, NULL, "metadata");
    g_autoptr(GPtrArray) held = g_ptr_array_new();

    collect(held, metadata, GUEST_XML_NAMESPACE, "held");
    if (held->len == 0)
        return;

    if (!is_emptied(metadata, held))
        draft_remove_all(draft, held);
    else if (is_marked_empty(g_ptr_array_index(held, 0)))
        guest_markup_replace(draft->markup, span_of(metadata)->start, span_of(metadata)->end,
                             "<metadata/>");
    else
        guest_markup_remove(draft->markup, span_of(metadata));
}

static void
draft_add_held(Draft *draft, const GuestCputune *tune)
{
    const xmlNode *metadata = find_child(draft->root, NULL, "metadata");
    g_autoptr(GPtrArray) old = g_ptr_array_new();
    g_autofree char *elements = NULL;
    g_autofree char *held = NULL;
    gboolean was_empty;

    if (!metadata) {
        elements = guest_cputune_format(tune, "corral:", "\n        ");
        held = g_strdup_printf("\n    <corral:held xmlns:corral=\"" GUEST_XML_NAMESPACE "\">"
                               "\n      <corral:cputune>%s"
                               "\n      </corral:cputune>"
                               "\n    </corral:held>",
                               elements);
        draft_add_element(draft, "metadata", before_metadata, held);
        return;
    }

    /* No blanks of ours among those of others: libvirt indents where there are none. */
    collect(old, metadata, GUEST_XML_NAMESPACE, "held");
    was_empty =
        old->len > 0 ? is_marked_empty(g_ptr_array_index(old, 0)) : !has_custom_element(metadata);
    elements = guest_cputune_format(tune, "corral:", "");
    held = g_strdup_printf("<corral:held xmlns:corral=\"" GUEST_XML_NAMESPACE "\"%s>"
                           "<corral:cputune>%s</corral:cputune></corral:held>",
                           was_empty ? " metadata=\"empty\"" : "", elements);
    draft_remove_all(draft, old);
    draft_insert_into(draft, metadata, held, "");
}

gboolean
guest_xml_hold_back(const char *xml, char **held, GError **error)
{
    g_auto(Draft) draft = {NULL, NULL, NULL};
    GuestCputune tune;
    const xmlNode *cputune;

    if (!draft_open(&draft, xml, error))
        return FALSE;

    *held = NULL;
    /* A value that libvirt refuses has to stay where libvirt can see and name it. */
    if (!read_cputune(draft.root, &tune, NULL) || !guest_cputune_is_in_range(&tune))
        return TRUE;

    /* XPath would find the elements in every <cputune>. */
    for (cputune = find_child(draft.root, NULL, "cputune"); cputune;
         cputune = find_from(cputune->next, NULL, "cputune"))
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
    g_auto(Draft) draft = {NULL, NULL, NULL};
    g_autofree char *uuid = NULL;
    g_autofree char *element = NULL;
    const xmlNode *name;

    if (!draft_open(&draft, xml, error))
        return FALSE;

    *named = NULL;
    name = find_child(draft.root, NULL, "name");
    /* libvirt takes the UUID of <sysinfo> where there is no other; such XML is left alone. */
    if (!name || find_child(draft.root, NULL, "uuid") || find_child(draft.root, NULL, "sysinfo"))
        return TRUE;

    uuid = g_uuid_string_random();
    element = g_strdup_printf("<uuid>%s</uuid>", uuid);
    guest_markup_insert(draft.markup, span_of(name)->end, element);
    *named = guest_markup_apply(draft.markup);
    return TRUE;
}

/* Makes <cputune> say what @tune says, which libvirt prints before anything else in it. */
static void
draft_set_cputune(Draft *draft, const GuestCputune *tune)
{
    xmlNode *cputune = find_child(draft->root, NULL, "cputune");
    g_autoptr(GPtrArray) old = g_ptr_array_new();
    g_autofree char *outer = NULL;
    g_autofree char *inner = NULL;
    g_autofree char *shares = NULL;
    g_autofree char *bandwidth = NULL;
    g_autofree char *text = NULL;

    outer = cputune ? guest_markup_get_break(draft->markup, span_of(cputune)->start)
                    : g_strdup(DEFAULT_INDENT);
    inner = g_strconcat(outer, *outer ? "  " : "", NULL);
    shares = tune->has_shares
                 ? g_strdup_printf("%s<shares>%" G_GUINT64_FORMAT "</shares>", inner, tune->shares)
                 : g_strdup("");
    bandwidth = guest_cputune_format(tune, "", inner);
    text = g_strconcat(shares, bandwidth, NULL);

    if (!cputune) {
        if (*text)
            draft_add_element(draft, "cputune", before_cputune, text);
        return;
    }

    collect(old, cputune, NULL, "shares");
    collect_bandwidth(old, cputune);
    if (!*text && is_emptied(cputune, old)) {
        guest_markup_remove(draft->markup, span_of(cputune));
        return;
    }
    draft_remove_all(draft, old);
    draft_insert_into(draft, cputune, text, outer);
}

char *
guest_xml_put_back(const char *xml, const GuestCputune *tune, GError **error)
{
    g_auto(Draft) draft = {NULL, NULL, NULL};

    if (!draft_open(&draft, xml, error))
        return NULL;

    draft_remove_held(&draft);
    draft_set_cputune(&draft, tune);
    return guest_markup_apply(draft.markup);
}
