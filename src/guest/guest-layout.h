/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Where guests' groups are, and how they are called; docs/layouts.md. */
typedef enum {
    GUEST_LAYOUT_FLAT,    /* <partition>/<name>.<driver>.libvirt */
    GUEST_LAYOUT_NESTED,  /* <libvirtd's own>/libvirt/<driver>/<name> */
    GUEST_LAYOUT_SERVICE, /* <libvirtd's own>/<driver>/<name> */
    GUEST_LAYOUT_SINGLE,  /* <libvirtd's own>/<driver>-<name> */
    GUEST_LAYOUT_ROOT,    /* libvirt/<driver>/<name> */
    GUEST_LAYOUT_UUID,    /* <libvirtd's own>/libvirt/<driver>/<uuid> */
    GUEST_LAYOUT_STOCK,   /* as libvirt itself would */
} GuestLayout;

#define GUEST_N_LAYOUTS (GUEST_LAYOUT_STOCK + 1)

/* FALSE if there is none of that name. */
gboolean guest_layout_parse(const char *name, GuestLayout *layout);
const char *guest_layout_format(GuestLayout layout);
