/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is to become of memory that a guest has been asked for.  Its users write that below
 * <metadata> (guest-limits.c, xml/limits.rng):
 *
 *   <corral:limits>
 *     <corral:balloon enforce='yes' grace='30' on-unreachable='hold'>
 *       <corral:margin unit='MiB'>32</corral:margin>
 *       <corral:floor unit='MiB'>256</corral:floor>
 *
 * Whether it can be had at all is said by the devices and by <memoryBacking>.
 */
#include <config.h>

#include "guest-balloon.h"
#include "guest-limits.h"
#include "guest-number.h"
#include "guest-xml.h"

#define GRACE_MAX_S 3600

static gboolean
refuse(GError **error, const char *what, const char *text, const char *why)
{
    g_set_error(error, GUEST_ERROR, GUEST_ERROR_LIMIT, "metadata element %s: '%s' is %s", what,
                text ? text : "", why);
    return FALSE;
}

/* ---- what users write ---- */

/* One of two words; *@second is left alone where there is none. */
static gboolean
read_choice(const xmlNode *node, const char *name, const char *const *words, gboolean *said,
            gboolean *second, GError **error)
{
    g_autofree char *text = guest_tree_dup_attribute(node, name);
    g_autofree char *what = NULL;
    g_autofree char *why = NULL;

    *said = text != NULL;
    if (!text)
        return TRUE;
    *second = g_str_equal(text, words[1]);
    if (*second || g_str_equal(text, words[0]))
        return TRUE;

    what = g_strdup_printf("<balloon>, attribute %s", name);
    why = g_strdup_printf("neither '%s' nor '%s'", words[0], words[1]);
    return refuse(error, what, text, why);
}

static gboolean
read_grace(const xmlNode *node, GuestBalloon *balloon, GError **error)
{
    g_autofree char *text = guest_tree_dup_attribute(node, "grace");
    guint64 seconds = 0;

    if (text && (!guest_number_parse_unsigned(text, &seconds) || seconds > GRACE_MAX_S))
        return refuse(error, "<balloon>, attribute grace", text,
                      "no number of seconds between 0 and " G_STRINGIFY(GRACE_MAX_S));

    balloon->has_grace = text != NULL;
    balloon->grace_s = (guint)seconds;
    return TRUE;
}

/* An element is there or not; one that says nothing is neither. */
static gboolean
read_amount(const xmlNode *parent, const char *name, gboolean *said, guint64 *kib, GError **error)
{
    const xmlNode *node = guest_tree_find_child(parent, GUEST_XML_NAMESPACE, name);
    g_autofree char *text = guest_tree_dup_content(node);
    g_autofree char *unit = NULL;
    g_autofree char *what = NULL;
    g_autofree char *why = NULL;

    *said = node != NULL;
    if (!node || (text && guest_tree_parse_kib(node, text, kib)))
        return TRUE;

    what = g_strdup_printf("<%s>", name);
    unit = guest_tree_dup_attribute(node, "unit");
    why = unit ? g_strdup_printf("no amount of memory in units of '%s'", unit)
               : g_strdup("no amount of memory");
    return refuse(error, what, text, why);
}

gboolean
guest_balloon_read(const xmlNode *root, GuestBalloon *balloon, GError **error)
{
    static const char *const enforce[] = {"yes", "no"};
    static const char *const unreachable[] = {"hold", "release"};
    const xmlNode *node =
        guest_tree_find_child(guest_limits_find(root), GUEST_XML_NAMESPACE, "balloon");
    GuestBalloon read = {GUEST_BALLOON_DEFAULT};
    gboolean said = FALSE;
    gboolean leave = FALSE;

    if (node && (!read_choice(node, "enforce", enforce, &said, &leave, error) ||
                 !read_grace(node, &read, error) ||
                 !read_amount(node, "margin", &read.has_margin, &read.margin_kib, error)))
        return FALSE;
    if (said)
        read.wish = leave ? GUEST_BALLOON_LEAVE : GUEST_BALLOON_ENFORCE;

    if (node && (!read_amount(node, "floor", &said, &read.floor_kib, error) ||
                 !read_choice(node, "on-unreachable", unreachable, &said, &read.release, error)))
        return FALSE;

    *balloon = read;
    return TRUE;
}

/* ---- what can be had ---- */

gboolean
guest_balloon_has_device(const xmlNode *root)
{
    const xmlNode *node = guest_tree_find_grandchild(root, "devices", "memballoon");
    g_autofree char *model = node ? guest_tree_dup_attribute(node, "model") : NULL;

    return model && !g_str_equal(model, "none");
}

gboolean
guest_balloon_has_autodeflate(const xmlNode *root)
{
    const xmlNode *node = guest_tree_find_grandchild(root, "devices", "memballoon");
    g_autofree char *said = node ? guest_tree_dup_attribute(node, "autodeflate") : NULL;

    return g_strcmp0(said, "on") == 0;
}

/* Devices that the host lets reach all of the guest's memory, which therefore stays where it is. */
static const struct {
    const char *element;
    const char *type;
} reaching[] = {
    {"hostdev", "pci"},    {"hostdev", "mdev"}, {"interface", "hostdev"},
    {"interface", "vdpa"}, {"disk", "nvme"},
};

static gboolean
reaches_memory(const xmlNode *device)
{
    g_autofree char *type = guest_tree_dup_attribute(device, "type");
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(reaching); i++) {
        if (guest_tree_is_element(device, NULL, reaching[i].element) &&
            g_strcmp0(type, reaching[i].type) == 0)
            return TRUE;
    }
    return FALSE;
}

/* Encrypted memory is the guest's alone.  Only that of an s390 can be swapped out. */
static gboolean
is_secured(const xmlNode *root)
{
    const xmlNode *node = guest_tree_find_child(root, NULL, "launchSecurity");
    g_autofree char *type = node ? guest_tree_dup_attribute(node, "type") : NULL;

    return type && !g_str_equal(type, "s390-pv");
}

gboolean
guest_balloon_is_pinned(const xmlNode *root)
{
    const xmlNode *device;

    if (guest_tree_find_grandchild(root, "memoryBacking", "locked") ||
        guest_tree_find_grandchild(root, "memoryBacking", "hugepages") || is_secured(root))
        return TRUE;

    device = guest_tree_find_child(root, NULL, "devices");
    for (device = device ? device->children : NULL; device; device = device->next) {
        if (device->type == XML_ELEMENT_NODE && reaches_memory(device))
            return TRUE;
    }
    return FALSE;
}
