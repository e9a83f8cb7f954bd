/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The one door to libvirt's private headers, and what we rely on behind it.
 * They come from the source package of the very version that the
 * implementation is built for (build-aux/libvirt-headers).
 */
#include "internal.h"

#include "datatypes.h"
#include "domain_audit.h"
#include "domain_conf.h"
#include "domain_driver.h"
#include "domain_event.h"
#include "driver.h"
#include "storage_source.h"
#include "viraccessapicheck.h"
#include "viraudit.h"
#include "virconf.h"
#include "virbitmap.h"
#include "virdevmapper.h"
#include "virerror.h"
#include "virgdbus.h"
#include "virhostcpu.h"
#include "virhostdev.h"
#include "viridentity.h"
#include "virlog.h"
#include "virnetdevtap.h"
#include "virnuma.h"
#include "virobject.h"
#include "virprocess.h"
#include "virsystemd.h"
#include "virtypedparam.h"
#include "viruri.h"
#include "virglibutil.h"
#include "viruuid.h"

/* These want the ones above. */
#include "backup_conf.h"
#include "lxc/lxc_domain.h"
#include "lxc/lxc_process.h"
#include "security/security_manager.h"
#include "snapshot_conf.h"
#define LIBVIRT_VIRSYSTEMDPRIV_H_ALLOW
#include "virsystemdpriv.h"

/* Whose errors ours are among, of the stack that the thread has entered last (drv-error.c);
 * libvirt's macros want it. */
int drv_error_get_origin(void);
#define VIR_FROM_THIS drv_error_get_origin()

/* The table is copied whole and its entries replaced by name: it must be
 * nothing but a name followed by pointers. */
G_STATIC_ASSERT(offsetof(virHypervisorDriver, name) == 0);
G_STATIC_ASSERT(sizeof(virHypervisorDriver) % sizeof(void *) == 0);
G_STATIC_ASSERT(offsetof(virHypervisorDriver, connectURIProbe) == sizeof(void *));

/* Both sides count these in the same way. */
G_STATIC_ASSERT(VIR_UUID_BUFLEN == 16);

#include "drv-versions.h"
