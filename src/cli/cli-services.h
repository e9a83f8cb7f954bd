/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * libvirt's daemons as services of systemd.  @root is the directory that is taken for the
 * machine's root; "" is the machine itself.
 */

/* Whether services of this machine are systemd's, so that drop-ins count. */
gboolean cli_services_are_systemds(const char *root);

/* Those of the daemons that may load corral for which there is a unit, by name. */
char **cli_services_list(const char *root);

/* Has this machine's systemd read the units again, which it does not by itself. */
gboolean cli_services_reload(GError **error) G_GNUC_WARN_UNUSED_RESULT;
