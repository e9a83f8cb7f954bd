/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cg-backend.h"
#include "cg-device-rules.h"
#include "corral-device-answer.h"

/* Rules about devices: the facade is corral-devices, which has checked every value. */
struct _CgDevices {
    /*
     * The rules that hold at @place.  A group that has none of its own has those
     * of the group above.
     */
    gboolean (*read)(const CgPlace *place, CgDeviceRules **rules, GError **error);

    /*
     * From @before, which read() told, to @after.  With @whole at one stroke where
     * the kernel can; in any case so that what both allow is allowed throughout
     * where both are open or neither is.
     */
    gboolean (*write)(const CgPlace *place, const CgDeviceRules *before, const CgDeviceRules *after,
                      gboolean whole, GError **error);

    /* Takes away what judges devices at @place, whoever put it there; NULL where only rules do. */
    gboolean (*detach)(const CgPlace *place, GError **error);

    /* What the kernel will say to a process in @place, whose path is @path.  NULL on failure. */
    CorralDeviceAnswer *(*ask)(const CgPlace *place, const char *path, const CorralDevice *device,
                               guint access, GError **error);
};

extern const CgDevices cg_devices_legacy;
extern const CgDevices cg_devices_unified;

/* By the rules of one group. */
CorralDeviceAnswer *cg_device_answer_new(const CgDeviceRules *rules, const char *group,
                                         const CorralDevice *device, guint access);
/* By nobody's rules. */
CorralDeviceAnswer *cg_device_answer_new_free(const CorralDevice *device, guint access);
/* @program is somebody else's; @group is NULL if it is above all that we see. */
CorralDeviceAnswer *cg_device_answer_new_unknown(const char *group, const char *program,
                                                 const CorralDevice *device, guint access);
