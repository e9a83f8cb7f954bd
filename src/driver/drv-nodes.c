/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a definition to device nodes.
 *
 * Only this file and drv-nodes-host.c look at the machine for it: which number a node has, what is
 * behind an image or a device-mapper device, which VFIO group a PCI device is in.
 */
#include <config.h>

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drv-nodes-search.h"

#define MAPPER_NODE "/dev/mapper/control"
#define SEV_NODE "/dev/sev"
#define UDMABUF_NODE "/dev/udmabuf"

/* Documentation/admin-guide/devices.txt of the kernel. */
#define PTY_MAJOR 136
#define SOUND_MAJOR 116

/* As deep as the stock driver follows a chain of images. */
#define CHAIN_MAX 200

static const char *const default_nodes[] = {"/dev/null",
                                            "/dev/full",
                                            "/dev/zero",
                                            "/dev/random",
                                            "/dev/urandom",
                                            "/dev/ptmx",
                                            "/dev/kvm",
                                            DRV_VERSIONS_DEFAULT_NODE,
                                            NULL};

static const char *const sgx_nodes[] = {"/dev/sgx_vepc", "/dev/sgx_provision"};

/* From qemu.conf. */
static struct {
    char **nodes; /* NULL for the default */
    bool vnc_audio;
    bool headless_audio;
} settings;

void
drv_nodes_init(const char *file)
{
    g_autoptr(virConf) conf = access(file, R_OK) == 0 ? virConfReadFile(file, 0) : NULL;
    int found;

    g_clear_pointer(&settings.nodes, g_strfreev);
    settings.vnc_audio = settings.headless_audio = FALSE;
    if (conf) {
        found = virConfGetValueStringList(conf, "cgroup_device_acl", false, &settings.nodes);
        if (found > 0 && !settings.nodes)
            settings.nodes = g_new0(char *, 1);
        virConfGetValueBool(conf, "vnc_allow_host_audio", &settings.vnc_audio);
        virConfGetValueBool(conf, "nographics_allow_host_audio", &settings.headless_audio);
    }
    virResetLastError();
}

/* A device that lies on others: they are opened on its behalf only by the kernel, but stock
 * grants them, and what QEMU asks the mapper for may name them. */
static gboolean
add_targets(DrvNodesSearch *search, const char *node, CorralDeviceAccess access, const char *reason)
{
    g_autoptr(virGSListString) targets = NULL;
    GSList *item;

    if (virDevMapperGetTargets(node, &targets) < 0) {
        int saved_errno = errno;

        virResetLastError();
        if (!(search->flags & DRV_NODES_STRICT) || saved_errno == ENOSYS)
            return TRUE;
        g_set_error(search->error, CORRAL_ERROR, CORRAL_ERROR_FAILED,
                    "Unable to get devmapper targets for %s: %s", node, g_strerror(saved_errno));
        return FALSE;
    }

    for (item = targets; item; item = item->next) {
        g_autoptr(CorralDevice) device = corral_device_new_for_path(item->data, NULL);

        if (device)
            guest_grants_add(search->grants, device, access, item->data, reason);
    }
    return TRUE;
}

gboolean
drv_nodes_search_node(DrvNodesSearch *search, const char *node, CorralDeviceAccess access,
                      const char *reason, gboolean optional)
{
    g_autoptr(CorralDevice) device = NULL;

    if (!node || !*node)
        return TRUE;

    device = corral_device_new_for_path(node, NULL);
    if (!device) {
        struct stat st;

        if (optional || !(search->flags & DRV_NODES_STRICT) || stat(node, &st) == 0)
            return TRUE;
        g_set_error(search->error, CORRAL_ERROR, CORRAL_ERROR_FAILED,
                    "Path '%s' is not accessible: %s", node, g_strerror(errno));
        return FALSE;
    }

    guest_grants_add(search->grants, device, access, node, reason);
    return device->type != CORRAL_DEVICE_TYPE_BLOCK || add_targets(search, node, access, reason);
}

void
drv_nodes_search_class(DrvNodesSearch *search, guint major, const char *reason)
{
    CorralDevice device = {CORRAL_DEVICE_TYPE_CHARACTER, major, CORRAL_DEVICE_ANY};

    guest_grants_add(search->grants, &device, RW, NULL, reason);
}

/* ---- images ---- */

static gboolean
add_file(DrvNodesSearch *search, virStorageSource *image, gboolean readonly, const char *reason)
{
    if (image->type == VIR_STORAGE_TYPE_NVME)
        return !image->nvme ||
               drv_nodes_search_vfio(
                   search, virPCIDeviceAddressGetIOMMUGroupDev(&image->nvme->pciAddr), reason);
    if (!image->path || !virStorageSourceIsLocalStorage(image) || virStorageSourceIsFD(image))
        return TRUE;

    if (virStoragePRDefIsManaged(image->pr) &&
        !drv_nodes_search_node(search, MAPPER_NODE, RW, reason, TRUE))
        return FALSE;
    return drv_nodes_search_node(search, image->path, readonly ? RO : RW, reason, TRUE);
}

static gboolean
add_image(DrvNodesSearch *search, virStorageSource *image, gboolean readonly, const char *reason)
{
    virStorageSource *data = drv_versions_get_data_file(image);

    return add_file(search, image, readonly, reason) &&
           (!data || add_file(search, data, readonly, reason));
}

/* What is behind an image, where the definition does not say.  Only the format that it names
 * counts: a guest can write into a raw image whatever it likes. */
static void
find_backing(virStorageSource *top)
{
    virStorageSource *last = top;

    while (virStorageSourceHasBacking(last))
        last = last->backingStore;
    if (last->backingStore || virStorageSourceIsEmpty(last) || virStorageSourceIsFD(last))
        return;
    if (last->format == VIR_STORAGE_FILE_NONE || last->format == VIR_STORAGE_FILE_RAW)
        return;

    /* Broken chains are for the stock driver to tell. */
    virStorageSourceGetMetadata(last, -1, -1, CHAIN_MAX, false);
    virResetLastError();
}

static gboolean
add_chain(DrvNodesSearch *search, virStorageSource *top, const char *reason)
{
    virStorageSource *image;
    gboolean readonly = top->readonly;

    find_backing(top);
    for (image = top; virStorageSourceIsBacking(image); image = image->backingStore) {
        if (!add_image(search, image, readonly, reason))
            return FALSE;
        readonly = TRUE;
    }

    return TRUE;
}

static gboolean
add_disk(DrvNodesSearch *search, virDomainDiskDef *disk)
{
    g_autofree char *reason = g_strdup_printf("disk %s", disk->dst ? disk->dst : "?");
    g_autofree char *copy = g_strconcat(reason, ", copy", NULL);

    /* The same look-up as the stock driver's; its own failure is the better one. */
    if (disk->src->type == VIR_STORAGE_TYPE_VOLUME && virDomainDiskTranslateSourcePool(disk) < 0)
        virResetLastError();

    return add_chain(search, disk->src, reason) &&
           (!disk->mirror || add_chain(search, disk->mirror, copy));
}

/* ---- the rest ---- */

static gboolean
add_chardev(DrvNodesSearch *search, const virDomainChrSourceDef *source, const char *reason)
{
    return !source || source->type != VIR_DOMAIN_CHR_TYPE_DEV ||
           drv_nodes_search_node(search, source->data.file.path, RW, reason, FALSE);
}

static int
on_chardev(virDomainDef *def G_GNUC_UNUSED, virDomainChrDef *chardev, void *search)
{
    g_autofree char *reason = g_strdup_printf(
        "%s %d", virDomainChrDeviceTypeToString(chardev->deviceType), chardev->target.port);

    return add_chardev(search, chardev->source, reason) ? 0 : -1;
}

static gboolean
add_tpm(DrvNodesSearch *search, const virDomainTPMDef *tpm)
{
    return tpm->type != VIR_DOMAIN_TPM_TYPE_PASSTHROUGH ||
           add_chardev(search, tpm->data.passthrough.source, "tpm");
}

static gboolean
add_memory(DrvNodesSearch *search, const virDomainMemoryDef *memory)
{
    gsize i;

    switch (memory->model) {
    case VIR_DOMAIN_MEMORY_MODEL_NVDIMM:
    case VIR_DOMAIN_MEMORY_MODEL_VIRTIO_PMEM:
        return drv_nodes_search_node(search, drv_versions_get_memory_path(memory), RW, "memory",
                                     FALSE);
    case VIR_DOMAIN_MEMORY_MODEL_SGX_EPC:
        for (i = 0; i < G_N_ELEMENTS(sgx_nodes); i++) {
            if (!drv_nodes_search_node(search, sgx_nodes[i], RW, "memory", TRUE))
                return FALSE;
        }
        return TRUE;
    default:
        return TRUE;
    }
}

static gboolean
add_input(DrvNodesSearch *search, const virDomainInputDef *input)
{
    return (input->type != VIR_DOMAIN_INPUT_TYPE_PASSTHROUGH &&
            input->type != VIR_DOMAIN_INPUT_TYPE_EVDEV) ||
           drv_nodes_search_node(search, input->source.evdev, RW, "input", FALSE);
}

static gboolean
add_rng(DrvNodesSearch *search, const virDomainRNGDef *rng)
{
    return rng->backend != VIR_DOMAIN_RNG_BACKEND_RANDOM ||
           drv_nodes_search_node(search, rng->source.file, RW, "rng", FALSE);
}

static gboolean
add_default_list(DrvNodesSearch *search)
{
    const char *const *nodes = settings.nodes ? (const char *const *)settings.nodes : default_nodes;
    gsize i;

    for (i = 0; nodes[i]; i++) {
        if (access(nodes[i], F_OK) == 0 &&
            !drv_nodes_search_node(search, nodes[i], RW, "default list", FALSE))
            return FALSE;
    }

    return TRUE;
}

static gboolean
may_play_sound(const virDomainDef *def)
{
    if (def->nsounds == 0)
        return FALSE;
    if (def->ngraphics == 0)
        return settings.headless_audio;

    return def->graphics[0]->type == VIR_DOMAIN_GRAPHICS_TYPE_SDL ||
           (def->graphics[0]->type == VIR_DOMAIN_GRAPHICS_TYPE_VNC && settings.vnc_audio);
}

static gboolean
add_firmware(DrvNodesSearch *search, const virDomainLoaderDef *loader)
{
    return !loader ||
           (drv_nodes_search_node(search, loader->path,
                                  loader->readonly == VIR_TRISTATE_BOOL_YES ? RO : RW, "loader",
                                  TRUE) &&
            (!loader->nvram || add_image(search, loader->nvram, loader->nvram->readonly, "nvram")));
}

static gboolean
add_graphics(DrvNodesSearch *search, const virDomainDef *def)
{
    gsize i;

    for (i = 0; i < def->ngraphics; i++) {
        if (!drv_nodes_search_node(search, virDomainGraphicsGetRenderNode(def->graphics[i]), RW,
                                   "graphics", FALSE))
            return FALSE;
    }
    for (i = 0; i < def->nvideos; i++) {
        if (def->videos[i]->accel &&
            !drv_nodes_search_node(search, def->videos[i]->accel->rendernode, RW, "video", FALSE))
            return FALSE;
        if (drv_versions_has_blob(def->videos[i]) &&
            !drv_nodes_search_node(search, UDMABUF_NODE, RW, "video", FALSE))
            return FALSE;
    }

    return TRUE;
}

/* In stock's order, so that of several errors the same one is raised. */
gboolean
drv_nodes_add_guest(GPtrArray *grants, virDomainDef *def, DrvNodesFlags flags, GError **error)
{
    DrvNodesSearch search = {grants, flags, error};
    gboolean ok;
    gsize i;

    if (def->virtType == VIR_DOMAIN_VIRT_LXC) {
        drv_nodes_add_container(grants, def);
        return TRUE;
    }

    ok = add_default_list(&search) && add_firmware(&search, def->os.loader);
    for (i = 0; ok && i < def->ndisks; i++)
        ok = add_disk(&search, def->disks[i]);
    drv_nodes_search_class(&search, PTY_MAJOR, "pseudo terminals");
    if (may_play_sound(def))
        drv_nodes_search_class(&search, SOUND_MAJOR, "sound");
    ok = ok && virDomainChrDefForeach(def, true, on_chardev, &search) == 0;
    for (i = 0; ok && i < def->ntpms; i++)
        ok = add_tpm(&search, def->tpms[i]);
    for (i = 0; ok && i < def->nhostdevs; i++)
        ok = drv_nodes_search_hostdev(&search, def->hostdevs[i]);
    for (i = 0; ok && i < def->nnets; i++)
        ok = drv_nodes_search_interface(&search, def->nets[i]);
    for (i = 0; ok && i < def->nmems; i++)
        ok = add_memory(&search, def->mems[i]);
    ok = ok && add_graphics(&search, def);
    for (i = 0; ok && i < def->ninputs; i++)
        ok = add_input(&search, def->inputs[i]);
    for (i = 0; ok && i < def->nrngs; i++)
        ok = add_rng(&search, def->rngs[i]);

    return ok && (!def->sec || !drv_versions_is_sev(def->sec) ||
                  drv_nodes_search_node(&search, SEV_NODE, RW, "launch security", FALSE));
}

gboolean
drv_nodes_add_device(GPtrArray *grants, virDomainDef *def, virDomainDeviceDef *device,
                     DrvNodesFlags flags, GError **error)
{
    DrvNodesSearch search = {grants, flags, error};
    virDomainHostdevDef *hostdev;

    if (def->virtType == VIR_DOMAIN_VIRT_LXC) {
        drv_nodes_add_containers_device(grants, device);
        return TRUE;
    }

    switch ((virDomainDeviceType)device->type) {
    case VIR_DOMAIN_DEVICE_DISK:
        return add_disk(&search, device->data.disk);
    case VIR_DOMAIN_DEVICE_HOSTDEV:
        return drv_nodes_search_hostdev(&search, device->data.hostdev);
    case VIR_DOMAIN_DEVICE_NET:
        hostdev = virDomainNetGetActualHostdev(device->data.net);
        return hostdev ? drv_nodes_search_hostdev(&search, hostdev)
                       : drv_nodes_search_interface(&search, device->data.net);
    case VIR_DOMAIN_DEVICE_CHR:
        return on_chardev(def, device->data.chr, &search) == 0;
    case VIR_DOMAIN_DEVICE_RNG:
        return add_rng(&search, device->data.rng);
    case VIR_DOMAIN_DEVICE_MEMORY:
        return add_memory(&search, device->data.memory);
    case VIR_DOMAIN_DEVICE_INPUT:
        return add_input(&search, device->data.input);
    case VIR_DOMAIN_DEVICE_TPM:
        return add_tpm(&search, device->data.tpm);
    default:
        return TRUE;
    }
}

gboolean
drv_nodes_add_chain(GPtrArray *grants, virStorageSource *top, const char *reason,
                    DrvNodesFlags flags, GError **error)
{
    DrvNodesSearch search = {grants, flags, error};

    return add_chain(&search, top, reason);
}

gboolean
drv_nodes_add_image(GPtrArray *grants, virStorageSource *image, const char *reason,
                    DrvNodesFlags flags, GError **error)
{
    DrvNodesSearch search = {grants, flags, error};

    return add_image(&search, image, FALSE, reason);
}
