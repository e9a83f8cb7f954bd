/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The one door to libvirt's private headers, and what we rely on behind it.
 * They come from the source package of the very version that the
 * implementation is built for (build-aux/libvirt-headers).
 */
#include "internal.h"

#include "datatypes.h"
#include "domain_conf.h"
#include "driver.h"
#include "viraccessapicheck.h"
#include "virconf.h"
#include "virerror.h"
#include "viridentity.h"
#include "virlog.h"
#include "virobject.h"
#include "virtypedparam.h"
#include "viruri.h"
#include "viruuid.h"

/* Whose errors ours are among; libvirt's macros want it. */
#define VIR_FROM_THIS VIR_FROM_QEMU

/* The table is copied whole and its entries replaced by name: it must be
 * nothing but a name followed by pointers. */
G_STATIC_ASSERT(offsetof(virHypervisorDriver, name) == 0);
G_STATIC_ASSERT(sizeof(virHypervisorDriver) % sizeof(void *) == 0);
G_STATIC_ASSERT(offsetof(virHypervisorDriver, connectURIProbe) == sizeof(void *));

/* Both sides count these in the same way. */
G_STATIC_ASSERT(VIR_UUID_BUFLEN == 16);
