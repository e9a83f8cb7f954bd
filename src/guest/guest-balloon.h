/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "guest-tree.h"
#include "guest.h"

/* <balloon> in <limits>, in corral's part of <metadata>; nothing is said where there is none. */
gboolean guest_balloon_read(const xmlNode *root, GuestBalloon *balloon, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* A <memballoon> whose model is not "none".  libvirt adds one where nothing is said. */
gboolean guest_balloon_has_device(const xmlNode *root);

/* See guest_balloon_deflates(). */
gboolean guest_balloon_has_autodeflate(const xmlNode *root);
/* See guest_is_pinned(). */
gboolean guest_balloon_is_pinned(const xmlNode *root);
