/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which devices a group may use.
 *
 * What rules mean is cg-device-rules'; here they are read, changed there, and
 * written back.  What a group may not have because the one above it may not is
 * found out before anything is written, so that the answer is the same on both
 * interfaces: only one of them would refuse.
 */
#include <config.h>

#include "cg-codec-devices.h"
#include "cg-devices.h"
#include "cg-group.h"
#include "cg-host.h"
#include "corral-devices.h"
#include "corral-error.h"

/* One change of a group's rules, from before it is decided on until it is written. */
typedef struct {
    CorralGroup *group;
    CgPlace place; /* what is read is read anew */
    const CgDevices *devices;
    CgDeviceRules *before;
    CgDeviceRules *after;
} Change;

static void
change_clear(Change *change)
{
    g_clear_pointer(&change->before, cg_device_rules_free);
    g_clear_pointer(&change->after, cg_device_rules_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Change, change_clear);

/* ---- what is refused ---- */

static gboolean
check_number(const char *what, guint number, guint max, GError **error)
{
    if (number == CORRAL_DEVICE_ANY || number <= max)
        return TRUE;

    return cg_group_refuse_range(error, what, number, 0, max);
}

static gboolean
check_device(const CorralDevice *device, GError **error)
{
    if ((guint)device->type > CORRAL_DEVICE_TYPE_ALL)
        return cg_group_refuse_range(error, "type of device", device->type, 0,
                                     CORRAL_DEVICE_TYPE_ALL);

    return check_number("major number", device->major, CORRAL_DEVICE_MAJOR_MAX, error) &&
           check_number("minor number", device->minor, CORRAL_DEVICE_MINOR_MAX, error);
}

static gboolean
check_access(guint access, GError **error)
{
    if (access != 0 && !(access & ~(guint)CORRAL_DEVICE_ACCESS_ALL))
        return TRUE;

    return cg_group_refuse_range(error, "access to a device", access, 1, CORRAL_DEVICE_ACCESS_ALL);
}

static gboolean
refuse_wider(Change *change, gboolean allow, const CorralDevice *device, guint access,
             const CgDeviceEntry *wider, GError **error)
{
    g_autofree char *asked = cg_codec_format_device_rule(device, access);
    g_autofree char *rule = cg_codec_format_device_rule(&wider->device, wider->access);

    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED,
                "cannot %s '%s' in group '%s': '%s', which %s it, goes beyond it; the kernel "
                "knows no exception to that",
                allow ? "allow" : "deny", asked, corral_group_get_path(change->group), rule,
                allow ? "denies" : "allows");
    return FALSE;
}

static gboolean
refuse_above(Change *change, const CgDeviceEntry *which, GError **error)
{
    g_autofree char *asked = cg_codec_format_device_rule(&which->device, which->access);

    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED,
                "cannot allow '%s' in group '%s': the group above it does not allow all of that",
                asked, corral_group_get_path(change->group));
    return FALSE;
}

/* ---- the steps of a change ---- */

static const CgDevices *
find_devices(CorralGroup *self, const CgPlace **place, GError **error)
{
    const CgPlace *found = cg_group_find_place(self, CORRAL_CONTROLLER_DEVICES, error);

    if (!found)
        return NULL;
    if (!found->hierarchy->backend->devices) {
        cg_group_refuse_unsupported(error, found, "rules about devices");
        return NULL;
    }

    *place = found;
    return found->hierarchy->backend->devices;
}

static gboolean
change_begin(Change *change, CorralGroup *self, GError **error)
{
    const CgPlace *place;

    if (!cg_host_check_writable(corral_group_get_host(self), "change rules about devices", error))
        return FALSE;
    if (corral_group_get_path(self)[0] == '\0') {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME,
                    "the root's rules about devices are the whole machine's");
        return FALSE;
    }

    change->group = self;
    change->devices = find_devices(self, &place, error);
    if (!change->devices)
        return FALSE;
    change->place = *place;
    change->place.files = NULL;
    if (!change->devices->read(&change->place, &change->before, error))
        return FALSE;

    change->after = cg_device_rules_copy(change->before);
    return TRUE;
}

static CgDeviceRules *
read_above(Change *change, GError **error)
{
    CG_AUTO_FD dir = cg_tree_open_dir(change->place.dir, "..", error);
    CgPlace above = change->place;
    CgDeviceRules *rules;

    if (dir < 0)
        return NULL;

    above.dir = dir;
    return change->devices->read(&above, &rules, error) ? rules : NULL;
}

/* Whether the group above lets it have @wanted; an open one takes over what is denied there. */
static gboolean
fit_below(Change *change, CgDeviceRules *wanted, GError **error)
{
    g_autoptr(CgDeviceRules) above = read_above(change, error);
    CgDeviceEntry which;
    guint i;

    if (!above)
        return FALSE;

    for (i = 0; wanted->open && above->open && i < above->entries->len; i++) {
        const CgDeviceEntry *entry = cg_device_rules_get(above, i);

        cg_device_rules_add(wanted, &entry->device, entry->access);
    }

    return cg_device_rules_fit_below(wanted, above, &which) || refuse_above(change, &which, error);
}

static gboolean
change_apply(Change *change, gboolean allow, const CorralDevice *device, guint access,
             GError **error)
{
    CgDeviceEntry wider;

    return cg_device_rules_apply(change->after, allow, device, access, &wider) ||
           refuse_wider(change, allow, device, access, &wider, error);
}

static gboolean
change_write(Change *change, gboolean whole, GError **error)
{
    return change->devices->write(&change->place, change->before, change->after, whole, error);
}

/* ---- the interface ---- */

/**
 * corral_group_deny_all_devices:
 * @self: a group
 * @error: where to put what went wrong
 *
 * Nothing is allowed any more but what is allowed afterwards.
 *
 * %CORRAL_ERROR_REFUSED: it allowed everything and has groups below it, which
 * the kernel's legacy interface does not take; %CORRAL_ERROR_NAME: @self is the
 * root; %CORRAL_ERROR_PERMISSION, %CORRAL_ERROR_UNSUPPORTED: see
 * corral_group_allow_device().
 *
 * Returns: (skip): %TRUE if everything is denied
 * Since: 0.1
 */
gboolean
corral_group_deny_all_devices(CorralGroup *self, GError **error)
{
    g_auto(Change) change = {0};

    if (!change_begin(&change, self, error))
        return FALSE;

    change.after->open = FALSE;
    g_array_set_size(change.after->entries, 0);
    return change_write(&change, FALSE, error);
}

/**
 * corral_group_allow_all_devices:
 * @self: a group
 * @error: where to put what went wrong
 *
 * Everything is allowed, as in a new group, but for what the group above denies
 * and what is denied afterwards.
 *
 * %CORRAL_ERROR_REFUSED: the group above does not allow everything, or @self has
 * groups below it, which the kernel's legacy interface does not take; otherwise
 * as corral_group_deny_all_devices().
 *
 * Returns: (skip): %TRUE if everything is allowed
 * Since: 0.1
 */
gboolean
corral_group_allow_all_devices(CorralGroup *self, GError **error)
{
    g_auto(Change) change = {0};

    if (!change_begin(&change, self, error))
        return FALSE;

    change.after->open = TRUE;
    g_array_set_size(change.after->entries, 0);
    return fit_below(&change, change.after, error) && change_write(&change, FALSE, error);
}

/**
 * corral_group_deny_device:
 * @self: a group
 * @device: which; it may have wildcards
 * @access: which access to it
 * @error: where to put what went wrong
 *
 * Takes @access to @device away, and leaves other access to it: "rw" without "w"
 * is "r".  With a wildcard, it does so for all devices that @device is about.
 *
 * %CORRAL_ERROR_REFUSED: a rule that goes beyond @device allows it, for instance
 * a wildcard; the message says which.  Otherwise as corral_group_allow_device().
 *
 * Returns: (skip): %TRUE if it is denied
 * Since: 0.1
 */
gboolean
corral_group_deny_device(CorralGroup *self, const CorralDevice *device, CorralDeviceAccess access,
                         GError **error)
{
    g_auto(Change) change = {0};

    return check_device(device, error) && check_access(access, error) &&
           change_begin(&change, self, error) &&
           change_apply(&change, FALSE, device, access, error) &&
           change_write(&change, FALSE, error);
}

/**
 * corral_group_allow_device:
 * @self: a group
 * @device: which; it may have wildcards
 * @access: which access to it
 * @error: where to put what went wrong
 *
 * Adds @access to what is allowed already: "r" and then "w" is "rw".  All access
 * to all devices is as corral_group_allow_all_devices().
 *
 * %CORRAL_ERROR_RANGE: a number that no device has, or no access at all;
 * %CORRAL_ERROR_REFUSED: the group above does not allow it, or a rule that goes
 * beyond @device denies it; %CORRAL_ERROR_NAME: @self is the root;
 * %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_GONE; %CORRAL_ERROR_PERMISSION: it
 * takes the CAP_SYS_ADMIN capability; %CORRAL_ERROR_UNSUPPORTED: a kernel of the
 * unified interface without BPF programs for groups, or a library built without
 * libbpf; %CORRAL_ERROR_BUSY: a program that somebody else attached there
 * suffers no other beside it or below it.
 *
 * Returns: (skip): %TRUE if it is allowed
 * Since: 0.1
 */
gboolean
corral_group_allow_device(CorralGroup *self, const CorralDevice *device, CorralDeviceAccess access,
                          GError **error)
{
    g_auto(Change) change = {0};
    g_autoptr(CgDeviceRules) wanted = NULL;

    if (!check_device(device, error) || !check_access(access, error))
        return FALSE;
    if (cg_device_rules_is_everything(device, access))
        return corral_group_allow_all_devices(self, error);
    if (!change_begin(&change, self, error) || !change_apply(&change, TRUE, device, access, error))
        return FALSE;

    wanted = cg_device_rules_new(FALSE);
    cg_device_rules_add(wanted, device, access);
    return fit_below(&change, wanted, error) && change_write(&change, FALSE, error);
}

/**
 * corral_group_deny_device_node:
 * @self: a group
 * @path: (type filename): a device node, or a symbolic link to one
 * @access: which access to it
 * @error: where to put what went wrong
 *
 * As corral_group_deny_device() for the device that @path is a node of, and
 * with the errors of corral_device_new_for_path().
 *
 * Returns: (skip): %TRUE if it is denied
 * Since: 0.1
 */
gboolean
corral_group_deny_device_node(CorralGroup *self, const char *path, CorralDeviceAccess access,
                              GError **error)
{
    g_autoptr(CorralDevice) device = corral_device_new_for_path(path, error);

    return device && corral_group_deny_device(self, device, access, error);
}

/**
 * corral_group_allow_device_node:
 * @self: a group
 * @path: (type filename): a device node, or a symbolic link to one
 * @access: which access to it
 * @error: where to put what went wrong
 *
 * As corral_group_allow_device() for the device that @path is a node of, and
 * with the errors of corral_device_new_for_path().
 *
 * Returns: (skip): %TRUE if it is allowed
 * Since: 0.1
 */
gboolean
corral_group_allow_device_node(CorralGroup *self, const char *path, CorralDeviceAccess access,
                               GError **error)
{
    g_autoptr(CorralDevice) device = corral_device_new_for_path(path, error);

    return device && corral_group_allow_device(self, device, access, error);
}

/**
 * corral_group_set_device_rules:
 * @self: a group
 * @rules: (element-type CorralDeviceRule): the rules that it shall have
 * @error: where to put what went wrong
 *
 * Replaces all rules.  The new ones are what comes of denying everything and
 * then applying @rules in their order; a first one that allows all access to all
 * devices makes a group that allows what is not denied.
 *
 * What both the old and the new rules allow is allowed all the time; with one
 * exception: under the kernel's legacy interface, a group that allowed everything
 * and does no longer has a moment in which it allows nothing.  Under the unified
 * interface the new rules take effect at one stroke.  On failure the old rules
 * hold.
 *
 * The errors are those of corral_group_allow_device() and
 * corral_group_deny_all_devices().
 *
 * Returns: (skip): %TRUE if the new rules hold
 * Since: 0.1
 */
gboolean
corral_group_set_device_rules(CorralGroup *self, GPtrArray *rules, GError **error)
{
    g_auto(Change) change = {0};
    guint i;

    for (i = 0; i < rules->len; i++) {
        const CorralDeviceRule *rule = g_ptr_array_index(rules, i);

        if (!check_device(&rule->device, error) || !check_access(rule->access, error))
            return FALSE;
    }
    if (!change_begin(&change, self, error))
        return FALSE;

    change.after->open = FALSE;
    g_array_set_size(change.after->entries, 0);
    for (i = 0; i < rules->len; i++) {
        const CorralDeviceRule *rule = g_ptr_array_index(rules, i);

        if (!change_apply(&change, rule->allow, &rule->device, rule->access, error))
            return FALSE;
    }

    return fit_below(&change, change.after, error) && change_write(&change, TRUE, error);
}

/**
 * corral_group_detach_device_programs:
 * @self: a group
 * @error: where to put what went wrong
 *
 * Under the unified interface programs judge devices, and what any of them denies
 * is denied.  This detaches those of this very group, whoever attached them; what
 * those of the groups above deny stays denied.
 *
 * It is for a group that one has taken over from somebody who is gone: whoever is
 * still there, such as systemd for its units, does not expect it.
 *
 * %CORRAL_ERROR_UNSUPPORTED: the legacy interface has no programs.
 *
 * Returns: (skip): %TRUE if there are none now
 * Since: 0.1
 */
gboolean
corral_group_detach_device_programs(CorralGroup *self, GError **error)
{
    const CgPlace *place;
    const CgDevices *devices;

    if (!cg_host_check_writable(corral_group_get_host(self), "change device rules", error))
        return FALSE;
    devices = find_devices(self, &place, error);
    if (!devices)
        return FALSE;
    if (!devices->detach)
        return cg_group_refuse_unsupported(error, place, "device programs");

    return devices->detach(place, error);
}

/**
 * corral_group_list_device_rules:
 * @self: a group
 * @error: where to put what went wrong
 *
 * Reads the rules back, shortened: each device at most once, and nothing that a
 * wider rule says as well.  If the first one allows all access to all devices,
 * the others deny; otherwise all of them allow, and nothing else is allowed.
 * corral_group_set_device_rules() takes the list as it is.
 *
 * A group that never had rules has those of the group above it.  Under the
 * kernel's legacy interface, what was denied in a group that allows everything
 * else is known only if this library denied it.
 *
 * %CORRAL_ERROR_PERMISSION: the unified interface tells rules only to those who
 * have the CAP_SYS_ADMIN capability.
 *
 * Returns: (transfer container) (element-type CorralDeviceRule): the rules, or %NULL
 * Since: 0.1
 */
GPtrArray *
corral_group_list_device_rules(CorralGroup *self, GError **error)
{
    static const CorralDevice everything = {CORRAL_DEVICE_TYPE_ALL, CORRAL_DEVICE_ANY,
                                            CORRAL_DEVICE_ANY};
    g_autoptr(CgDeviceRules) rules = NULL;
    const CgPlace *place;
    const CgDevices *devices = find_devices(self, &place, error);
    GPtrArray *list;
    guint i;

    if (!devices || !devices->read(place, &rules, error))
        return NULL;

    list = g_ptr_array_new_with_free_func((GDestroyNotify)corral_device_rule_free);
    if (rules->open)
        g_ptr_array_add(list, corral_device_rule_new(TRUE, &everything, CORRAL_DEVICE_ACCESS_ALL));
    for (i = 0; i < rules->entries->len; i++) {
        const CgDeviceEntry *entry = cg_device_rules_get(rules, i);

        g_ptr_array_add(list, corral_device_rule_new(!rules->open, &entry->device, entry->access));
    }
    return list;
}

/**
 * corral_group_ask_device:
 * @self: a group
 * @device: which; without wildcards
 * @access: which access to it
 * @error: where to put what went wrong
 *
 * Asks whether a process in @self may have @access to @device, all of it, and
 * why.  Groups above that have a say are asked as well.
 *
 * %CORRAL_ERROR_RANGE: @device is not one device, or @access is none; otherwise
 * as corral_group_list_device_rules().
 *
 * Returns: (transfer full): the answer, or %NULL
 * Since: 0.1
 */
CorralDeviceAnswer *
corral_group_ask_device(CorralGroup *self, const CorralDevice *device, CorralDeviceAccess access,
                        GError **error)
{
    const CgPlace *place;
    const CgDevices *devices;

    if (!check_device(device, error) || !check_access(access, error))
        return NULL;
    if (device->type == CORRAL_DEVICE_TYPE_ALL || device->major == CORRAL_DEVICE_ANY ||
        device->minor == CORRAL_DEVICE_ANY) {
        g_autofree char *shown = cg_codec_format_device_rule(device, access);

        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE, "'%s' is more than one device", shown);
        return NULL;
    }

    devices = find_devices(self, &place, error);
    return devices ? devices->ask(place, corral_group_get_path(self), device, access, error) : NULL;
}

/**
 * corral_group_ask_device_node:
 * @self: a group
 * @path: (type filename): a device node, or a symbolic link to one
 * @access: which access to it
 * @error: where to put what went wrong
 *
 * As corral_group_ask_device() for the device that @path is a node of, and with
 * the errors of corral_device_new_for_path().
 *
 * Returns: (transfer full): the answer, or %NULL
 * Since: 0.1
 */
CorralDeviceAnswer *
corral_group_ask_device_node(CorralGroup *self, const char *path, CorralDeviceAccess access,
                             GError **error)
{
    g_autoptr(CorralDevice) device = corral_device_new_for_path(path, error);

    return device ? corral_group_ask_device(self, device, access, error) : NULL;
}
