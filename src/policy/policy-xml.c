/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a partition has is said in the words of the domain XML: <cputune>, <memtune>, <blkiotune>,
 * <numatune>, with what the kernel can do for many guests as for one.
 *
 * A guest's XML may have elements that nobody knows: libvirt drops them.  In here each is
 * refused, for what is misspelt would be missing when it counts.  So each element has a table
 * of those that may be in it, and the reader goes by that; xml/corral.rng says the same.
 */
#include <config.h>

#include <string.h>

#include "corral.h"
#include "guest-blkiotune.h"
#include "guest-cputune.h"
#include "guest-number.h"
#include "guest-set.h"
#include "guest-tree.h"
#include "guest-path.h"
#include "guest-reaction.h"
#include "policy-xml.h"

#define CPUS_MAX 8192

/* In libvirt's units: virDomainDefParseXML() takes what the kernel once had. */
#define IO_WEIGHT_MIN 10
#define IO_WEIGHT_MAX 1000

typedef struct {
    Policy *policy;
    PolicyTerms *terms; /* of the partition that is being read; borrowed */
} Reading;

typedef struct Element Element;

struct Element {
    const char *name;
    const char *attributes[4];
    /* Takes what @node says; what is @inside comes after it. */
    gboolean (*read)(const xmlNode *node, Reading *reading, GError **error);
    const Element *inside; /* NULL: text */
    gboolean many;
};

/* ---- what is wrong, and where ---- */

static gboolean G_GNUC_PRINTF(3, 4)
    refuse(const xmlNode *node, GError **error, const char *format, ...)
{
    g_autofree char *why = NULL;
    va_list arguments;

    va_start(arguments, format);
    why = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, POLICY_ERROR, POLICY_ERROR_XML, "line %ld: %s", xmlGetLineNo(node), why);
    return FALSE;
}

static gboolean
refuse_content(const xmlNode *node, const char *text, const char *wanted, GError **error)
{
    return refuse(node, error, "<%s>: '%s' is no %s", (const char *)node->name, text ? text : "",
                  wanted);
}

static gboolean
refuse_attribute(const xmlNode *node, const char *attribute, const char *text, const char *wanted,
                 GError **error)
{
    return refuse(node, error, "<%s>, attribute %s: '%s' is no %s", (const char *)node->name,
                  attribute, text, wanted);
}

static gboolean
refuse_unknown(const xmlNode *node, GError **error)
{
    return refuse(node, error, "<%s> is not known in <%s>", (const char *)node->name,
                  (const char *)node->parent->name);
}

/* ---- elements within elements ---- */

static const Element of_nothing[] = {{NULL, {NULL}, NULL, NULL, FALSE}};

static const Element *
find_element(const Element *elements, const xmlNode *node)
{
    for (; elements && elements->name; elements++) {
        if (guest_tree_is_element(node, NULL, elements->name))
            return elements;
    }
    return NULL;
}

static gboolean
check_attributes(const Element *element, const xmlNode *node, GError **error)
{
    const xmlAttr *attribute;
    gsize i;

    for (attribute = node->properties; attribute; attribute = attribute->next) {
        for (i = 0; i < G_N_ELEMENTS(element->attributes); i++) {
            if (!attribute->ns &&
                g_strcmp0(element->attributes[i], (const char *)attribute->name) == 0)
                break;
        }
        if (i == G_N_ELEMENTS(element->attributes))
            return refuse(node, error, "<%s> has no attribute '%s'", element->name,
                          (const char *)attribute->name);
    }
    return TRUE;
}

static gboolean read_inside(const xmlNode *parent, const Element *elements, Reading *reading,
                            GError **error);

static gboolean
read_element(const xmlNode *node, const Element *element, Reading *reading, GError **error)
{
    if (!element->many && guest_tree_find_from(node->next, NULL, element->name))
        return refuse(guest_tree_find_from(node->next, NULL, element->name), error,
                      "there is a second <%s>", element->name);
    if (!check_attributes(element, node, error) ||
        (element->read && !element->read(node, reading, error)))
        return FALSE;
    if (element->inside)
        return read_inside(node, element->inside, reading, error);
    node = xmlFirstElementChild((xmlNode *)node);
    return !node || refuse_unknown(node, error);
}

static gboolean
read_inside(const xmlNode *parent, const Element *elements, Reading *reading, GError **error)
{
    const xmlNode *node;

    for (node = parent->children; node; node = node->next) {
        const Element *element = find_element(elements, node);

        if (node->type == XML_COMMENT_NODE || node->type == XML_PI_NODE || xmlIsBlankNode(node))
            continue;
        if (node->type != XML_ELEMENT_NODE)
            return refuse(node, error, "there is text in <%s>", (const char *)parent->name);
        if (!element)
            return refuse_unknown(node, error);
        if (!read_element(node, element, reading, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- values ---- */

static gboolean
read_number(const xmlNode *node, guint64 min, guint64 max, guint64 *value, GError **error)
{
    g_autofree char *text = guest_tree_dup_content(node);
    g_autofree char *wanted = NULL;

    if (text && guest_number_parse_unsigned(text, value) && *value >= min && *value <= max)
        return TRUE;
    wanted =
        g_strdup_printf("number between %" G_GUINT64_FORMAT " and %" G_GUINT64_FORMAT, min, max);
    return refuse_content(node, text, wanted, error);
}

static gboolean
read_kib(const xmlNode *node, guint64 *kib, GError **error)
{
    g_autofree char *text = guest_tree_dup_content(node);

    return (text && guest_tree_parse_kib(node, text, kib)) ||
           refuse_content(node, text, "amount of memory", error);
}

static gboolean
read_set(const xmlNode *node, const char *attribute, GArray **set, GError **error)
{
    g_autofree char *text =
        attribute ? guest_tree_dup_attribute(node, attribute) : guest_tree_dup_content(node);

    *set = text ? guest_set_parse(text) : NULL;
    if (*set && (*set)->len > 0)
        return TRUE;
    g_clear_pointer(set, g_array_unref);
    return attribute && text ? refuse_attribute(node, attribute, text, "set of numbers", error)
                             : refuse_content(node, text, "set of numbers", error);
}

/* "2.5" CPUs, to the thousandth. */
static gboolean
read_cpus_guaranteed(const xmlNode *node, guint *thousandths, GError **error)
{
    g_autofree char *text = guest_tree_dup_content(node);
    char *end = NULL;
    double cpus = text ? g_ascii_strtod(text, &end) : -1;

    if (!text || end == text || *g_strchug(end) != '\0' || !(cpus >= 0 && cpus <= CPUS_MAX))
        return refuse_content(node, text, "number of CPUs", error);
    *thousandths = (guint)(cpus * 1000 + 0.5);
    return TRUE;
}

/* ---- <layout>, <reserve> ---- */

static gboolean
read_layout(const xmlNode *node, Reading *reading, GError **error)
{
    g_autofree char *type = guest_tree_dup_attribute(node, "type");
    Policy *policy = reading->policy;

    if (!type)
        return refuse(node, error, "<layout> has no type");
    return guest_layout_parse(type, &policy->layout) ||
           refuse_attribute(node, "type", type, "layout", error);
}

static gboolean
read_reserve(const xmlNode *node, Reading *reading, GError **error)
{
    g_autofree char *excess = guest_tree_dup_attribute(node, "excess");
    Policy *policy = reading->policy;

    if (g_strcmp0(excess, "refuse") == 0)
        policy->reserve.excess = POLICY_EXCESS_REFUSE;
    else if (excess && !g_str_equal(excess, "squeeze"))
        return refuse_attribute(node, "excess", excess, "'refuse' or 'squeeze'", error);
    return TRUE;
}

static gboolean
read_reserved_memory(const xmlNode *node, Reading *reading, GError **error)
{
    Policy *policy = reading->policy;

    return read_kib(node, &policy->reserve.memory_kib, error);
}

static gboolean
read_reserved_cpus(const xmlNode *node, Reading *reading, GError **error)
{
    g_autofree char *count = guest_tree_dup_attribute(node, "count");
    g_autofree char *cpuset = guest_tree_dup_attribute(node, "cpuset");
    Policy *policy = reading->policy;
    guint64 n = 0;

    if (!count == !cpuset)
        return refuse(node, error, "<cpus> has either a count or a cpuset");
    if (cpuset)
        return read_set(node, "cpuset", &policy->reserve.cpus, error);
    if (!guest_number_parse_unsigned(count, &n) || n > CPUS_MAX)
        return refuse_attribute(node, "count", count, "number of CPUs", error);
    policy->reserve.n_cpus = (guint)n;
    return TRUE;
}

static const Element of_reserve[] = {
    {"memory", {"unit"}, read_reserved_memory, NULL, FALSE},
    {"cpus", {"count", "cpuset"}, read_reserved_cpus, of_nothing, FALSE},
    {NULL},
};

/* ---- <on_oom>, <on_pressure> ---- */

/* The guests' own reader takes both, whichever it is called for. */
static gboolean
read_reactions(const xmlNode *node, GuestReactions *reactions, GError **error)
{
    g_autoptr(GError) failure = NULL;

    return guest_reaction_read(node->parent, NULL, reactions, &failure) ||
           refuse(node, error, "%s", failure->message);
}

static gboolean
read_reactions_of_all(const xmlNode *node, Reading *reading, GError **error)
{
    Policy *policy = reading->policy;

    return read_reactions(node, &policy->reactions, error);
}

static gboolean
read_reactions_of_partition(const xmlNode *node, Reading *reading, GError **error)
{
    PolicyTerms *terms = reading->terms;

    return read_reactions(node, &terms->reactions, error);
}

static const Element of_reaction[] = {
    {"step", {"unit"}, NULL, NULL, FALSE},
    {"most", {"unit"}, NULL, NULL, FALSE},
    {NULL},
};

/* ---- <partition> ---- */

static gboolean
read_shares(const xmlNode *node, Reading *reading, GError **error)
{
    PolicyTerms *terms = reading->terms;

    terms->cputune.has_shares = TRUE;
    return read_number(node, CORRAL_CPU_SHARES_MIN, CORRAL_CPU_SHARES_MAX, &terms->cputune.shares,
                       error);
}

static gboolean
read_period(const xmlNode *node, Reading *reading, GError **error)
{
    PolicyTerms *terms = reading->terms;

    return read_number(node, CORRAL_CPU_PERIOD_MIN_US, CORRAL_CPU_PERIOD_MAX_US,
                       &terms->cputune.bandwidth[GUEST_PART_GLOBAL].period_us, error);
}

static gboolean
read_quota(const xmlNode *node, Reading *reading, GError **error)
{
    PolicyTerms *terms = reading->terms;
    guint64 quota = 0;

    if (!read_number(node, CORRAL_CPU_QUOTA_MIN_US, CORRAL_CPU_QUOTA_MAX_US, &quota, error))
        return FALSE;
    terms->cputune.bandwidth[GUEST_PART_GLOBAL].quota_us = (gint64)quota;
    return TRUE;
}

static gboolean
read_cpu_guarantee(const xmlNode *node, Reading *reading, GError **error)
{
    PolicyTerms *terms = reading->terms;

    return read_cpus_guaranteed(node, &terms->cpu_guarantee, error);
}

static const Element of_cputune[] = {
    {"shares", {NULL}, read_shares, NULL, FALSE},
    {"global_period", {NULL}, read_period, NULL, FALSE},
    {"global_quota", {NULL}, read_quota, NULL, FALSE},
    {"min_guarantee", {NULL}, read_cpu_guarantee, NULL, FALSE},
    {NULL},
};

static gboolean
read_hard_limit(const xmlNode *node, Reading *reading, GError **error)
{
    PolicyTerms *terms = reading->terms;

    return read_kib(node, &terms->memtune.hard_limit_kib, error);
}

static gboolean
read_soft_limit(const xmlNode *node, Reading *reading, GError **error)
{
    PolicyTerms *terms = reading->terms;

    return read_kib(node, &terms->memtune.soft_limit_kib, error);
}

static gboolean
read_swap_hard_limit(const xmlNode *node, Reading *reading, GError **error)
{
    PolicyTerms *terms = reading->terms;

    return read_kib(node, &terms->memtune.swap_hard_limit_kib, error);
}

static gboolean
read_memory_guarantee(const xmlNode *node, Reading *reading, GError **error)
{
    PolicyTerms *terms = reading->terms;

    return read_kib(node, &terms->guarantee_kib, error);
}

static const Element of_memtune[] = {
    {"hard_limit", {"unit"}, read_hard_limit, NULL, FALSE},
    {"soft_limit", {"unit"}, read_soft_limit, NULL, FALSE},
    {"swap_hard_limit", {"unit"}, read_swap_hard_limit, NULL, FALSE},
    {"min_guarantee", {"unit"}, read_memory_guarantee, NULL, FALSE},
    {NULL},
};

static const Element of_device[] = {
    {"path", {NULL}, NULL, NULL, FALSE},
    {"weight", {NULL}, NULL, NULL, FALSE},
    {"read_bytes_sec", {NULL}, NULL, NULL, FALSE},
    {"write_bytes_sec", {NULL}, NULL, NULL, FALSE},
    {"read_iops_sec", {NULL}, NULL, NULL, FALSE},
    {"write_iops_sec", {NULL}, NULL, NULL, FALSE},
    {NULL},
};

/* As with libvirt; its reader, which is used below, lets a wrong one pass as none. */
static gboolean
read_weight(const xmlNode *node, Reading *reading G_GNUC_UNUSED, GError **error)
{
    guint64 weight;

    return read_number(node, IO_WEIGHT_MIN, IO_WEIGHT_MAX, &weight, error);
}

static const Element of_blkiotune[] = {
    {"weight", {NULL}, read_weight, NULL, FALSE},
    {"device", {NULL}, NULL, of_device, TRUE},
    {NULL},
};

static gboolean
read_blkiotune(const xmlNode *node, Reading *reading, GError **error)
{
    g_autoptr(GError) failure = NULL;
    PolicyTerms *terms = reading->terms;

    return guest_blkiotune_read(node->parent, &terms->blkiotune, &failure) ||
           refuse(node, error, "%s", failure->message);
}

static gboolean
read_nodes(const xmlNode *node, Reading *reading, GError **error)
{
    g_autofree char *mode = guest_tree_dup_attribute(node, "mode");
    PolicyTerms *terms = reading->terms;

    if (mode && !g_str_equal(mode, "strict"))
        return refuse_attribute(node, "mode", mode, "mode that partitions have: there is 'strict'",
                                error);
    return read_set(node, "nodeset", &terms->nodes, error);
}

static const Element of_numatune[] = {
    {"memory", {"mode", "nodeset"}, read_nodes, of_nothing, FALSE},
    {NULL},
};

static gboolean
read_cpuset(const xmlNode *node, Reading *reading, GError **error)
{
    PolicyTerms *terms = reading->terms;

    return read_set(node, NULL, &terms->cpus, error);
}

static gboolean
read_pids(const xmlNode *node, Reading *reading, GError **error)
{
    PolicyTerms *terms = reading->terms;

    return read_number(node, 1, CORRAL_PIDS_LIMIT_MAX, &terms->pids, error);
}

static const Element of_partition[] = {
    {"cputune", {NULL}, NULL, of_cputune, FALSE},
    {"memtune", {NULL}, NULL, of_memtune, FALSE},
    {"blkiotune", {NULL}, read_blkiotune, of_blkiotune, FALSE},
    {"numatune", {NULL}, NULL, of_numatune, FALSE},
    {"cpuset", {NULL}, read_cpuset, NULL, FALSE},
    {"pids", {NULL}, read_pids, NULL, FALSE},
    {"on_oom", {"action"}, read_reactions_of_partition, of_reaction, FALSE},
    {"on_pressure",
     {"action", "some_ms", "window_ms"},
     read_reactions_of_partition,
     of_reaction,
     FALSE},
    {NULL},
};

static gboolean
read_priority(const xmlNode *node, PolicyTerms *terms, GError **error)
{
    g_autofree char *text = guest_tree_dup_attribute(node, "priority");
    guint64 priority;

    if (!text)
        return TRUE;
    if (!guest_number_parse_unsigned(text, &priority) || priority > POLICY_PRIORITY_MAX)
        return refuse_attribute(node, "priority", text,
                                "number up to " G_STRINGIFY(POLICY_PRIORITY_MAX), error);
    terms->priority = (guint)priority;
    return TRUE;
}

static gboolean
read_partition(const xmlNode *node, Reading *reading, GError **error)
{
    g_autofree char *name = guest_tree_dup_attribute(node, "name");
    g_autoptr(GError) failure = NULL;
    g_autofree char *path = name ? guest_path_build_partition(name, &failure) : NULL;

    if (!name)
        return refuse(node, error, "<partition> has no name");
    if (!path)
        return refuse(node, error, "%s", failure->message);

    reading->terms = policy_terms_new(name);
    reading->terms->line = (guint)xmlGetLineNo(node);
    g_ptr_array_add(reading->policy->terms, reading->terms);
    return read_priority(node, reading->terms, error);
}

/* ---- the file ---- */

static const Element of_corral[] = {
    {"layout", {"type"}, read_layout, of_nothing, FALSE},
    {"reserve", {"excess"}, read_reserve, of_reserve, FALSE},
    {"on_oom", {"action"}, read_reactions_of_all, of_reaction, FALSE},
    {"on_pressure", {"action", "some_ms", "window_ms"}, read_reactions_of_all, of_reaction, FALSE},
    {"partition", {"name", "priority"}, read_partition, of_partition, TRUE},
    {NULL},
};

static gboolean
read_file(const char *xml, Policy *policy, GError **error)
{
    static const Element corral = {"corral", {NULL}, NULL, of_corral, FALSE};
    Reading reading = {policy, NULL};
    g_autoptr(GError) failure = NULL;
    g_autoptr(xmlDoc) doc = guest_tree_read_any(xml, &failure);
    const xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;

    if (!doc) {
        g_set_error_literal(error, POLICY_ERROR, POLICY_ERROR_XML, failure->message);
        return FALSE;
    }
    if (!guest_tree_is_element(root, NULL, corral.name))
        return refuse(root, error, "the root element is <%s>, not <corral>",
                      (const char *)root->name);
    return read_element(root, &corral, &reading, error) && policy_check(policy, error);
}

Policy *
policy_xml_parse(const char *xml, const char *name, GError **error)
{
    g_autoptr(Policy) policy = policy_new();

    if (read_file(xml, policy, error))
        return g_steal_pointer(&policy);
    g_prefix_error(error, "'%s', ", name);
    return NULL;
}

Policy *
policy_xml_load(const char *file, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *xml = NULL;
    gsize length;

    if (!g_file_get_contents(file, &xml, &length, &failure)) {
        if (g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            return policy_new();
        g_set_error_literal(error, POLICY_ERROR, POLICY_ERROR_FILE, failure->message);
        return NULL;
    }
    if (strlen(xml) != length) {
        g_set_error(error, POLICY_ERROR, POLICY_ERROR_XML, "'%s' has a zero byte in it", file);
        return NULL;
    }
    return policy_xml_parse(xml, file, error);
}
