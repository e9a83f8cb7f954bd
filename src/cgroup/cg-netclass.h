/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cg-backend.h"

/* Network packets: the facade is corral-netclass. */
struct _CgNetclass {
    /* Optional, all or none. */
    gboolean (*set_class)(const CgPlace *place, guint32 handle, GError **error);
    gboolean (*get_class)(const CgPlace *place, guint32 *handle, GError **error);
    gboolean (*set_priority)(const CgPlace *place, const char *interface, guint32 priority,
                             GError **error);
    gboolean (*get_priority)(const CgPlace *place, const char *interface, guint32 *priority,
                             GError **error);
    /* What does the work where there are none of the above. */
    const char *instead;
};

extern const CgNetclass cg_netclass_legacy;
extern const CgNetclass cg_netclass_unified;
