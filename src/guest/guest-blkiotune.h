/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "guest-tree.h"
#include "guest.h"

/* <blkiotune> as libvirt reads it; what it refuses is refused. */
gboolean guest_blkiotune_read(const xmlNode *root, GuestBlkiotune *tune, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
