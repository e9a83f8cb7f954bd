/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Block devices as sysfs tells of them. */
#include <config.h>

#include <fcntl.h>
#include <string.h>

#include "cg-block.h"
#include "cg-codec-io.h"
#include "cg-codec.h"
#include "cg-tree.h"
#include "corral-error.h"

/* sys/dev/block has a link for each, partitions beside whole disks. */
static char *
read_file(const char *root, const CorralDevice *device, const char *file)
{
    CG_AUTO_FD dir = cg_tree_open_dir(AT_FDCWD, root, NULL);
    g_autofree char *number = cg_codec_format_device(device->major, device->minor);
    g_autofree char *path = g_build_filename("sys/dev/block", number, file, NULL);

    return dir >= 0 ? cg_tree_read(dir, path, NULL) : NULL;
}

gboolean
cg_block_find_disk(const char *root, const CorralDevice *device, CorralDevice *disk, GError **error)
{
    g_autofree char *own = read_file(root, device, "dev");
    g_autofree char *partition = own ? read_file(root, device, "partition") : NULL;
    g_autofree char *above = partition ? read_file(root, device, "../dev") : NULL;
    CorralDevice found = {.type = CORRAL_DEVICE_TYPE_BLOCK};

    if (!own || (partition && !above) ||
        !cg_codec_parse_device(g_strchomp(above ? above : own), &found.major, &found.minor)) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND, "there is no block device %u:%u",
                    device->major, device->minor);
        return FALSE;
    }

    *disk = found;
    return TRUE;
}

char *
cg_block_find_node(const char *root, guint major, guint minor)
{
    const CorralDevice device = {CORRAL_DEVICE_TYPE_BLOCK, major, minor};
    g_autofree char *text = read_file(root, &device, "uevent");
    g_auto(GStrv) lines = text ? g_strsplit(text, "\n", -1) : NULL;
    gsize i;

    for (i = 0; lines && lines[i]; i++) {
        if (g_str_has_prefix(lines[i], "DEVNAME="))
            return g_strconcat("/dev/", lines[i] + strlen("DEVNAME="), NULL);
    }

    return NULL;
}

char *
cg_block_get_scheduler(const char *root, const CorralDevice *disk)
{
    g_autofree char *text = read_file(root, disk, "queue/scheduler");
    g_autofree char *name = text ? cg_codec_parse_scheduler(text) : NULL;

    return g_strcmp0(name, "none") == 0 ? NULL : g_steal_pointer(&name);
}
