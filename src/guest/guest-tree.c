/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libxml2 says what a document means. */
#include <config.h>

#include <stdarg.h>
#include <string.h>

#include "guest-number.h"
#include "guest-tree.h"
#include "guest.h"

#define KIB 1024

gboolean
guest_tree_is_element(const xmlNode *node, const char *namespace, const char *name)
{
    if (node->type != XML_ELEMENT_NODE || !g_str_equal((const char *)node->name, name))
        return FALSE;
    if (!namespace || !node->ns)
        return !namespace && !node->ns;
    return g_strcmp0((const char *)node->ns->href, namespace) == 0;
}

/* The first of that name from @node on, among its siblings. */
xmlNode *
guest_tree_find_from(xmlNode *node, const char *namespace, const char *name)
{
    while (node && !guest_tree_is_element(node, namespace, name))
        node = node->next;
    return node;
}

xmlNode *
guest_tree_find_child(const xmlNode *parent, const char *namespace, const char *name)
{
    return parent ? guest_tree_find_from(parent->children, namespace, name) : NULL;
}

/* XPath's parent/name[1], where there may be several parents. */
xmlNode *
guest_tree_find_grandchild(const xmlNode *root, const char *parent_name, const char *name)
{
    xmlNode *parent = guest_tree_find_child(root, NULL, parent_name);
    xmlNode *found = NULL;

    while (parent && !(found = guest_tree_find_child(parent, NULL, name)))
        parent = guest_tree_find_from(parent->next, NULL, parent_name);
    return found;
}

/* NULL if there is no such element or nothing in it. */
char *
guest_tree_dup_content(const xmlNode *node)
{
    xmlChar *content = node ? xmlNodeGetContent(node) : NULL;
    char *copy = content && *content ? g_strdup((const char *)content) : NULL;

    xmlFree(content);
    return copy;
}

char *
guest_tree_dup_attribute(const xmlNode *node, const char *name)
{
    xmlChar *value = xmlGetProp(node, (const xmlChar *)name);
    char *copy = g_strdup((const char *)value);

    xmlFree(value);
    return copy;
}

void
guest_tree_collect(GPtrArray *nodes, const xmlNode *parent, const char *namespace, const char *name)
{
    xmlNode *node;

    for (node = guest_tree_find_child(parent, namespace, name); node;
         node = guest_tree_find_from(node->next, namespace, name))
        g_ptr_array_add(nodes, node);
}

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

xmlDoc *
guest_tree_read_any(const char *xml, GError **error)
{
    static gsize initialised;
    g_autoptr(xmlParserCtxt) parser = NULL;
    g_autoptr(xmlDoc) doc = NULL;
    g_autofree char *message = NULL;
    ParseProblem problem = {NULL, 0};

    if (g_once_init_enter(&initialised)) {
        xmlInitParser();
        g_once_init_leave(&initialised, 1);
    }

    parser = strlen(xml) <= G_MAXINT ? xmlNewParserCtxt() : NULL;
    if (!parser) {
        g_set_error_literal(error, GUEST_ERROR, GUEST_ERROR_XML, "the XML is too long");
        return NULL;
    }
    parser->_private = &problem;
    parser->sax->error = on_parse_error;
    doc = xmlCtxtReadMemory(parser, xml, (int)strlen(xml), NULL, NULL,
                            XML_PARSE_NONET | XML_PARSE_NOWARNING);
    message = problem.message;

    if (!doc) {
        g_set_error(error, GUEST_ERROR, GUEST_ERROR_XML, "line %d: %s", problem.line,
                    message ? message : "not well-formed");
        return NULL;
    }
    return g_steal_pointer(&doc);
}

xmlDoc *
guest_tree_read(const char *xml, GError **error)
{
    g_autoptr(xmlDoc) doc = guest_tree_read_any(xml, error);
    const xmlNode *root;

    if (!doc) {
        g_prefix_error(error, "Domain XML, ");
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

gboolean
guest_tree_refuse_value(GError **error, const char *what, const char *value, const char *why)
{
    g_set_error(error, GUEST_ERROR, GUEST_ERROR_XML, "%s '%s' %s", what, value ? value : "", why);
    return FALSE;
}

/* An unsigned int that libvirt has to find. */
gboolean
guest_tree_parse_count(const char *what, const char *text, guint *count, GError **error)
{
    guint64 value;

    if (!text || !guest_number_parse_unsigned(text, &value) || value > G_MAXUINT)
        return guest_tree_refuse_value(error, what, text, "is not a number");
    *count = (guint)value;
    return TRUE;
}

gboolean
guest_tree_parse_kib(const xmlNode *node, const char *text, guint64 *kib)
{
    g_autofree char *unit = guest_tree_dup_attribute(node, "unit");
    guint64 bytes;

    if (!guest_number_parse_unsigned(text, &bytes) ||
        !guest_number_scale(&bytes, unit, KIB, GUEST_MEMORY_UNLIMITED_KIB * KIB))
        return FALSE;

    *kib = MIN(bytes / KIB + (bytes % KIB != 0), GUEST_MEMORY_UNLIMITED_KIB);
    return TRUE;
}
