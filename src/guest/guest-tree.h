/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

/*
 * The one door to libxml2, for the files that read or edit domain XML.
 *
 * What an element means follows libvirt: XPath's string() of the first element
 * of that name, in no namespace (@namespace is NULL), and an empty one counts as
 * absent.
 */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlParserCtxt, xmlFreeParserCtxt)

/* A document, whatever its root, which there is. */
xmlDoc *guest_tree_read_any(const char *xml, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A document whose root is <domain>. */
xmlDoc *guest_tree_read(const char *xml, GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean guest_tree_is_element(const xmlNode *node, const char *namespace, const char *name);
/* The first of that name from @node on, among its siblings. */
xmlNode *guest_tree_find_from(xmlNode *node, const char *namespace, const char *name);
xmlNode *guest_tree_find_child(const xmlNode *parent, const char *namespace, const char *name);
/* XPath's parent/name[1], where there may be several parents. */
xmlNode *guest_tree_find_grandchild(const xmlNode *root, const char *parent_name, const char *name);
/* All children of that name are appended to @nodes. */
void guest_tree_collect(GPtrArray *nodes, const xmlNode *parent, const char *namespace,
                        const char *name);

/* NULL if there is no such element or nothing in it. */
char *guest_tree_dup_content(const xmlNode *node);
/* NULL if @node has no such attribute. */
char *guest_tree_dup_attribute(const xmlNode *node, const char *name);

/* Says that @what has the value @value, and @why that will not do.  Returns FALSE. */
gboolean guest_tree_refuse_value(GError **error, const char *what, const char *value,
                                 const char *why);
/* An unsigned int that libvirt has to find. */
gboolean guest_tree_parse_count(const char *what, const char *text, guint *count, GError **error);
/* What @text says in the unit that @node names, or in KiB: to whole KiB upwards.  What is beyond
 * all limits is GUEST_MEMORY_UNLIMITED_KIB. */
gboolean guest_tree_parse_kib(const xmlNode *node, const char *text, guint64 *kib);
