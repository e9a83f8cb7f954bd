/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules about devices under the kernel's legacy interface.
 *
 * The kernel (security/device_cgroup.c) keeps what CgDeviceRules is: whether a
 * group is open, and exceptions.  devices.allow and devices.deny add to them or
 * take from them, whichever the group's state makes of it; only an exception
 * about exactly the same device is found.  "a" closes or opens, and forgets
 * the exceptions; not in a group that has others below it.
 *
 * A group is judged by its own list alone: what the group above denies later is
 * taken from its list, and what that one lacks cannot be added to it.
 *
 * What devices.list does not tell are the exceptions of an open group.  We keep
 * those that we made in a label.  It counts only while the group is open.
 */
#include <config.h>

#include <string.h>

#include "cg-codec-devices.h"
#include "cg-devices.h"
#include "corral-error.h"

#define DENIED_LABEL "denied-devices"

/* The exceptions that we made in the open group @level; none is no failure. */
static gboolean
add_denied(CgDeviceRules *rules, const CgPlace *level, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *text = cg_place_get_label(level, DENIED_LABEL, &failure);
    g_autoptr(CgDeviceRules) denied = text ? cg_codec_parse_device_rules(text) : NULL;
    guint i;

    /* Rules made without them would forget them. */
    if (g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_FAILED)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }

    for (i = 0; denied && i < denied->entries->len; i++) {
        const CgDeviceEntry *entry = cg_device_rules_get(denied, i);

        cg_device_rules_add(rules, &entry->device, entry->access);
    }

    return TRUE;
}

/* A group got those of the groups above, now or when it was made. */
static gboolean
add_denied_of_all(CgDeviceRules *rules, const CgPlace *place, GError **error)
{
    CgPlace level = *place;
    CG_AUTO_FD dir = -1;

    while (TRUE) {
        gboolean top;
        CgFd above;

        if (!add_denied(rules, &level, error) || !cg_place_is_top(&level, &top, error))
            return FALSE;
        if (top)
            return TRUE;
        above = cg_tree_open_dir(level.dir, "..", error);
        if (above < 0)
            return FALSE;
        cg_fd_close(&dir);
        dir = level.dir = above;
    }
}

static gboolean
read_rules(const CgPlace *place, CgDeviceRules **rules, GError **error)
{
    g_autofree char *text = cg_place_read(place, "devices.list", error);
    g_autoptr(CgDeviceRules) found = NULL;

    if (!text)
        return FALSE;
    found = cg_codec_parse_device_rules(text);
    if (!found)
        return cg_place_refuse_format(place, "devices.list", text, error);
    if (found->open && !add_denied_of_all(found, place, error))
        return FALSE;

    *rules = g_steal_pointer(&found);
    return TRUE;
}

static gboolean
write_entry(const CgPlace *place, gboolean allow, const CgDeviceEntry *entry, GError **error)
{
    g_autofree char *text = cg_codec_format_device_rule(&entry->device, entry->access);

    return cg_place_write(place, allow ? "devices.allow" : "devices.deny", text, error);
}

/* All of @entries; what was written before a failure is taken back. */
static gboolean
write_entries(const CgPlace *place, gboolean allow, GArray *entries, GError **error)
{
    guint i;

    for (i = 0; i < entries->len; i++) {
        if (write_entry(place, allow, &g_array_index(entries, CgDeviceEntry, i), error))
            continue;
        while (i-- > 0) {
            const CgDeviceEntry *entry = &g_array_index(entries, CgDeviceEntry, i);

            if (!write_entry(place, !allow, entry, NULL))
                g_debug("a rule about devices stays behind");
        }
        return FALSE;
    }

    return TRUE;
}

/* First what is added to the exceptions, then what is taken from them. */
static gboolean
write_difference(const CgPlace *place, const CgDeviceRules *before, const CgDeviceRules *after,
                 GError **error)
{
    g_autoptr(GArray) more = cg_device_rules_subtract(after, before);
    g_autoptr(GArray) less = cg_device_rules_subtract(before, after);
    gboolean allow = !after->open;

    if (!write_entries(place, allow, more, error))
        return FALSE;
    if (write_entries(place, !allow, less, error))
        return TRUE;

    if (!write_entries(place, !allow, more, NULL))
        g_debug("rules about devices stay behind");
    return FALSE;
}

/* Opens or closes the group, and forgets its exceptions. */
static gboolean
write_all(const CgPlace *place, gboolean allow, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *name = NULL;

    if (cg_place_write(place, allow ? "devices.allow" : "devices.deny", "a", &failure))
        return TRUE;
    if (!g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_REFUSED)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }

    name = cg_tree_name(place->dir, "");
    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED,
                "cannot %s all devices in '%s': it has groups below it, and the kernel's legacy "
                "interface takes this only from a group that has none",
                allow ? "allow" : "deny", name);
    return FALSE;
}

static gboolean
turn(const CgPlace *place, const CgDeviceRules *before, const CgDeviceRules *after, GError **error)
{
    if (!write_all(place, after->open, error))
        return FALSE;
    if (write_entries(place, !after->open, after->entries, error))
        return TRUE;

    if (!write_all(place, before->open, NULL) ||
        !write_entries(place, !before->open, before->entries, NULL))
        g_debug("rules about devices are not what they were");
    return FALSE;
}

static gboolean
write_kernel(const CgPlace *place, const CgDeviceRules *before, const CgDeviceRules *after,
             GError **error)
{
    if (before->open != after->open)
        return turn(place, before, after, error);
    if (!after->open && after->entries->len == 0 && before->entries->len > 0 &&
        write_all(place, FALSE, NULL))
        return TRUE;

    return write_difference(place, before, after, error);
}

static gboolean
set_denied(const CgPlace *place, const CgDeviceRules *rules, GError **error)
{
    g_autofree char *text = rules->open ? cg_codec_format_device_exceptions(rules) : g_strdup("");

    if (strlen(text) > CG_TREE_LABEL_MAX) {
        g_autofree char *name = cg_tree_name(place->dir, "");

        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED,
                    "cannot deny so many devices in '%s', which allows everything else: deny all "
                    "and allow what is left",
                    name);
        return FALSE;
    }

    return cg_place_set_label(place, DENIED_LABEL, text, error);
}

static gboolean
has_denied(const CgDeviceRules *rules)
{
    return rules->open && rules->entries->len > 0;
}

/* The label first: it may be too long, or not to be had. */
static gboolean
write_rules(const CgPlace *place, const CgDeviceRules *before, const CgDeviceRules *after,
            gboolean whole G_GNUC_UNUSED, GError **error)
{
    gboolean first = after->open && (has_denied(after) || has_denied(before));

    if (first && !set_denied(place, after, error))
        return FALSE;
    if (!write_kernel(place, before, after, error)) {
        if (first && !set_denied(place, before, NULL))
            g_debug("the label of denied devices is not what it was");
        return FALSE;
    }
    if (!first && has_denied(before) && !set_denied(place, after, NULL))
        g_debug("the label of denied devices outlives them");

    return TRUE;
}

static CorralDeviceAnswer *
ask(const CgPlace *place, const char *path, const CorralDevice *device, guint access,
    GError **error)
{
    g_autoptr(CgDeviceRules) rules = NULL;

    if (!read_rules(place, &rules, error))
        return NULL;

    return cg_device_answer_new(rules, path, device, access);
}

const CgDevices cg_devices_legacy = {
    .read = read_rules,
    .write = write_rules,
    .ask = ask,
};
