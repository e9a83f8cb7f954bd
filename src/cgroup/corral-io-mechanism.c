/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Block I/O: what makes the settings come true. */
#include <config.h>

#include "cg-block.h"
#include "cg-group.h"
#include "cg-host.h"
#include "cg-io.h"
#include "corral-io-mechanism.h"

/**
 * corral_group_get_io_enforcement:
 * @self: a group
 * @device: one block device
 * @mechanisms: (out): what is at work for @self on @device, any of #CorralIoMechanism;
 *   for a partition, on its disk
 * @error: where to put what went wrong
 *
 * Looks at the device's I/O scheduler in sysfs and at what the kernel offers in
 * this group; the root of a hierarchy has neither limits nor a weight.  Where the
 * real root of the hierarchy is not to be seen, as in a container, a cost model is not found.
 *
 * %CORRAL_ERROR_NAME: @device is not one block device; %CORRAL_ERROR_NOT_FOUND:
 * there is no such device, or no sysfs below the host's root;
 * %CORRAL_ERROR_NO_CONTROLLER.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_io_enforcement(CorralGroup *self, const CorralDevice *device,
                                CorralIoMechanism *mechanisms, GError **error)
{
    const char *root = cg_host_get_root(corral_group_get_host(self));
    g_autofree char *scheduler = NULL;
    const CgPlace *place;
    CorralDevice disk;
    const CgIo *io;

    if (!cg_io_check_device(device, error))
        return FALSE;
    io = cg_io_find(self, &place, error);
    if (!io || !cg_block_find_disk(root, device, &disk, error))
        return FALSE;

    scheduler = cg_block_get_scheduler(root, &disk);
    *mechanisms = io->find_mechanisms(place, &disk, scheduler);
    return TRUE;
}
