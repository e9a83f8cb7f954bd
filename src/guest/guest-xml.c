/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a domain XML says of a guest. */
#include <config.h>

#include <string.h>

#include "guest-balloon.h"
#include "guest-blkiotune.h"
#include "guest-cputune.h"
#include "guest-limits.h"
#include "guest-memtune.h"
#include "guest-number.h"
#include "guest-placement.h"
#include "guest-private.h"
#include "guest-xml-held.h"
#include "guest-xml.h"

/* libvirt would allocate whatever number it is given, and refuse it afterwards.  QEMU's own limit
 * for vCPUs is 4096. */
#define COUNT_MAX 65536

/* Where hold_back() leaves its elements. */
xmlNode *
guest_xml_find_held(const xmlNode *root)
{
    xmlNode *metadata = guest_tree_find_child(root, NULL, "metadata");

    return guest_tree_find_child(guest_tree_find_child(metadata, GUEST_XML_HELD_NAMESPACE, "held"),
                                 GUEST_XML_HELD_NAMESPACE, "cputune");
}

/* What is held back under the name of @element, if it can be ours. */
static void
read_held(const xmlNode *held, guint element, GuestCputune *tune)
{
    const char *name = guest_cputune_get_element(element);
    g_autofree char *text =
        guest_tree_dup_content(guest_tree_find_child(held, GUEST_XML_HELD_NAMESPACE, name));
    GuestCputune alone = {FALSE};

    if (guest_cputune_parse_element(&alone, element, text) && guest_cputune_is_in_range(&alone))
        guest_cputune_parse_element(tune, element, text);
}

/* Element by element: what <cputune> says, else what is held back. */
gboolean
guest_xml_read_cputune(const xmlNode *root, GuestCputune *tune, GError **error)
{
    const xmlNode *held = guest_xml_find_held(root);
    g_autofree char *shares =
        guest_tree_dup_content(guest_tree_find_grandchild(root, "cputune", "shares"));
    GuestCputune read = {FALSE};
    const char *name;
    guint i;

    if (shares) {
        if (!guest_number_parse_unsigned(shares, &read.shares))
            return guest_tree_refuse_value(error, "cputune element <shares>", shares,
                                           "is not a number");
        read.has_shares = TRUE;
    }

    for (i = 0; (name = guest_cputune_get_element(i)); i++) {
        const xmlNode *node = guest_tree_find_grandchild(root, "cputune", name);
        g_autofree char *text = guest_tree_dup_content(node);

        if (!node) {
            read_held(held, i, &read);
        } else if (!guest_cputune_parse_element(&read, i, text)) {
            g_autofree char *what = g_strdup_printf("cputune element <%s>", name);

            return guest_tree_refuse_value(error, what, text, "is not a number");
        }
    }

    *tune = read;
    return TRUE;
}

static gboolean
check_count(const char *what, guint count, GError **error)
{
    g_autofree char *text = g_strdup_printf("%u", count);

    return count <= COUNT_MAX ||
           guest_tree_refuse_value(error, what, text, "is more than any guest can have");
}

/* <vcpus> is master: who is not named there as enabled is offline, @current notwithstanding. */
static gboolean
read_individual_vcpus(const xmlNode *root, guint max, Guest *guest, GError **error)
{
    g_autofree gboolean *online = g_new0(gboolean, max);
    const xmlNode *list;
    const xmlNode *node;
    guint i;

    for (list = guest_tree_find_child(root, NULL, "vcpus"); list;
         list = guest_tree_find_from(list->next, NULL, "vcpus")) {
        for (node = guest_tree_find_child(list, NULL, "vcpu"); node;
             node = guest_tree_find_from(node->next, NULL, "vcpu")) {
            g_autofree char *id_text = guest_tree_dup_attribute(node, "id");
            g_autofree char *enabled = guest_tree_dup_attribute(node, "enabled");
            g_autofree char *plugged = guest_tree_dup_attribute(node, "hotpluggable");
            guint id;

            if (!guest_tree_parse_count("vcpu id", id_text, &id, error))
                return FALSE;
            if (id >= max)
                return guest_tree_refuse_value(error, "vcpu id", id_text,
                                               "is not below the number of vCPUs");
            if (g_strcmp0(enabled, "yes") != 0 && g_strcmp0(enabled, "no") != 0)
                return guest_tree_refuse_value(error, "vcpu attribute enabled", enabled,
                                               "is neither 'yes' nor 'no'");
            online[id] = g_str_equal(enabled, "yes");
            if (online[id] && g_strcmp0(plugged, "yes") == 0)
                guest->plugs_vcpus = TRUE;
        }
    }

    for (i = 0; i < max; i++) {
        if (online[i])
            g_array_append_val(guest->vcpus, i);
    }
    return TRUE;
}

static gboolean
read_vcpus(const xmlNode *root, Guest *guest, GError **error)
{
    const xmlNode *node = guest_tree_find_child(root, NULL, "vcpu");
    guint max = 1;
    guint current;
    guint i;

    if (node) {
        g_autofree char *text = guest_tree_dup_content(node);

        if (!guest_tree_parse_count("Number of vCPUs", text, &max, error))
            return FALSE;
    }
    current = max;
    if (node && xmlHasProp(node, (const xmlChar *)"current")) {
        g_autofree char *text = guest_tree_dup_attribute(node, "current");

        if (!guest_tree_parse_count("vcpu attribute current", text, &current, error))
            return FALSE;
    }
    if (!check_count("Number of vCPUs", max, error))
        return FALSE;

    if (guest_tree_find_grandchild(root, "vcpus", "vcpu"))
        return read_individual_vcpus(root, max, guest, error);

    if (current > max) {
        g_autofree char *text = g_strdup_printf("%u", current);

        return guest_tree_refuse_value(error, "vcpu attribute current", text,
                                       "is more than the number of vCPUs");
    }
    for (i = 0; i < current; i++)
        g_array_append_val(guest->vcpus, i);
    return TRUE;
}

/* Ids that are given come first; up to <iothreads> the lowest free ones follow. */
static gboolean
read_iothreads(const xmlNode *root, GArray *iothreads, GError **error)
{
    g_autofree char *count_text =
        guest_tree_dup_content(guest_tree_find_child(root, NULL, "iothreads"));
    g_autoptr(GHashTable) taken = g_hash_table_new(NULL, NULL);
    const xmlNode *list;
    const xmlNode *node;
    guint count = 0;
    guint id;

    if (count_text && !guest_tree_parse_count("Number of iothreads", count_text, &count, error))
        return FALSE;
    if (!check_count("Number of iothreads", count, error))
        return FALSE;

    for (list = guest_tree_find_child(root, NULL, "iothreadids"); list;
         list = guest_tree_find_from(list->next, NULL, "iothreadids")) {
        for (node = guest_tree_find_child(list, NULL, "iothread"); node;
             node = guest_tree_find_from(node->next, NULL, "iothread")) {
            g_autofree char *id_text = guest_tree_dup_attribute(node, "id");

            if (!guest_tree_parse_count("iothread id", id_text, &id, error))
                return FALSE;
            if (id == 0)
                return guest_tree_refuse_value(error, "iothread id", id_text, "is not allowed");
            if (!g_hash_table_add(taken, GUINT_TO_POINTER(id)))
                return guest_tree_refuse_value(error, "iothread id", id_text, "is given twice");
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
    const xmlNode *resource = guest_tree_find_child(root, NULL, "resource");
    g_autofree char *text =
        guest_tree_dup_content(guest_tree_find_child(resource, NULL, "partition"));
    const xmlNode *channel = guest_tree_find_child(resource, NULL, "fibrechannel");
    g_autofree char *appid = NULL;

    while (channel && !(appid = guest_tree_dup_attribute(channel, "appid")))
        channel = guest_tree_find_from(channel->next, NULL, "fibrechannel");

    if (resource && guest_tree_find_from(resource->next, NULL, "resource")) {
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
    g_autoptr(xmlDoc) doc = guest_tree_read(xml, error);
    g_autoptr(Guest) guest = NULL;
    g_autofree char *name = NULL;
    g_autofree char *uuid_text = NULL;
    g_autofree char *uuid = NULL;
    g_autofree char *partition = NULL;
    GuestPlacement *placement;
    const xmlNode *root;

    if (!doc)
        return NULL;
    root = xmlDocGetRootElement(doc);

    name = guest_tree_dup_content(guest_tree_find_child(root, NULL, "name"));
    if (!name) {
        g_set_error_literal(error, GUEST_ERROR, GUEST_ERROR_XML, "The domain has no name");
        return NULL;
    }
    uuid_text = guest_tree_dup_content(guest_tree_find_child(root, NULL, "uuid"));
    if (uuid_text && !(uuid = canonicalise_uuid(uuid_text))) {
        guest_tree_refuse_value(error, "uuid", uuid_text, "is malformed");
        return NULL;
    }
    if (!read_partition(root, &partition, error))
        return NULL;

    guest = guest_new(driver, name, uuid, partition);
    guest->xml = g_strdup(xml);
    guest->has_own_users = guest_tree_find_grandchild(root, "idmap", "uid") != NULL;
    guest->has_balloon = guest_balloon_has_device(root);
    guest->balloon_deflates = guest_balloon_has_autodeflate(root);
    guest->is_pinned = guest_balloon_is_pinned(root);
    if (!read_vcpus(root, guest, error) || !read_iothreads(root, guest->iothreads, error) ||
        !guest_xml_read_cputune(root, &guest->cputune, error) ||
        !guest_memtune_read(root, &guest->memtune, error) ||
        !guest_memtune_read_sizes(root, &guest->memory_kib, &guest->most_memory_kib, error) ||
        !guest_limits_read(root, &guest->pids_limit, error) ||
        !guest_balloon_read(root, &guest->balloon, error) ||
        !guest_limits_read_reactions(root, &guest->reactions, error) ||
        !guest_blkiotune_read(root, &guest->blkiotune, error))
        return NULL;

    placement = guest_placement_read(root, error);
    if (!placement)
        return NULL;
    guest_placement_free(guest->placement);
    guest->placement = placement;
    return g_steal_pointer(&guest);
}

Guest *
guest_xml_parse_as(const char *driver, const char *xml, const char *name, GError **error)
{
    g_autoptr(Guest) guest = guest_xml_parse(driver, xml, error);

    if (guest && name) {
        g_free(guest->name);
        guest->name = g_strdup(name);
    }
    return g_steal_pointer(&guest);
}
