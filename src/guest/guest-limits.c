/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits that libvirt has no element for.  Its users write them below <metadata>, in a
 * namespace of corral's that is theirs alone (xml/limits.rng):
 *
 *   <corral:limits><corral:pids>300</corral:pids></corral:limits>
 *
 * What is said there of memory that is asked for is read by guest-balloon.c, and what is to be done
 * for a guest that wants memory by guest-reaction.c.
 */
#include <config.h>

#include "corral.h"
#include "guest-balloon.h"
#include "guest-limits.h"
#include "guest-number.h"
#include "guest-reaction.h"
#include "guest-xml.h"

xmlNode *
guest_limits_find(const xmlNode *root)
{
    xmlNode *metadata = guest_tree_find_child(root, NULL, "metadata");

    return guest_tree_find_child(metadata, GUEST_XML_NAMESPACE, "limits");
}

gboolean
guest_limits_read(const xmlNode *root, guint64 *pids, GError **error)
{
    xmlNode *node = guest_tree_find_child(guest_limits_find(root), GUEST_XML_NAMESPACE, "pids");
    g_autofree char *text = guest_tree_dup_content(node);
    guint64 number = 0;

    if (node && (!text || !guest_number_parse_unsigned(text, &number) || number == 0 ||
                 number > CORRAL_PIDS_LIMIT_MAX)) {
        g_set_error(error, GUEST_ERROR, GUEST_ERROR_LIMIT,
                    "metadata element <pids>: '%s' is no number of processes between 1 and "
                    "%" G_GUINT64_FORMAT,
                    text ? text : "", CORRAL_PIDS_LIMIT_MAX);
        return FALSE;
    }

    *pids = number;
    return TRUE;
}

gboolean
guest_limits_read_reactions(const xmlNode *root, GuestReactions *reactions, GError **error)
{
    if (guest_reaction_read(guest_limits_find(root), GUEST_XML_NAMESPACE, reactions, error))
        return TRUE;

    g_prefix_error(error, "metadata element ");
    return FALSE;
}

/* libvirt puts what is in no namespace into that of the element as a whole. */
static void
take_in(xmlNode *node, xmlNs *namespace)
{
    xmlNode *child;

    if (!node->ns)
        xmlSetNs(node, namespace);
    for (child = xmlFirstElementChild(node); child; child = xmlNextElementSibling(child))
        take_in(child, namespace);
}

/* Makes the element the only one in a guest's <metadata>. */
static xmlNode *
wrap_in_domain(xmlDoc *doc)
{
    xmlNode *root = xmlNewDocNode(doc, NULL, (const xmlChar *)"domain", NULL);
    xmlNode *metadata = xmlNewChild(root, NULL, (const xmlChar *)"metadata", NULL);

    xmlAddChild(metadata, xmlDocSetRootElement(doc, root));
    return root;
}

gboolean
guest_xml_check_limits(const char *element, GError **error)
{
    g_autoptr(xmlDoc) doc = guest_tree_read_any(element, NULL);
    xmlNode *node = doc ? xmlDocGetRootElement(doc) : NULL;
    GuestReactions reactions;
    GuestBalloon balloon;
    guint64 pids;

    if (!node)
        return TRUE;

    take_in(node, xmlNewNs(node, (const xmlChar *)GUEST_XML_NAMESPACE, NULL));
    if (!guest_tree_is_element(node, GUEST_XML_NAMESPACE, "limits")) {
        g_set_error(error, GUEST_ERROR, GUEST_ERROR_LIMIT,
                    "metadata element <%s>: there is only <limits> in the namespace '%s'",
                    (const char *)node->name, GUEST_XML_NAMESPACE);
        return FALSE;
    }

    node = wrap_in_domain(doc);
    return guest_limits_read(node, &pids, error) && guest_balloon_read(node, &balloon, error) &&
           guest_limits_read_reactions(node, &reactions, error);
}
