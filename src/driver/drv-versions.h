/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Where the versions of libvirt differ that corral is built for: the only file, besides the
 * list of slots, that asks for a version.  Included by drv-libvirt.h, after all the rest.
 *
 * What changed its name or its place has the same name here.  What a version does not
 * have reads as if nobody had asked for it.
 */

/* A node of the default device list that a version added, or NULL. */
#if LIBVIR_VERSION_NUMBER >= 10001000
#    define DRV_VERSIONS_DEFAULT_NODE "/dev/userfaultfd"
#else
#    define DRV_VERSIONS_DEFAULT_NODE NULL
#endif

/* The host's file behind an NVDIMM or a virtio-pmem. */
static inline const char *
drv_versions_get_memory_path(const virDomainMemoryDef *memory)
{
#if LIBVIR_VERSION_NUMBER >= 10001000
    return memory->model == VIR_DOMAIN_MEMORY_MODEL_NVDIMM ? memory->source.nvdimm.path
                                                           : memory->source.virtio_pmem.path;
#else
    return memory->nvdimmPath;
#endif
}

/* Whether a PCI device is given to QEMU by something else than VFIO. */
static inline gboolean
drv_versions_is_legacy_pci(const virDomainHostdevSubsysPCI *source)
{
#if LIBVIR_VERSION_NUMBER >= 10001000
    return source->driver.name == VIR_DEVICE_HOSTDEV_PCI_DRIVER_NAME_KVM ||
           source->driver.name == VIR_DEVICE_HOSTDEV_PCI_DRIVER_NAME_XEN;
#else
    return source->backend == VIR_DOMAIN_HOSTDEV_PCI_BACKEND_KVM ||
           source->backend == VIR_DOMAIN_HOSTDEV_PCI_BACKEND_XEN;
#endif
}

/* Where a qcow2 image keeps its data, if not in itself. */
static inline virStorageSource *
drv_versions_get_data_file(const virStorageSource *image G_GNUC_UNUSED)
{
#if LIBVIR_VERSION_NUMBER >= 10010000
    return image->dataFileStore;
#else
    return NULL;
#endif
}

/* Whether a video device shares its buffers with the host. */
static inline gboolean
drv_versions_has_blob(const virDomainVideoDef *video G_GNUC_UNUSED)
{
#if LIBVIR_VERSION_NUMBER >= 9002000
    return video->blob == VIR_TRISTATE_SWITCH_ON;
#else
    return FALSE;
#endif
}

/* Whether the guest's memory is encrypted by AMD's secure processor. */
static inline gboolean
drv_versions_is_sev(const virDomainSecDef *sec)
{
#if LIBVIR_VERSION_NUMBER >= 10005000
    if (sec->sectype == VIR_DOMAIN_LAUNCH_SECURITY_SEV_SNP)
        return TRUE;
#endif
    return sec->sectype == VIR_DOMAIN_LAUNCH_SECURITY_SEV;
}

/* Whether the parser refuses CPU shares that are out of range.  Later it leaves that to whoever
 * sets them, which is us. */
#define DRV_VERSIONS_PARSER_CHECKS_SHARES (LIBVIR_VERSION_NUMBER < 9001000)

/* Whether @dom is marked to be started this once, and the mark taken off. */
static inline gboolean
drv_versions_has_autostart_once(virDomainPtr dom G_GNUC_UNUSED)
{
#if LIBVIR_VERSION_NUMBER >= 11002000
    int once = 0;

    return virDomainGetAutostartOnce(dom, &once) == 0 && once;
#else
    return FALSE;
#endif
}

static inline void
drv_versions_drop_autostart_once(virDomainPtr dom G_GNUC_UNUSED)
{
#if LIBVIR_VERSION_NUMBER >= 11002000
    virDomainSetAutostartOnce(dom, 0);
#endif
}

/* How long qemu.conf wants between two guests that are started at boot. */
static inline unsigned int
drv_versions_read_autostart_delay_ms(virConf *conf G_GNUC_UNUSED)
{
    unsigned int delay_ms = 0;

#if LIBVIR_VERSION_NUMBER >= 11002000
    virConfGetValueUInt(conf, "auto_start_delay", &delay_ms);
#endif
    return delay_ms;
}
