/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-settle.h"
#include "guest.h"

/* Whether libvirt can start containers here; @root as for corral_host_new(). */
gboolean drv_container_check_host(const char *root, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* (element-type pid_t): everybody in a container's group, however deep; maybe nobody. */
GArray *drv_container_list_processes(CorralGroup *group);

/* The number of the libvirt_lxc that made the group, by its name; 0 if it was none. */
pid_t drv_container_read_controller(CorralGroup *group);

/*
 * Whether a group that we had taken over has processes, but not the libvirt_lxc that made it:
 * then nobody can ever find the container again, look after it, or end it.
 */
gboolean drv_container_is_headless(CorralGroup *group);

/*
 * Takes over the group of the container @dom, which runs and is described by @guest, and with
 * it the claim's path.  What an earlier life left behind goes: each has a group of its own.
 */
gboolean drv_container_adopt(DrvStack *stack, virDomainPtr dom, const Guest *guest, DrvClaim *claim,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
