/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Marks on the packets of a group's sockets, for traffic control and filters.
 *
 * What a guest sends is not among them: see docs/network.md.
 */
#include <config.h>

#include <net/if.h>
#include <string.h>

#include "cg-group.h"
#include "cg-netclass.h"
#include "corral-error.h"
#include "corral-netclass.h"

/*
 * How @self's packets are marked, and where.  Where nobody on this host serves
 * that because a newer interface has no need of it, the answer says what to do
 * instead.
 */
static const CgNetclass *
find_netclass(CorralGroup *self, CorralController controller, const CgPlace **place, GError **error)
{
    CorralHost *host = corral_group_get_host(self);
    gboolean served = (corral_host_get_controllers(host) & CORRAL_CONTROLLER_BIT(controller)) != 0;
    guint i;

    for (i = 0; !served && i < cg_group_get_n_places(self); i++) {
        const CgBackend *backend = cg_group_get_place(self, i)->hierarchy->backend;

        if (backend->netclass && backend->netclass->instead) {
            g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED,
                        "group '%s' cannot have its packets marked by '%s', which the kernel's "
                        "%s interface does not have: %s",
                        corral_group_get_path(self), corral_controller_get_name(controller),
                        backend->name, backend->netclass->instead);
            return NULL;
        }
    }

    *place = cg_group_find_place(self, controller, error);
    return *place ? (*place)->hierarchy->backend->netclass : NULL;
}

/* A name that could end a line or a word would say something else to the kernel. */
static gboolean
check_interface(const char *interface, GError **error)
{
    if (interface[0] == '\0' || strlen(interface) >= IF_NAMESIZE ||
        strpbrk(interface, " \t\n\r\v\f/")) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME,
                    "'%s' is not a name for a network interface", interface);
        return FALSE;
    }

    return TRUE;
}

/**
 * corral_group_set_net_class:
 * @self: a group
 * @handle: a class of traffic control, its major number in the upper 16 bits and its minor
 *   number in the lower; 0 is none
 * @error: where to put what went wrong
 *
 * Marks what the sockets of @self's processes send, for the "cgroup" filter of
 * traffic control and the "cgroup" match of packet filters.  Sockets that exist
 * are marked, too.
 *
 * %CORRAL_ERROR_UNSUPPORTED: the unified interface has no such mark; the message
 * says what to use; %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE if the kernel accepted it
 * Since: 0.1
 */
gboolean
corral_group_set_net_class(CorralGroup *self, guint32 handle, GError **error)
{
    const CgPlace *place;
    const CgNetclass *netclass = find_netclass(self, CORRAL_CONTROLLER_NET_CLS, &place, error);

    if (!netclass)
        return FALSE;
    if (!netclass->set_class)
        return cg_group_refuse_unsupported(error, place, "network class");

    return netclass->set_class(place, handle, error);
}

/**
 * corral_group_get_net_class:
 * @self: a group
 * @handle: (out): its class; 0 is none
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_UNSUPPORTED: as for corral_group_set_net_class().
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_net_class(CorralGroup *self, guint32 *handle, GError **error)
{
    const CgPlace *place;
    const CgNetclass *netclass = find_netclass(self, CORRAL_CONTROLLER_NET_CLS, &place, error);

    if (!netclass)
        return FALSE;
    if (!netclass->get_class)
        return cg_group_refuse_unsupported(error, place, "network class");

    return netclass->get_class(place, handle, error);
}

/**
 * corral_group_set_net_priority:
 * @self: a group
 * @interface: the name of a network interface; the kernel looks in its first network
 *   namespace only
 * @priority: what packets get that leave by it, as if by SO_PRIORITY
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_NAME: not a name of an interface; %CORRAL_ERROR_NOT_FOUND: there is
 * none of this name; %CORRAL_ERROR_UNSUPPORTED: the unified interface has no such
 * priority; %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE if the kernel accepted it
 * Since: 0.1
 */
gboolean
corral_group_set_net_priority(CorralGroup *self, const char *interface, guint32 priority,
                              GError **error)
{
    const CgPlace *place;
    const CgNetclass *netclass;

    if (!check_interface(interface, error))
        return FALSE;
    netclass = find_netclass(self, CORRAL_CONTROLLER_NET_PRIO, &place, error);
    if (!netclass)
        return FALSE;
    if (!netclass->set_priority)
        return cg_group_refuse_unsupported(error, place, "network priority");

    return netclass->set_priority(place, interface, priority, error);
}

/**
 * corral_group_get_net_priority:
 * @self: a group
 * @interface: the name of a network interface; the kernel looks in its first network
 *   namespace only
 * @priority: (out): what packets get that leave by it
 * @error: where to put what went wrong
 *
 * Errors as for corral_group_set_net_priority().
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_net_priority(CorralGroup *self, const char *interface, guint32 *priority,
                              GError **error)
{
    const CgPlace *place;
    const CgNetclass *netclass;

    if (!check_interface(interface, error))
        return FALSE;
    netclass = find_netclass(self, CORRAL_CONTROLLER_NET_PRIO, &place, error);
    if (!netclass)
        return FALSE;
    if (!netclass->get_priority)
        return cg_group_refuse_unsupported(error, place, "network priority");

    return netclass->get_priority(place, interface, priority, error);
}
