/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "guest-tree.h"
#include "guest.h"

/* <memtune> as libvirt reads it; what it refuses is refused. */
gboolean guest_memtune_read(const xmlNode *root, GuestMemtune *tune, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* <currentMemory>, else <memory>, else 0; and <memory>, else 0. */
gboolean guest_memtune_read_sizes(const xmlNode *root, guint64 *current_kib, guint64 *most_kib,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* No limit is given. */
void guest_memtune_init(GuestMemtune *tune);
