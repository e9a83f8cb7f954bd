/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * machined, which has the scopes made, and may be in the way of a start.
 *
 * A scope's name has the number in it that libvirt gives to each run of a guest, which
 * begins anew with the daemon.  So the name may be one that is left over; the next try has
 * the next number.
 *
 * And the bus may offer to start machined, while systemd must not (the unit is masked) or
 * cannot.  libvirt asks the bus once what it offers, and starts no guest if it gets no
 * answer then.  It is made to ask again and does not see machined in what is offered; until
 * the daemon's end it is as on a host without.
 */
#include <config.h>

#include <gio/gio.h>

#include "drv-libvirt.h"
#include "drv-machined.h"

VIR_LOG_INIT("corral.machined");

#define MACHINED "org.freedesktop.machine1"

/* Whoever had the question may have heard it, so the name may be taken now. */
static gboolean
is_name_taken(const char *error)
{
    static const char *const names[] = {
        "org.freedesktop.systemd1.UnitExists",
        MACHINED ".MachineExists",
        "org.freedesktop.DBus.Error.NoReply",
        NULL,
    };

    return g_strv_contains(names, error);
}

/* In a thread of GDBus: the answer to libvirt's question, and to any like it meanwhile.  What
 * has come in must not be changed. */
static GDBusMessage *
hide(GDBusConnection *bus G_GNUC_UNUSED, GDBusMessage *message, gboolean incoming,
     gpointer data G_GNUC_UNUSED)
{
    GVariant *body = g_dbus_message_get_body(message);
    g_autofree const char **names = NULL;
    GVariantBuilder others;
    GDBusMessage *copy;
    gsize i;

    if (!incoming ||
        g_dbus_message_get_message_type(message) != G_DBUS_MESSAGE_TYPE_METHOD_RETURN || !body ||
        !g_variant_is_of_type(body, G_VARIANT_TYPE("(as)")))
        return message;

    copy = g_dbus_message_copy(message, NULL);
    if (!copy)
        return message;

    g_variant_get(body, "(^a&s)", &names);
    g_variant_builder_init(&others, G_VARIANT_TYPE("as"));
    for (i = 0; names[i]; i++) {
        if (!g_str_equal(names[i], MACHINED))
            g_variant_builder_add(&others, "s", names[i]);
    }
    g_dbus_message_set_body(copy, g_variant_new("(as)", &others));
    g_object_unref(message);
    return copy;
}

/* Whether libvirt knows by now that there is no machined. */
static gboolean
forget_machined(void)
{
    GDBusConnection *bus = virGDBusGetSystemBus();
    gboolean forgotten;
    guint filter;

    if (!bus)
        return FALSE;

    filter = g_dbus_connection_add_filter(bus, hide, NULL, NULL);
    virSystemdHasMachinedResetCachedValue();
    forgotten = virSystemdHasMachined() == -2;
    g_dbus_connection_remove_filter(bus, filter);
    return forgotten;
}

gboolean
drv_machined_may_try_again(const char *name)
{
    virErrorPtr raised = NULL;
    gboolean again = FALSE;

    virErrorPreserveLast(&raised);
    if (raised && raised->code == VIR_ERR_DBUS_SERVICE && raised->str1) {
        again = is_name_taken(raised->str1);
        /* Asked for anything it would have been started. */
        if (!again && virGDBusIsServiceRegistered(MACHINED) == -2 && forget_machined()) {
            VIR_WARN("corral: machined does not start (%s): guests have scopes of ours until "
                     "libvirtd is restarted",
                     raised->message);
            again = TRUE;
        }
    }
    if (again)
        VIR_INFO("corral: guest '%s' is started once more: %s", name, raised->message);
    virErrorRestore(&raised);
    return again;
}
